"""What callers read: payments and products as the API's JSON. No name and no email is ever in it.

The typed shapes are also what docs/openapi.yaml is made from (`make openapi`), with the texts under their fields.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypedDict

from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from payments.domain.money import minor_units
from payments.domain.payment import DisputeStatus, Payment, Status

type PaymentId = str
type Currency = str
type Time = str
type WebAddress = str


class FailureView(TypedDict):
    code: str
    """Stripe's code, such as `card_declined`; ours where Stripe has none."""
    message: str
    """A sentence that the customer may read."""


class PaymentView(TypedDict):
    """How a payment stands. Amounts are in minor units of `currency`."""

    paymentId: PaymentId
    status: Status
    final: bool
    """Whether to stop asking. A failed payment is final, and may still succeed by a later attempt."""
    amount: int
    """What was asked for."""
    amountRefunded: int
    """What was returned or is on its way back."""
    currency: Currency
    serviceType: str
    transactionId: str | None
    """Stripe's charge (`ch_...`) once it is known, else its intent (`pi_...`)."""
    receiptUrl: WebAddress | None
    checkoutUrl: WebAddress | None
    """Where it can be paid, while it can."""
    failure: FailureView | None
    """Why the last attempt failed; null for a payment that has not failed, or has succeeded since."""
    dispute: DisputeStatus | None
    createdAt: Time
    updatedAt: Time


class CheckoutView(TypedDict):
    """A payment's checkout."""

    paymentId: PaymentId
    """To ask for the status with; whoever has it may."""
    sessionId: str
    url: WebAddress | None
    """Where the customer pays; null once this checkout can no longer be paid."""
    status: Status
    expiresAt: Time


class FixedPriceView(TypedDict):
    amount: int


class OpenPriceView(TypedDict):
    """The customer chooses, both limits included."""

    min: int
    max: int


class ProductView(TypedDict):
    sku: str
    """What orders call `serviceType`."""
    name: str
    kind: Literal["fixed", "open"]
    price: FixedPriceView | OpenPriceView
    """In minor units of `currency`."""
    currency: Currency
    minorUnits: int
    """How many decimals the currency has: 2 for usd, 0 for jpy."""


class ProductsView(TypedDict):
    """What is for sale."""

    products: list[ProductView]


class ReceivedView(TypedDict):
    """What an event taught is durable, or it is none of ours."""

    received: Literal[True]


RECEIVED: ReceivedView = {"received": True}


def payment_view(payment: Payment, now: datetime) -> PaymentView:
    """The answer to a status poll."""
    attempt = payment.settled_attempt
    failure = payment.failure
    return {
        "paymentId": payment.id,
        "status": payment.status,
        "final": payment.status.final,
        "amount": payment.asked.amount,
        "amountRefunded": payment.returned,
        "currency": payment.asked.currency,
        "serviceType": payment.sku,
        "transactionId": payment.transaction_id,
        "receiptUrl": attempt.receipt_url if attempt else None,
        "checkoutUrl": _checkout_url(payment, now),
        "failure": {"code": failure.code, "message": failure.message} if failure else None,
        "dispute": payment.dispute,
        "createdAt": _time(payment.created_at),
        "updatedAt": _time(payment.updated_at),
    }


def checkout_view(payment: Payment, now: datetime) -> CheckoutView:
    """The answer to a request for a checkout."""
    return {
        "paymentId": payment.id,
        "sessionId": payment.sessions[0].ref,
        "url": _checkout_url(payment, now),
        "status": payment.status,
        "expiresAt": _time(payment.expires_at),
    }


def products_view(products: Iterable[Product]) -> ProductsView:
    return {"products": [_product_view(each) for each in products]}


def _product_view(product: Product) -> ProductView:
    kind: Literal["fixed", "open"]
    price: FixedPriceView | OpenPriceView
    match product.price:
        case FixedPrice(amount):
            kind, price = "fixed", {"amount": amount}
        case OpenPrice(minimum, maximum):
            kind, price = "open", {"min": minimum, "max": maximum}
    return {
        "sku": product.sku,
        "name": product.name,
        "kind": kind,
        "price": price,
        "currency": product.currency,
        "minorUnits": minor_units(product.currency),
    }


def _checkout_url(payment: Payment, now: datetime) -> WebAddress | None:
    return payment.checkout.url if payment.checkout and now < payment.expires_at else None


def _time(time: datetime) -> Time:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
