"""Quotes over HTTP: what is asked, and the order as it would be.

The typed shape is also what docs/openapi.yaml is made from (`make openapi`), with the texts under its fields.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from payments.domain.countries import is_country
from payments.domain.money import Currency
from payments.domain.order import Order
from payments.domain.views import OrderView, order_view
from payments.runtime.bodies import Body


def _quantity(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("Give a whole number of 1 or more.")
    return value


def _country(value: Any) -> str:
    code = value.strip().upper() if isinstance(value, str) else ""
    if not is_country(code):
        raise ValueError("Give a country's code of ISO 3166-1, such as US, DE or GB.")
    return code


class ItemBody(Body):
    """So many of a product."""

    sku: Annotated[str, Field(min_length=1, max_length=100)]
    quantity: Annotated[
        int,
        BeforeValidator(_quantity),
        Field(
            description="At most the product's `most`, those of equal skus added up.", json_schema_extra={"minimum": 1}
        ),
    ]


_Part = Annotated[str, Field(max_length=200)]


class DestinationBody(Body):
    """An address as far as it is known: of a quote the country alone is read."""

    country: Annotated[
        str,
        BeforeValidator(_country),
        Field(
            description="ISO 3166-1 alpha-2. Case does not matter.", json_schema_extra={"minLength": 2, "maxLength": 2}
        ),
    ]
    name: _Part | None = None
    line1: _Part | None = None
    line2: _Part | None = None
    city: _Part | None = None
    region: _Part | None = None
    postal_code: _Part | None = None


class QuoteBody(Body):
    """What somebody would like to have, and where."""

    items: Annotated[list[ItemBody], Field(min_length=1, description="At most 25 different products, of one currency.")]
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
