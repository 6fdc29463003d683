"""What an order would cost: the same sum that ordering asks for, and nothing is kept of it."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from payments.domain.catalogue import Product
from payments.domain.countries import Country
from payments.domain.money import Currency
from payments.domain.order import Order
from payments.domain.pricing import Terms, added_up
from payments.services.ordering import Units, priced


class PriceList(Protocol):
    def priced(self, skus: Iterable[str]) -> tuple[Mapping[str, Product], Terms]:
        """The products that there are of these, by sku, and the terms."""


def quote(
    items: Iterable[tuple[str, int]], country: Country | None, *, store: PriceList, units: Units
) -> tuple[Order, Currency]:
    """The order for so many of each sku, sent to `country`, and its currency; ValidationFailed names what cannot be
    ordered so."""
    wanted = added_up(items)
    order, asked = priced(wanted.items(), country, *store.priced(wanted), units)
    return order, asked.currency
