"""Stripe's list of events: how it is read."""

import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from payments.adapters.stripe import events
from payments.adapters.stripe.api import StripeApi


class Listed:
    """An event as Stripe's library has it."""

    def to_dict(self) -> dict[str, Any]:
        return {}


def test_no_more_of_stripes_objects_are_held_than_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    held: weakref.WeakSet[Listed] = weakref.WeakSet()
    most = 0

    def listed() -> Iterator[Listed]:
        nonlocal most
        for _ in range(400):
            each = Listed()
            held.add(each)
            most = max(most, len(held))
            yield each

    page = SimpleNamespace(auto_paging_iter=listed)
    client = SimpleNamespace(v1=SimpleNamespace(events=SimpleNamespace(list=lambda _: page)))
    monkeypatch.setattr(StripeApi, "_client", lambda _: client)
    monkeypatch.setattr(events, "read_listed_event", lambda _: None)
    api = StripeApi(lambda: "sk_test_x", "http://127.0.0.1:9", livemode=False)

    api.events(events.MONEY, datetime.now(UTC), None, whole=True)

    assert most < 10
