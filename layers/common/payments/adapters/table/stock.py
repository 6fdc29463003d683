"""Stock: a partition of its own for each product, which the catalogue never touches."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from payments.adapters.table.client import ABSENT, TableClient, reasons
from payments.adapters.table.codec import Item, decoded, encoded, iso
from payments.adapters.table.keys import EVENT, sku_of, stock_event_key, stock_key
from payments.domain.errors import IdempotencyKeyReused, StockTooLow, TryAgain
from payments.domain.stock import StockChange

_MOST_IN_A_READ = 100
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.05


class StockTable(TableClient):
    def stock(self, skus: Iterable[str]) -> dict[str, int]:
        """What is left of those that have ever had stock; a call for each hundred."""
        keys = [stock_key(sku) for sku in skus]
        found = [
            item
            for start in range(0, len(keys), _MOST_IN_A_READ)
            for item in self._items(keys[start : start + _MOST_IN_A_READ])
        ]
        return {sku_of(item): int(item["left"]["N"]) for item in found}

    def change_stock(self, change: StockChange) -> int:
        """Changes what is left, once for each id, and answers what is left now: a call more.

        StockTooLow if so many are not there; IdempotencyKeyReused if the id was another change's; TryAgain if too many
        write at once.
        """
        for attempt in range(_ATTEMPTS):
            try:
                self._transact(self._changing(change))
            except self._canceled as error:
                counted, noted = reasons(error)
                if noted["Code"] == "ConditionalCheckFailed":
                    self._check_repeated(change)
                elif counted["Code"] == "ConditionalCheckFailed":
                    raise StockTooLow(change.sku, self._left(change.sku)) from None
                else:
                    time.sleep(_PAUSE_SECONDS * 2**attempt)
                    continue
            return self._left(change.sku)
        raise TryAgain("Too many are changing this stock; send the same again.")

    def stock_changes(self, sku: str, limit: int) -> list[StockChange]:
        """What people changed, the newest first. Their acts are kept by id, so all that there ever were are read: a
        call for about four thousand."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression="pk = :stock AND begins_with(sk, :event)",
            ExpressionAttributeValues={":stock": stock_key(sku)["pk"]} | encoded({":event": EVENT}),
        )
        found = [_change_of(sku, item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda change: (change.at, change.id), reverse=True)[:limit]

    def _changing(self, change: StockChange) -> Sequence[Any]:
        event = stock_event_key(change.sku, change.id) | encoded(
            {
                "type": "stock_changed",
                "outcome": [f"{change.change:+}: {change.reason}"],
                "change": change.change,
                "reason": change.reason,
                "received_at": iso(change.at),
                "by": change.by,
            }
        )
        # An act that is there has changed the stock already.
        return [taking(self._name, change.sku, -change.change), self.put(event, ABSENT)]

    def _check_repeated(self, change: StockChange) -> None:
        item = self._get(stock_event_key(change.sku, change.id)) or {}
        plain = decoded({name: item[name] for name in ("change", "reason") if name in item})
        if plain != {"change": change.change, "reason": change.reason}:
            raise IdempotencyKeyReused("This Idempotency-Key was used for another change. Use a new key for each one.")

    def _left(self, sku: str) -> int:
        return self.stock([sku]).get(sku, 0)


def _change_of(sku: str, item: Item) -> StockChange:
    names = ("sk", "change", "reason", "by", "received_at")
    plain = decoded({name: item[name] for name in names})
    return StockChange(
        id=plain["sk"].removeprefix(EVENT),
        sku=sku,
        change=plain["change"],
        reason=plain["reason"],
        by=plain["by"],
        at=datetime.fromisoformat(plain["received_at"]),
    )


def taking(table: str, sku: str, quantity: int) -> Any:
    """So many are taken in a transaction, or put in where that is negative."""
    update: dict[str, Any] = {
        "TableName": table,
        "Key": stock_key(sku),
        "UpdateExpression": "ADD #left :change",
        "ExpressionAttributeNames": {"#left": "left"},
        "ExpressionAttributeValues": encoded({":change": -quantity}),
    }
    if quantity > 0:
        # Nothing is sold that is not there, so nothing is taken that is not there.
        update["ConditionExpression"] = "#left >= :least"
        update["ExpressionAttributeValues"] |= encoded({":least": quantity})
    return {"Update": update}
