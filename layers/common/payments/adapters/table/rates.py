"""How much each client has asked for in this minute."""

from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from payments.adapters import deadline
from payments.adapters.aws import attempt_seconds
from payments.adapters.table.client import TableClient
from payments.adapters.table.codec import encoded, epoch
from payments.adapters.table.keys import rate_key
from payments.domain.errors import TryAgain

# What is counted is of no use afterwards.
KEPT = timedelta(minutes=2)
# Beside one attempt at a call: for another only where the first was answered at once. An order goes on without.
_LEEWAY_SECONDS = 1.5


class RateTable(TableClient):
    # The minute in which this process last met the limit, and who did: they need not be counted again.
    _over: tuple[int, frozenset[str]] = (0, frozenset())

    def count_order(self, client: str, limit: int, now: datetime) -> bool:
        """Count an order, unless the client has asked for `limit` things in this minute: whether it may go on.

        TryAgain if that is not known; a call, and none where it is known that the limit was met.
        """
        minute = _minute(now)
        known_minute, over = self._over
        if known_minute == minute and client in over:
            return False
        try:
            # A conditional write is made by one after the other, so that of many at once no more get through.
            self._count(client, 1, now, limit)
        except self._refused:
            self._over = (minute, (over if known_minute == minute else frozenset()) | {client})
            return False
        return True

    def count_declines(self, client: str, number: int, now: datetime) -> None:
        """Count attempts that failed, whether the limit is met or not. Where that cannot be done it is left undone:
        what was learned stands, and a payment is closed by its own attempts."""
        try:
            self._count(client, number, now)
        except (TryAgain, ClientError, BotoCoreError):
            return

    def _count(self, client: str, number: int, now: datetime, limit: int | None = None) -> None:
        update: dict[str, Any] = {
            "TableName": self._name,
            "Key": rate_key(client, _minute(now)),
            "UpdateExpression": "SET delete_after = :then ADD #count :number",
            "ExpressionAttributeNames": {"#count": "count"},
        }
        values: dict[str, object] = {":number": number, ":then": epoch(now + KEPT)}
        if limit is not None:
            update["ConditionExpression"] = "attribute_not_exists(#count) OR #count < :limit"
            values[":limit"] = limit
        patience = attempt_seconds(self._client.meta.config) + _LEEWAY_SECONDS
        with deadline.within(min(patience, deadline.seconds_left())):
            self._client.update_item(**update, ExpressionAttributeValues=encoded(values))


def _minute(now: datetime) -> int:
    return epoch(now) // 60
