"""What the mailbox and the console have in common: their static files, and what browsers are told of their pages."""

from __future__ import annotations

import json
from pathlib import Path

from werkzeug.wrappers import Request, Response

from local.servers import is_for_this_machine
from local.site import Site

_SHARED = Path(__file__).parent / "static"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Pages:
    """The files of `folder`; below /shared/ those of every page. `page` is for addresses that its script reads."""

    def __init__(self, folder: Path) -> None:
        self._page = (folder / "index.html").read_bytes
        self._site = Site(folder, "")
        self._shared = Site(_SHARED, "")

    def page(self) -> Response:
        return Response(self._page(), content_type="text/html; charset=utf-8")

    def file(self, request: Request) -> Response:
        if request.path.startswith("/shared/"):
            environ = request.environ | {"PATH_INFO": request.path.removeprefix("/shared")}
            return Response.from_app(self._shared, environ)
        return Response.from_app(self._site, request.environ)


def refusal(request: Request) -> Response | None:
    """Why a request is none of these pages'; None for one that may be."""
    if is_for_this_machine(request.environ):
        return None
    return in_json({"error": {"message": "This is for programs and browsers on this machine only."}}, 403)


def in_json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, content_type="application/json")
