"""What callers read beside a payment: checkouts and products as the API's JSON. No name and no email is ever in it.

The typed shapes are also what docs/openapi.yaml is made from (`make openapi`), with the texts under their fields.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypedDict

from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from payments.domain.money import minor_units
from payments.domain.payment import Payment, Status
from payments.domain.views import (
    Currency,
    OrderView,
    PaymentId,
    Time,
    WebAddress,
    checkout_url,
    in_text,
    order_view,
)


class CheckoutView(TypedDict):
    """A payment's checkout."""

    paymentId: PaymentId
    """To ask for the status with; whoever has it may."""
    sessionId: str
    url: WebAddress | None
    """Where the customer pays; null once this checkout can no longer be paid."""
    status: Status
    expiresAt: Time
    accessKey: str
    """The right to act on the payment, such as to cancel it; for whoever ordered, and nobody else."""
    order: OrderView


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


def checkout_view(payment: Payment, now: datetime) -> CheckoutView:
    """The answer to a request for a checkout."""
    return {
        "paymentId": payment.id,
        "sessionId": payment.sessions[0].ref,
        "url": checkout_url(payment, now),
        "status": payment.status,
        "expiresAt": in_text(payment.expires_at),
        "accessKey": payment.access_key,
        "order": order_view(payment),
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
