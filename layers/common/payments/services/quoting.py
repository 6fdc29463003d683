"""What an order would cost: the same sum that ordering asks for, and nothing is kept of it."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from payments.domain.catalogue import Product
from payments.domain.countries import Country
from payments.domain.errors import FieldError, ValidationFailed
from payments.domain.money import Currency, Money
from payments.domain.order import Order
from payments.domain.pricing import Terms, added_up, cart_of, price


class PriceList(Protocol):
    def priced(self, skus: Iterable[str]) -> tuple[Mapping[str, Product], Terms]:
        """The products that there are of these, by sku, and the terms."""


class Units(Protocol):
    """How sums are counted where they are charged."""

    def step(self, currency: Currency) -> int:
        """The least sum that can be counted, in minor units."""

    def to_stripe(self, money: Money) -> int:
        """ValidationFailed for a sum that cannot be charged."""


def quote(
    items: Iterable[tuple[str, int]], country: Country | None, *, store: PriceList, units: Units
) -> tuple[Order, Currency]:
    """The order for so many of each sku, sent to `country`, and its currency; ValidationFailed names what cannot be
    ordered so."""
    wanted = added_up(items)
    products, terms = store.priced(wanted)
    cart = cart_of(wanted, products)
    order = price(cart, terms, country, units.step(cart.currency))
    try:
        units.to_stripe(Money(order.total, cart.currency))
    except ValidationFailed as error:
        raise ValidationFailed(*(FieldError("items", each.detail) for each in error.fields)) from error
    return order, cart.currency
