"""A transaction in moto's DynamoDB that touches the items it names, and copies no others."""

from __future__ import annotations

import copy
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.exceptions import (
    ConditionalCheckFailed,
    DynamodbException,
    MultipleTransactionsException,
    TooManyTransactionsException,
    TransactionCanceledException,
    TransactWriteSingleOpException,
)

from local.moto_queries import place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.dynamo_type import DynamoType, Item
    from moto.dynamodb.models.table import Table

_MOST_WRITES = 100

# Code, message and the item that a condition was checked against; three times None for a write that was done.
type Reason = tuple[str | None, str | None, dict[str, Any] | None]

_DONE: Reason = (None, None, None)


def transact_write_items(backend: DynamoDBBackend, transact_items: Sequence[Mapping[str, Any]]) -> None:
    """Writes all or nothing.

    TransactionCanceledException with a reason for each write, in their order, if one of them could not be done;
    MockValidationException for more than 100, or for two of one item.
    """
    if len(transact_items) > _MOST_WRITES:
        raise TooManyTransactionsException
    writes = [_write(backend, each) for each in transact_items]
    if len({write.place for write in writes}) < len(writes):
        raise MultipleTransactionsException
    with ExitStack() as undo:
        for write in writes:
            undo.callback(write.put_back, copy.deepcopy(write.item))
        # None of them sees another's, for each is of another item.
        reasons = [write.do() for write in writes]
        if any(reason != _DONE for reason in reasons):
            raise TransactionCanceledException(reasons)
        undo.pop_all()


@dataclass(frozen=True)
class _Write:
    """A write of a transaction. `kind` is Put, Update, Delete or ConditionCheck, `request` what AWS's API calls so."""

    backend: DynamoDBBackend
    kind: str
    request: Mapping[str, Any]
    table: Table
    hash_key: DynamoType
    range_key: DynamoType | None

    @property
    def place(self) -> tuple[str, DynamoType, DynamoType | None]:
        return self.table.name, self.hash_key, self.range_key

    @property
    def item(self) -> Item | None:
        return self.table.get_item(self.hash_key, self.range_key)

    def do(self) -> Reason:
        names = self.request.get("ExpressionAttributeNames", {})
        values = self.request.get("ExpressionAttributeValues", {})
        item = self.item
        if not get_filter_expression(self.request.get("ConditionExpression"), names, values).expr(item):
            shows_item = self.request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            attributes = item.to_json()["Attributes"] if item is not None and shows_item else None
            return "ConditionalCheckFailed", ConditionalCheckFailed().message, attributes
        try:
            match self.kind:
                case "Put":
                    self.table.put_item(self.request["Item"])
                case "Delete":
                    self.table.delete_item(self.hash_key, self.range_key)
                case "Update":
                    expression = self.request["UpdateExpression"]
                    self.backend.update_item(self.table.name, self.request["Key"], expression, names, values)
        except DynamodbException as error:
            return "ValidationError", error.message, None
        return _DONE

    def put_back(self, item: Item | None) -> None:
        if item is None:
            self.table.delete_item(self.hash_key, self.range_key)
        else:
            place(self.table, item)


def _write(backend: DynamoDBBackend, asked: Mapping[str, Any]) -> _Write:
    if len(asked) != 1:
        raise TransactWriteSingleOpException
    [(kind, request)] = asked.items()
    table = backend.get_table(request["TableName"])
    hash_key, range_key = backend.get_keys_value(table, request["Item" if kind == "Put" else "Key"])
    return _Write(backend, kind, request, table, hash_key, range_key)
