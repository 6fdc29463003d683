"""Invocations that can be killed: each in a process of its own, forked from one that has loaded the handlers."""

import multiprocessing
import os
import signal
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from local.template import Function
from tests.integration.clock import Clock
from tests.integration.system import load_handler
from tests.integration.wire import Crash, Fault, Watch, run, tapped

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from types import TracebackType


class MortalWorkers:
    """Every invocation is a cold start. Handlers see the AWS of the environment in which this was entered."""

    def __init__(self, functions: Mapping[str, Function], dynamodb_url: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, self._theirs = context.Pipe()
        self._server = context.Process(target=_serve, args=(self._theirs, dict(functions), dynamodb_url), daemon=True)

    def __enter__(self) -> Self:
        self._server.start()
        self._theirs.close()
        return self

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self._connection.close()
        self._server.join()

    def invoke(self, function: str, event: Any, watch: Watch, offset: timedelta) -> Any:
        """The handler's answer, with the clock that far ahead; Crash if it was killed."""
        self._connection.send((function, event, watch.fault, offset))
        answer, watch.calls[:] = self._connection.recv()
        status = self._connection.recv()
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if killed:
            raise Crash
        if status:
            raise RuntimeError(f"{function} failed: {answer}")
        return answer


def _serve(connection: "Connection[Any, Any]", functions: Mapping[str, Function], dynamodb_url: str) -> None:
    clock = Clock()
    handlers = {}
    for id_, function in functions.items():
        module = load_handler(id_, function, dynamodb_url)
        clock.rule(module)
        handlers[id_] = module.handler
    with tapped():
        while True:
            try:
                function_id, event, fault, offset = connection.recv()
            except EOFError:
                return
            child = os.fork()
            if child == 0:
                clock.offset = offset
                _invoke(connection, handlers[function_id], event, fault)
            _, status = os.waitpid(child, 0)
            connection.send(status)


def _invoke(connection: "Connection[Any, Any]", handler: Any, event: Any, fault: Fault | None) -> None:
    watch = Watch(fault, last_words=lambda: connection.send((None, watch.calls)))
    try:
        answer = run(handler, event, watch)
    except BaseException as error:
        connection.send((repr(error), watch.calls))
        os._exit(1)
    connection.send((answer, watch.calls))
    os._exit(0)
