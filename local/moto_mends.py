"""moto as a stack needs it that stays up all day: the thousandth payment costs what the first did.

moto is made for tests that end: it keeps every object it ever made for a dashboard, copies whole tables for a
transaction and walks them for a query. What is put in the place of that answers as DynamoDB does.
"""

from __future__ import annotations

import hashlib
import json
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import moto
from moto.core.common_models import BaseModel
from moto.core.responses import ActionResult
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.exceptions import ERROR_TYPE_PREFIX, DynamodbException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from local import moto_queries
from local.moto_answers import serialize_structure
from local.moto_transactions import transact_write_items

if TYPE_CHECKING:
    from collections.abc import Callable

MENDED = "5.2.5"

_TOKEN_SECONDS = 600.0

_handle_transaction: Callable[[DynamoHandler], ActionResult] = DynamoHandler.transact_write_items
# When a transaction was written and a hash of it, by its ClientRequestToken, the oldest first.
_written: WeakKeyDictionary[DynamoDBBackend, dict[str, tuple[float, str]]] = WeakKeyDictionary()


class IdempotentParameterMismatch(DynamodbException):
    def __init__(self) -> None:
        super().__init__(
            f"{ERROR_TYPE_PREFIX}IdempotentParameterMismatchException",
            "The provided client token was used with other parameters.",
        )


def mend(version: str = moto.__version__) -> None:
    """Mends moto in this process; it may be asked twice. RuntimeError for a version that nobody has tried."""
    if version != MENDED:
        raise RuntimeError(
            f"This is moto {version}, and local/moto_mends.py was tried with {MENDED}: "
            "install that one, or run tests/integration/test_moto_mends.py with yours and name it there."
        )
    for owner, name, ours in (
        (BaseJSONSerializer, "_serialize_type_structure", serialize_structure),
        (BaseModel, "__new__", _untracked),
        (DynamoDBBackend, "transact_write_items", transact_write_items),
        (DynamoDBBackend, "update_item", moto_queries.update_item),
        (Item, "project", moto_queries.project),
        (Table, "delete_item", moto_queries.delete_item),
        (Table, "put_item", moto_queries.put_item),
        (Table, "query", moto_queries.query),
        (DynamoHandler, "transact_write_items", _written_once),
    ):
        setattr(owner, name, ours)


def _untracked(cls: type[BaseModel], *_: object, **__: object) -> BaseModel:
    instance: BaseModel = object.__new__(cls)
    return instance


def _written_once(handler: DynamoHandler) -> ActionResult:
    """A transaction that was written under the same ClientRequestToken less than ten minutes ago is not written again.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    """
    token = handler.body.get("ClientRequestToken")
    if token is None:
        return _handle_transaction(handler)
    written = _written.setdefault(handler.dynamodb_backend, {})
    _forget_old(written)
    asked = hashlib.sha256(json.dumps(handler.body["TransactItems"], sort_keys=True).encode()).hexdigest()
    if token not in written:
        answer = _handle_transaction(handler)
        written[token] = monotonic(), asked
        return answer
    if written[token][1] != asked:
        raise IdempotentParameterMismatch
    return ActionResult({"ConsumedCapacity": [], "ItemCollectionMetrics": {}})


def _forget_old(written: dict[str, tuple[float, str]]) -> None:
    while written:
        oldest = next(iter(written))
        if monotonic() - written[oldest][0] < _TOKEN_SECONDS:
            return
        del written[oldest]
