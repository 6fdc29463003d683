"""Quotes over HTTP: what is asked, and the order as it would be.

The typed shape is also what docs/openapi.yaml is made from (`make openapi`), with the texts under its fields.
"""

from typing import Annotated

from pydantic import Field

from payments.domain.money import Currency
from payments.domain.order import Order
from payments.domain.order_views import OrderView, order_view
from payments.runtime.bodies import Body
from payments.runtime.item_bodies import Country, ItemBodies

_Part = Annotated[str, Field(max_length=200)]


class DestinationBody(Body):
    """An address as far as it is known: of a quote the country alone is read."""

    country: Country
    name: _Part | None = None
    line1: _Part | None = None
    line2: _Part | None = None
    city: _Part | None = None
    region: _Part | None = None
    postal_code: _Part | None = None


class QuoteBody(Body):
    """What somebody would like to have, and where."""

    items: ItemBodies
    address: DestinationBody | None = Field(default=None, description="May be left out where nothing is sent.")

    @property
    def wanted(self) -> list[tuple[str, int]]:
        return [(each.sku, each.quantity) for each in self.items]

    @property
    def country(self) -> str | None:
        return self.address.country if self.address else None


class QuoteView(OrderView):
    """An order as it would be now. Amounts are in minor units of `currency`."""

    currency: Currency


def quote_view(order: Order, currency: Currency) -> QuoteView:
    return {**order_view(order), "currency": currency}
