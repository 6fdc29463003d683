"""The static pages, served as they are but for the addresses of what they call."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING

from werkzeug.security import safe_join
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIEnvironment

_DEFAULT_API = b"http://localhost:3000"
_DEFAULT_ISSUER = b"http://localhost:8027"
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


class Site:
    """Serves `folder`; config.js names `api` and `issuer`, wherever these are."""

    def __init__(self, folder: Path, api: str, issuer: str = "") -> None:
        self._folder = folder.resolve()
        self._addresses = {_DEFAULT_API: api.encode(), _DEFAULT_ISSUER: issuer.encode()}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response("Method not allowed\n", status=405, headers={"Allow": "GET, HEAD"})
        file = self._file(request.path)
        if file is None:
            return Response("Not found\n", status=404)
        if file.name == "index.html" and not request.path.endswith(("/", "/index.html")):
            # Else what the page names beside itself would be looked for one folder above.
            return Response(status=308, headers={"Location": f"{file.parent.name}/"})
        content = file.read_bytes()
        if file.name == "config.js":
            for usual, address in self._addresses.items():
                content = content.replace(usual, address)
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
