"""A table full of payments: copies of real ones, made by the real handlers, with ids of their own.

So a payment comes with all that it has in truth: events, notices, pointers, its Idempotency-Key's claim, and its entry
in the `due` index where it still awaits something.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import batched, islice
from typing import TYPE_CHECKING, Any

from payments.adapters.table.keys import due_shard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from types_boto3_dynamodb import DynamoDBClient

type Item = dict[str, Any]

# Of twenty payments, by the name of their pattern.
PROPORTIONS = {"paid": 13, "refunded": 1, "declined, then expired": 3, "open": 3}

_WRITERS = 4
_BATCH = 25  # as many items as DynamoDB takes in one call
# Random parts are long enough that the end of an id can be the number of the copy.
_ID = re.compile(r"\b(?:pay|cs_test|pi|ch|re|evt|pm)_[A-Za-z0-9]{14,}|\b[0-9a-f]{64}\b")
_DIGITS = 8


class Pattern:
    """A payment to be copied: all of its items, as DynamoDB has them."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._text = json.dumps(items)

    def copy(self, number: int, due_at: int) -> list[Item]:
        """The items of another payment, whose every id ends in `number`; it is due at `due_at` if the pattern is."""
        text = _ID.sub(lambda found: f"{found[0][:-_DIGITS]}{number:0{_DIGITS}}", self._text)
        items: list[Item] = json.loads(text)
        for item in items:
            if "due_shard" in item:
                reason, needs, _ = item["due_shard"]["S"].split("#")
                payment_id = item["pk"]["S"].removeprefix("PAYMENT#")
                item["due_shard"] = {"S": due_shard(payment_id, reason, int(needs))}
                item["due_at"] = {"N": str(due_at)}
        return items


def copies(patterns: dict[str, Pattern], numbers: Iterable[int], due_at: int) -> Iterator[Item]:
    """The items of a copy for each number, in the usual proportions."""
    cycle = [patterns[name] for name, share in PROPORTIONS.items() for _ in range(share)]
    for number in numbers:
        yield from cycle[number % len(cycle)].copy(number, due_at)


def fill(dynamodb: DynamoDBClient, table: str, items: Iterable[Item]) -> int:
    """Writes the items to the table: how many these were."""

    def write(batch: Sequence[Item]) -> int:
        left: Any = {table: [{"PutRequest": {"Item": item}} for item in batch]}
        while left:
            left = dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"]
        return len(batch)

    batches = batched(items, _BATCH, strict=False)
    written = 0
    with ThreadPoolExecutor(_WRITERS) as pool:
        # Some at a time: a hundred thousand payments need not all be in memory.
        while some := list(islice(batches, 400)):
            written += sum(pool.map(write, some))
    return written
