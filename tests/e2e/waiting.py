"""Waiting for what happens beside the browser: webhooks, queues and mails take their time."""

import time
from collections.abc import Callable

QUIET_SECONDS = 1.0


def eventually[T](look: Callable[[], T], timeout: float = 15) -> T:
    """What `look` gives as soon as it is true; a failure that shows the last answer if it stays false."""
    deadline = time.monotonic() + timeout
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {timeout} seconds, but still {found!r}"
        time.sleep(0.05)
    return found


def quiet_moment() -> None:
    """Time for something to happen that must not: there is no condition to wait for."""
    time.sleep(QUIET_SECONDS)
