"""The static pages, served as they are but for the addresses of what they call."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.security import safe_join
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_DEFAULT_API = b"http://localhost:3000"
_DEFAULT_ISSUER = b"http://localhost:8027"
_STRIPE_JS = b"https://js.stripe.com"
_HOSTED, _EMBEDDED = b'payment: "hosted"', b'payment: "embedded"'
# Where the same pages are with a form of their own for paying.
EMBEDDED = "/embedded"
# Not left to the machine's own tables: browsers refuse modules of another type.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# What docs/pages.md asks of every host of the pages; a page cannot say these of itself.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def pages(folder: Path, api: str, issuer: str = "", stripe_js: str = "") -> WSGIApplication:
    """The site as config.js has it and, below EMBEDDED, with the form on the page."""
    hosted, embedded = (Site(folder, api, issuer, stripe_js, embedded=embedded) for embedded in (False, True))
    return DispatcherMiddleware(hosted, {EMBEDDED: embedded})


class Site:
    """Serves `folder`; config.js names `api` and `issuer`, wherever these are, and `stripe_js` where Stripe.js is not
    Stripe's own: its origin, which the page that includes it admits instead."""

    def __init__(
        self, folder: Path, api: str, issuer: str = "", stripe_js: str = "", *, embedded: bool = False
    ) -> None:
        self._folder = folder.resolve()
        stripe = {_STRIPE_JS: stripe_js.encode()} if stripe_js else {}
        payment = {_HOSTED: _EMBEDDED} if embedded else {}
        self._changes = {
            "config.js": {_DEFAULT_API: api.encode(), _DEFAULT_ISSUER: issuer.encode()} | stripe | payment,
            "pay.html": stripe,
            "card.html": stripe,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response("Method not allowed\n", status=405, headers={"Allow": "GET, HEAD"})
        file = self._file(request.path)
        if file is None:
            return Response("Not found\n", status=404)
        asked = request.environ["SCRIPT_NAME"] + request.environ["PATH_INFO"]
        if file.name == "index.html" and not asked.endswith(("/", "/index.html")):
            # Else what the page names beside itself would be looked for one folder above.
            return Response(status=308, headers={"Location": f"{asked.rpartition('/')[2]}/"})
        content = file.read_bytes()
        for usual, ours in self._changes.get(file.name, {}).items():
            content = content.replace(usual, ours)
        type_ = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return Response(
            content,
            content_type=type_,
            headers=HEADERS,
        )

    def _file(self, path: str) -> Path | None:
        joined = safe_join(str(self._folder), path.lstrip("/"))
        if joined is None or "\0" in joined:
            return None
        file = (self._folder / joined).resolve()
        if file.is_dir():
            file /= "index.html"
        # A link must not lead out of the folder either.
        return file if file.is_relative_to(self._folder) and file.is_file() else None
