"""Changing what is there of a product: a delivery, a count, something that broke."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from payments.domain.catalogue import Product, is_sku
from payments.domain.errors import ProductNotFound
from payments.domain.stock import StockChange

# As many of its changes are shown.
MOST_CHANGES = 50


class ProductStore(Protocol):
    def product(self, sku: str) -> Product | None: ...

    def stock(self, skus: Iterable[str]) -> Mapping[str, int]: ...

    def stock_changes(self, sku: str, limit: int) -> Sequence[StockChange]: ...


class StockStore(Protocol):
    def product(self, sku: str) -> Product | None: ...

    def change_stock(self, change: StockChange) -> int: ...


def stock_of(sku: str, store: ProductStore) -> tuple[Product, int, Sequence[StockChange]]:
    """A product, how many are left, and what people changed last; ProductNotFound."""
    product = store.product(sku) if is_sku(sku) else None
    if product is None:
        raise ProductNotFound
    if not product.stocked:
        return product, 0, ()
    return product, store.stock([sku]).get(sku, 0), store.stock_changes(sku, MOST_CHANGES)


def change_stock(change: StockChange, store: StockStore) -> int:
    """What is left then; a repetition changes nothing. ProductNotFound for what is not sold from stock, StockTooLow for
    more than is there, IdempotencyKeyReused if the id was another change's."""
    product = store.product(change.sku) if is_sku(change.sku) else None
    if product is None or not product.stocked:
        raise ProductNotFound
    return store.change_stock(change)
