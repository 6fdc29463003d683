"""What the desk shows, from the indexes: each page is one query, and reads as many entries as it is asked for.

Indexes follow the table by a moment.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from payments.adapters.table.codec import Item, Key, encoded
from payments.adapters.table.dossiers import DossierTable, kept_of, time_of
from payments.adapters.table.keys import (
    NOTICE,
    PAYMENT,
    notice_sort_key,
    order_key,
    partition,
    payment_id_of,
    payment_key,
)
from payments.adapters.table.payment_items import attention_of
from payments.adapters.table.products import ProductTable
from payments.adapters.table.stock import StockTable
from payments.domain.attention import Reason
from payments.domain.desk import InRows, InWaiting, PaymentRow, PaymentSums, Waiting
from payments.domain.money import Money

_SUMS = ("status", "amount", "currency", "received", "returned")
_IN_A_ROW = (*_SUMS, "pk", "created_at", "paid_at", "sku", "number", "dispute")


class DeskTable(DossierTable, ProductTable, StockTable):
    """Of each page also the place after it, None where there is nothing more."""

    def waiting(self, reason: Reason, after: InWaiting | None, limit: int) -> tuple[list[Waiting], InWaiting | None]:
        """What waits for a person for this reason above all, by its deadline, else by since when."""
        key = {"attention": f"OPEN#{reason.urgency}"}
        start = None
        if after:
            sort_key = notice_sort_key(after.notice) if after.notice else PAYMENT
            start = _start(after.payment_id, sort_key) | encoded({**key, "attention_at": after.waits_at})
        items, last = self._page("attention", key, start, limit)
        found = [waiting for item in items if (waiting := _waiting_of(item))]
        return found, InWaiting(last["attention_at"]["S"], payment_id_of(last), _notice_of(last)) if last else None

    def day(
        self, day: date, status: str | None, after: InRows | None, limit: int
    ) -> tuple[list[PaymentRow], InRows | None]:
        """The payments of a day, the newest first, of one status or all; `limit` counts those of other statuses too."""
        items, last = self._newest_first("by_day", {"day": day.isoformat()}, after, limit, status=status)
        return [row_of(item) for item in items], last

    def sums_of_day(self, day: date, after: InRows | None, limit: int) -> tuple[list[PaymentSums], InRows | None]:
        """The same of what counts alone, which is half the work."""
        items, last = self._newest_first("by_day", {"day": day.isoformat()}, after, limit, attributes=_SUMS)
        return [PaymentSums(**_sums_of(kept_of(item))) for item in items], last

    def of_user(self, user: str, after: InRows | None, limit: int) -> tuple[list[PaymentRow], InRows | None]:
        """The payments of somebody who signed in, the newest first."""
        items, last = self._newest_first("by_user", {"user": user}, after, limit)
        return [row_of(item) for item in items], last

    def of_email(self, email: str, after: InRows | None, limit: int) -> tuple[list[PaymentRow], InRows | None]:
        """The payments of a normalised mail address, the newest first; at most 100, and a call more."""
        items, last = self._newest_first("by_email", {"email": email}, after, limit)
        return self.rows(payment_id_of(item) for item in items), last

    def payment_id_of_order(self, number: str) -> str | None:
        item = self._get(order_key(number))
        return str(item["payment_id"]["S"]) if item else None

    def rows(self, payment_ids: Iterable[str]) -> list[PaymentRow]:
        """The payments that there are of at most 100, the newest first."""
        keys = [payment_key(each) for each in payment_ids]
        items = self._items(keys, {f"#{name}": name for name in _IN_A_ROW}) if keys else []
        return sorted(map(row_of, items), key=lambda row: (row.created_at, row.payment_id), reverse=True)

    def _newest_first(
        self, index: str, key: Mapping[str, str], after: InRows | None, limit: int, **narrowing: Any
    ) -> tuple[list[Item], InRows | None]:
        start = None
        if after:
            start = _start(after.payment_id, PAYMENT) | encoded({**key, "created_at": after.created_at})
        items, last = self._page(index, key, start, limit, newest_first=True, **narrowing)
        return items, InRows(last["created_at"]["S"], payment_id_of(last)) if last else None

    def _page(
        self,
        index: str,
        key: Mapping[str, str],
        start: Key | None,
        limit: int,
        *,
        newest_first: bool = False,
        status: str | None = None,
        attributes: Iterable[str] = (),
    ) -> tuple[list[Item], Key | None]:
        """A page of a partition of an index after a key, and the key that it ends with if there may be more."""
        [(name, value)] = key.items()
        names = {"#key": name} | {f"#{each}": each for each in attributes}
        values = {":key": value}
        request: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
        if attributes:
            request["ProjectionExpression"] = ", ".join(f"#{each}" for each in attributes)
        if status:
            names, values = names | {"#status": "status"}, values | {":status": status}
            request["FilterExpression"] = "#status = :status"
        answer = self._client.query(
            TableName=self._name,
            IndexName=index,
            KeyConditionExpression="#key = :key",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=encoded(values),
            ScanIndexForward=not newest_first,
            Limit=limit,
            **request,
        )
        return list(answer["Items"]), answer.get("LastEvaluatedKey")


def _start(payment_id: str, sort_key: str) -> Key:
    return encoded({"pk": partition(payment_id), "sk": sort_key})


def row_of(item: Item) -> PaymentRow:
    """A payment in a list, from an index or from its own item, whichever release wrote it."""
    plain = kept_of(item)
    return PaymentRow(
        payment_id=payment_id_of(item),
        created_at=datetime.fromisoformat(plain["created_at"]),
        paid_at=time_of(plain.get("paid_at")),
        sku=plain.get("sku"),
        number=plain.get("number"),
        dispute=plain.get("dispute"),
        **_sums_of(plain),
    )


def _sums_of(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": plain["status"],
        "asked": Money(plain["amount"], plain["currency"]),
        "received": _money_of(plain.get("received", [])),
        "returned": _money_of(plain.get("returned", [])),
    }


def _waiting_of(item: Item) -> Waiting | None:
    """None for what waits for a reason that newer code has."""
    plain = kept_of(item)
    attention = attention_of(plain)
    return Waiting(payment_id_of(item), plain["status"], attention, _notice_of(item)) if attention else None


def _notice_of(key: Key) -> str | None:
    """The name of the notice that an item is, None for a payment's."""
    sort_key = str(key["sk"]["S"])
    return sort_key.removeprefix(NOTICE) if sort_key.startswith(NOTICE) else None


def _money_of(sums: Iterable[Mapping[str, Any]]) -> tuple[Money, ...]:
    return tuple(Money(each["amount"], each["currency"]) for each in sums)
