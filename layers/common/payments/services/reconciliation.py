"""Whatever is overdue: notices whose message was lost, payments that nobody told us about, events that never came.

Each run looks at what is due by the index, never at what exists, and does as much as fits into its time. What it cannot
do now stays due. When Stripe cannot be reached it is left alone until the next run.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.errors import StripeRefused, StripeUnavailable, ValidationFailed
from payments.domain.events import Event
from payments.domain.facts import Fact, Request, RequestState
from payments.domain.looking import next_look
from payments.domain.notices import Posting
from payments.domain.payment import Payment
from payments.domain.records import Overdue
from payments.services.checkout import Checkouts, ask_stripe
from payments.services.recording import postings_of, record
from payments.services.webhook import Owners, WebhookStore, receive

LEASE = "reconcile"
# Longer than the function may run, so that a run never meets its successor.
LEASE_LENGTH = timedelta(minutes=4)
# How long a run begins new work.
RUN_TIME = timedelta(seconds=75)
# A notice that is due since less is most likely in the queue.
GRACE = timedelta(seconds=60)
OVERDUE_PER_SHARD = 100
# Stripe keeps an idempotency key for a day; later, a repetition would be a new request.
REPEATABLE = timedelta(hours=23)

EVENTS = "undelivered_events"
# Events can come into Stripe's list a little late, so the newest are read again by the next run.
SETTLED = timedelta(minutes=5)


class ReconcileStore(WebhookStore, Protocol):
    def take_lease(self, name: str, now: datetime, length: timedelta) -> bool: ...

    def give_back_lease(self, name: str) -> None: ...

    def overdue(self, now: datetime, limit: int) -> list[Overdue]: ...

    def look_again(self, payment: Payment, at: datetime | None) -> None: ...

    def cursor(self, name: str) -> str | None: ...

    def move_cursor(self, name: str, position: str) -> None: ...


class Stripe(Checkouts, Owners, Protocol):
    def look(self, payment: Payment) -> tuple[Fact, ...]:
        """All that Stripe knows of a payment's session, its intent and its charges."""

    def undelivered(self, after: str | None, now: datetime) -> Iterator[tuple[Event, datetime]]:
        """Events that an endpoint has not accepted, with their time, the oldest first; those after one, if given."""


class Outbox(Protocol):
    def publish(self, postings: Sequence[Posting]) -> None: ...


@dataclass
class Summary:
    """What a run did; `refused` are the payments that Stripe would not tell of."""

    notices_published: int = 0
    payments_looked_at: int = 0
    events_heard: int = 0
    stripe_unavailable: bool = False
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reconciler:
    store: ReconcileStore
    stripe: Stripe
    outbox: Outbox
    livemode: bool
    failure_delay: timedelta
    clock: Callable[[], datetime]

    def run(self) -> Summary | None:
        """Do what is overdue; None if another run is under way."""
        began = self.clock()
        summary = Summary()
        with self._alone(began) as alone:
            if not alone:
                return None
            overdue = self.store.overdue(began, OVERDUE_PER_SHARD)
            self._publish_notices(overdue, summary)
            try:
                self._hear_undelivered(began, summary)
                for each in overdue:
                    if not each.notice and self.clock() < began + RUN_TIME:
                        self._look_at(each.payment_id, summary)
            except StripeUnavailable:
                summary.stripe_unavailable = True
        return summary

    @contextmanager
    def _alone(self, now: datetime) -> Iterator[bool]:
        taken = self.store.take_lease(LEASE, now, LEASE_LENGTH)
        try:
            yield taken
        finally:
            if taken:
                self.store.give_back_lease(LEASE)

    def _publish_notices(self, overdue: Sequence[Overdue], summary: Summary) -> None:
        settled = self.clock() - GRACE
        late = [each for each in overdue if each.due_at <= settled]
        self._publish([Posting(each.payment_id, each.notice) for each in late if each.notice], summary)

    def _publish(self, postings: Sequence[Posting], summary: Summary) -> None:
        self.outbox.publish(postings)
        summary.notices_published += len(postings)

    def _hear_undelivered(self, began: datetime, summary: Summary) -> None:
        """Learn from events that never came, as the webhook would have."""
        for event, created in self.stripe.undelivered(self.store.cursor(EVENTS), began):
            if self.clock() >= began + RUN_TIME:
                return
            receipt = receive(
                event,
                livemode=self.livemode,
                failure_delay=self.failure_delay,
                store=self.store,
                stripe=self.stripe,
                now=self.clock(),
            )
            self._publish(receipt.postings, summary)
            summary.events_heard += 1
            if created < began - SETTLED:
                self.store.move_cursor(EVENTS, event.id)

    def _look_at(self, payment_id: str, summary: Summary) -> None:
        """Find out how a payment stands, and when to ask again."""
        payment = self.store.payment(payment_id)
        if payment is None:
            return
        summary.payments_looked_at += 1
        try:
            if self._learned_of(payment, summary):
                return
        except (StripeRefused, StripeUnavailable, ValidationFailed) as error:
            if isinstance(error, StripeUnavailable) and not error.spent:
                raise
            # Of this payment Stripe will not tell; of others it will.
            summary.refused.append(payment.id)
        self.store.look_again(payment, next_look(payment, self.clock()))

    def _learned_of(self, payment: Payment, summary: Summary) -> bool:
        """Whether there was anything new; then it is recorded, with when to look next."""
        now = self.clock()
        if payment.sessions:
            news = self.stripe.look(payment)
        elif now - payment.created_at < REPEATABLE:
            return bool(ask_stripe(payment, self.store, self.stripe, now).sessions)
        else:
            news = (Request(state=RequestState.LAPSED, reason="no answer"),)
        _, effects = record(self.store, payment, news, now=now, failure_delay=self.failure_delay)
        self._publish(postings_of(payment.id, effects, self.failure_delay), summary)
        return bool(effects)
