"""Who sends too many orders is told when to come again; whatever cannot be known turns nobody away."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments.domain.errors import NotConfigured, RateLimited, TryAgain
from payments.runtime.clients import ClientRate
from payments.runtime.problems import problem
from tests.fakes import MemoryStore

NOW = datetime(2026, 11, 21, 9, 0, 37, tzinfo=UTC)
ADDRESS = "203.0.113.7"


def asked_from(source: object) -> dict[str, Any]:
    return {"requestContext": {"http": {"sourceIp": source}}}


class Gate:
    def __init__(self, limit: int = 2) -> None:
        self.store = MemoryStore()
        self.reported: list[Exception] = []
        self.rate = ClientRate(limit, lambda: b"key", self.store, self.reported.append)

    def admit(self, event: Mapping[str, Any] | None = None, user: str | None = None) -> str | None:
        return self.rate.admit(asked_from(ADDRESS) if event is None else event, user, NOW)


def test_the_limit_is_what_gets_through() -> None:
    gate = Gate(limit=2)
    assert gate.admit() == gate.admit() is not None
    with pytest.raises(RateLimited):
        gate.admit()
    assert gate.admit(asked_from("203.0.113.8"))
    assert gate.admit(user="ada-1")


def test_who_is_turned_away_is_told_when_the_minute_ends() -> None:
    gate = Gate(limit=1)
    gate.admit()
    with pytest.raises(RateLimited) as refused:
        gate.admit()
    status, headers, body = problem(refused.value, "request-1")
    assert (status, body["code"], headers) == (429, "rate_limited", {"retry-after": "23"})
    assert "23 seconds" in str(body["detail"])


def test_without_a_limit_nobody_is_counted() -> None:
    gate = Gate(limit=0)
    assert gate.admit() is None
    assert not gate.store.counted


@pytest.mark.parametrize("event", [{}, {"requestContext": None}, asked_from(None), asked_from(7), asked_from("")])
def test_who_comes_from_nowhere_is_not_counted(event: Mapping[str, Any]) -> None:
    gate = Gate(limit=1)
    assert [gate.admit(event) for _ in range(3)] == [None] * 3


def test_what_callers_say_of_where_they_are_counts_for_nothing() -> None:
    gate = Gate(limit=1)
    gate.admit(asked_from(ADDRESS) | {"headers": {"x-forwarded-for": "198.51.100.1"}})
    with pytest.raises(RateLimited):
        gate.admit(asked_from(ADDRESS) | {"headers": {"x-forwarded-for": "198.51.100.2"}})


def test_where_the_table_cannot_be_asked_the_order_goes_on_and_that_is_reported_once() -> None:
    gate = Gate(limit=1)
    gate.store.busy.add("count_order")
    assert gate.admit()
    (error,) = gate.reported
    assert isinstance(error, TryAgain)


def test_where_there_is_no_key_the_order_goes_on_to_fail_as_it_would() -> None:
    gate = Gate()

    def no_key() -> bytes:
        raise NotConfigured("There is no secret.")

    gate.rate = ClientRate(1, no_key, gate.store, gate.reported.append)
    assert gate.admit() is None
    assert not gate.store.counted
    assert len(gate.reported) == 1


def test_a_minute_has_at_least_a_second_left() -> None:
    gate = Gate(limit=1)
    last = NOW + timedelta(seconds=22, milliseconds=999)
    gate.rate.admit(asked_from(ADDRESS), None, last)
    with pytest.raises(RateLimited) as refused:
        gate.rate.admit(asked_from(ADDRESS), None, last)
    assert refused.value.retry_after == 1
