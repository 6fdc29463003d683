"""A sample of every mail, made by the code that makes the real ones from payments that were never made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from payments.domain.facts import (
    Attempt,
    AttemptState,
    Dispute,
    DisputeState,
    Fact,
    FraudSignal,
    FraudSignalState,
    Intent,
    IntentState,
    Refund,
    RefundState,
    Session,
    SessionState,
)
from payments.domain.learning import learn, notices
from payments.domain.money import Money
from payments.domain.notices import NoticeKind
from payments.domain.order import Line, Order
from payments.domain.payment import Customer, Payment
from payments.services.letters import Business, letter

if TYPE_CHECKING:
    from payments.domain.mail import Letter

BUSINESS = Business("Example Studio", "admin@example.com", "http://localhost:8000/")
_ORDERED = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
_PAID = int((_ORDERED + timedelta(minutes=2)).timestamp())
_DUE = int((_ORDERED + timedelta(days=9)).timestamp())


@dataclass(frozen=True, slots=True)
class Sample:
    """`slug` names it in addresses."""

    slug: str
    title: str
    kind: NoticeKind
    letter: Letter


@cache
def samples() -> dict[str, Sample]:
    """By slug: each kind at least once, and each state of a dispute, for it has words of its own."""
    hour, review = ("Consulting, one hour", Money(9900, "usd")), ("Website review", Money(24900, "eur"))
    course, seat = ("Online course", Money(12000, "jpy")), ("Workshop seat", Money(1045500, "kwd"))
    kind = NoticeKind
    made = [
        _sample("Payment confirmation", kind.PAYMENT_CONFIRMATION, hour, _paid(hour[1])),
        _sample("Payment confirmation, in yen", kind.PAYMENT_CONFIRMATION, course, _paid(course[1])),
        _sample("Payment failed", kind.PAYMENT_FAILED, review, [*_declined(review[1]), *_expired(review[1])]),
        _sample("Refund of a part", kind.REFUND_CONFIRMATION, seat, [*_paid(seat[1]), _refund(500250, "kwd")]),
        _sample("Refund of it all", kind.REFUND_CONFIRMATION, course, [*_paid(course[1]), _refund(12000, "jpy")]),
        _sample("Notification", kind.ADMIN_NOTIFICATION, hour, _paid(hour[1])),
        _sample("Copy of the confirmation", kind.ADMIN_COPY, hour, _paid(hour[1])),
        _sample("A failed attempt", kind.PAYMENT_FAILED_ADMIN, review, _declined(review[1])),
        _sample("A failed payment", kind.PAYMENT_FAILED_ADMIN, review, [*_declined(review[1]), *_expired(review[1])]),
        _sample("A failed refund", kind.REFUND_FAILED, hour, [*_paid(hour[1]), _failed_refund(hour[1])]),
        _sample(
            "A failed refund, to the customer",
            kind.REFUND_FAILED_CUSTOMER,
            hour,
            [*_paid(hour[1]), _refund(hour[1].amount, hour[1].currency), _failed_refund(hour[1])],
        ),
        _sample("Fraud warning", kind.FRAUD_ALERT, hour, [*_paid(hour[1]), _signal("issfr_", "made_with_stolen_card")]),
        _sample("Radar's review", kind.FRAUD_ALERT, hour, [*_paid(hour[1]), _signal("prv_", "rule")]),
        _sample("Paid too little", kind.REVIEW_ALERT, hour, _paid(Money(5000, "usd"))),
        _sample("Paid too much", kind.REVIEW_ALERT, hour, _paid(Money(19800, "usd"))),
        _sample("Paid in another currency", kind.REVIEW_ALERT, hour, _paid(Money(14900, "jpy"))),
        *(
            _sample(f"Dispute: {_words(state)}", kind.DISPUTE_ALERT, seat, [*_paid(seat[1]), _dispute(state, seat[1])])
            for state in DisputeState
        ),
    ]
    return {each.slug: each for each in made}


def _sample(title: str, kind: NoticeKind, order: tuple[str, Money], facts: list[Fact]) -> Sample:
    product, asked = order
    requested = Payment.new(
        asked=asked,
        order=Order((Line("sample", product, 1, asked.amount),)),
        customer=Customer("Ada Lovelace", "ada@example.com"),
        return_url="http://localhost:8000/result.html",
        metadata={},
        now=_ORDERED,
        lifetime=timedelta(hours=23),
    )
    open_session = Session(ref=_SESSION, state=SessionState.OPEN, amount=asked.amount, currency=asked.currency)
    payment = requested
    for fact in (open_session, *facts):
        payment, _ = learn(payment, [fact])
    notice = next(each for each in sorted(notices(payment)) if each.kind is kind)
    slug = "".join(each if each.isalpha() else "-" for each in title.lower()).replace("--", "-")
    return Sample(slug, title, kind, letter(notice, payment, BUSINESS))


_SESSION = "cs_test_a1Wm3pQxK7dVfT9sYbHc"
_INTENT = "pi_3TkWq8Lm4NcRz0Xy1aBvD5fG"
_CHARGE = "ch_3TkWq8Lm4NcRz0Xy1uPjE2sK"


def _paid(money: Money) -> list[Fact]:
    amount, currency = money.amount, money.currency
    return [
        Session(ref=_SESSION, state=SessionState.PAID, amount=amount, currency=currency),
        Intent(ref=_INTENT, state=IntentState.SUCCEEDED, amount=amount, currency=currency),
        Attempt(
            ref=_CHARGE,
            state=AttemptState.SUCCEEDED,
            amount=amount,
            currency=currency,
            created=_PAID,
            receipt_url="https://pay.stripe.com/receipts/payment/CAcaFwoVYWNjdF8xUWVyVHlVaU9w",
        ),
    ]


def _declined(money: Money) -> list[Fact]:
    return [
        Intent(ref=_INTENT, state=IntentState.OPEN, amount=0, currency=money.currency),
        Attempt(
            ref=_CHARGE,
            state=AttemptState.FAILED,
            amount=0,
            currency=money.currency,
            created=_PAID,
            failure_code="card_declined",
            failure_message="Your card has insufficient funds.",
        ),
    ]


def _expired(money: Money) -> list[Fact]:
    return [Session(ref=_SESSION, state=SessionState.EXPIRED, amount=money.amount, currency=money.currency)]


def _refund(amount: int, currency: str) -> Fact:
    return Refund(ref="re_3TkWq8Lm4NcRz0Xy1hZoT6wC", state=RefundState.SUCCEEDED, amount=amount, currency=currency)


def _failed_refund(money: Money) -> Fact:
    return Refund(
        ref="re_3TkWq8Lm4NcRz0Xy1hZoT6wC",
        state=RefundState.FAILED,
        amount=money.amount,
        currency=money.currency,
        failure_reason="expired_or_canceled_card",
    )


def _signal(prefix: str, reason: str) -> Fact:
    return FraudSignal(ref=f"{prefix}1TkWq8Lm4NcRz0Xy", state=FraudSignalState.OPEN, reason=reason)


def _dispute(state: DisputeState, money: Money) -> Fact:
    return Dispute(
        ref="du_1TkWq8Lm4NcRz0Xy9vRbN3gJ",
        state=state,
        amount=money.amount,
        currency=money.currency,
        reason="product_not_received",
        evidence_due_by=_DUE,
    )


def _words(code: str) -> str:
    return code.replace("_", " ")
