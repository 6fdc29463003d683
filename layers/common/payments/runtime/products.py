"""The catalogue as the API's JSON.

The typed shapes are also what docs/openapi.yaml is made from (`make openapi`), with the texts under their fields.
"""

from collections.abc import Iterable
from typing import Literal, TypedDict

from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from payments.domain.money import Currency, minor_units


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
