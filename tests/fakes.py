"""The store, Stripe, the queue and the mailer in memory: they behave, and nobody asks how they were called."""

import collections
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from payments.adapters.stripe.events import MONEY, UNDELIVERED
from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from payments.domain.claims import Claim
from payments.domain.customers import Card, UserCustomer
from payments.domain.documents import Counter, Seller
from payments.domain.erasure import Erasure, Whom, WhomKind
from payments.domain.errors import (
    ClaimLost,
    Conflict,
    Held,
    NewerRelease,
    NothingLeft,
    NumberTaken,
    StripeRefused,
    Taken,
    TryAgain,
)
from payments.domain.events import Cursor, Event, EventSet
from payments.domain.facts import Fact, Refund, RefundRequest, RefundState, Session, SessionState
from payments.domain.looking import Due, DueReason
from payments.domain.mail import Letter
from payments.domain.money import Money
from payments.domain.notices import UNDER_WAY, Notice, NoticeClaim, NoticeState, Posting
from payments.domain.payment import Payment
from payments.domain.pricing import Offer, Terms
from payments.domain.views import payment_view, standing
from payments.domain.writes import Advance, AuditEntry, Begin, Close, Free, Note, Point, Raise, Retract, Take, Write
from payments.services.issuing import Issuer

HOUR = Product("consulting-hour", "Consulting, one hour", FixedPrice(9900), "usd")
GIFT = Product("donation", "Donation", OpenPrice(100, 500000), "usd")


@dataclass
class NoticeRecord:
    send_at: datetime
    state: NoticeState = NoticeState.DUE
    attempts: int = 0
    lease_until: datetime | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        self.due_since = self.send_at
        self.due_at = self.send_at + UNDER_WAY


@dataclass
class MemoryStore:
    """The table's promises: conditional on version, all or nothing."""

    catalogue: Mapping[str, Product] = field(default_factory=lambda: {each.sku: each for each in (HOUR, GIFT)})
    terms: Terms = field(default_factory=Terms)
    left: dict[str, int] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    notices: dict[tuple[str, Notice], NoticeRecord] = field(default_factory=dict)
    events: dict[str, AuditEntry] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    leases: dict[str, datetime] = field(default_factory=dict)
    cursors: dict[EventSet, Cursor] = field(default_factory=dict)
    asked_at: dict[str, datetime] = field(default_factory=dict)
    checks: dict[str, datetime] = field(default_factory=dict)
    first: dict[str, datetime] = field(default_factory=dict)
    counters: dict[int, Counter] = field(default_factory=dict)
    erasures: dict[str, Erasure] = field(default_factory=dict)
    customers: dict[str, UserCustomer] = field(default_factory=dict)
    left_until: dict[str, datetime] = field(default_factory=dict)
    for_newer_code: set[str] = field(default_factory=set)
    saves: int = 0
    faster_writers: int = 0
    faster_creators: int = 0
    # What is too busy, by the name of what is called.
    busy: set[str] = field(default_factory=set)

    def offer(self, skus: Iterable[str], key_hash: str | None, now: datetime, *, with_terms: bool) -> Offer:
        claim = self.claims.get(key_hash) if key_hash else None
        found = {sku: self.catalogue[sku] for sku in skus if sku in self.catalogue}
        terms = self.terms if with_terms else Terms()
        return Offer(found, terms, claim if claim and claim.expires_at >= now else None)

    def stock(self, skus: Iterable[str]) -> dict[str, int]:
        return {sku: self.left[sku] for sku in skus if sku in self.left}

    def payment(self, payment_id: str) -> Payment | None:
        if payment_id in self.for_newer_code:
            raise NewerRelease(payment_id)
        return self.payments.get(payment_id)

    def view(self, payment_id: str, now: datetime) -> Mapping[str, object] | None:
        self._be_busy("view")
        found = self.payments.get(payment_id)
        return payment_view(found, now) if found else None

    def begin_check(self, payment_id: str, now: datetime, pause: timedelta) -> tuple[datetime | None, bool]:
        self._be_busy("begin_check")
        asked_at = self.asked_at.get(payment_id)
        is_ours = asked_at is None or asked_at <= now - pause
        if is_ours:
            self.asked_at[payment_id] = now
        return self.checks.get(payment_id), is_ours

    def end_check(self, payment_id: str, began: datetime) -> None:
        self._be_busy("end_check")
        self.checks[payment_id] = max(began, self.checks.get(payment_id, began))

    def checked_at(self, payment_id: str) -> datetime | None:
        self._be_busy("checked_at")
        return self.checks.get(payment_id)

    def _be_busy(self, what: str) -> None:
        if what in self.busy:
            raise TryAgain(what)

    def payment_id_of(self, stripe_ids: Iterable[str]) -> str | None:
        return next((self.names[each] for each in stripe_ids if each in self.names), None)

    def create(self, payment: Payment, claim: Claim | None, now: datetime) -> tuple[Claim | None, bool]:
        if self.faster_creators:
            self.faster_creators -= 1
            raise Conflict
        try:
            self._begin([Begin(payment, claim)], now)
        except Held as held:
            return held.claim, False
        return claim, True

    def _begin(self, writes: Sequence[Write], now: datetime) -> None:
        """Payments that begin, and what is taken from stock or given back, each sku once."""
        begun = [write for write in writes if isinstance(write, Begin)]
        takes = collections.Counter({write.sku: 0 for write in writes if isinstance(write, Take)})
        for write in writes:
            if isinstance(write, Take):
                takes[write.sku] += write.quantity
        for begin in begun:
            held = self.claims.get(begin.claim.key_hash) if begin.claim else None
            if held and held.expires_at >= now:
                raise Held(held)
            if begin.payment.order.number in {each.order.number for each in self.payments.values()}:
                raise NumberTaken
            takes.update(begin.payment.stock_taken)
        if lacking := [sku for sku, quantity in takes.items() if 0 < quantity > self.left.get(sku, 0)]:
            raise NothingLeft(lacking)
        for sku, quantity in takes.items():
            self.left[sku] = self.left.get(sku, 0) - quantity
        for begin in begun:
            self.payments[begin.payment.id] = replace(begin.payment, standing=standing(begin.payment))
            if begin.claim:
                self.claims[begin.claim.key_hash] = begin.claim

    def save(self, payment: Payment, writes: Sequence[Write], now: datetime) -> Payment:
        stored = self.payments[payment.id]
        assert len(writes) < 100, "a transaction takes a hundred items"
        if self.faster_writers:
            self.faster_writers -= 1
            self.payments[payment.id] = replace(stored, version=stored.version + 1)
            raise Conflict
        self._check(payment, stored, writes)
        self._begin(writes, now)
        saved = replace(payment, version=payment.version + 1, standing=standing(payment))
        self.payments[payment.id] = saved
        self.saves += 1
        for write in writes:
            match write:
                case Raise(notice, send_at):
                    self.notices[payment.id, notice] = NoticeRecord(send_at)
                case Retract(notice, _, note):
                    kept = self.notices[payment.id, notice]
                    kept.state, kept.note = NoticeState.MOOT, note
                case Point(stripe_id):
                    self.names[stripe_id] = payment.id
                case Free(claim):
                    self.claims.pop(claim, None)
                case Note(entry):
                    self.events[entry.id] = entry
                case Advance(counter, _):
                    self.counters[counter.year] = counter
                case Close(year):
                    before = self.counters.get(year, Counter(year, 0, date(year, 1, 1)))
                    self.counters[year] = replace(before, is_closed=True)
        return saved

    def _check(self, payment: Payment, stored: Payment, writes: Sequence[Write]) -> None:
        raised = [write.notice for write in writes if isinstance(write, Raise)]
        kept = [self.notices[payment.id, notice] for notice in raised if (payment.id, notice) in self.notices]
        if stored.version != payment.version or any(each.state is not NoticeState.MOOT for each in kept):
            raise Conflict
        names = [write.stripe_id for write in writes if isinstance(write, Point)]
        if any(self.names.get(name, payment.id) != payment.id for name in names):
            raise Taken
        if any(isinstance(each, Advance) and self.counters.get(each.counter.year) != each.read for each in writes):
            raise Conflict
        for write in writes:
            if isinstance(write, Retract):
                claimed = self.notices[payment.id, write.notice]
                if (claimed.state, claimed.attempts) != (NoticeState.CLAIMED, write.attempt):
                    raise ClaimLost

    def counter(self, year: int) -> Counter | None:
        return self.counters.get(year)

    def ask_again(self, payment: Payment, now: datetime) -> Payment:
        stored = self.payments[payment.id]
        self.payments[payment.id] = replace(stored, asked_at=now, version=stored.version + 1)
        return self.payments[payment.id]

    def audit(self, payment_id: str, entry: AuditEntry) -> None:
        self.events.setdefault(entry.id, entry)

    def first_days(self, kinds: Iterable[str], now: datetime) -> Mapping[str, datetime]:
        return {kind: self.first.setdefault(kind, now) for kind in kinds}

    def claim_notice(self, payment_id: str, notice: Notice, now: datetime, lease: timedelta) -> NoticeClaim | None:
        kept = self.notices.get((payment_id, notice))
        if kept is None:
            return None
        due = kept.state is NoticeState.DUE and kept.send_at <= now
        ran_out = kept.state is NoticeState.CLAIMED and kept.lease_until is not None and kept.lease_until <= now
        if not (due or ran_out):
            return None
        kept.state, kept.lease_until, kept.attempts = NoticeState.CLAIMED, now + lease, kept.attempts + 1
        kept.due_at = now + lease
        return NoticeClaim(kept.attempts, kept.due_since)

    def settle_notice(
        self, payment_id: str, notice: Notice, attempt: int, state: NoticeState, now: datetime, note: str | None
    ) -> None:
        kept = self.notices[payment_id, notice]
        if kept.state is NoticeState.CLAIMED and kept.attempts == attempt:
            kept.state, kept.note = state, note

    def postpone_notice(self, payment_id: str, notice: Notice, attempt: int, send_at: datetime, note: str) -> None:
        kept = self.notices[payment_id, notice]
        if kept.state is NoticeState.CLAIMED and kept.attempts == attempt:
            kept.state, kept.send_at, kept.note = NoticeState.DUE, send_at, note
            kept.due_at = send_at + UNDER_WAY

    def publish_again_at(self, payment_id: str, notice: Notice, at: datetime, now: datetime) -> None:
        kept = self.notices[payment_id, notice]
        if kept.state in (NoticeState.DUE, NoticeState.CLAIMED) and kept.due_at <= now:
            kept.due_at = at

    def due(self, reason: DueReason, now: datetime, limit: int, *, latest: bool = False) -> list[Due]:
        unsent = (NoticeState.DUE, NoticeState.CLAIMED)
        if reason is DueReason.NOTICE:
            due = [
                Due(id_, notice, kept.due_at) for (id_, notice), kept in self.notices.items() if kept.state in unsent
            ]
        else:
            due = [Due(each.id, None, each.due_by[reason]) for each in self.payments.values() if reason in each.due_by]
            due = [
                each
                for each in due
                if reason is not DueReason.ERASE or self.left_until.get(each.payment_id, now) <= now
            ]
        found = sorted((each for each in due if each.due_at <= now), key=lambda each: each.due_at)
        return found[-limit:] if latest else found[:limit]

    def cursor(self, events: EventSet) -> Cursor | None:
        return self.cursors.get(events)

    def move_cursor(self, events: EventSet, cursor: Cursor) -> None:
        self.cursors[events] = cursor

    def take_lease(self, name: str, now: datetime, length: timedelta) -> bool:
        if self.leases.get(name, now) > now:
            return False
        self.leases[name] = now + length
        return True

    def give_back_lease(self, name: str) -> None:
        self.leases.pop(name, None)

    def payments_of(self, whom: Whom) -> list[str]:
        return [
            id_
            for id_, each in self.payments.items()
            if not each.erased_at
            and whom.value
            == {WhomKind.USER: each.user, WhomKind.EMAIL: each.customer.email, WhomKind.PAYMENT: id_}[whom.kind]
        ]

    def begin_erasure(self, erasure: Erasure) -> Erasure:
        kept = self.erasures.get(erasure.id)
        if kept is None or kept.done_at:
            self.erasures[erasure.id] = erasure
        return self.erasures[erasure.id]

    def save_erasure(self, erasure: Erasure) -> Erasure:
        if self.erasures[erasure.id].version != erasure.version:
            raise Conflict
        self.erasures[erasure.id] = replace(erasure, version=erasure.version + 1)
        return self.erasures[erasure.id]

    def due_erasures(self, now: datetime, limit: int) -> list[Erasure]:
        return [each for each in self.erasures.values() if each.due_at and each.due_at <= now][:limit]

    def customer(self, user: str) -> UserCustomer | None:
        return self.customers.get(user)

    def begin_customer(self, begun: UserCustomer, before: UserCustomer | None) -> UserCustomer | None:
        kept = self.customers.get(begun.user)
        if (kept.n if kept else None) == (before.n if before else None):
            self.customers[begun.user] = begun
        return self.customers.get(begun.user)

    def keep_customer(self, known: UserCustomer) -> UserCustomer | None:
        return self.begin_customer(known, known)

    def forget_customer(self, customer: UserCustomer) -> None:
        kept = self.customers.get(customer.user)
        if kept and kept.n == customer.n:
            del self.customers[customer.user]

    def leave_until(self, payment_id: str, at: datetime, now: datetime) -> None:
        self.left_until[payment_id] = at

    def states(self) -> dict[str, NoticeState]:
        return {str(notice): kept.state for (_, notice), kept in self.notices.items()}


SELLER = Seller("The Shop", ("1 High Street", "London"), "GB123456789")


def an_issuer(store: MemoryStore, clock: Callable[[], datetime]) -> Issuer:
    return Issuer(store, SELLER, UTC, clock)


@dataclass
class MemoryStripe:
    """Makes one session for one payment, and fails on request before or after it did.

    `facts` are what it knows of payments, `happened` its events with their times, of which `page` fit into an answer,
    `refunds` those that it has made, also for others; one for a request is `refund_state` at once.
    """

    event_sets = (UNDELIVERED, MONEY)

    failures: list[Exception] = field(default_factory=list)
    failures_after: list[Exception] = field(default_factory=list)
    sessions: dict[str, Session] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    happened: list[tuple[Event, datetime]] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    refund_state: RefundState = RefundState.SUCCEEDED
    # The ids of customers by what was asked for, of which `deleted` are no more; and the customers that were sought.
    customers: dict[UserCustomer, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    found: list[UserCustomer] = field(default_factory=list)
    saved: dict[str, Card] = field(default_factory=dict)
    page: int = 100
    lists: int = 0
    asked: int = 0
    looks: list[str] = field(default_factory=list)
    answering: Callable[[], None] = lambda: None

    def create_checkout(self, payment: Payment) -> tuple[Fact, ...]:
        self.answering()
        if self.failures:
            raise self.failures.pop(0)
        if payment.customer_id in self.deleted and payment.id not in self.sessions:
            raise StripeRefused("No such customer", customer_gone=True)
        session = Session(
            ref=f"cs_{len(self.sessions) + 1}",
            state=SessionState.OPEN,
            amount=payment.asked.amount,
            currency=payment.asked.currency,
            url="https://checkout",
        )
        session = self.sessions.setdefault(payment.id, session)
        if self.failures_after:
            raise self.failures_after.pop(0)
        return (session,)

    def find_checkout(self, payment: Payment) -> tuple[Fact, ...]:
        self.answering()
        if self.failures:
            raise self.failures.pop(0)
        return (self.sessions[payment.id],) if payment.id in self.sessions else ()

    def close(self, payment: Payment) -> tuple[Fact, ...]:
        self.answering()
        if self.failures:
            raise self.failures.pop(0)
        if self.facts.get(payment.id):
            raise StripeRefused("It is not open.")
        return tuple(replace(each, state=SessionState.EXPIRED) for each in payment.sessions)

    def create_customer(self, customer: UserCustomer) -> str:
        self.answering()
        if self.failures:
            raise self.failures.pop(0)
        id_ = self.customers.setdefault(customer, f"cus_{len(self.customers) + 1}")
        if self.failures_after:
            raise self.failures_after.pop(0)
        return id_

    def find_customer(self, customer: UserCustomer) -> str | None:
        self.found.append(customer)
        return self.customers.get(customer)

    def delete_customer(self, customer_id: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.deleted.add(customer_id)
        if self.failures_after:
            raise self.failures_after.pop(0)

    def card(self, card_id: str) -> Card | None:
        return self.saved.get(card_id)

    def payment_id_of(self, *, intent: str | None, charge: str | None) -> str | None:
        self.answering()
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return next((self.owners[each] for each in (intent, charge) if each in self.owners), None)

    def look(self, payment: Payment) -> tuple[Fact, ...]:
        self.answering()
        self.looks.append(payment.id)
        if self.failures:
            raise self.failures.pop(0)
        return tuple(self.facts.get(payment.id, []))

    def check_refundable(self, money: Money) -> None:
        pass

    def create_refund(self, payment_id: str, request: RefundRequest) -> tuple[Fact, ...]:
        self.answering()
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        found = [each for each in self.refunds if each.request == request.ref]
        if not found:
            found = [self.refund(request.amount, intent=request.intent, request=request.ref)]
        if self.failures_after:
            raise self.failures_after.pop(0)
        return tuple(found)

    def refund(self, amount: int, intent: str = "pi_1", request: str | None = None) -> Refund:
        """A refund is made, in the dashboard where no request is named."""
        ref = f"re_{len(self.refunds) + 1}"
        refund = Refund(ref=ref, state=self.refund_state, amount=amount, currency="usd", intent=intent, request=request)
        self.refunds.append(refund)
        return refund

    def refunds_of(self, intent: str) -> tuple[Fact, ...]:
        self.answering()
        self.lists += 1
        if self.failures:
            raise self.failures.pop(0)
        return tuple(each for each in self.refunds if each.intent == intent)

    def events(
        self, events: EventSet, first: datetime, last: datetime | None, *, whole: bool
    ) -> tuple[list[Event], bool]:
        self.answering()
        self.lists += 1
        found = [event for event, at in self.happened if event.type in events.types and first <= at <= (last or at)]
        return (found, False) if whole or len(found) <= self.page else ([], True)


@dataclass
class MemoryMailer:
    failures: list[Exception] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.letters.append(letter)
        return f"message-{len(self.letters)}"


@dataclass
class MemoryOutbox:
    failures: list[Exception] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)

    def publish(self, postings: Sequence[Posting]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.postings += postings
