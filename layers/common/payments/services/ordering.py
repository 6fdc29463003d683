"""What somebody wants to have, as an order at today's prices."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from payments.domain.catalogue import Product
from payments.domain.countries import Country
from payments.domain.errors import FieldError, PriceChanged, ValidationFailed
from payments.domain.money import Currency, Money
from payments.domain.order import Line, Order
from payments.domain.order_views import order_view
from payments.domain.pricing import Offer, Terms, added_up, cart_of, price
from payments.domain.purchase import Items, Service, Wanted


class Units(Protocol):
    """How sums are counted where they are charged."""

    def step(self, currency: Currency) -> int:
        """The least sum that can be counted, in minor units."""

    def to_stripe(self, money: Money) -> int:
        """ValidationFailed for a sum that cannot be charged."""


def ordered(wanted: Wanted, offer: Offer, units: Units) -> tuple[Order, Money]:
    """The order, and what it costs.

    ValidationFailed names what cannot be ordered so; PriceChanged if it is not what the caller was told.
    """
    match wanted:
        case Service(sku, amount, currency):
            return _service(offer.products.get(sku), amount, currency, units)
        case Items(items, address, total, currency):
            order, asked = priced(items, address.country if address else None, offer.products, offer.terms, units)
            # The same number in another currency is another price.
            if total not in (None, order.total) or currency not in (None, asked.currency):
                raise PriceChanged(order_view(order))
            return replace(order, address=address), asked


def _service(product: Product | None, amount: int | None, currency: str | None, units: Units) -> tuple[Order, Money]:
    if product is None:
        raise ValidationFailed(FieldError("serviceType", "There is no such service; GET /products lists them."))
    asked = product.charge(amount, currency)
    units.to_stripe(asked)
    return Order((Line(product.sku, product.name, 1, asked.amount),)), asked


def priced(
    items: Iterable[tuple[str, int]],
    country: Country | None,
    products: Mapping[str, Product],
    terms: Terms,
    units: Units,
) -> tuple[Order, Money]:
    """The order for so many of each sku, sent to `country`, and what it costs; ValidationFailed names what cannot be
    ordered so."""
    cart = cart_of(added_up(items), products)
    order = price(cart, terms, country, units.step(cart.currency))
    asked = Money(order.total, cart.currency)
    try:
        units.to_stripe(asked)
    except ValidationFailed as error:
        raise error.of_sum(Items.of_sum) from error
    return order, asked
