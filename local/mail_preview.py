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
    Shortage,
    ShortageState,
)
from payments.domain.learning import learn, notices
from payments.domain.money import Money
from payments.domain.notices import NoticeKind
from payments.domain.order import Address, Line, Order, Tax
from payments.domain.payment import Customer, Payment
from payments.domain.releases import CAME_LATER
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
    hour, review = _service("Consulting, one hour", 9900, "usd"), _service("Website review", 24900, "eur")
    course, seat = _service("Online course", 12000, "jpy"), _service("Workshop seat", 1045500, "kwd")
    kind = NoticeKind
    made = [
        _sample("Payment confirmation", kind.PAYMENT_CONFIRMATION, hour, _paid(hour.asked)),
        _sample("Payment confirmation, in yen", kind.PAYMENT_CONFIRMATION, course, _paid(course.asked)),
        _sample("Confirmation of an order", kind.PAYMENT_CONFIRMATION, _GOODS, _paid(_GOODS.asked)),
        _sample("Confirmation of an order for nothing", kind.PAYMENT_CONFIRMATION, _SAMPLE, _nothing_to_pay("eur")),
        _sample("Payment failed", kind.PAYMENT_FAILED, review, [*_declined(review.asked), *_expired(review.asked)]),
        _sample("Refund of a part", kind.REFUND_CONFIRMATION, seat, [*_paid(seat.asked), _refund(500250, "kwd")]),
        _sample(
            "Refund of a part of an order",
            kind.REFUND_CONFIRMATION,
            _GOODS,
            [*_paid(_GOODS.asked), _refund(3600, "eur")],
        ),
        _sample("Refund of it all", kind.REFUND_CONFIRMATION, course, [*_paid(course.asked), _refund(12000, "jpy")]),
        _sample("Notification", kind.ADMIN_NOTIFICATION, hour, _paid(hour.asked)),
        _sample("Notification of an order", kind.ADMIN_NOTIFICATION, _GOODS, _paid(_GOODS.asked)),
        _sample("Notification of a long order", kind.ADMIN_NOTIFICATION, _LONG, _paid(_LONG.asked)),
        _sample("Notification of an order for nothing", kind.ADMIN_NOTIFICATION, _SAMPLE, _nothing_to_pay("eur")),
        _sample("Out of stock", kind.SHORTAGE_ALERT, _GOODS, [*_paid(_GOODS.asked), _shortage("enamel-mug", 2)]),
        _sample("Copy of the confirmation", kind.ADMIN_COPY, hour, _paid(hour.asked)),
        _sample("A failed attempt", kind.PAYMENT_FAILED_ADMIN, review, _declined(review.asked)),
        _sample(
            "A failed payment", kind.PAYMENT_FAILED_ADMIN, review, [*_declined(review.asked), *_expired(review.asked)]
        ),
        _sample("A failed refund", kind.REFUND_FAILED, hour, [*_paid(hour.asked), _failed_refund(hour.asked)]),
        _sample(
            "A failed refund, to the customer",
            kind.REFUND_FAILED_CUSTOMER,
            hour,
            [*_paid(hour.asked), _refund(hour.asked.amount, hour.asked.currency), _failed_refund(hour.asked)],
        ),
        _sample(
            "Fraud warning", kind.FRAUD_ALERT, hour, [*_paid(hour.asked), _signal("issfr_", "made_with_stolen_card")]
        ),
        _sample("Radar's review", kind.FRAUD_ALERT, hour, [*_paid(hour.asked), _signal("prv_", "rule")]),
        _sample("Paid too little", kind.REVIEW_ALERT, hour, _paid(Money(5000, "usd"))),
        _sample("Paid too much", kind.REVIEW_ALERT, hour, _paid(Money(19800, "usd"))),
        _sample("Paid in another currency", kind.REVIEW_ALERT, hour, _paid(Money(14900, "jpy"))),
        *(
            _sample(
                f"Dispute: {_words(state)}", kind.DISPUTE_ALERT, seat, [*_paid(seat.asked), _dispute(state, seat.asked)]
            )
            for state in DisputeState
        ),
    ]
    return {each.slug: each for each in made}


@dataclass(frozen=True, slots=True)
class _Ordered:
    order: Order
    currency: str

    @property
    def asked(self) -> Money:
        return Money(self.order.total, self.currency)


def _service(name: str, amount: int, currency: str) -> _Ordered:
    return _Ordered(Order((Line("sample", name, 1, amount),), "4T8W-0ABC"), currency)


_BERLIN = Address("Ada Lovelace", "Hauptstraße 5", "Berlin", "DE", "10115", line2="Hinterhaus, 3. Stock")
_AUSTIN = Address("Analytical Engines Inc.", "1 Congress Avenue", "Austin", "US", "78701", region="TX")
_GOODS = _Ordered(
    Order(
        (
            Line("enamel-mug", "Enamel mug, 350 ml", 2, 1800, stocked=True, ships=True),
            Line("tote-bag", "كوب مطلي بالمينا", 1, 2400, stocked=True, ships=True),
            Line("course", "Online course", 1, 12000),
        ),
        "7K3M-9XQ2",
        490,
        (Tax("VAT 19 %", 2952, inclusive=True),),
        _BERLIN,
        _AUSTIN,
        "Please ring twice, and leave it with the neighbours on the first floor if nobody opens.\nThank you!",
    ),
    "eur",
)
_SAMPLE = _Ordered(
    Order((Line("stickers", "A sheet of stickers", 1, 0, stocked=True, ships=True),), "9QWE-12RT", 0, (), _BERLIN),
    "eur",
)
_LONG = _Ordered(
    Order(
        tuple(
            Line(
                f"part-{each}",
                f"Replacement part {each} for the analytical engine, with fittings and a manual",
                3,
                1250 * each,
            )
            for each in range(1, 26)
        ),
        "25AA-0000",
        None,
        (Tax("GST", 121875, inclusive=False),),
    ),
    "kwd",
)


def _sample(title: str, kind: NoticeKind, ordered: _Ordered, facts: list[Fact]) -> Sample:
    asked = ordered.asked
    requested = Payment.new(
        asked=asked,
        order=ordered.order,
        customer=Customer("Ada Lovelace", "ada@example.com"),
        return_url="http://localhost:8000/result.html",
        metadata={},
        now=_ORDERED,
        lifetime=timedelta(hours=23),
    )
    open_session = Session(ref=_SESSION, state=SessionState.OPEN, amount=asked.amount, currency=asked.currency)
    payment = requested
    for fact in (open_session, *facts):
        payment, _ = learn(payment, [fact], first_days=dict.fromkeys(CAME_LATER, _ORDERED))
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


def _nothing_to_pay(currency: str) -> list[Fact]:
    return [Session(ref=_SESSION, state=SessionState.PAID, amount=0, currency=currency)]


def _shortage(sku: str, quantity: int) -> Fact:
    return Shortage(ref=sku, state=ShortageState.OPEN, quantity=quantity)


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
