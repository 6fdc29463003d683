"""Changing what is there of a product: a delivery, a count, something that broke."""

from typing import Protocol

from payments.domain.catalogue import Product, is_sku
from payments.domain.errors import ProductNotFound
from payments.domain.stock import StockChange


class StockStore(Protocol):
    def product(self, sku: str) -> Product | None: ...

    def change_stock(self, change: StockChange) -> int: ...


def change_stock(change: StockChange, store: StockStore) -> int:
    """What is left then; a repetition changes nothing. ProductNotFound for what is not sold from stock, StockTooLow for
    more than is there, IdempotencyKeyReused if the id was another change's."""
    product = store.product(change.sku) if is_sku(change.sku) else None
    if product is None or not product.stocked:
        raise ProductNotFound
    return store.change_stock(change)
