"""The catalogue as the API's JSON.

The typed shapes are also what docs/openapi.yaml is made from (`make openapi`), with the texts under their fields.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, Protocol, TypedDict

from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from payments.domain.money import Currency, minor_units
from payments.domain.order_views import Time, in_text
from payments.domain.stock import StockChange


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
    description: str
    """One line; may be empty."""
    image: str | None
    """An https address, or a path of the pages."""
    ships: bool
    """Whether it is sent to an address. What ships or has a `left` is ordered by items, not as a service."""
    most: int
    """How many of it an order may have."""
    left: int | None
    """How many are there; null where it is not sold from stock."""


class ProductsView(TypedDict):
    """What is for sale."""

    products: list[ProductView]


class StockView(TypedDict):
    """What is there of a product, after a change."""

    sku: str
    left: int


class StockChangeView(TypedDict):
    at: Time
    change: int
    """How many more; negative for fewer."""
    reason: str
    by: str
    """Who did it: the `sub` of an admin, or who gave the command."""


class AdminProductView(ProductView, TypedDict):
    """A product, and how its stock came to be."""

    changes: list[StockChangeView]
    """What people changed, the newest first, at most 50; what orders took is not in it."""


class Shop(Protocol):
    def products(self) -> list[Product]: ...

    def stock(self, skus: Iterable[str]) -> Mapping[str, int]: ...


def products_on_sale(shop: Shop) -> ProductsView:
    """What is for sale, and how many are left of what is stocked."""
    products = shop.products()
    stocked = [each.sku for each in products if each.stocked]
    return products_view(products, shop.stock(stocked) if stocked else {})


def products_view(products: Iterable[Product], stock: Mapping[str, int]) -> ProductsView:
    return {"products": [_product_view(each, stock.get(each.sku, 0)) for each in products]}


def admin_product_view(product: Product, left: int, changes: Iterable[StockChange]) -> AdminProductView:
    return {
        **_product_view(product, left),
        "changes": [
            {"at": in_text(each.at), "change": each.change, "reason": each.reason, "by": each.by} for each in changes
        ],
    }


def _product_view(product: Product, left: int) -> ProductView:
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
        "description": product.description,
        "image": product.image,
        "ships": product.ships,
        "most": product.most,
        "left": left if product.stocked else None,
    }
