"""How long the invocation under way may still wait for others.

A call that outlives its invocation is lost with it: nobody is answered, and nobody knows how the call ended. So clients
begin one only if there is time for it (docs/adr/0017).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# By the monotonic clock. Where nobody is waited for, as in a tool, there is no end.
_end: ContextVar[float] = ContextVar("_end", default=float("inf"))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Meanwhile this thread's calls are to be over in so many seconds from now."""
    token = _end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


def seconds_left() -> float:
    """Infinite where no end was set; below zero once it has passed."""
    return _end.get() - time.monotonic()
