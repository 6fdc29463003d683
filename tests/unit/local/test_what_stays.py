"""What was answered is let go at once: a stack that is open all day would keep it until Python looks for circles."""

from __future__ import annotations

import gc
import json
import urllib.request
from typing import TYPE_CHECKING

import pytest
from werkzeug.wrappers import Request, Response

from local.access_log import AccessLog
from local.processes import Logs
from local.runtime_api import Invocation
from local.servers import Server, listen
from local.workers import Workers
from tests.unit.local.test_stack_parts import function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from wsgiref.types import WSGIApplication

MANY = 20
# One that was answered just now may be on its way out.
FEW = 2


@pytest.fixture(autouse=True)
def collector_rests() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def kept(kind: type) -> int:
    return sum(isinstance(each, kind) for each in gc.get_objects())


@pytest.mark.parametrize("wrapped", [lambda hello: hello, lambda hello: AccessLog(hello, lambda _: None)])
def test_no_request_stays_that_was_answered(wrapped: Callable[[WSGIApplication], WSGIApplication]) -> None:
    @Request.application
    def hello(request: Request) -> Response:
        return Response(request.get_data())

    listener = listen(0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    before = kept(Request)
    server = Server(listener, wrapped(hello))
    try:
        for number in range(MANY):
            with urllib.request.urlopen(address, str(number).encode()) as answer:
                assert answer.read() == str(number).encode()
    finally:
        server.close()

    assert kept(Request) <= before + FEW


def test_no_event_stays_that_a_function_has_done(tmp_path: Path) -> None:
    shop = function(tmp_path)
    shop.code_uri.mkdir(parents=True)
    (shop.code_uri / "handler.py").write_text("def handler(event, context): return event\n")
    workers = Workers(shop, {}, Logs(tmp_path / "logs"))
    try:
        workers.start()
        for number in range(MANY):
            assert workers.invoke(json.dumps(number).encode()).result(60).value == number
        assert kept(Invocation) <= FEW
    finally:
        workers.close()
