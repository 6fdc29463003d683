"""A customer's own payments: found by an index, and read as they are now."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from payments.adapters.table.client import TableClient
from payments.adapters.table.codec import Item, encoded, shown
from payments.adapters.table.keys import payment_id_of, payment_key
from payments.domain.money import Money
from payments.domain.own_payments import OwnPayment, Place

_READ = (
    *("pk", "user", "status", "amount", "currency", "created_at", "paid_at", "received", "returned"),
    *("sku", "number", "dispute", "access_key", "view", "expires_at"),
)


class OwnPaymentTable(TableClient):
    def of_user(self, user: str, after: Place | None, limit: int) -> tuple[list[OwnPayment], Place | None]:
        """The user's payments after a place, the newest first, at most 100, and the place after them, None where there
        is nothing more: two calls. The index follows by a moment, so what was ordered just now may be missing."""
        start: dict[str, Any] = {}
        if after:
            key = payment_key(after.payment_id) | encoded({"user": user, "created_at": after.created_at})
            start = {"ExclusiveStartKey": key}
        answer = self._client.query(
            TableName=self._name,
            IndexName="by_user",
            KeyConditionExpression="#user = :user",
            ExpressionAttributeNames={"#user": "user"},
            ExpressionAttributeValues=encoded({":user": user}),
            ProjectionExpression="pk, sk",
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        keys = [{name: item[name] for name in ("pk", "sk")} for item in answer["Items"]]
        items = self._items(keys, {f"#{name}": name for name in _READ}) if keys else []
        # One that was somebody's no more when it was read is nobody's business.
        own = [_own_payment_of(item) for item in items if shown(item.get("user", {"NULL": True})) == user]
        last = answer.get("LastEvaluatedKey")
        newest_first = sorted(own, key=lambda each: (each.created_at, each.payment_id), reverse=True)
        return newest_first, Place(last["created_at"]["S"], payment_id_of(last)) if last else None


def _own_payment_of(item: Item) -> OwnPayment:
    plain = {name: shown(item[name]) for name in _READ if name in item}
    return OwnPayment(
        payment_id=payment_id_of(item),
        status=plain["status"],
        asked=Money(plain["amount"], plain["currency"]),
        created_at=datetime.fromisoformat(plain["created_at"]),
        paid_at=datetime.fromisoformat(plain["paid_at"]) if "paid_at" in plain else None,
        received=_sums(plain["received"]),
        returned=_sums(plain["returned"]),
        sku=plain["sku"],
        number=plain.get("number"),
        dispute=plain.get("dispute"),
        access_key=plain["access_key"],
        view=plain["view"],
        expires_at=datetime.fromisoformat(plain["expires_at"]),
    )


def _sums(values: Iterable[Mapping[str, Any]]) -> tuple[Money, ...]:
    return tuple(Money(each["amount"], each["currency"]) for each in values)
