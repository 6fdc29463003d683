"""Listening sockets and the threads that serve on them."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"
_THIS_MACHINE = re.compile(r"((localhost|127\.0\.0\.1)(:\d*)?)?", re.ASCII | re.IGNORECASE)


def is_for_this_machine(environ: WSGIEnvironment) -> bool:
    """Whether a request means this machine by the host that it names.

    A page anywhere may have its own name pointed here, and then read every answer as one of its own; its requests still
    say that name. What names no host comes from no browser.
    """
    return _THIS_MACHINE.fullmatch(environ.get("HTTP_HOST", "")) is not None


class PortTakenError(Exception):
    """Another program listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.port = port


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 is any free one. Raises PortTakenError.

    Requests queue on it from now on, before anything serves them.
    """
    # A program on ::1 alone would answer the browsers' `localhost` in our place, and would not keep us from binding.
    if port and any(_answers(host, port) for host in ("127.0.0.1", "::1")):
        raise PortTakenError(port)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortTakenError(port) from error
    return listener


def _answers(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), timeout=0.5):
        return True
    return False


def letting_go(application: WSGIApplication) -> WSGIApplication:
    """The application, of which no answered request stays in memory.

    werkzeug's request and its environment hold each other, and all that came with them, until Python happens to look
    for such circles: seldom in a program of many objects.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return ClosingIterator(application(environ, start_response), partial(environ.pop, "werkzeug.request", None))

    return answer


class Server:
    """Serves a WSGI application on a listening socket until closed."""

    def __init__(self, listener: socket.socket, application: WSGIApplication) -> None:
        self._server: BaseWSGIServer = make_server(
            HOST, 0, letting_go(application), threaded=True, fd=listener.fileno(), request_handler=_QuietHandler
        )
        # make_server works on a copy of the socket.
        listener.close()
        # Open requests must not keep the stack from ending.
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._server.block_on_close = False  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=2)


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The functions log what matters about their requests."""

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """A client that went away is no news."""
