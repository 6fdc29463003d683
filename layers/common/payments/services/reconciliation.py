"""Whatever is overdue: notices whose message was lost, payments that nobody told us about, events that never came.

Each run looks at what is due by the index, never at what exists, and does as much as fits into its time. What it cannot
do now comes again, later; it holds up nothing else. When Stripe keeps failing it is left alone until the next run.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.errors import StripeUnavailable
from payments.domain.events import Event
from payments.domain.facts import Fact, Request, RequestState
from payments.domain.looking import next_look
from payments.domain.notices import Posting
from payments.domain.payment import Payment, Status
from payments.domain.records import Overdue
from payments.services.checkout import Checkouts, ask_stripe
from payments.services.recording import postings_of, record
from payments.services.webhook import Owners, WebhookStore, receive

LEASE = "reconcile"
# Longer than the function may run, so that a run never meets its successor.
LEASE_LENGTH = timedelta(minutes=4)
# How long a run begins new work.
RUN_TIME = timedelta(seconds=40)
# A notice that is due since less is most likely in the queue.
GRACE = timedelta(seconds=60)
OVERDUE_PER_SHARD = 100
# Stripe keeps an idempotency key for a day; later, a repetition would be a new request.
REPEATABLE = timedelta(hours=23)

EVENTS = "undelivered_events"
# Events can come into Stripe's list a little late, so the newest are read again by the next run.
SETTLED = timedelta(minutes=5)
# An event that could not be learned from for so long will not be waited for any more.
HOPELESS = timedelta(days=1)

# So many failures of Stripe's in one run, and it is left alone until the next.
PATIENCE = 3


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
    """What a run did: which statuses payments reached, and how often; `failed` names the payments and events that it
    could not do, and `report` was told why."""

    notices_published: int = 0
    payments_looked_at: int = 0
    events_heard: int = 0
    failed: list[str] = field(default_factory=list)
    stripe_failures: int = 0
    reached: dict[Status, int] = field(default_factory=dict)

    def count(self, status: Status | None) -> None:
        """A payment that reached another status; None: it did not."""
        if status:
            self.reached[status] = self.reached.get(status, 0) + 1

    @property
    def stripe_unavailable(self) -> bool:
        return self.stripe_failures >= PATIENCE


@dataclass(frozen=True)
class Reconciler:
    """`report` is told of each failure, with what it concerns, as the log names that; it ends there."""

    store: ReconcileStore
    stripe: Stripe
    outbox: Outbox
    livemode: bool
    failure_delay: timedelta
    clock: Callable[[], datetime]
    report: Callable[[dict[str, object], Exception], None]

    def run(self) -> Summary | None:
        """Do what is overdue; None if another run is under way."""
        began = self.clock()
        summary = Summary()
        with self._alone(began) as alone:
            if not alone:
                return None
            overdue = self.store.overdue(began, OVERDUE_PER_SHARD)
            self._publish_notices(overdue, summary)
            with self._apart(summary, source="the list of undelivered events"):
                self._hear_undelivered(began, summary)
            for each in overdue:
                if not each.notice and self._goes_on(began, summary):
                    self._look_at(each.payment_id, summary)
        return summary

    @contextmanager
    def _alone(self, now: datetime) -> Iterator[bool]:
        taken = self.store.take_lease(LEASE, now, LEASE_LENGTH)
        try:
            yield taken
        finally:
            if taken:
                self.store.give_back_lease(LEASE)

    @contextmanager
    def _apart(self, summary: Summary, **what: object) -> Iterator[None]:
        """Whatever goes wrong with one thing must not hold up the others."""
        try:
            yield
        except Exception as error:
            summary.failed += [str(each) for each in what.values()]
            summary.stripe_failures += isinstance(error, StripeUnavailable)
            self.report(what, error)

    def _goes_on(self, began: datetime, summary: Summary) -> bool:
        return self.clock() < began + RUN_TIME and not summary.stripe_unavailable

    def _publish_notices(self, overdue: Sequence[Overdue], summary: Summary) -> None:
        settled = self.clock() - GRACE
        late = [each for each in overdue if each.due_at <= settled]
        self._publish([Posting(each.payment_id, each.notice) for each in late if each.notice], summary)

    def _publish(self, postings: Sequence[Posting], summary: Summary) -> None:
        """The notices stay due in the table, should the queue not take them."""
        with self._apart(summary, source="the mail queue"):
            self.outbox.publish(postings)
            summary.notices_published += len(postings)

    def _hear_undelivered(self, began: datetime, summary: Summary) -> None:
        """Learn from events that never came, as the webhook would have.

        The cursor stops before the first that failed, unless that is hopeless: the next run begins with it.
        """
        all_heard = True
        for event, created in self.stripe.undelivered(self.store.cursor(EVENTS), began):
            if not self._goes_on(began, summary):
                return
            failures = len(summary.failed)
            with self._apart(summary, event_id=event.id):
                receipt = receive(
                    event,
                    livemode=self.livemode,
                    failure_delay=self.failure_delay,
                    store=self.store,
                    stripe=self.stripe,
                    now=self.clock(),
                )
                summary.events_heard += 1
                summary.count(receipt.new_status)
                self._publish(receipt.postings, summary)
            heard = len(summary.failed) == failures
            all_heard = all_heard and (heard or created < began - HOPELESS)
            if all_heard and created < began - SETTLED:
                self.store.move_cursor(EVENTS, event.id)

    def _look_at(self, payment_id: str, summary: Summary) -> None:
        """Find out how a payment stands, and when to ask again: one that fails each time comes later and later."""
        with self._apart(summary, payment_id=payment_id):
            payment = self.store.payment(payment_id)
            if payment is None:
                return
            summary.payments_looked_at += 1
            learned = False
            try:
                learned = self._learned_of(payment, summary)
            finally:
                if not learned:
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
        summary.count(effects.status)
        self._publish(postings_of(payment.id, effects, self.failure_delay), summary)
        return bool(effects)
