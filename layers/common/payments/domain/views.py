"""A payment as its customer reads it, and what of it is kept beside the facts. No name and no email is ever in a view.

The typed shapes are also what docs/openapi.yaml is made from (`make openapi`), with the texts under their fields.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypedDict

from payments.domain.money import Currency, Money
from payments.domain.order_views import OrderView, PaymentId, Time, WebAddress, in_text, order_view
from payments.domain.payment import DisputeStatus, Payment, Status, Way


class FailureView(TypedDict):
    code: str
    """Stripe's decline code, such as `insufficient_funds`, else its error code; ours where Stripe has none. Of a card
    that was reported lost or stolen, and of suspected fraud, it is `generic_decline`."""
    message: str
    """A sentence that the customer may read."""


class MoneyView(TypedDict):
    amount: int
    currency: Currency


class PaymentView(TypedDict):
    """How a payment stands. Amounts are in minor units, where nothing else is said of `currency`."""

    paymentId: PaymentId
    status: Status
    final: bool
    """Whether to stop asking. A failed payment is final, and may still succeed by a later attempt."""
    payable: bool
    """Whether it can be paid now."""
    amount: int
    """What was asked for."""
    amountRefunded: int
    """What was returned or is on its way back, beyond what was paid in excess."""
    currency: Currency
    received: list[MoneyView]
    """What was paid, a sum for each currency; empty if nothing was."""
    returned: list[MoneyView]
    """What was returned or is on its way back, a sum for each currency; empty if nothing was."""
    paidBy: Way
    """On Stripe's page, or in a form on ours."""
    paidAt: Time | None
    """When the money was taken; null before, and as long as Stripe has not said when."""
    order: OrderView
    serviceType: str
    transactionId: str | None
    """Stripe's charge (`ch_...`) once it is known, else its intent (`pi_...`)."""
    receiptUrl: WebAddress | None
    invoiceNumber: str | None
    """Such as `2026-000123`; null until the invoice is issued, a moment after the money is accepted, and for a payment
    that was accepted before there were invoices."""
    checkoutUrl: WebAddress | None
    """Where it can be paid, while it can."""
    failure: FailureView | None
    """Why the last attempt failed; null for a payment that has not failed, or has succeeded since."""
    dispute: DisputeStatus | None
    createdAt: Time
    updatedAt: Time


def payment_view(payment: Payment, now: datetime) -> PaymentView:
    """The answer to a status poll."""
    attempt = payment.settled_attempt
    failure = payment.failure
    currency = payment.asked.currency
    return {
        "paymentId": payment.id,
        "status": payment.status,
        "final": payment.status.final,
        "payable": payment.is_payable(now),
        "amount": payment.asked.amount,
        "amountRefunded": sum(each.amount for each in payment.balance.given_back if each.currency == currency),
        "currency": currency,
        "received": money_views(payment.balance.received_sums),
        "returned": money_views(payment.balance.returned_sums),
        "paidBy": payment.way,
        "paidAt": in_text(payment.paid_at) if payment.paid_at else None,
        "order": order_view(payment.order),
        "serviceType": payment.sku,
        "transactionId": payment.transaction_id,
        "receiptUrl": attempt.receipt_url if attempt else None,
        "invoiceNumber": payment.invoice.number if payment.invoice else None,
        "checkoutUrl": checkout_url(payment, now),
        "failure": {"code": failure.code, "message": failure.message} if failure else None,
        "dispute": payment.dispute,
        "createdAt": in_text(payment.created_at),
        "updatedAt": in_text(payment.updated_at),
    }


def kept_view(payment: Payment) -> PaymentView:
    """The view that is kept for older code, which cannot read the facts; `seen_at` brings it up to date."""
    return payment_view(payment, payment.created_at)


def seen_at(view: Mapping[str, object], now: datetime, expires_at: datetime) -> dict[str, object]:
    """A view that was kept, as of now: time alone closes a checkout."""
    return dict(view) if now < expires_at else {**view, "payable": False, "checkoutUrl": None}


def checkout_url(payment: Payment, now: datetime) -> WebAddress | None:
    return payment.checkout.url if payment.checkout and payment.is_payable(now) else None


def money_views(sums: Iterable[Money]) -> list[MoneyView]:
    return [{"amount": each.amount, "currency": each.currency} for each in sums]


def standing(payment: Payment) -> dict[str, object]:
    """What follows from the facts and is kept beside them: for indexes, for lists and for older code.

    A writer that finds another standing kept than this writes, whoever left it so.
    """
    found = {
        "status": payment.status.value,
        "final": payment.status.final,
        "received": money_views(payment.balance.received_sums),
        "returned": money_views(payment.balance.returned_sums),
        "paid_at": in_text(payment.paid_at) if payment.paid_at else None,
        "dispute": payment.dispute.value if payment.dispute else None,
        "view": kept_view(payment),
    }
    return {name: value for name, value in found.items() if value is not None}
