"""A customer's own payments as the API's JSON, and the cursors that their list goes on with.

The typed shapes are also what docs/openapi.yaml is made from (`make openapi`), with the texts under their fields.
"""

import base64
import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict

from payments.domain.errors import FieldError, ValidationFailed
from payments.domain.identifiers import is_payment_id
from payments.domain.money import Currency
from payments.domain.order_views import OrderView, PaymentId, Time, WebAddress, in_text
from payments.domain.own_payments import OwnPayment, Place
from payments.domain.views import MoneyView, money_views, seen_at

LONGEST_CURSOR = 200
_CREATED_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


class OwnPaymentView(TypedDict):
    """A payment in its customer's list. Amounts are in minor units, where nothing else is said of `currency`."""

    paymentId: PaymentId
    status: str
    """As of the payment; newer code may have written one that is not known here."""
    amount: int
    """What was asked for."""
    currency: Currency
    createdAt: Time
    paidAt: Time | None
    received: list[MoneyView]
    returned: list[MoneyView]
    sku: str
    number: str | None
    """What people call the order by; null for a payment made before orders had numbers."""
    dispute: str | None
    payable: bool
    """Whether it can be paid now."""
    paidBy: str
    """On Stripe's page (`hosted`), or in a form on ours (`embedded`)."""
    checkoutUrl: WebAddress | None
    """Where it can be paid, while it can."""
    invoiceNumber: str | None
    """As of the payment; the invoice is opened with `accessKey`."""
    order: OrderView
    accessKey: str
    """The right to act on the payment, such as to cancel it."""


class OwnPaymentsView(TypedDict):
    """What the caller has ordered, the newest first."""

    payments: list[OwnPaymentView]
    cursor: str | None
    """What to ask on with for older ones, until it is null; a page may be empty."""


def own_payments_view(payments: Iterable[OwnPayment], last: Place | None, now: datetime) -> OwnPaymentsView:
    own = [_own_payment_view(each, now) for each in payments]
    return {"payments": own, "cursor": _cursor_of(last) if last else None}


def _own_payment_view(payment: OwnPayment, now: datetime) -> OwnPaymentView:
    view: dict[str, Any] = seen_at(payment.view, now, payment.expires_at)
    return {
        "paymentId": payment.payment_id,
        "status": payment.status,
        "amount": payment.asked.amount,
        "currency": payment.asked.currency,
        "createdAt": in_text(payment.created_at),
        "paidAt": in_text(payment.paid_at) if payment.paid_at else None,
        "received": money_views(payment.received),
        "returned": money_views(payment.returned),
        "sku": payment.sku,
        "number": payment.number,
        "dispute": payment.dispute,
        "payable": view["payable"],
        "paidBy": view["paidBy"],
        "checkoutUrl": view["checkoutUrl"],
        "invoiceNumber": view["invoiceNumber"],
        "order": view["order"],
        "accessKey": payment.access_key,
    }


def place_of(cursor: str | None) -> Place | None:
    """Where a cursor goes on; ValidationFailed for what is none. It says nothing of whose list it came from."""
    if cursor is None:
        return None
    match _read(cursor):
        case [str(created_at), str(payment_id)] if _CREATED_AT.fullmatch(created_at) and is_payment_id(payment_id):
            return Place(created_at, payment_id)
    raise ValidationFailed(FieldError("cursor", "This is no cursor of this list; send it as it came, or begin anew."))


def _cursor_of(place: Place) -> str:
    written = json.dumps([place.created_at, place.payment_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def _read(cursor: str) -> object:
    if len(cursor) > LONGEST_CURSOR:
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        return None
