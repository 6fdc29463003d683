"""Whatever is overdue: notices whose message was lost, payments that nobody told us about, events that never came.

Each kind of work has its own partitions of the index or its own cursor, and an equal share of a run's time, so that
none starves another. A run looks at what is due, never at what exists, and does as much as fits into its time. What it
cannot do now comes again, later. When Stripe keeps failing it is left alone until the next run.
"""

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import batched, chain, zip_longest
from typing import Protocol

from payments.domain import missed
from payments.domain.actors import LOOK
from payments.domain.erasure import Erasure
from payments.domain.errors import NewerRelease, StripeRefused, StripeUnavailable, Taken, TryAgain
from payments.domain.events import EventSet
from payments.domain.learning import Effects
from payments.domain.looking import Due, DueReason, erase_at, is_to_close
from payments.domain.notices import Notice, Posting
from payments.domain.payment import Payment, Status
from payments.domain.releases import CAME_LATER
from payments.domain.writes import AuditEntry
from payments.services.canceling import close_payment
from payments.services.erasing import ErasingStripe, ErasureStore, go_on, without_person
from payments.services.issuing import Issuer, IssuingStore
from payments.services.looking import look
from payments.services.reading import EventList, Reader, ReadingStore
from payments.services.recording import Changed, postings_of, record
from payments.services.refunding import Refunding, Refunds

LEASE = "reconcile"
# Longer than the function may run, so that a run never meets its successor.
LEASE_LENGTH = timedelta(minutes=4)
# How long a run begins new work.
RUN_TIME = timedelta(seconds=40)
# One kind of work may be ahead of another by so much.
SHARE = timedelta(seconds=4)
OVERDUE_PER_SHARD = 100
# A message that was published stays in the queue, however long the mailer is down; only one that got lost comes again.
PUBLISHED_AGAIN_AFTER = timedelta(days=1)
PUBLISHED_AT_ONCE = 10
# A payment that could not be looked at is looked at again.
LOOKED_AT_AGAIN_AFTER = timedelta(minutes=10)
# So many failures of Stripe's at one kind of work in one run, and that is left alone until the next.
PATIENCE = 3


class ReconcileStore(ReadingStore, ErasureStore, IssuingStore, Protocol):
    def take_lease(self, name: str, now: datetime, length: timedelta) -> bool: ...

    def give_back_lease(self, name: str) -> None: ...

    def due(self, reason: DueReason, now: datetime, limit: int, *, latest: bool = False) -> list[Due]:
        """What is due by now for a reason and for this release to do: `limit` of each shard, the longest overdue, or
        the latest."""

    def due_erasures(self, now: datetime, limit: int) -> list[Erasure]: ...

    def leave_until(self, payment_id: str, at: datetime, now: datetime) -> None:
        """A payment that is due to be erased is due later; unless something else is by now."""

    def publish_again_at(self, payment_id: str, notice: Notice, at: datetime, now: datetime) -> None:
        """A notice that is due, unless it was sent meanwhile, is due again later."""


class Stripe(ErasingStripe, Refunds, EventList, Protocol):
    @property
    def event_sets(self) -> tuple[EventSet, ...]: ...


class Outbox(Protocol):
    def publish(self, postings: Sequence[Posting]) -> None: ...


@dataclass
class Summary:
    """What a run did: which statuses payments reached, and how often; of which payments no webhook told us; `failed`
    names what could not be done, and `report` was told why."""

    notices_published: int = 0
    payments_looked_at: int = 0
    refunds_sought: int = 0
    payments_invoiced: int = 0
    events_read: int = 0
    payments_erased: int = 0
    missed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    stripe_failures: int = 0
    reached: dict[Status, int] = field(default_factory=dict)

    def count(self, status: Status | None) -> None:
        """A payment that reached another status; None: it did not."""
        if status:
            self.reached[status] = self.reached.get(status, 0) + 1


@dataclass(frozen=True)
class Reconciler:
    """`report` is told of each failure, with what it concerns, as the log names that; it ends there."""

    store: ReconcileStore
    stripe: Stripe
    outbox: Outbox
    issuer: Issuer
    failure_delay: timedelta
    keep_unpaid: timedelta
    clock: Callable[[], datetime]
    report: Callable[[dict[str, object], Exception], None]

    def run(self) -> Summary | None:
        """Do what is overdue; None if another run is under way."""
        began = self.clock()
        with self._alone(began) as alone:
            if not alone:
                return None
            # A release's first day is the one on which it first runs, not on which it first has something to tell.
            self.store.first_days(CAME_LATER, began)
            return _Run(self, began).summary_of_all()

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


class _Run:
    """One run: each kind of work is a generator that pauses after a piece of it."""

    def __init__(self, reconciler: Reconciler, began: datetime) -> None:
        self._of = reconciler
        self._store = reconciler.store
        self._stripe = reconciler.stripe
        self._clock = reconciler.clock
        self._began = began
        self._summary = Summary()
        self._reader = Reader(self._store, self._stripe, self._clock, self._failed)
        self._named: deque[str] = deque()
        self._looked_at: set[str] = set()
        # Stripe's failures by kind of work: what ails the ones need not ail the others.
        self._failures: Counter[_Asks] = Counter()

    def summary_of_all(self) -> Summary:
        readers = {f"the list of {each.name} events": self._events(each) for each in self._stripe.event_sets}
        self._take_turns(
            {
                "notices": self._notices(),
                "missed webhooks": self._missed(),
                "invoices": self._invoices(),
                "refunds": self._refunds(),
                "declined payments": self._closings(),
                "payments": self._looks(),
                **readers,
                "erasures": self._erasures(),
                "unpaid payments": self._unpaid(),
            }
        )
        self._take_turns({"payments": self._looks_at_named()})
        self._summary.events_read = self._reader.read
        return self._summary

    def _take_turns(self, works: dict[str, Generator[None]]) -> None:
        """In turns, and whichever has had the least time, until all is done or the run's time is over."""
        spent, turns = dict.fromkeys(works, timedelta()), dict.fromkeys(works, 0)
        while works and (started := self._clock()) < self._began + RUN_TIME:
            source = min(works, key=lambda each: (spent[each] // SHARE, turns[each]))
            is_over = True
            with self._apart(source=source):
                is_over = next(works[source], _OVER) is _OVER
            if is_over:
                del works[source]
            spent[source] += self._clock() - started
            turns[source] += 1
        for source, work in works.items():
            with self._apart(source=source):
                work.close()

    @contextmanager
    def _apart(self, asks: "_Asks | None" = None, **what: object) -> Iterator[None]:
        """Whatever goes wrong with one thing must not hold up the others."""
        try:
            yield
        except Exception as error:
            self._failed(what, error, asks)

    def _failed(self, what: dict[str, object], error: Exception, asks: "_Asks | None" = None) -> None:
        self._summary.failed += [str(each) for each in what.values()]
        if isinstance(error, StripeUnavailable):
            self._summary.stripe_failures += 1
            self._failures[asks or _Asks.FOR_EVENTS] += 1
        self._of.report(what, error)

    def _stripe_is_away(self, asks: "_Asks") -> bool:
        return self._failures[asks] >= PATIENCE

    # Notices

    def _notices(self) -> Generator[None]:
        """What is due is published; a day passes until it is published again, unless it was sent or tried by then."""
        published: set[Posting] = set()
        while True:
            due = self._store.due(DueReason.NOTICE, self._clock(), OVERDUE_PER_SHARD)
            # The index may be a little behind.
            postings_due = [Posting(each.payment_id, each.notice) for each in due if each.notice]
            fresh = [each for each in postings_due if each not in published]
            if not fresh:
                return
            for postings in batched(fresh, PUBLISHED_AT_ONCE, strict=False):
                self._publish(postings)
                for each in postings:
                    now = self._clock()
                    self._store.publish_again_at(each.payment_id, each.notice, now + PUBLISHED_AGAIN_AFTER, now)
                published.update(postings)
                yield

    def _publish(self, postings: Sequence[Posting]) -> None:
        self._of.outbox.publish(postings)
        self._summary.notices_published += len(postings)

    # Payments

    def _looks(self) -> Generator[None]:
        """The longest overdue and the latest in turns: a backlog keeps nothing new waiting."""
        while not self._stripe_is_away(_Asks.FOR_LOOKS):
            longest = self._due_for_a_look()
            latest = self._due_for_a_look(latest=True) if len(longest) >= OVERDUE_PER_SHARD else []
            both = chain.from_iterable(zip_longest(longest, reversed(latest)))
            ids = dict.fromkeys(each.payment_id for each in both if each and each.payment_id not in self._looked_at)
            if not ids:
                return
            for payment_id in ids:
                if self._stripe_is_away(_Asks.FOR_LOOKS):
                    return
                self._look_at(payment_id)
                yield

    def _due_for_a_look(self, *, latest: bool = False) -> list[Due]:
        now, most = self._clock(), OVERDUE_PER_SHARD
        found = [self._store.due(each, now, most, latest=latest) for each in (DueReason.LOOK, DueReason.HEARD)]
        return sorted(chain.from_iterable(found), key=lambda each: each.due_at)

    def _looks_at_named(self) -> Generator[None]:
        while self._named and not self._stripe_is_away(_Asks.FOR_LOOKS):
            self._look_at(self._named.popleft())
            yield

    def _look_at(self, payment_id: str) -> None:
        """Find out how a payment stands, once a run; in any case it is not looked at again for a while."""
        if payment_id in self._looked_at:
            return
        self._looked_at.add(payment_id)
        with self._apart(_Asks.FOR_LOOKS, payment_id=payment_id), suppress(NewerRelease):
            payment = self._store.payment(payment_id)
            if payment is None:
                return
            self._summary.payments_looked_at += 1
            now, delay = self._clock(), self._of.failure_delay
            try:
                _, effects = look(payment, store=self._store, stripe=self._stripe, now=now, failure_delay=delay)
            except Exception as error:
                # Nothing will come of asking again for what Stripe does not have, or what another payment has.
                is_known = isinstance(error, StripeRefused | Taken)
                again_at = None if is_known else self._clock() + LOOKED_AT_AGAIN_AFTER
                _, effects = record(
                    self._store, payment, (), actor=LOOK, now=now, failure_delay=delay, looked=True, look_by=again_at
                )
                self._told_of(payment_id, effects)
                raise
            self._told_of(payment_id, effects)

    def _told_of(self, payment_id: str, effects: Effects) -> None:
        self._summary.count(effects.status)
        # They stay due in the table, should the queue not take them.
        with self._apart(source="the mail queue"):
            self._publish(postings_of(payment_id, effects, self._of.failure_delay))

    # Invoices, and what corrects them, that no mail was sent for

    def _invoices(self) -> Generator[None]:
        for each in self._store.due(DueReason.INVOICE, self._clock(), OVERDUE_PER_SHARD):
            with self._apart(payment_id=each.payment_id), suppress(NewerRelease):
                self._invoice(each.payment_id)
            yield

    def _invoice(self, payment_id: str) -> None:
        payment = self._store.payment(payment_id)
        if payment is None:
            return
        invoiced = self._of.issuer.issue(payment)
        if invoiced is payment:
            # Nothing is called for any more; what is to be done next is written anew.
            record(self._store, payment, (), actor=LOOK, now=self._clock())
        else:
            self._summary.payments_invoiced += 1

    # Refunds that were asked for and that Stripe did not answer

    def _refunds(self) -> Generator[None]:
        for each in self._store.due(DueReason.REFUND, self._clock(), OVERDUE_PER_SHARD):
            if self._stripe_is_away(_Asks.FOR_REFUNDS):
                return
            with self._apart(_Asks.FOR_REFUNDS, payment_id=each.payment_id), suppress(NewerRelease):
                self._finish_refunds(each.payment_id)
            yield

    def _finish_refunds(self, payment_id: str) -> None:
        payment = self._store.payment(payment_id)
        if payment is None:
            return
        self._summary.refunds_sought += 1
        refunding = Refunding(self._store, self._stripe, self._of.failure_delay, self._clock())
        finished = refunding.finish(payment)
        self._told_of(payment_id, finished.effects)
        if finished.failure:
            self._failed({"payment_id": payment_id}, finished.failure, _Asks.FOR_REFUNDS)

    # What is to be closed

    def _closings(self) -> Generator[None]:
        for each in self._store.due(DueReason.CLOSE, self._clock(), OVERDUE_PER_SHARD):
            if self._stripe_is_away(_Asks.FOR_LOOKS):
                return
            with self._apart(_Asks.FOR_LOOKS, payment_id=each.payment_id), suppress(NewerRelease):
                self._close(each.payment_id)
            yield

    def _close(self, payment_id: str) -> None:
        payment = self._store.payment(payment_id)
        if payment is None or not is_to_close(payment, self._clock()):
            return
        _, effects = close_payment(
            payment, store=self._store, stripe=self._stripe, failure_delay=self._of.failure_delay, now=self._clock()
        )
        self._told_of(payment_id, effects)

    # What no webhook told us

    def _events(self, events: EventSet) -> Generator[None]:
        with closing(self._reader.named_by(events)) as named:
            for payment_id in named:
                if payment_id:
                    self._named.append(payment_id)
                if self._stripe_is_away(_Asks.FOR_EVENTS):
                    return
                yield

    def _missed(self) -> Generator[None]:
        for each in self._store.due(DueReason.MISSED, self._clock(), OVERDUE_PER_SHARD):
            with self._apart(payment_id=each.payment_id), suppress(NewerRelease):
                self._count_missed(each.payment_id)
            yield

    def _count_missed(self, payment_id: str) -> None:
        """Once: what was counted is taken for told."""
        payment = self._store.payment(payment_id)
        if payment is None:
            return
        counted: list[str] = []

        def counting(payment: Payment) -> Changed:
            untold = missed.untold(payment)
            counted[:] = [payment.id] if untold else []
            return payment.but(told={**payment.told, **untold}), ()

        record(self._store, payment, (), actor=LOOK, now=self._clock(), change=counting)
        self._summary.missed += counted

    # People who are to be forgotten

    def _erasures(self) -> Generator[None]:
        for erasure in self._store.due_erasures(self._clock(), OVERDUE_PER_SHARD):
            with self._apart(erasure_id=erasure.id):
                now, erased = self._clock(), erasure.erased
                for further in go_on(erasure, store=self._store, stripe=self._stripe, now=now, report=self._not_erased):
                    self._summary.payments_erased += further.erased - erased
                    erased = further.erased
                    yield
            yield

    def _not_erased(self, payment_id: str, error: Exception) -> None:
        # What is for newer code to act on is erased by that.
        if not isinstance(error, NewerRelease):
            self._failed({"payment_id": payment_id}, error)

    def _unpaid(self) -> Generator[None]:
        """Of what nobody paid the person is kept for a while, and not for ever."""
        for each in self._store.due(DueReason.ERASE, self._clock(), OVERDUE_PER_SHARD):
            with self._apart(payment_id=each.payment_id), suppress(NewerRelease):
                self._forget(each.payment_id)
            yield

    def _forget(self, payment_id: str) -> None:
        payment, now = self._store.payment(payment_id), self._clock()
        if payment is None:
            return
        if erase_at(payment) is None:
            # It was paid after all; what is to be done next is written anew.
            record(self._store, payment, (), actor=LOOK, now=now)
        elif now < (at := payment.expires_at + self._of.keep_unpaid):
            self._store.leave_until(payment_id, at, now)
        else:
            entry = AuditEntry("adm_unpaid", "erasure", ("nobody paid it in time",), now)
            without_person(payment, (), entry, store=self._store, now=now)
            self._summary.payments_erased += 1


class _Asks(StrEnum):
    """What Stripe is asked for."""

    FOR_LOOKS = "looks"
    FOR_REFUNDS = "refunds"
    FOR_EVENTS = "events"


_OVER = object()
