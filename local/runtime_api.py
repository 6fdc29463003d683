"""The Lambda Runtime API: what a function's process asks for events and answers to.

One small server for each worker, as Lambda has one for each execution environment; the protocol names no
worker, its address does. See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""

from __future__ import annotations

import json
import secrets
import socketserver
import sys
import threading
import time
import uuid
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol

_PREFIX = "/2018-06-01/runtime"
RESPONSE_LIMIT = 6_291_556


@dataclass(frozen=True)
class Result:
    """What an invocation came to: its JSON answer, or the function's error as Lambda describes it."""

    payload: bytes
    failed: bool = False

    @property
    def value(self) -> Any:
        return json.loads(self.payload or b"null")

    @classmethod
    def error(cls, type_: str, message: str) -> Result:
        return cls(json.dumps({"errorType": type_, "errorMessage": message}).encode(), failed=True)


@dataclass(eq=False)
class Invocation:
    """One event on its way through a function."""

    payload: bytes
    function_arn: str
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace_id: str = field(default_factory=lambda: f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Sampled=0")
    deadline: float = 0.0
    """Seconds since the epoch; known when a worker takes the event."""
    result: Future[Result] = field(default_factory=Future)


class Runtime(Protocol):
    """The worker behind a Runtime API."""

    def next(self) -> Invocation | None:
        """Waits for the next event; None when this worker gets no more of them."""

    def respond(self, request_id: str, result: Result) -> bool:
        """Takes an event's result; False if the worker does not work on that event (any more)."""

    def fail_init(self, error: dict[str, Any]) -> None:
        """The handler could not be loaded."""


class RuntimeApi:
    """Serves the Runtime API for one worker on a port of its own."""

    def __init__(self, runtime: Runtime) -> None:
        class Handler(_Handler):
            pass

        Handler.runtime = runtime
        self._server = _Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Takes no more requests; does not wait for those that are open."""
        threading.Thread(target=self._close, daemon=True).start()

    def _close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A worker that was killed leaves a broken connection; its exit is reported where it is awaited."""
        if not isinstance(sys.exception(), ConnectionError):
            raise


class _Handler(BaseHTTPRequestHandler):
    runtime: Runtime
    protocol_version = "HTTP/1.1"
    # Answers are small and awaited: no delay for more to come.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path != f"{_PREFIX}/invocation/next":
            self._answer(404, b"{}")
            return
        invocation = self.runtime.next()
        if invocation is None:
            self.close_connection = True
            return
        self._answer(
            200,
            invocation.payload,
            {
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                "Lambda-Runtime-Trace-Id": invocation.trace_id,
            },
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == f"{_PREFIX}/init/error":
            # awslambdaric writes it in Latin-1.
            self.runtime.fail_init(json.loads(body.decode(errors="replace") or "{}"))
            self._answer(202, b'{"status":"OK"}')
            return
        request_id, _, outcome = self.path.removeprefix(f"{_PREFIX}/invocation/").partition("/")
        if outcome == "response":
            result = Result(body)
            if len(body) > RESPONSE_LIMIT:
                result = Result.error(
                    "Function.ResponseSizeTooLarge",
                    f"Response payload size ({len(body)} bytes) exceeded maximum allowed payload size "
                    f"({RESPONSE_LIMIT} bytes).",
                )
        elif outcome == "error":
            result = Result(body, failed=True)
        else:
            self._answer(404, b"{}")
            return
        if self.runtime.respond(request_id, result):
            self._answer(202, b'{"status":"OK"}')
        else:
            self._answer(400, b'{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}')

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        with suppress(ConnectionError):
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Type": "application/json"}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Events are logged by the functions themselves."""
