"""What the table knows of the latest payments: each with its facts, events and notices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from payments.adapters.table.codec import decoded, encoded, iso
from payments.adapters.table.payment_items import payment_of
from payments.adapters.table.payments import event_of
from payments.adapters.table.table import Table
from payments.domain.money import Money, minor_units
from payments.domain.notices import Notice
from payments.runtime.products import products_view

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from types_boto3_dynamodb import DynamoDBClient

    from payments.domain.facts import Fact
    from payments.domain.payment import Payment

# Each costs a query of its own each time that the page looks.
MOST_PAYMENTS = 25


class Ledger:
    """Reads the table as the functions wrote it, and derives what they derive."""

    def __init__(self, table: str, dynamodb: DynamoDBClient) -> None:
        self._name = table
        self._dynamodb = dynamodb
        self._table = Table(table, dynamodb)

    def payments(self) -> list[dict[str, Any]]:
        """The latest payments of today and yesterday, the newest first."""
        today = datetime.now(UTC)
        ids: list[str] = []
        for day in (today, today - timedelta(days=1)):
            if len(ids) < MOST_PAYMENTS:
                ids += self._partitions_of(iso(day)[:10], MOST_PAYMENTS - len(ids))
        return [payment for each in ids if (payment := self._payment(each))]

    def products(self) -> Mapping[str, object]:
        """The catalogue, as the API shows it."""
        return products_view(self._table.products())

    def _partitions_of(self, day: str, limit: int) -> list[str]:
        found = self._dynamodb.query(
            TableName=self._name,
            IndexName="by_day",
            KeyConditionExpression="#day = :day",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues=encoded({":day": day}),
            ScanIndexForward=False,
            Limit=limit,
        )
        return [item["pk"]["S"] for item in found["Items"]]

    def _payment(self, partition: str) -> dict[str, Any] | None:
        """A payment with everything that is kept beside it: one query."""
        found = self._dynamodb.query(
            TableName=self._name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=encoded({":pk": partition}),
            ConsistentRead=True,
        )
        items = {item["sk"]["S"]: item for item in found["Items"]}
        if "PAYMENT" not in items:
            return None
        events = [_event(item) for key, item in items.items() if key.startswith("EVENT#")]
        notices = [
            _notice(key.removeprefix("NOTICE#"), item) for key, item in items.items() if key.startswith("NOTICE#")
        ]
        return _payment(payment_of(items["PAYMENT"])) | {
            "events": sorted(events, key=lambda event: (event["receivedAt"], event["id"])),
            "notices": notices,
        }


def _payment(payment: Payment) -> dict[str, Any]:
    failure = payment.failure
    return {
        "id": payment.id,
        "status": payment.status,
        "final": payment.status.final,
        "asked": _money(payment.asked),
        "received": _sums(payment.balance.received_sums),
        "returned": _sums(payment.balance.returned_sums),
        "failure": f"{failure.code}: {failure.message}" if failure else None,
        "dispute": payment.dispute,
        "product": payment.product_name,
        "customer": {"name": payment.customer.name, "email": payment.customer.email},
        "createdAt": iso(payment.created_at),
        "updatedAt": iso(payment.updated_at),
        "expiresAt": iso(payment.expires_at),
        "lookAt": iso(payment.due_by["look"]) if "look" in payment.due_by else None,
        "lastEvent": payment.last_event,
        "version": payment.version,
        "facts": [_fact(fact) for _, fact in sorted(payment.facts.items())],
    }


def _sums(sums: Sequence[Money]) -> dict[str, Any] | None:
    """The first, with all of them in words; None if there is none."""
    return _money(sums[0]) | {"text": " + ".join(str(each) for each in sums)} if sums else None


def _money(money: Money) -> dict[str, Any]:
    return {
        "amount": money.amount,
        "currency": money.currency,
        "minorUnits": minor_units(money.currency),
        "text": str(money),
    }


def _fact(fact: Fact) -> dict[str, Any]:
    details = dict(fact.details)
    return {"kind": fact.kind, "ref": details.pop("ref"), "state": details.pop("state"), "details": details}


def _event(item: Mapping[str, Any]) -> dict[str, Any]:
    event = event_of(dict(item))
    return {
        "id": event.id,
        "type": event.type,
        "outcome": list(event.outcome),
        "receivedAt": iso(event.at),
    }


def _notice(name: str, item: Mapping[str, Any]) -> dict[str, Any]:
    plain = decoded(item)
    notice = Notice.parse(name)
    due_at = datetime.fromtimestamp(int(plain["due_at"]), tz=UTC) if "due_at" in plain else None
    return {
        "kind": notice.kind,
        "ref": notice.ref,
        "state": plain["state"],
        "attempts": int(plain["attempts"]),
        "dueAt": iso(due_at) if due_at else None,
        "settledAt": plain.get("settled_at"),
        "note": plain.get("note"),
    }
