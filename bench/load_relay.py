"""A relay between two parts of the local system, that sees each exchange as it passes."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from local.servers import Server, listen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from wsgiref.types import StartResponse, WSGIEnvironment

_TIMEOUT = 60.0
# They concern one connection, and there are two here.
_OF_ONE_CONNECTION = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer; times are seconds of the monotonic clock. `status` is None where none came."""

    began: float
    ended: float
    status: int | None
    body: bytes


class Relay:
    """Passes every request on to `target`, and tells `note` of each exchange."""

    def __init__(self, target: str, note: Callable[[Exchange], None]) -> None:
        self._target = urlsplit(target).netloc
        self._note = note
        listener = listen(0)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = Server(listener, self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        body = request.get_data()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_ONE_CONNECTION}
        began = time.monotonic()
        connection = http.client.HTTPConnection(self._target, timeout=_TIMEOUT)
        try:
            connection.request(request.method, request.full_path.rstrip("?"), body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._note(Exchange(began, time.monotonic(), None, b""))
            return Response(status=502)(environ, start_response)
        finally:
            connection.close()
        self._note(Exchange(began, time.monotonic(), answer.status, content))
        passed = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OF_ONE_CONNECTION]
        return Response(content, answer.status, passed)(environ, start_response)
