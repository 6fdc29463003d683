"""Whatever is overdue: notices whose message was lost, payments that nobody told us about, events that never came.

Each run looks at what is due by the index, never at what exists, and does as much as fits into its time. What it cannot
do now comes again, later; it holds up nothing else. When Stripe keeps failing it is left alone until the next run.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.actors import LOOK
from payments.domain.errors import NewerRelease, StripeUnavailable, TryAgain
from payments.domain.events import Event
from payments.domain.facts import Fact
from payments.domain.looking import Due, DueReason
from payments.domain.notices import Posting
from payments.domain.payment import Payment, Status
from payments.domain.releases import CAME_LATER
from payments.services.checkout import AskingStore, Checkouts, ask_stripe
from payments.services.recording import postings_of, record
from payments.services.webhook import Owners, WebhookStore, receive

LEASE = "reconcile"
# Longer than the function may run, so that a run never meets its successor.
LEASE_LENGTH = timedelta(minutes=4)
# How long a run begins new work.
RUN_TIME = timedelta(seconds=40)
OVERDUE_PER_SHARD = 100
EVENTS = "undelivered_events"
# Events can come into Stripe's list a little late, so the newest are read again by the next run.
SETTLED = timedelta(minutes=5)
# An event that could not be learned from for so long will not be waited for any more.
HOPELESS = timedelta(days=1)

# So many failures of Stripe's in one run, and it is left alone until the next.
PATIENCE = 3


class ReconcileStore(WebhookStore, AskingStore, Protocol):
    def take_lease(self, name: str, now: datetime, length: timedelta) -> bool: ...

    def give_back_lease(self, name: str) -> None: ...

    def due(self, reason: DueReason, now: datetime, limit: int) -> list[Due]:
        """What is due by now for a reason and for this release to do, `limit` of each shard."""

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
            if CAME_LATER:
                # A release's first day is the one on which it first runs, not on which it first has something to tell.
                self.store.first_days(CAME_LATER, began)
            self._publish_notices(self.store.due(DueReason.NOTICE, began, OVERDUE_PER_SHARD), summary)
            with self._apart(summary, source="the list of undelivered events"):
                self._hear_undelivered(began, summary)
            for each in self.store.due(DueReason.LOOK, began, OVERDUE_PER_SHARD):
                if self._goes_on(began, summary):
                    self._look_at(each.payment_id, summary)
        return summary

    @contextmanager
    def _alone(self, now: datetime) -> Iterator[bool]:
        taken = self.store.take_lease(LEASE, now, LEASE_LENGTH)
        try:
            yield taken
        finally:
            if taken:
                # Where no time is left for it, it runs out.
                with suppress(TryAgain):
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

    def _publish_notices(self, overdue: Sequence[Due], summary: Summary) -> None:
        self._publish([Posting(each.payment_id, each.notice) for each in overdue if each.notice], summary)

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
                    delivered=False,
                )
                summary.events_heard += 1
                summary.count(receipt.new_status)
                self._publish(receipt.postings, summary)
            heard = len(summary.failed) == failures
            all_heard = all_heard and (heard or created < began - HOPELESS)
            if all_heard and created < began - SETTLED:
                self.store.move_cursor(EVENTS, event.id)

    def _look_at(self, payment_id: str, summary: Summary) -> None:
        """Find out how a payment stands; in any case it is not looked at again for a while."""
        with self._apart(summary, payment_id=payment_id):
            try:
                payment = self.store.payment(payment_id)
            except NewerRelease:
                return
            if payment is None:
                return
            summary.payments_looked_at += 1
            try:
                if payment.is_asked:
                    news = self.stripe.look(payment)
                else:
                    payment, news = ask_stripe(payment, self.store, self.stripe, self.clock()), ()
                self._record(payment, news, summary)
            except Exception:
                self._record(payment, (), summary)
                raise

    def _record(self, payment: Payment, news: Sequence[Fact], summary: Summary) -> None:
        _, effects = record(
            self.store, payment, news, actor=LOOK, now=self.clock(), failure_delay=self.failure_delay, looked=True
        )
        summary.count(effects.status)
        self._publish(postings_of(payment.id, effects, self.failure_delay), summary)
