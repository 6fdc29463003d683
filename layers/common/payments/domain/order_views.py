"""An order as its customer reads it, and the types that every view shares: nothing of payments is needed for these.

The typed shapes are also what docs/openapi.yaml is made from (`make openapi`), with the texts under their fields.
"""

from datetime import UTC, datetime
from typing import TypedDict

from payments.domain.order import Order

type PaymentId = str
type Time = str
type WebAddress = str


class LineView(TypedDict):
    sku: str
    name: str
    quantity: int
    unit: int
    """The price of one."""


class ShippingView(TypedDict):
    amount: int


class TaxView(TypedDict):
    name: str
    amount: int
    inclusive: bool
    """Whether the lines' prices have it in them."""


class OrderView(TypedDict):
    """What a payment is for. Amounts are in minor units of the payment's currency."""

    number: str | None
    """What people call the order by; null for a payment made before orders had numbers."""
    lines: list[LineView]
    shipping: ShippingView | None
    tax: list[TaxView]
    total: int
    """Lines, shipping and the tax that is not inclusive."""


def order_view(order: Order) -> OrderView:
    lines: list[LineView] = [
        {"sku": line.sku, "name": line.name, "quantity": line.quantity, "unit": line.unit} for line in order.lines
    ]
    return {
        "number": order.number,
        "lines": lines,
        "shipping": None if order.shipping is None else {"amount": order.shipping},
        "tax": [{"name": each.name, "amount": each.amount, "inclusive": each.inclusive} for each in order.tax],
        "total": order.total,
    }


def in_text(time: datetime) -> Time:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
