"""Learning that lasts: read, learn, write on condition, and again if another writer was faster."""

import random
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.errors import PaymentNotFound, TryAgain
from payments.domain.events import Event
from payments.domain.facts import Fact
from payments.domain.learning import Effects, learn
from payments.domain.notices import Notice, NoticeKind
from payments.domain.payment import Payment
from payments.domain.records import Conflict, EventRecord

ATTEMPTS = 12
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.6


class Payments(Protocol):
    """The store, as far as learning needs it."""

    def payment(self, payment_id: str) -> Payment | None: ...

    def save(
        self,
        payment: Payment,
        *,
        due: Mapping[Notice, datetime],
        event: EventRecord | None = None,
        new_names: Iterable[str] = (),
        freed_key: str | None = None,
    ) -> None: ...

    def record(self, payment_id: str, event: EventRecord) -> None: ...


def record(
    store: Payments,
    payment: Payment,
    news: Iterable[Fact],
    *,
    now: datetime,
    event: Event | None = None,
    failure_delay: timedelta = timedelta(),
    freed_key: str | None = None,
) -> tuple[Payment, Effects]:
    """Learn the news durably: the payment as it now is and what followed, nothing if all was known.

    `failure_delay` is how long an admin's mail about a failure waits for a success. TryAgain if too many others
    write at once; then nothing of it is written.
    """
    facts = tuple(news)
    for attempt in range(ATTEMPTS):
        learned, effects = learn(payment, facts)
        if not effects:
            if event:
                store.record(payment.id, _audit(event, ("nothing new",), now))
            return payment, effects
        learned = replace(learned, updated_at=now, last_event=event.id if event else payment.last_event)
        try:
            store.save(
                learned,
                due={notice: now + delay_of(notice, failure_delay) for notice in effects.notices},
                event=_audit(event, tuple(str(change) for change in effects.changes), now) if event else None,
                new_names=sorted(learned.stripe_ids - payment.stripe_ids),
                freed_key=freed_key,
            )
        except Conflict:
            time.sleep(_pause(attempt))
            found = store.payment(payment.id)
            if found is None:
                raise PaymentNotFound(f"The payment {payment.id} is gone.") from None
            payment = found
            continue
        return replace(learned, version=learned.version + 1), effects
    raise TryAgain("The payment is being changed by too many others at once; send the same again.")


def _audit(event: Event, outcome: tuple[str, ...], now: datetime) -> EventRecord:
    return EventRecord(event.id, event.type, outcome, now)


def delay_of(notice: Notice, failure_delay: timedelta) -> timedelta:
    """How long a notice waits before it may be sent."""
    return failure_delay if notice.kind is NoticeKind.PAYMENT_FAILED_ADMIN else timedelta()


def _pause(attempt: int) -> float:
    """Full jitter, so that those who met once do not meet again."""
    return random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311 - no secret
