"""The AWS services of the local stack: moto, mended, in a process of its own, behind one lock.

moto's writes are not atomic: one lock around the whole application makes them so, as AWS's are. It has a process of
its own so that it does not share an interpreter lock with the gateway and the Lambda Runtime API.

Beside AWS's API it answers GET and DELETE /_local/mails: what SES was given to send.
"""

from __future__ import annotations

import argparse
import threading
from io import BytesIO
from typing import TYPE_CHECKING

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from local.outbox import Outbox
from local.servers import is_for_this_machine, letting_go

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class LockedAws:
    """moto's WSGI application, one request at a time, with SES's outbox beside it."""

    def __init__(self, moto: WSGIApplication) -> None:
        self._moto = moto
        self._lock = threading.Lock()
        self._outbox = Outbox()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # Its port is anybody's guess, and a page can guess.
        if not is_for_this_machine(environ):
            return Response("This is for this machine only.\n", 403)(environ, start_response)
        if environ.get("PATH_INFO") == "/_local/mails":
            return self._outbox(environ, start_response)
        # The body is read before the lock is taken, so that a slow client holds nobody up.
        body = Request(environ).get_data()
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))
        with self._lock:
            response = list(self._moto(environ, start_response))
            self._outbox.take()
        return response


def main() -> None:
    """Serves on the listening socket that the parent hands over."""
    parser = argparse.ArgumentParser(prog="local.aws")
    parser.add_argument("--fd", type=int, required=True, help="a listening TCP socket")
    arguments = parser.parse_args()

    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )

    from local.moto_mends import mend

    mend()

    class QuietHandler(MotoRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """A line for each AWS call would drown the handlers' own."""

    application = letting_go(LockedAws(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", 0, application, threaded=True, fd=arguments.fd, request_handler=QuietHandler)
    server.serve_forever()


if __name__ == "__main__":
    main()
