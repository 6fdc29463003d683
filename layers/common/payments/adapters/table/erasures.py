"""Erasures under way and done, and whose payments there are."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from payments.adapters.table.client import ABSENT, TableClient
from payments.adapters.table.codec import Item, decoded, encoded, epoch, iso
from payments.adapters.table.keys import due_shard, due_shards, erasure_key, payment_id_of, payment_key
from payments.domain.erasure import Erasure, Whom, WhomKind
from payments.domain.errors import Conflict
from payments.domain.looking import DueReason
from payments.domain.releases import LEVEL

# As many ids as fit into an item with ease; what is more is found when the index is read again.
MOST_LISTED = 5000

_INDEXES = {WhomKind.EMAIL: ("by_email", "email"), WhomKind.USER: ("by_user", "user")}


class ErasureTable(TableClient):
    def payments_of(self, whom: Whom) -> Sequence[str]:
        """A query for each page of the index, which has no payment that was erased; one read for one payment."""
        if whom.kind is WhomKind.PAYMENT:
            item = self._get(payment_key(whom.value))
            return [whom.value] if item and "erased_at" not in item else []
        index, attribute = _INDEXES[whom.kind]
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            IndexName=index,
            KeyConditionExpression="#whom = :whom",
            ExpressionAttributeNames={"#whom": attribute},
            ExpressionAttributeValues=encoded({":whom": whom.value}),
            ProjectionExpression="pk",
            PaginationConfig={"MaxItems": MOST_LISTED},
        )
        return [payment_id_of(item) for page in pages for item in page["Items"]]

    def begin_erasure(self, erasure: Erasure) -> Erasure:
        """The erasure as it is stored: the one under way, if one is; one that is done begins anew."""
        try:
            self._client.put_item(
                TableName=self._name,
                Item=_item(erasure),
                ConditionExpression=f"{ABSENT} OR attribute_exists(done_at)",
            )
        except self._refused:
            item = self._get(erasure_key(erasure.id))
            return _erasure_of(item) if item else erasure
        return erasure

    def save_erasure(self, erasure: Erasure) -> Erasure:
        """Conflict if another has written it since it was read."""
        saved = replace(erasure, version=erasure.version + 1)
        try:
            self._client.put_item(
                TableName=self._name,
                Item=_item(saved),
                # Two may be at one erasure, and neither may forget what the other still has to do.
                ConditionExpression="version = :read",
                ExpressionAttributeValues=encoded({":read": erasure.version}),
            )
        except self._refused as error:
            raise Conflict from error
        return saved

    def due_erasures(self, now: datetime, limit: int) -> list[Erasure]:
        """Those to go on with by now, `limit` of each shard; a call for each shard, and one for each erasure."""
        found: list[Erasure] = []
        for shard in due_shards(DueReason.ERASURE, LEVEL):
            answer = self._client.query(
                TableName=self._name,
                IndexName="due",
                KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                ExpressionAttributeValues=encoded({":shard": shard, ":now": epoch(now)}),
                Limit=limit,
            )
            items = (self._get({"pk": each["pk"], "sk": each["sk"]}) for each in answer["Items"])
            found += [_erasure_of(item) for item in items if item]
        return found

    def leave_until(self, payment_id: str, at: datetime, now: datetime) -> None:
        """A payment that is due to be erased is due later; unless something else is by now."""
        with suppress(self._refused):
            self._client.update_item(
                TableName=self._name,
                Key=payment_key(payment_id),
                UpdateExpression="SET due_at = :at",
                ConditionExpression="begins_with(due_shard, :reason) AND due_at <= :now",
                ExpressionAttributeValues=encoded(
                    {":at": epoch(at), ":now": epoch(now), ":reason": f"{DueReason.ERASE}#"}
                ),
            )


def _item(erasure: Erasure) -> Item:
    values: dict[str, Any] = {
        "by": erasure.by,
        "requested_at": iso(erasure.requested_at),
        "read_at": iso(erasure.read_at),
        "left": list(erasure.left),
        "erased": erasure.erased,
        "done_at": iso(erasure.done_at) if erasure.done_at else None,
        "version": erasure.version,
    }
    if erasure.whom:
        values |= {"whom": erasure.whom.kind.value, "value": erasure.whom.value}
    if erasure.due_at:
        values |= {
            "due_at": epoch(erasure.due_at),
            "due_shard": due_shard(erasure.id, DueReason.ERASURE, LEVEL),
        }
    return erasure_key(erasure.id) | encoded(values)


def _erasure_of(item: Item) -> Erasure:
    plain = decoded(item)
    return Erasure(
        id=plain["pk"].removeprefix("ERASURE#"),
        whom=Whom(WhomKind(plain["whom"]), plain["value"]) if "whom" in plain else None,
        by=plain["by"],
        requested_at=datetime.fromisoformat(plain["requested_at"]),
        read_at=datetime.fromisoformat(plain["read_at"]),
        left=tuple(plain["left"]),
        erased=plain["erased"],
        done_at=datetime.fromisoformat(plain["done_at"]) if "done_at" in plain else None,
        version=plain["version"],
    )
