"""How long an invocation may still wait: for this thread, and no longer than it lasts."""

import threading
from contextlib import suppress
from math import inf

import pytest

from payments.adapters import deadline


def test_nobody_is_waited_for_where_no_end_is_set() -> None:
    assert deadline.seconds_left() == inf


def test_the_time_runs_out_and_is_over_with_the_invocation(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("payments.adapters.deadline.time.monotonic", lambda: now[0])
    with deadline.within(9):
        assert deadline.seconds_left() == 9
        now[0] += 10
        assert deadline.seconds_left() == -1
    assert deadline.seconds_left() == inf


def test_an_invocation_that_fails_leaves_no_end_behind() -> None:
    with suppress(ZeroDivisionError), deadline.within(9):
        raise ZeroDivisionError
    assert deadline.seconds_left() == inf


def test_two_threads_have_an_end_each() -> None:
    seen = list[float]()
    with deadline.within(9):
        other = threading.Thread(target=lambda: seen.append(deadline.seconds_left()))
        other.start()
        other.join()
    assert seen == [inf]
