"""Learning that lasts: read, learn, write on condition, and again if another writer was faster."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain import missed
from payments.domain.actors import Actor
from payments.domain.documents import ISSUED_WITHIN
from payments.domain.errors import Conflict, NothingLeft, PaymentNotFound, TryAgain
from payments.domain.facts import Attempt, AttemptState, Fact, bounded, merge
from payments.domain.invoice import next_draft
from payments.domain.learning import Effects, FirstDays, attention_of, learn
from payments.domain.looking import DueReason, awaits_news, close_at, erase_at, next_look, rescheduled
from payments.domain.notices import Notice, NoticeKind, Posting
from payments.domain.payment import Payment
from payments.domain.refund_requests import next_finishing
from payments.domain.releases import CAME_LATER, INVOICE, needed
from payments.domain.reservations import holds_over, shortages, stock_changes, stock_due
from payments.domain.views import standing
from payments.domain.writes import AuditEntry, Begin, Free, Note, Point, Raise, Take, Write

ATTEMPTS = 12
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.6
# A transaction takes a hundred items. A fact brings at most a pointer, and so many notices are left for the next turn.
MOST_NEWS = 40
MOST_NOTICES = 40

type News = Iterable[Fact] | Callable[[Payment], Iterable[Fact]]
"""Facts, or what a payment as it stands in this turn makes of them."""


type Changed = tuple[Payment, Sequence[Write]]
"""A payment with something else than its facts changed, and what is written together with that."""


class Payments(Protocol):
    """The store, as far as learning needs it."""

    def payment(self, payment_id: str) -> Payment | None:
        """NewerRelease if it is to be left to newer code."""

    def save(self, payment: Payment, writes: Sequence[Write], now: datetime) -> Payment:
        """The payment as it is stored now; Conflict, Taken or NothingLeft if nothing was written."""

    def audit(self, payment_id: str, entry: AuditEntry) -> None: ...

    def count_declines(self, client: str, number: int, now: datetime) -> None:
        """For the client's limit; raises nothing if it cannot be done now."""

    def first_days(self, kinds: Iterable[str], now: datetime) -> FirstDays:
        """Since when is told or issued what came after the first release: now, for what is new here."""


def record(
    store: Payments,
    payment: Payment,
    news: News,
    *,
    actor: Actor,
    now: datetime,
    failure_delay: timedelta = timedelta(),
    looked: bool = False,
    look_by: datetime | None = None,
    change: Callable[[Payment], Changed] | None = None,
) -> tuple[Payment, Effects]:
    """Learn the news durably, and do whatever else the payment's facts call for and nobody has done: the payment as it
    now is and what followed, nothing if there was nothing to do.

    More than one transaction takes is learned in several, money first. `failure_delay` is how long an admin's mail
    about a failure waits for a success. `looked` says that Stripe was asked just now, and need not be for a while;
    `look_by` that it is to be asked by then, whatever the facts say.
    `change` is made in the first transaction, and causes one; what it raises ends it all. TryAgain if too many others
    write at once: what was written by then is durable, and the same news may be told again. What is to be taken from
    stock and is not there is learned to be short; NothingLeft where a person's act takes it.
    """
    done, lost, lacking = Effects(), 0, frozenset[str]()
    while True:
        told = (*(news(payment) if callable(news) else news), *holds_over(payment, now), *shortages(payment, lacking))
        portion, is_last = _portion(payment, told)
        changed, also = change(payment) if change else (payment, ())
        client = payment.client
        turn = _Turn.of(store, changed, portion, actor, now, looked=looked, look_by=look_by, is_last=is_last)
        if not (turn.is_needed or change or (looked and turn.ends)):
            break
        try:
            payment = store.save(turn.payment, [*turn.writes(payment, done, actor, now, failure_delay), *also], now)
        except Conflict:
            lost += 1
            if lost == ATTEMPTS:
                raise TryAgain(
                    "The payment is being changed by too many others at once; send the same again."
                ) from None
            time.sleep(pause(lost - 1))
            payment, lacking = _read_again(store, payment), frozenset()
            continue
        except NothingLeft as error:
            # What is known to be lacking is not taken: whoever says that it is there, or orders it, cannot have it.
            is_new = any(isinstance(each, Begin) for each in also)
            if is_new or lacking & error.skus or not shortages(payment, error.skus):
                raise
            lacking |= error.skus
            continue
        done += turn.effects
        change, lacking = None, frozenset()
        if client and turn.declines:
            # Not in the transaction: all of a client's would write one item, and wait for each other (docs/adr/0028).
            store.count_declines(client, turn.declines, now)
        if turn.ends:
            break
    if actor.event and not done.changes:
        store.audit(payment.id, audit_entry(actor, ("nothing new",), now))
    return payment, done


class _Turn:
    """One payment, read and learned from; what is to be written of it, and whether that ends it."""

    def __init__(self, payment: Payment, effects: Effects, *, is_needed: bool, ends: bool) -> None:
        self.payment = payment
        self.effects = effects
        self.is_needed = is_needed
        self.ends = ends

    @classmethod
    def of(
        cls,
        store: Payments,
        before: Payment,
        news: Iterable[Fact],
        actor: Actor,
        now: datetime,
        *,
        looked: bool,
        look_by: datetime | None,
        is_last: bool,
    ) -> "_Turn":
        first_days = store.first_days(CAME_LATER, now)
        learned, effects = learn(before, news, actor=actor, now=now, first_days=first_days)
        left = effects.notices[MOST_NOTICES:]
        if left:
            learned = learned.but(raised=learned.raised - set(left))
            effects = replace(effects, notices=effects.notices[:MOST_NOTICES])
        if effects.changes:
            learned = learned.but(updated_at=now, last_event=actor.event[0] if actor.event else before.last_event)
        learned = learned.but(stock_taken=stock_due(learned))
        if learned.is_over or learned.is_paid:
            learned = learned.but(client=None)
        learned = learned.but(needs=needed(learned), attention=attention_of(learned, now))
        ends = is_last and not left
        # Should it be cut off before all is durable, a look finds the rest.
        look_by = now if effects.unsure or not ends else look_by
        if looked or effects.changes or (DueReason.LOOK in learned.due_by) is not awaits_news(learned):
            learned = learned.but(due_by=rescheduled(learned, DueReason.LOOK, _look_at(learned, now, looked)))
        learned = learned.but(due_by=rescheduled(learned, DueReason.HEARD, _heard_at(learned, looked, look_by)))
        learned = learned.but(due_by=rescheduled(learned, DueReason.CLOSE, close_at(learned, now)))
        at = _issued_by(learned, first_days.get(INVOICE), now)
        learned = learned.but(due_by=rescheduled(learned, DueReason.INVOICE, at))
        learned = learned.but(due_by=rescheduled(learned, DueReason.REFUND, next_finishing(learned, now)))
        learned = learned.but(due_by=rescheduled(learned, DueReason.MISSED, _missed_at(learned, now)))
        learned = learned.but(due_by=rescheduled(learned, DueReason.ERASE, erase_at(learned)))
        is_needed = learned != before or standing(learned) != learned.standing
        return cls(learned, effects, is_needed=is_needed, ends=ends)

    @property
    def declines(self) -> int:
        """How many attempts it taught to have failed."""
        failed = {each.key for each in self.payment.attempts if each.state is AttemptState.FAILED}
        return sum(each.key in failed and each.before != each.now for each in self.effects.changes)

    def writes(
        self, before: Payment, done: Effects, actor: Actor, now: datetime, failure_delay: timedelta
    ) -> Iterator[Write]:
        for notice in self.effects.notices:
            yield Raise(notice, now + _delay_of(notice, failure_delay))
        for name in sorted(self.payment.stripe_ids - before.stripe_ids):
            yield Point(name)
        if self.payment.claim and self.payment.has_lapsed and not before.has_lapsed:
            yield Free(self.payment.claim)
        for sku, quantity in stock_changes(before.stock_taken, self.payment.stock_taken).items():
            yield Take(sku, quantity)
        if actor.event and self.effects.changes:
            changes = done.changes + self.effects.changes
            yield Note(audit_entry(actor, tuple(str(change) for change in changes), now))


def _look_at(payment: Payment, now: datetime, looked: bool) -> datetime | None:
    """When to look next. One that is due stays due until Stripe was asked, and no news put one off."""
    at, before = next_look(payment, now), payment.due_by.get(DueReason.LOOK)
    if looked or before is None:
        return at
    return before if before <= now else min(at, before) if at else None


def _heard_at(payment: Payment, looked: bool, look_by: datetime | None) -> datetime | None:
    """By when to look because of what was heard, whatever the payment waits for: until somebody did."""
    before = None if looked else payment.due_by.get(DueReason.HEARD)
    return min(before, look_by) if before and look_by else before or look_by


def _missed_at(payment: Payment, now: datetime) -> datetime | None:
    """When to count what Stripe has not told us, unless it does by then."""
    untold = missed.untold(payment)
    # What was learned long ago is no sign of how the endpoint is now: older releases did not count.
    is_news = any(now - payment.learned.get(key, now) < missed.NEWS for key in untold)
    return payment.due_by.get(DueReason.MISSED, now + missed.PATIENCE) if is_news else None


def _issued_by(payment: Payment, first_day: datetime | None, now: datetime) -> datetime | None:
    """When reconcile issues what there is to issue, unless the mailer has by then."""
    if next_draft(payment, first_day) is None:
        return None
    return payment.due_by.get(DueReason.INVOICE, now + ISSUED_WITHIN)


def _portion(payment: Payment, news: tuple[Fact, ...]) -> tuple[tuple[Fact, ...], bool]:
    """As much of the news as one transaction takes, and whether that is all: money first, then the latest failures."""
    if len(news) <= MOST_NEWS:
        return news, True
    facts = bounded(merge(payment.facts, news))
    new = [fact for key, fact in facts.items() if payment.facts.get(key) != fact]
    if len(new) <= MOST_NEWS:
        return news, True
    return tuple(sorted(new, key=_urgency)[:MOST_NEWS]), False


def _urgency(fact: Fact) -> tuple[int, int]:
    if isinstance(fact, Attempt) and fact.state is AttemptState.FAILED:
        return 1, -(fact.created or 0)
    return 0, 0


def _read_again(store: Payments, payment: Payment) -> Payment:
    found = store.payment(payment.id)
    if found is None:
        raise PaymentNotFound(f"The payment {payment.id} is gone.") from None
    return found


def postings_of(payment_id: str, effects: Effects, failure_delay: timedelta) -> tuple[Posting, ...]:
    """The notices that were raised, to be published when they may be sent."""
    return tuple(
        Posting(payment_id, notice, int(_delay_of(notice, failure_delay).total_seconds())) for notice in effects.notices
    )


def audit_entry(actor: Actor, outcome: tuple[str, ...], now: datetime) -> AuditEntry:
    """What an event or a person's act changed, or why nothing."""
    if actor.event is None:
        raise ValueError("only an event or a person's act is audited")
    id_, type_ = actor.event
    return AuditEntry(id_, type_, outcome, now, actor.by)


def _delay_of(notice: Notice, failure_delay: timedelta) -> timedelta:
    """How long a notice waits before it may be sent."""
    return failure_delay if notice.kind is NoticeKind.PAYMENT_FAILED_ADMIN else timedelta()


def pause(attempt: int) -> float:
    """Full jitter, so that those who met once do not meet again."""
    return random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311 - no secret
