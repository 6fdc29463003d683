"""Waiting for what a deployed stack does: each look is a signed call by TLS, and takes time from what it waits for."""

import time
from collections.abc import Callable

PAUSE_SECONDS = 0.25


def eventually[T](look: Callable[[], T], timeout: float) -> T:
    """What `look` gives as soon as it is true; a failure that shows the last answer if it stays false."""
    deadline = time.monotonic() + timeout
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {timeout} seconds, but still {found!r}"
        time.sleep(PAUSE_SECONDS)
    return found
