"""Learning: how news change a payment, and what must then be told to whom.

No mail hangs on an event. A notice is due because the facts call for it and the payment does not have it as raised, and
may be sent only while they still do. All of this is pure, and what it answers depends on the facts alone: not on order,
repetition or source, nor on which release of the code learned what. One notice depends on another: what was told and is
no longer so is taken back.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from payments.domain.actors import ANSWER, Actor
from payments.domain.attention import Attention, Reason
from payments.domain.facts import (
    MOST_FAILED_ATTEMPTS,
    Attempt,
    AttemptState,
    DisputeState,
    Fact,
    Facts,
    FraudSignalState,
    Refund,
    RefundState,
    SessionState,
    bounded,
    failed_attempts,
    merge,
    rank,
    rank_told,
)
from payments.domain.looking import stalled
from payments.domain.money import named
from payments.domain.notices import DISPUTE_STAGES, Notice, NoticeKind
from payments.domain.payment import Payment, Status
from payments.domain.refund_requests import needs_attention
from payments.domain.releases import CAME_LATER

type FirstDays = Mapping[str, datetime]


@dataclass(frozen=True)
class Change:
    """A fact that rose: its key, the state before (None for news) and the state now."""

    key: str
    before: str | None
    now: str

    def __str__(self) -> str:
        return f"{self.key}: {self.before or 'unknown'} -> {self.now}"


@dataclass(frozen=True)
class Effects:
    """What learning something led to; `status` is the new one if that changed.

    `unsure` says that something was told which cannot be taken at its word, and that Stripe is to be asked.
    """

    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()
    status: Status | None = None
    unsure: bool = False

    def __bool__(self) -> bool:
        return bool(self.changes or self.notices)

    def __add__(self, later: "Effects") -> "Effects":
        return Effects(
            self.changes + later.changes,
            self.notices + later.notices,
            later.status or self.status,
            self.unsure or later.unsure,
        )


def learn(
    payment: Payment,
    news: Iterable[Fact],
    *,
    actor: Actor = ANSWER,
    now: datetime | None = None,
    first_days: FirstDays | None = None,
) -> tuple[Payment, Effects]:
    """The payment with the news merged in, and what follows; itself and no effects if there is nothing to be done.

    What follows is what the facts call for less what the payment says was done, whoever learned them: an older release
    that knew nothing of a notice leaves it to this one. Notices that came after the first release are called for from
    their first day on, or not at all where `first_days` does not have them.
    """
    certain, unsure = _certain(payment, tuple(news), actor)
    merged = merge(payment.facts, certain)
    facts = bounded(merged)
    changes = tuple(
        Change(key, payment.facts[key].state if key in payment.facts else None, fact.state)
        for key, fact in sorted(facts.items())
        if payment.facts.get(key) != fact
    )
    rose = {change.key: now or payment.updated_at for change in changes if change.before != change.now}
    learned = replace(
        payment,
        facts=facts,
        learned={key: at for key, at in {**payment.learned, **rose}.items() if key in facts},
        told=_told(payment, facts, certain if actor.told else ()),
        more_failed=payment.more_failed or len(facts) < len(merged),
    )
    new_notices = notices(learned) - payment.raised
    new_notices -= _from_before(learned, new_notices, first_days or {})
    learned = learned.but(raised=payment.raised | new_notices)
    status = learned.status if learned.status is not payment.status else None
    effects = Effects(changes, tuple(sorted(new_notices)), status, unsure)
    return (payment if learned == payment else learned), effects


def _certain(payment: Payment, news: tuple[Fact, ...], actor: Actor) -> tuple[tuple[Fact, ...], bool]:
    """The news without attempts said to be pending that may be long over, and whether there were any.

    Where failed attempts are no longer kept, one that is older than all that are may be one of them.
    """
    failed = failed_attempts(payment.facts)
    if actor.sees_all or len(failed) < MOST_FAILED_ATTEMPTS:
        return news, False
    least = failed[MOST_FAILED_ATTEMPTS - 1].recency
    certain = tuple(
        fact
        for fact in news
        if not isinstance(fact, Attempt)
        or fact.state is not AttemptState.PENDING
        or fact.recency > least
        or fact.key in payment.facts
    )
    return certain, len(certain) < len(news)


def _told(payment: Payment, facts: Facts, news: Iterable[Fact]) -> Mapping[str, str]:
    """Per fact, the furthest state that Stripe told us of; of keys that nobody here knows, what was told before."""
    told = {key: state for key, state in payment.told.items() if key in facts or key not in payment.facts}
    for fact in news:
        if fact.key in facts and rank_told(told.get(fact.key), fact) < rank(fact):
            told[fact.key] = fact.state.value
    return told


def _from_before(payment: Payment, new: frozenset[Notice], first_days: FirstDays) -> frozenset[Notice]:
    """Those that came after the first release and were called for before their first day."""
    late = {notice for notice in new if notice.kind in CAME_LATER}
    return frozenset(notice for notice in late if notice in _called_for_before(payment, first_days.get(notice.kind)))


def _called_for_before(payment: Payment, day: datetime | None) -> frozenset[Notice]:
    """What the facts called for that were learned before a day; without a day everything."""
    known = {key: fact for key, fact in payment.facts.items() if day is None or payment.learned[key] < day}
    return notices(replace(payment, facts=known))


def calls_for(payment: Payment, notice: Notice) -> bool:
    """Whether it would be true to send this notice now."""
    return notice in notices(payment)


def notices(payment: Payment) -> frozenset[Notice]:
    """Every notice that the facts call for, and of what was raised before what the facts make untrue.

    Nobody is written to who was erased, and of such a mail there is no copy either.
    """
    called_for = frozenset(_notices(payment))
    if payment.erased_at is None:
        return called_for
    return frozenset(
        each for each in called_for if not each.kind.is_to_customer and each.kind is not NoticeKind.ADMIN_COPY
    )


def _notices(payment: Payment) -> Iterator[Notice]:
    if payment.is_accepted:
        yield Notice(NoticeKind.PAYMENT_CONFIRMATION)
        yield Notice(NoticeKind.ADMIN_NOTIFICATION)
        yield Notice(NoticeKind.ADMIN_COPY)
    if payment.is_in_review:
        # What came after an approval is another decision, and is told again.
        came = named(payment.balance.received_sums) if payment.balance.approved else ""
        yield Notice(NoticeKind.REVIEW_ALERT, came)

    if not payment.is_paid and not payment.is_held and not payment.replaced_by:
        gave_up_waiting = any(each.state is SessionState.ASYNC_FAILED for each in payment.sessions)
        failed = any(each.state is AttemptState.FAILED for each in payment.attempts)
        if failed or gave_up_waiting:
            yield Notice(NoticeKind.PAYMENT_FAILED_ADMIN)
        if gave_up_waiting or (failed and payment.is_over):
            yield Notice(NoticeKind.PAYMENT_FAILED)

    for refund in payment.refunds:
        if refund.state is RefundState.SUCCEEDED:
            yield Notice(NoticeKind.REFUND_CONFIRMATION, refund.ref)
        elif refund.state is RefundState.FAILED:
            yield Notice(NoticeKind.REFUND_FAILED, refund.ref)
            # Who was never told that it is on its way is not told that it is not.
            if Notice(NoticeKind.REFUND_CONFIRMATION, refund.ref) in payment.raised:
                yield Notice(NoticeKind.REFUND_FAILED_CUSTOMER, refund.ref)
    for dispute in payment.disputes:
        yield Notice(NoticeKind.DISPUTE_ALERT, f"{dispute.ref}#{DISPUTE_STAGES[dispute.state]}")
    for signal in payment.fraud_signals:
        if signal.state is FraudSignalState.OPEN:
            yield Notice(NoticeKind.FRAUD_ALERT, signal.ref)
    for shortage in payment.open_shortages:
        yield Notice(NoticeKind.SHORTAGE_ALERT, shortage.ref)


_TO_ANSWER = {
    DisputeState.WARNING_NEEDS_RESPONSE,
    DisputeState.NEEDS_RESPONSE,
    DisputeState.APPEAL_NEEDS_RESPONSE,
}


def attention_of(payment: Payment, now: datetime) -> Attention | None:
    """What of the payment waits for a person; since now, unless it did already. None if nothing does."""
    why = tuple(_reasons(payment, now))
    if not why:
        return None
    before = payment.attention
    since = before.since if before and before.why[0] is why[0] else now
    return Attention(why, since, _deadline(payment) if why[0] is Reason.DISPUTE else None)


def _reasons(payment: Payment, now: datetime) -> Iterator[Reason]:
    ends_never = stalled(payment, now)
    if payment.is_in_review or any(not isinstance(each, Refund) for each in ends_never):
        yield Reason.REVIEW
    if any(each.state in _TO_ANSWER for each in payment.disputes):
        yield Reason.DISPUTE
    if payment.open_shortages:
        yield Reason.SHORTAGE
    if any(isinstance(each, Refund) for each in ends_never) or needs_attention(payment, now):
        yield Reason.REFUND


def _deadline(payment: Payment) -> datetime | None:
    """The first by which a dispute is to be answered."""
    due = [each.evidence_due_by for each in payment.disputes if each.state in _TO_ANSWER and each.evidence_due_by]
    return datetime.fromtimestamp(min(due), tz=UTC) if due else None
