"""What the admin is told: what happened, to whom, and what to do about it."""

from dataclasses import dataclass, replace

from payments.domain.dashboard import page_of
from payments.domain.facts import DisputeState
from payments.domain.money import Money
from payments.domain.notices import Notice
from payments.domain.payment import Payment, Status
from payments.services.letters import customer
from payments.services.letters.content import (
    Business,
    Content,
    Link,
    Row,
    date_of,
    dates,
    ids,
    paid,
    received,
    refunded,
)
from payments.services.letters.orders import bought, counted, is_free, named, to_do

_NOT_TOLD = "The customer reads that the payment was declined, and not why: the card may be somebody else's."
# Radar's reviews have these ids; early fraud warnings have others.
_REVIEW = "prv_"


def notification(_: Notice, payment: Payment, business: Business) -> Content:
    name, is_paid = payment.customer.name, not is_free(payment)
    amount = paid(payment) if is_paid else "nothing to pay"
    what = "Payment received" if is_paid else "Order received"
    copied = ", and you a copy of it" if business.wants_copies else ""
    said = f"{name} has paid {amount} for" if is_paid else f"There is nothing to pay. {name} has ordered"
    return Content(
        subject=f"{what}: {amount} from {name} for {named(payment)}",
        preview="The customer is sent a confirmation.",
        heading=what,
        before=(f"{said} {named(payment)}.",),
        rows=(*((("Amount", amount),) if is_paid else ()), *_facts(payment, business), *to_do(payment)),
        link=_in_stripe(payment, business),
        after=(f"The customer is sent a confirmation{copied}.",),
        footer=_footer(business),
    )


def copy(notice: Notice, payment: Payment, business: Business) -> Content:
    original = customer.payment_confirmation(notice, payment, business)
    return replace(
        original,
        subject=f"[Copy] {original.subject}",
        note=f"Copy of the mail to {payment.customer.name}, {payment.customer.email}",
    )


def payment_failed(_: Notice, payment: Payment, business: Business) -> Content:
    cause, name = payment.cause, payment.customer.name
    reason: tuple[Row, ...] = (("Reason", cause.message), ("Code", cause.code)) if cause else ()
    if payment.checkout:
        outlook = "The checkout is still open and the customer may try again, so there is nothing to do yet."
    elif payment.status is Status.PROCESSING:
        outlook = "Another attempt is under way, so there is nothing to do yet."
    else:
        outlook = "The checkout is closed. The customer is told by mail, and may order again."
    return Content(
        subject=f"Payment failed: {payment.asked} from {name} for {named(payment)}",
        preview=cause.message if cause else outlook,
        heading="A payment failed",
        before=(f"{name} tried to pay {payment.asked} for {named(payment)}, without success so far.", outlook),
        rows=(("Amount", payment.asked), *reason, *_facts(payment, business)),
        link=_in_stripe(payment, business),
        after=(_NOT_TOLD,) if payment.is_cause_secret else (),
        footer=_footer(business),
    )


def refund_failed(notice: Notice, payment: Payment, business: Business) -> Content:
    amount, name = refunded(notice, payment), payment.customer.name
    reason = next((each.failure_reason for each in payment.refunds if each.ref == notice.ref), None)
    return Content(
        subject=f"Refund failed: {amount} to {name}",
        preview="Please arrange it another way.",
        heading="A refund failed",
        before=(
            f"The refund of {amount} did not reach {name}, who paid for {named(payment)}. Stripe returns the money to "
            "your balance.",
            "Please arrange it another way, such as a bank transfer. A customer who was told that the refund is on its "
            "way is told that it did not arrive, and that you will arrange it.",
        ),
        rows=(
            ("Refund", amount),
            ("Amount paid", paid(payment)),
            ("Reason", _words(reason)),
            ("Refund id", notice.ref),
            *_facts(payment, business),
        ),
        link=_in_stripe(payment, business),
        after=(),
        footer=_footer(business),
    )


@dataclass(frozen=True)
class _Stage:
    """What a dispute's state means; `answer` is what has the deadline, None where there is nothing to answer."""

    title: str
    meaning: str
    answer: str | None = None


_STAGES = {
    DisputeState.WARNING_NEEDS_RESPONSE: _Stage(
        "Inquiry",
        "The customer's bank asks about this payment. Answer before the deadline, or refund the payment, so that it "
        "does not become a dispute. No money has been taken from you.",
        "Answer by",
    ),
    DisputeState.WARNING_UNDER_REVIEW: _Stage(
        "Inquiry", "The bank has your answer to its inquiry about this payment. There is nothing to do for now."
    ),
    DisputeState.WARNING_CLOSED: _Stage(
        "Inquiry closed", "The bank's inquiry about this payment did not become a dispute. There is nothing to do."
    ),
    DisputeState.PREVENTED: _Stage(
        "Dispute prevented", "A dispute of this payment was prevented before it began. There is nothing to do."
    ),
    DisputeState.NEEDS_RESPONSE: _Stage(
        "Dispute opened",
        "The customer disputes this payment, and Stripe has taken the amount and a fee from your balance. Send your "
        "evidence before the deadline, or accept the dispute. Do not refund the payment as well.",
        "Evidence due by",
    ),
    DisputeState.UNDER_REVIEW: _Stage(
        "Dispute under review", "The bank has your evidence and will decide. That can take two to three months."
    ),
    DisputeState.LOST: _Stage(
        "Dispute lost", "The bank decided for the customer, who keeps the money. Do not refund the payment as well."
    ),
    DisputeState.APPEAL_NEEDS_RESPONSE: _Stage(
        "Dispute appealed", "The decision is contested. Send your evidence before the deadline.", "Evidence due by"
    ),
    DisputeState.APPEAL_UNDER_REVIEW: _Stage(
        "Dispute appealed", "The decision is contested, and the bank has your evidence. There is nothing to do for now."
    ),
    DisputeState.WON: _Stage(
        "Dispute won",
        "The bank decided for you, and Stripe returns the amount to your balance. There is nothing to do.",
    ),
}


def dispute_alert(notice: Notice, payment: Payment, business: Business) -> Content:
    ref = notice.ref.partition("#")[0]
    dispute = next(each for each in payment.disputes if each.ref == ref)
    amount, stage = Money(dispute.amount, dispute.currency), _STAGES[dispute.state]
    due: tuple[Row, ...] = ()
    if stage.answer and dispute.evidence_due_by:
        due = ((stage.answer, date_of(dispute.evidence_due_by, business)),)
    deadline = f", {stage.answer.lower()} {due[0][1]}" if stage.answer and due else ""
    return Content(
        subject=f"{stage.title}: {amount}{deadline}",
        preview=f"{payment.customer.name}, for {named(payment)}.",
        heading=stage.title,
        before=(stage.meaning,),
        rows=(
            *due,
            ("Disputed", amount),
            ("Amount paid", paid(payment)),
            ("State", _words(dispute.state)),
            ("Reason", _words(dispute.reason)),
            ("Dispute", ref),
            *_facts(payment, business),
        ),
        link=_in_stripe(payment, business, f"disputes/{ref}"),
        after=(),
        footer=_footer(business),
    )


def fraud_alert(notice: Notice, payment: Payment, business: Business) -> Content:
    reason = next((each.reason for each in payment.fraud_signals if each.ref == notice.ref), None)
    amount = paid(payment)
    if notice.ref.startswith(_REVIEW):
        meaning = "Stripe asks you to look at this payment. Approve it in the dashboard, or refund it."
    else:
        meaning = (
            "The card's network reports this payment as probably fraudulent. If you do not know the customer, refund "
            "it now: a dispute costs a fee on top. Hold back what has not been delivered."
        )
    return Content(
        subject=f"Possible fraud: {amount} from {payment.customer.name} for {named(payment)}",
        preview=meaning,
        heading="Possible fraud",
        before=(meaning,),
        rows=(("Amount", amount), ("Reason", _words(reason)), ("Signal", notice.ref), *_facts(payment, business)),
        link=_in_stripe(payment, business),
        after=(),
        footer=_footer(business),
    )


def review_alert(_: Notice, payment: Payment, business: Business) -> Content:
    asked, came, name = payment.asked, received(payment), payment.customer.name
    sums = payment.balance.received_sums
    after = [
        "To accept what came, run the command; the customer is then sent the confirmation.",
        "To give it back, refund all of it in Stripe's dashboard, and ask the customer to order again.",
    ]
    if len(sums) == 1 and sums[0].currency == asked.currency and sums[0].amount > asked.amount:
        difference = Money(sums[0].amount - asked.amount, asked.currency)
        after.insert(1, f"To keep what was asked, refund the difference of {difference} in Stripe's dashboard.")
    return Content(
        subject=f"Please review: {came} received, {asked} asked",
        preview=f"{name}, for {named(payment)}.",
        heading="Please review a payment",
        before=(f"{name} has paid something else than was asked, and is not sent a confirmation. Please decide.",),
        rows=(("Asked", asked), *(("Received", each) for each in sums), *_facts(payment, business)),
        link=_in_stripe(payment, business),
        commands=tuple(_approving(each, payment, business) for each in payment.balance.unaccepted),
        after=tuple(after),
        footer=_footer(business),
    )


def shortage_alert(notice: Notice, payment: Payment, business: Business) -> Content:
    line = next(each for each in payment.order.lines if each.sku == notice.ref)
    name, missing = payment.customer.name, counted(line)
    money = f"The {received(payment)} that {name} paid are with you"
    return Content(
        subject=f"Not in stock: {missing}, paid by {name} in {named(payment)}",
        preview="Get more and settle it, or give the money back.",
        heading="Something that was paid for is not in stock",
        before=(
            f"{name} paid for {named(payment)} when its time was over, and what was kept for it had been given back. "
            f"Not there any more: {missing}. {money}; whatever else was ordered is taken from stock.",
        ),
        rows=(
            ("Missing", missing),
            ("Product", notice.ref),
            ("Amount", paid(payment)),
            *_facts(payment, business),
            *to_do(payment),
        ),
        link=_in_stripe(payment, business),
        after=(
            'If you get more: add it to the stock at the desk, then choose "Take it from stock" at this payment, and '
            "ship it.",
            'If you do not: refund it, and choose "Not delivered" at this payment. Nothing is taken from stock then.',
        ),
        footer=_footer(business),
    )


def _approving(sum_: Money, payment: Payment, business: Business) -> str:
    return f"make approve PAYMENT={payment.id} AMOUNT={sum_.digits} CURRENCY={sum_.currency} STAGE={business.stage}"


def _facts(payment: Payment, business: Business) -> tuple[Row, ...]:
    """What was to be paid for, when and by whom, and the ids."""
    return (
        *bought(payment),
        ("Customer", payment.customer.name),
        *((("Email", payment.customer.email),) if payment.customer.email else ()),
        *dates(payment, business),
        *ids(payment),
    )


def _in_stripe(payment: Payment, business: Business, path: str | None = None) -> Link | None:
    """Stripe's dashboard at `path`, else at the payment; None if Stripe's id of that is not known."""
    address = f"{business.dashboard}/{path}" if path else page_of(payment, business.dashboard)
    return Link("Open in Stripe", address) if address else None


def _words(code: str | None) -> str:
    return code.replace("_", " ") if code else "not given"


def _footer(business: Business) -> str:
    return f"You get this mail because your address looks after payments to {business.name}."
