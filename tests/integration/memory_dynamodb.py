"""DynamoDB's client in memory, for histories by the thousand: the operations and expressions that the table uses.

What it answers is held to the real engines' answers by playing the same histories on both.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from payments.adapters.aws import CONFIG

type Item = dict[str, Any]
type Key = tuple[str, str]

_TOKEN = re.compile(r"\s*(<=|>=|[()=,<>]|[#:]?\w+)")


class ConditionalCheckFailed(ClientError):
    def __init__(self, **old: Item) -> None:
        answer: Any = {"Error": {"Code": "ConditionalCheckFailedException"}, **old}
        super().__init__(answer, "")


class TransactionCanceled(ClientError):
    def __init__(self, reasons: list[dict[str, Any]]) -> None:
        answer: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        super().__init__(answer, "TransactWriteItems")


class MemoryDynamoDB:
    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.meta = SimpleNamespace(events=SimpleNamespace(register=lambda *_: None), config=CONFIG)
        self.exceptions = SimpleNamespace(
            ConditionalCheckFailedException=ConditionalCheckFailed, TransactionCanceledException=TransactionCanceled
        )

    def get_item(self, *, Key: Item, **_: Any) -> Any:  # noqa: N803 - DynamoDB's names
        found = self.items.get(_key(Key))
        return {"Item": dict(found)} if found else {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> Any:  # noqa: N803
        [(name, asked)] = RequestItems.items()
        found = [dict(self.items[key]) for key in map(_key, asked["Keys"]) if key in self.items]
        return {"Responses": {name: found}, "UnprocessedKeys": {}}

    def put_item(self, **request: Any) -> Any:
        return self._alone("Put", request)

    def update_item(self, **request: Any) -> Any:
        return self._alone("Update", request)

    def delete_item(self, **request: Any) -> Any:
        return self._alone("Delete", request)

    def _alone(self, kind: str, request: Any) -> Any:
        key = _key(request.get("Key") or request["Item"])
        if not self._holds(key, request):
            shows_old = "ReturnValuesOnConditionCheckFailure" in request and key in self.items
            raise ConditionalCheckFailed(**({"Item": dict(self.items[key])} if shows_old else {}))
        self._write(kind, key, request)
        return {"Attributes": dict(self.items[key])} if "ReturnValues" in request else {}

    def transact_write_items(self, *, TransactItems: list[Any]) -> None:  # noqa: N803
        writes = [(kind, request) for item in TransactItems for kind, request in item.items()]
        keys = [_key(request.get("Key") or request["Item"]) for _, request in writes]
        assert len(writes) <= 100
        assert len(set(keys)) == len(keys), "a transaction writes an item once"
        reasons: list[dict[str, Any]] = []
        for key, (_, request) in zip(keys, writes, strict=True):
            failed = not self._holds(key, request)
            reasons.append({"Code": "ConditionalCheckFailed" if failed else "None"})
            if failed and "ReturnValuesOnConditionCheckFailure" in request and key in self.items:
                reasons[-1]["Item"] = dict(self.items[key])
        if any(reason["Code"] != "None" for reason in reasons):
            raise TransactionCanceled(reasons)
        for key, (kind, request) in zip(keys, writes, strict=True):
            self._write(kind, key, request)

    def query(
        self,
        *,
        IndexName: str | None = None,  # noqa: N803
        Limit: int | None = None,  # noqa: N803
        ScanIndexForward: bool = True,  # noqa: N803
        **request: Any,
    ) -> Any:
        request["ConditionExpression"] = request["KeyConditionExpression"]
        found = [item for item in self.items.values() if _meets(item, request)]
        if "FilterExpression" in request:
            found = [
                item for item in found if _meets(item, request | {"ConditionExpression": request["FilterExpression"]})
            ]
        by = (lambda item: int(item["due_at"]["N"])) if IndexName == "due" else (lambda item: item["sk"]["S"])
        return {"Items": [dict(item) for item in sorted(found, key=by, reverse=not ScanIndexForward)[:Limit]]}

    def get_paginator(self, _: str) -> Any:
        return SimpleNamespace(paginate=lambda **request: [self.query(**request)])

    def _holds(self, key: Key, request: Any) -> bool:
        return "ConditionExpression" not in request or _meets(self.items.get(key, {}), request)

    def _write(self, kind: str, key: Key, request: Any) -> None:
        if kind == "Put":
            self.items[key] = dict(request["Item"])
        elif kind == "Delete":
            self.items.pop(key, None)
        else:
            item = dict(self.items.get(key, request["Key"]))
            _update(item, request)
            self.items[key] = item


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _meets(item: Item, request: Mapping[str, Any]) -> bool:
    return _Condition(item, request).holds()


class _Condition:
    """An expression of comparisons, attribute_exists and its like, AND, OR and parentheses."""

    def __init__(self, item: Item, request: Mapping[str, Any]) -> None:
        self._item = item
        self._names = request.get("ExpressionAttributeNames", {})
        self._values = request.get("ExpressionAttributeValues", {})
        self._tokens = _TOKEN.findall(request["ConditionExpression"])

    def holds(self) -> bool:
        found = self._any()
        assert not self._tokens, f"cannot read {self._tokens}"
        return found

    def _any(self) -> bool:
        found = self._all()
        while self._tokens[:1] == ["OR"]:
            self._tokens.pop(0)
            found = self._all() or found
        return found

    def _all(self) -> bool:
        found = self._one()
        while self._tokens[:1] == ["AND"]:
            self._tokens.pop(0)
            found = self._one() and found
        return found

    def _one(self) -> bool:
        token = self._tokens.pop(0)
        if token == "(":
            found = self._any()
            self._tokens.pop(0)
            return found
        if self._tokens[0] == "(":
            return self._function(token)
        operator, left, right = self._tokens.pop(0), self._value(token), self._value(self._tokens.pop(0))
        if left is None or right is None:
            return False
        return _OPERATORS[operator](left, right)

    def _function(self, name: str) -> bool:
        end = self._tokens.index(")")
        arguments, self._tokens = self._tokens[1:end], self._tokens[end + 1 :]
        first = self._value(arguments[0])
        if name == "begins_with":
            return isinstance(first, str) and first.startswith(str(self._value(arguments[2])))
        return (first is not None) is (name == "attribute_exists")

    def _value(self, token: str) -> Any:
        typed = self._values[token] if token.startswith(":") else self._item.get(self._names.get(token, token))
        if typed is None:
            return None
        [(kind, value)] = typed.items()
        return int(value) if kind == "N" else value


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _update(item: Item, request: Mapping[str, Any]) -> None:
    """SET attribute = :value, ADD attribute :number and REMOVE attribute."""
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    for clause, action in _clauses(request["UpdateExpression"]):
        for part in action.split(","):
            words = part.replace("=", " ").split()
            name = names.get(words[0], words[0])
            if clause == "REMOVE":
                with suppress(KeyError):
                    del item[name]
            elif clause == "ADD":
                before = int(item.get(name, {"N": "0"})["N"])
                item[name] = {"N": str(before + int(values[words[1]]["N"]))}
            else:
                item[name] = values[words[1]]


def _clauses(expression: str) -> Iterator[tuple[str, str]]:
    parts = re.split(r"\b(SET|ADD|REMOVE)\b", expression)[1:]
    return zip(parts[::2], parts[1::2], strict=True)
