"""The table's client: one call each, and what DynamoDB's refusals mean."""

import random
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from payments.adapters import aws
from payments.adapters.table.codec import Item, encoded
from payments.domain.errors import Conflict, TryAgain

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# A transaction is at an item for some milliseconds, and writes of that item alone are refused meanwhile.
_MOST_COLLISIONS = 6
_COLLISION_PAUSE_SECONDS = 0.02

# DynamoDB leaves keys unread when it is busy, and asks for a pause before they are read again.
_MOST_READS = 5
_PAUSE_SECONDS = 0.05

# Why DynamoDB cancels a transaction that may be tried again: another writer, or too many of them.
_LOST = {"ConditionalCheckFailed", "TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"}

ABSENT = "attribute_not_exists(pk)"


class TableClient:
    """Reads are strongly consistent."""

    def __init__(self, name: str, client: "DynamoDBClient | None" = None) -> None:
        self._name = name
        self._client = client or aws.client("dynamodb")
        self._client.meta.events.register("needs-retry.dynamodb", _pause_after_collision)  # type: ignore[arg-type]

    def _get(self, key: Item) -> Item | None:
        return self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True).get("Item")

    def _items(self, keys: Sequence[Item], attributes: Mapping[str, str] | None = None) -> list[Item]:
        """The items that there are of at most 100, in no order; TryAgain if DynamoDB is too busy to read them all.

        `attributes` are those to read, by their placeholders, such as `#status`.
        """
        found: list[Item] = []
        asked: dict[str, Any] = {"Keys": keys, "ConsistentRead": True}
        if attributes:
            asked |= {"ProjectionExpression": ", ".join(attributes), "ExpressionAttributeNames": attributes}
        for attempt in range(_MOST_READS):
            answer = self._client.batch_get_item(RequestItems={self._name: asked})  # type: ignore[dict-item]
            found += answer["Responses"].get(self._name, [])
            if self._name not in answer["UnprocessedKeys"]:
                return found
            asked = asked | {"Keys": answer["UnprocessedKeys"][self._name]["Keys"]}
            if attempt < _MOST_READS - 1:
                time.sleep(_PAUSE_SECONDS * 2**attempt)
        raise TryAgain("We are too busy for this right now; send the same again.")

    def _transact(self, writes: Sequence[Any]) -> None:
        """ClientError TransactionCanceledException if not all of it could be written."""
        self._client.transact_write_items(TransactItems=writes)

    @property
    def _canceled(self) -> type[ClientError]:
        return self._client.exceptions.TransactionCanceledException

    @property
    def _refused(self) -> type[ClientError]:
        """A write whose condition did not hold."""
        return self._client.exceptions.ConditionalCheckFailedException

    def put(
        self,
        item: Item,
        condition: str | None = None,
        values: Mapping[str, object] | None = None,
        *,
        names: Mapping[str, str] | None = None,
        returns_old: bool = False,
    ) -> Any:
        """An item to be put in a transaction."""
        put: dict[str, Any] = {"TableName": self._name, "Item": item}
        if condition:
            put["ConditionExpression"] = condition
        if values:
            put["ExpressionAttributeValues"] = encoded(values)
        if names:
            put["ExpressionAttributeNames"] = names
        if returns_old:
            put["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return {"Put": put}


def conflict(error: ClientError) -> Exception:
    """Conflict for a transaction that lost against other writers or was throttled, to be tried again after a pause; the
    error itself for any other reason."""
    return Conflict() if any(reason.get("Code") in _LOST for reason in reasons(error)) else error


def reasons(error: ClientError) -> list[dict[str, Any]]:
    """Why a transaction was canceled: an entry for each of its writes."""
    return error.response.get("CancellationReasons", [])  # type: ignore[return-value]


def _pause_after_collision(response: tuple[Any, dict[str, Any]] | None, attempts: int, **_: object) -> float | None:
    """Seconds until a write that met a transaction is sent again; botocore itself gives it up at once.

    A mail that was sent would otherwise not be recorded as sent, and go out twice.
    """
    code = response[1].get("Error", {}).get("Code") if response else None
    if code != "TransactionConflictException" or attempts > _MOST_COLLISIONS:
        return None
    return random.uniform(0, _COLLISION_PAUSE_SECONDS * 2**attempts)  # noqa: S311 - no secret
