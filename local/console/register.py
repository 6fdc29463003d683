"""Which payments there are: read on as they come, so that looking costs what is new and not what there is."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any

from payments.adapters.table.codec import decoded, encoded, iso
from payments.adapters.table.keys import PAYMENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from types_boto3_dynamodb import DynamoDBClient

# As many keys as one reading takes.
MOST_KEYS = 100
# A table is as old as its stack is; this is how far back the first look goes.
_REACH = timedelta(days=31)
# The index shows what was created at one moment by several in any order.
_OVERLAP = timedelta(seconds=10)
_SHOWN = """
    id status day name email_given order number amount currency created_at received returned dispute
""".split()
# Names, for some are words of DynamoDB's own.
_NAMES = {f"#{name}": name for name in _SHOWN}


@dataclass(frozen=True, order=True, slots=True)
class Entry:
    """What of a payment never changes and is searched; `words` is who ordered and what, in small letters."""

    created_at: str
    id: str
    day: str = field(compare=False)
    email: str = field(compare=False)
    words: str = field(compare=False)


class Register:
    """The payments of a table, in the order in which they were created."""

    def __init__(self, table: str, dynamodb: DynamoDBClient) -> None:
        self._name = table
        self._dynamodb = dynamodb
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._known: set[str] = set()
        self._read_until: dict[str, str] = {}

    def newest_first(self) -> Sequence[Entry]:
        with self._lock:
            for day in self._days():
                self._read_on(day)
            return self._entries[::-1]

    def listed(self, ids: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        """What a list shows of payments, as the table has it now and in the order of `ids`."""
        for some in batched(ids, MOST_KEYS, strict=False):
            found = {item["id"]: item for item in self._items(f"PAYMENT#{id_}" for id_ in some)}
            yield from (found[id_] for id_ in some if id_ in found)

    def _days(self) -> Iterator[str]:
        """The days of payments that may be new: a business's day may be ahead of UTC's, or behind it."""
        now = datetime.now(UTC)
        day = now - (timedelta(days=1) if self._read_until else _REACH)
        while day <= now + timedelta(days=1):
            yield iso(day)[:10]
            day += timedelta(days=1)

    def _read_on(self, day: str) -> None:
        """A portion at a time: what was read stays read if the next one fails."""
        new = [pk for pk in self._partitions(day) if pk not in self._known]
        for partitions in batched(new, MOST_KEYS, strict=False):
            entries = [_entry(item) for item in self._items(partitions)]
            self._known.update(partitions)
            self._entries = sorted([*self._entries, *entries])
            if entries:
                newest = max(entry.created_at for entry in entries)
                self._read_until[day] = iso(datetime.fromisoformat(newest) - _OVERLAP)

    def _partitions(self, day: str) -> Iterator[str]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._name,
            IndexName="by_day",
            KeyConditionExpression="#day = :day AND created_at > :since",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues=encoded({":day": day, ":since": self._read_until.get(day, "0")}),
        )
        for page in pages:
            yield from (item["pk"]["S"] for item in page["Items"])

    def _items(self, partitions: Iterable[str]) -> Iterator[dict[str, Any]]:
        keys = [encoded({"pk": pk, "sk": PAYMENT}) for pk in partitions]
        shown = {"ProjectionExpression": ", ".join(_NAMES), "ExpressionAttributeNames": _NAMES}
        wanted: Any = {self._name: {"Keys": keys, **shown}} if keys else None
        while wanted:
            answer = self._dynamodb.batch_get_item(RequestItems=wanted)
            yield from map(decoded, answer["Responses"].get(self._name, []))
            # An answer has its limits in bytes.
            wanted = answer.get("UnprocessedKeys")


def _entry(item: Mapping[str, Any]) -> Entry:
    ordered = [line["name"] for line in item["order"]["lines"]]
    words = " ".join([item["name"], *ordered, item.get("number", "")])
    return Entry(item["created_at"], item["id"], item["day"], item["email_given"].casefold(), words.casefold())
