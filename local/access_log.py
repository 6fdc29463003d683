"""A line for each request to what stands in front of the functions, as API Gateway's access log has it."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from local.servers import letting_go

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class AccessLog:
    """Passes requests on and writes a JSON line about each: `problem` is why one did not get what it asked for.

    A function's own failure is none of these: its log line tells of it.
    """

    def __init__(self, application: WSGIApplication, write: Callable[[str], None]) -> None:
        # It is given an environment of its own.
        self._application = letting_go(application)
        self._write = write

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.monotonic()
        request = Request(environ)
        response = Response.from_app(self._application, environ, buffered=True)
        line = {
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": request.method,
            "path": str(environ["REQUEST_URI"]).partition("?")[0],
            "status": response.status_code,
            "latencyMs": round(1000 * (time.monotonic() - began)),
        }
        if problem := _problem(response):
            line["problem"] = problem
        self._write(json.dumps(line))
        return response(environ, start_response)


def _problem(response: Response) -> str | None:
    if response.status_code < 400:
        return None
    phrase = response.status.partition(" ")[2]
    try:
        body = json.loads(response.get_data())
    except ValueError:
        return phrase
    if not isinstance(body, dict) or response.mimetype != "application/problem+json":
        return str(body.get("message", phrase)) if isinstance(body, dict) else phrase
    if response.status_code >= 500:
        return None
    errors = body.get("errors")
    fields = [str(error["field"]) for error in errors if "field" in error] if isinstance(errors, list) else []
    title = str(body.get("title", phrase))
    return f"{title}: {', '.join(fields)}" if fields else title
