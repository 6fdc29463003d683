"""The wire under a handler: every HTTP request that it makes, and faults at any of them.

Whatever library makes a request, http.client carries it; so a call that someone adds tomorrow is seen as well.
"""

import http.client
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.integration.system import Context

_REQUEST = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.1\r\n")
_TARGET = re.compile(rb"\r\nX-Amz-Target: \w+\.(\w+)\r\n", re.IGNORECASE)
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_ID = re.compile(r"\b(pay|cs_test|pi|ch|py|re|evt|du|dp|pm|cus|txn)_[A-Za-z0-9]+")
ANSWER = "the answer"


class Moment(StrEnum):
    BEFORE = "before"
    AFTER = "after"


class Kind(StrEnum):
    """How a call ends: the process dies on the way out through `finally`, is killed, or only the connection is lost."""

    EXCEPTION = "exception"
    KILL = "kill"
    CONNECTION = "lost connection"


class Crash(BaseException):
    """The death of an invocation: like that of a process, it is caught by no `except Exception`, and not repeated."""


@dataclass(frozen=True)
class Fault:
    """What befalls the n-th call of an invocation, from 0; the call after the last is the handler's own answer."""

    call: int
    moment: Moment
    kind: Kind


@dataclass
class Watch:
    """One invocation as seen from the wire."""

    fault: Fault | None = None
    # What a process does before it is killed.
    last_words: Callable[[], None] = lambda: None
    calls: list[str] = field(default_factory=list)

    def sends(self, name: str) -> None:
        self.calls.append(name)
        self._strike(Moment.BEFORE)

    def has_answer(self) -> None:
        self._strike(Moment.AFTER)

    def _strike(self, moment: Moment) -> None:
        if self.fault is None or (self.fault.call, self.fault.moment) != (len(self.calls) - 1, moment):
            return
        match self.fault.kind:
            case Kind.EXCEPTION:
                raise Crash
            case Kind.KILL:
                self.last_words()
                os.kill(os.getpid(), signal.SIGKILL)
            case Kind.CONNECTION:
                raise ConnectionResetError


_watch: ContextVar[Watch | None] = ContextVar("_watch", default=None)


def run(handler: Callable[..., Any], event: object, watch: Watch) -> Any:
    """Invoke a handler under watch; the answer itself is the last thing that can be lost."""
    token = _watch.set(watch)
    try:
        answer = handler(event, Context())
    finally:
        _watch.reset(token)
    watch.sends(ANSWER)
    return answer


@contextmanager
def tapped() -> Iterator[None]:
    """Meanwhile the requests of watched handlers are noted, and their pauses between attempts are none."""
    send, getresponse, sleep = http.client.HTTPConnection.send, http.client.HTTPConnection.getresponse, time.sleep

    def noted_send(self: http.client.HTTPConnection, data: Any) -> None:
        watch = _watch.get()
        if watch and isinstance(data, bytes) and (head := _REQUEST.match(data)):
            watch.sends(_name(data, head))
        send(self, data)

    def noted_getresponse(self: http.client.HTTPConnection) -> http.client.HTTPResponse:
        # The other side has done its work once it begins to answer.
        response = getresponse(self)
        if watch := _watch.get():
            try:
                watch.has_answer()
            except BaseException:
                response.close()
                self.close()
                raise
        return response

    def unhurried_sleep(seconds: float) -> None:
        if not _watch.get():
            sleep(seconds)

    patches: tuple[tuple[Any, str, Any, Any], ...] = (
        (http.client.HTTPConnection, "send", noted_send, send),
        (http.client.HTTPConnection, "getresponse", noted_getresponse, getresponse),
        (time, "sleep", unhurried_sleep, sleep),
    )
    for owner, name, patched, _ in patches:
        setattr(owner, name, patched)
    try:
        yield
    finally:
        for owner, name, _, original in patches:
            setattr(owner, name, original)


def masked(text: str) -> str:
    """The text with every id and hash replaced by its kind, so that two payments can be compared."""
    return _HASH.sub("hash_*", _ID.sub(r"\1_*", text))


def _name(data: bytes, head: re.Match[bytes]) -> str:
    """DynamoDB's, SQS's and Secrets Manager's operation, else method and path."""
    if target := _TARGET.search(data):
        return target[1].decode()
    method, path = head[1].decode(), head[2].decode().partition("?")[0]
    return f"{method} {masked(path)}"
