"""Learning: how news change a payment, and what must then be told to whom.

No mail hangs on an event. A notice is due because the facts call for it, and may be sent only while they still do.
Both functions are pure, and what they answer depends on the facts alone: not on order, repetition or source.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from payments.domain.facts import AttemptState, Fact, FraudSignalState, RefundState, SessionState, merge
from payments.domain.notices import DISPUTE_STAGES, Notice, NoticeKind
from payments.domain.payment import Payment, Status


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
    """What learning something led to; `status` is the new one if that changed."""

    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()
    status: Status | None = None

    def __bool__(self) -> bool:
        return bool(self.changes)


def learn(payment: Payment, news: Iterable[Fact]) -> tuple[Payment, Effects]:
    """The payment with the news merged in, and what follows; itself and no effects if all was known."""
    facts = merge(payment.facts, news)
    changes = tuple(
        Change(key, payment.facts[key].state if key in payment.facts else None, fact.state)
        for key, fact in sorted(facts.items())
        if payment.facts.get(key) != fact
    )
    if not changes:
        return payment, Effects()
    learned = replace(payment, facts=facts)
    new_notices = notices(learned) - payment.raised
    status = learned.status if learned.status is not payment.status else None
    effects = Effects(changes, tuple(sorted(new_notices)), status)
    return replace(learned, raised=payment.raised | new_notices), effects


def calls_for(payment: Payment, notice: Notice) -> bool:
    """Whether it would be true to send this notice now."""
    return notice in notices(payment)


def notices(payment: Payment) -> frozenset[Notice]:
    """Every notice that the facts call for."""
    return frozenset(_notices(payment))


def _notices(payment: Payment) -> Iterator[Notice]:
    if payment.is_accepted:
        yield Notice(NoticeKind.PAYMENT_CONFIRMATION)
        yield Notice(NoticeKind.ADMIN_NOTIFICATION)
        yield Notice(NoticeKind.ADMIN_COPY)
    if payment.is_in_review:
        yield Notice(NoticeKind.REVIEW_ALERT)

    if payment.received is None:
        gave_up_waiting = any(each.state is SessionState.ASYNC_FAILED for each in payment.sessions)
        failed = any(each.state is AttemptState.FAILED for each in payment.attempts)
        if failed or gave_up_waiting:
            yield Notice(NoticeKind.PAYMENT_FAILED_ADMIN)
        if gave_up_waiting or (failed and (payment.is_expired or payment.is_canceled)):
            yield Notice(NoticeKind.PAYMENT_FAILED)

    for refund in payment.refunds:
        if refund.state is RefundState.SUCCEEDED:
            yield Notice(NoticeKind.REFUND_CONFIRMATION, refund.ref)
        elif refund.state is RefundState.FAILED:
            yield Notice(NoticeKind.REFUND_FAILED, refund.ref)
    for dispute in payment.disputes:
        yield Notice(NoticeKind.DISPUTE_ALERT, f"{dispute.ref}#{DISPUTE_STAGES[dispute.state]}")
    for signal in payment.fraud_signals:
        if signal.state is FraudSignalState.OPEN:
            yield Notice(NoticeKind.FRAUD_ALERT, signal.ref)
