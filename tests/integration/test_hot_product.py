"""What everybody wants at once: one item in the table, which one transaction at a time may write.

DynamoDB Local never refuses one for that, so here the table in memory does, as the real one: a transaction that meets
another at an item is refused.
"""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any

from payments.adapters.stripe import units
from payments.adapters.table.table import Table
from payments.domain.catalogue import FixedPrice, Product
from payments.domain.claims import Claimant
from payments.domain.errors import OutOfStock, TryAgain
from payments.domain.purchase import Items, Purchase
from payments.domain.stock import StockChange
from payments.services.checkout import open_checkout
from payments.services.customers import Customers
from tests.builders import CONDITIONS, NOW
from tests.fakes import MemoryStripe
from tests.integration.memory_dynamodb import MemoryDynamoDB, TransactionCanceled

BUYERS, THERE = 256, 200
# About as long as one takes within a region of AWS.
TRANSACTION_SECONDS = 0.01


class ContendedDynamoDB(MemoryDynamoDB):
    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self._lock = Lock()
        self._written: set[str] = set()

    def transact_write_items(self, *, TransactItems: list[Any]) -> None:  # noqa: N803 - DynamoDB's name
        with self._at(TransactItems):
            time.sleep(TRANSACTION_SECONDS)
            with self._lock:
                super().transact_write_items(TransactItems=TransactItems)

    @contextmanager
    def _at(self, writes: list[Any]) -> Iterator[None]:
        keys = [str(request.get("Key") or request["Item"]["pk"]) for each in writes for request in each.values()]
        with self._lock:
            self.counts["transactions"] += 1
            if self._written & {*keys}:
                self.counts["refused"] += 1
                codes = ("TransactionConflict" if key in self._written else "None" for key in keys)
                raise TransactionCanceled([{"Code": code} for code in codes])
            self._written |= {*keys}
        try:
            yield
        finally:
            with self._lock:
                self._written -= {*keys}

    def get_item(self, **request: Any) -> Any:
        with self._lock:
            return super().get_item(**request)

    def batch_get_item(self, **request: Any) -> Any:
        with self._lock:
            return super().batch_get_item(**request)


def test_whoever_is_refused_for_the_crowd_is_told_to_try_again_and_nothing_is_lost(figures: list[str]) -> None:
    dynamodb = ContendedDynamoDB()
    store, stripe = Table("table", dynamodb), MemoryStripe()  # type: ignore[arg-type]
    store.put_product(Product("mug", "A mug", FixedPrice(1800), "usd", stocked=True))
    store.change_stock(StockChange("adm_1", "mug", THERE, "a delivery", "grace-1", NOW))
    dynamodb.counts.clear()

    def buy(number: int) -> str:
        key = f"key-{number}"
        purchase = Purchase("Ada", "ada@example.com", Items((("mug", 1),)), {})
        claimant = Claimant.of("order", None, key, {})
        try:
            open_checkout(
                purchase,
                claimant=claimant,
                conditions=CONDITIONS,
                store=store,
                stripe=stripe,
                customers=Customers(store, stripe, NOW),
                units=units,
                now=NOW,
            )
        except (OutOfStock, TryAgain) as error:
            return error.code
        return "sold"

    with ThreadPoolExecutor(BUYERS) as pool:
        first = Counter(pool.map(buy, range(BUYERS)))
    figures.append(f"{BUYERS} buyers at once of one product with {THERE} left: {dict(first)}; {dict(dynamodb.counts)}")
    assert first.total() == BUYERS
    assert 0 < first["sold"] == THERE - store.stock(["mug"])["mug"]
    again = Counter(buy(number) for number in range(BUYERS))
    assert again == {"sold": THERE, "out_of_stock": BUYERS - THERE}
    assert store.stock(["mug"]) == {"mug": 0}
