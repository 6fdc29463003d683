"""When Stripe was last asked how a payment stands because a caller wanted to know."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from payments.adapters.table.client import TableClient
from payments.adapters.table.codec import encoded, epoch, iso
from payments.adapters.table.keys import check_key

# So long after the last asking, nobody is told any more when that was.
_KEPT = timedelta(days=1)


class CheckTable(TableClient):
    def begin_check(self, payment_id: str, now: datetime, pause: timedelta) -> tuple[datetime | None, bool]:
        """(when Stripe last answered about the payment, whether this caller is to ask it now).

        Of all callers one is, and then nobody for as long as `pause`, also where nothing is heard of that one again.
        """
        try:
            answer = self._client.update_item(
                TableName=self._name,
                Key=check_key(payment_id),
                UpdateExpression="SET asked_at = :now, delete_after = :then",
                # Before Stripe is asked: of many at once the others find that it is being asked.
                ConditionExpression="attribute_not_exists(asked_at) OR asked_at <= :before",
                ExpressionAttributeValues=encoded(
                    {":now": iso(now), ":before": iso(now - pause), ":then": epoch(now + _KEPT)}
                ),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._refused as error:
            return _checked_at(error.response.get("Item", {})), False  # type: ignore[arg-type]
        return _checked_at(answer["Attributes"]), True

    def end_check(self, payment_id: str, began: datetime) -> None:
        """Stripe has answered: the payment is known as it was at Stripe when the check began, or later."""
        # One that took long may end after another that began later.
        with suppress(self._refused):
            self._client.update_item(
                TableName=self._name,
                Key=check_key(payment_id),
                UpdateExpression="SET checked_at = :began",
                ConditionExpression="attribute_not_exists(checked_at) OR checked_at < :began",
                ExpressionAttributeValues=encoded({":began": iso(began)}),
            )

    def checked_at(self, payment_id: str) -> datetime | None:
        """When Stripe last answered about the payment; None if it never did, or too long ago to be kept."""
        return _checked_at(self._get(check_key(payment_id)) or {})


def _checked_at(item: Mapping[str, Any]) -> datetime | None:
    return datetime.fromisoformat(item["checked_at"]["S"]) if "checked_at" in item else None
