"""What a customer is told."""

from payments.domain.documents import DocumentKind
from payments.domain.notices import Notice
from payments.domain.payment import Customer, Payment
from payments.services.letters.content import (
    Business,
    Content,
    Link,
    Row,
    dates,
    ids,
    invoice_link,
    issued,
    paid,
    refunded,
)
from payments.services.letters.orders import bought, is_free, named, sent_to

_ASK = "If you have a question, reply to this mail."


def payment_confirmation(_: Notice, payment: Payment, business: Business) -> Content:
    if is_free(payment):
        return _order_confirmation(payment, business)
    amount = paid(payment)
    attempt = payment.settled_attempt
    receipt = Link("View receipt", attempt.receipt_url) if attempt and attempt.receipt_url else None
    return Content(
        subject=f"Your payment of {amount} to {business.name} is complete",
        preview=f"For {named(payment)}. Thank you.",
        heading="Your payment is complete",
        before=(
            _greeting(payment.customer),
            f"We have received your payment of {amount} for {named(payment)}. Thank you.",
        ),
        rows=(
            ("Amount", amount),
            *bought(payment),
            *dates(payment, business),
            *issued(payment.invoice, "Invoice"),
            *ids(payment),
            *sent_to(payment),
        ),
        link=invoice_link(payment, business) or receipt,
        after=(f"Nothing more is needed for this payment. Please keep this mail for your records. {_ASK}",),
        footer=_footer(business),
    )


def _order_confirmation(payment: Payment, business: Business) -> Content:
    """Of an order for 0: there is no charge, and no receipt."""
    return Content(
        subject=f"Your order at {business.name} is complete: nothing to pay",
        preview=f"For {named(payment)}. Thank you.",
        heading="Your order is complete",
        before=(
            _greeting(payment.customer),
            f"We have received your order for {payment.product_name}. There is nothing to pay. Thank you."
            if bought(payment)
            else f"We have received your {named(payment)}. There is nothing to pay. Thank you.",
        ),
        rows=(
            *bought(payment),
            *dates(payment, business),
            *issued(payment.invoice, "Invoice"),
            *ids(payment),
            *sent_to(payment),
        ),
        link=invoice_link(payment, business),
        after=(f"Nothing more is needed for this order. Please keep this mail for your records. {_ASK}",),
        footer=_footer(business),
    )


def payment_failed(_: Notice, payment: Payment, business: Business) -> Content:
    failure = payment.failure
    reason: tuple[Row, ...] = (("Reason", failure.message),) if failure else ()
    return Content(
        subject=f"Your payment of {payment.asked} to {business.name} did not go through",
        preview="You have not been charged, and are welcome to try again.",
        heading="Your payment did not go through",
        before=(
            _greeting(payment.customer),
            f"Your payment of {payment.asked} for {named(payment)} could not be completed. You have not been charged.",
        ),
        rows=(
            ("Amount", payment.asked),
            *bought(payment),
            *reason,
            *dates(payment, business),
            *ids(payment),
        ),
        link=Link("Try again", business.payment_page),
        after=(f"You can order again and pay with the same card or in another way. {_ASK}",),
        footer=_footer(business),
    )


def refund_confirmation(notice: Notice, payment: Payment, business: Business) -> Content:
    amount, whole = refunded(notice, payment), paid(payment)
    part = "your payment" if amount == whole else f"{amount} of your payment of {whole}"
    return Content(
        subject=f"Your refund of {amount} from {business.name}",
        preview="Banks usually take 5 to 10 days to show a refund.",
        heading="Your refund is on its way",
        before=(
            _greeting(payment.customer),
            f"We have refunded {part} for {named(payment)}. The money goes back to where it came from; "
            "banks usually take 5 to 10 days to show it.",
        ),
        rows=(
            ("Refunded", amount),
            ("You paid", whole),
            *bought(payment),
            *dates(payment, business),
            ("Refund", notice.ref),
            *issued(payment.document(DocumentKind.CREDIT_NOTE, notice.ref), "Credit note"),
            *ids(payment),
        ),
        link=None,
        after=(f"Nothing more is needed from you. {_ASK}",),
        footer=_footer(business),
    )


def refund_failed(notice: Notice, payment: Payment, business: Business) -> Content:
    amount = refunded(notice, payment)
    return Content(
        subject=f"Your refund of {amount} from {business.name} did not reach you",
        preview="The money came back to us, and we will send it in another way.",
        heading="Your refund did not reach you",
        before=(
            _greeting(payment.customer),
            f"We sent your refund of {amount} for {named(payment)} on its way, but it could not be paid out, and "
            "the money came back to us.",
            "We know of it and will arrange it in another way.",
        ),
        rows=(
            ("Refund", amount),
            ("You paid", paid(payment)),
            *bought(payment),
            *dates(payment, business),
            ("Refund id", notice.ref),
            *issued(payment.document(DocumentKind.CANCELLATION, notice.ref), "Cancellation"),
            *ids(payment),
        ),
        link=None,
        after=(f"If you do not hear from us within some days, please write to us. {_ASK}",),
        footer=_footer(business),
    )


def _greeting(customer: Customer) -> str:
    """By name, unless mail programs would make a link of it: anyone can order with anyone's address."""
    words = customer.name.split()
    is_link = "/" in customer.name or "@" in customer.name or any("." in word.strip(".") for word in words)
    return "Hello," if is_link else f"Dear {customer.name},"


def _footer(business: Business) -> str:
    return f"You get this mail because your address was given for a payment to {business.name}."
