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
from payments.domain.looking import next_look
from payments.domain.notices import Notice, NoticeKind, Posting
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
        raised: Mapping[Notice, datetime],
        event: EventRecord | None = None,
        new_names: Iterable[str] = (),
        frees_key: bool = False,
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
                store.record(payment.id, audit(event, ("nothing new",), now))
            return payment, effects
        learned = replace(
            learned,
            updated_at=now,
            look_at=next_look(learned, now),
            last_event=event.id if event else payment.last_event,
        )
        try:
            store.save(
                learned,
                raised={notice: now + _delay_of(notice, failure_delay) for notice in effects.notices},
                event=audit(event, tuple(str(change) for change in effects.changes), now) if event else None,
                new_names=sorted(learned.stripe_ids - payment.stripe_ids),
                frees_key=learned.has_lapsed and not payment.has_lapsed,
            )
        except Conflict:
            time.sleep(pause(attempt))
            found = store.payment(payment.id)
            if found is None:
                raise PaymentNotFound(f"The payment {payment.id} is gone.") from None
            payment = found
            continue
        return replace(learned, version=learned.version + 1), effects
    raise TryAgain("The payment is being changed by too many others at once; send the same again.")


def postings_of(payment_id: str, effects: Effects, failure_delay: timedelta) -> tuple[Posting, ...]:
    """The notices that were raised, to be published when they may be sent."""
    return tuple(
        Posting(payment_id, notice, int(_delay_of(notice, failure_delay).total_seconds())) for notice in effects.notices
    )


def audit(event: Event, outcome: tuple[str, ...], now: datetime) -> EventRecord:
    """The record of an event: what it changed, or why nothing."""
    return EventRecord(event.id, event.type, outcome, now)


def _delay_of(notice: Notice, failure_delay: timedelta) -> timedelta:
    """How long a notice waits before it may be sent."""
    return failure_delay if notice.kind is NoticeKind.PAYMENT_FAILED_ADMIN else timedelta()


def pause(attempt: int) -> float:
    """Full jitter, so that those who met once do not meet again."""
    return random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311 - no secret
