"""Whatever is overdue: notices whose message was lost, or whose sending was put off."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.notices import Notice, Posting

LEASE = "reconcile"
# Longer than the function may run, so that a run never meets its successor.
LEASE_LENGTH = timedelta(minutes=4)
# A notice that is due since less is most likely in the queue.
GRACE = timedelta(seconds=60)
NOTICES_PER_SHARD = 200


class ReconcileStore(Protocol):
    def take_lease(self, name: str, now: datetime, length: timedelta) -> bool: ...

    def give_back_lease(self, name: str) -> None: ...

    def notices_due(self, before: datetime, limit: int) -> list[tuple[str, Notice]]: ...


class Outbox(Protocol):
    def publish(self, postings: Sequence[Posting]) -> None: ...


def reconcile(store: ReconcileStore, outbox: Outbox, now: datetime) -> int | None:
    """Publish the notices that are overdue: how many, or None if another run is under way."""
    with _alone(store, now) as alone:
        if not alone:
            return None
        overdue = store.notices_due(now - GRACE, NOTICES_PER_SHARD)
        outbox.publish([Posting(payment_id, notice) for payment_id, notice in overdue])
        return len(overdue)


@contextmanager
def _alone(store: ReconcileStore, now: datetime) -> Iterator[bool]:
    taken = store.take_lease(LEASE, now, LEASE_LENGTH)
    try:
        yield taken
    finally:
        if taken:
            store.give_back_lease(LEASE)
