"""The table's indexes on both engines: each finds an item by its key, and holds of it what the template declares."""

from typing import Any

import pytest

from local.template import Template
from tests.integration.system import ROOT, System

[TABLE] = Template(ROOT / "template.yaml").tables.values()
INDEXES: dict[str, dict[str, Any]] = {index["IndexName"]: index for index in TABLE.properties["GlobalSecondaryIndexes"]}

# An item with everything that an index has a use for, and the name, which none has.
SOLD: dict[str, Any] = {"L": [{"M": {"amount": {"N": "9900"}, "currency": {"S": "usd"}}}]}
ITEM: dict[str, Any] = {
    "pk": {"S": "PAYMENT#pay_of_the_indexes"},
    "sk": {"S": "PAYMENT"},
    "name": {"S": "Ada Lovelace"},
    "amount": {"N": "9900"},
    "attention": {"S": "OPEN#2"},
    "attention_at": {"S": "2026-11-28T09:00:00.000Z"},
    "created_at": {"S": "2026-11-21T09:00:00.000Z"},
    "currency": {"S": "usd"},
    "day": {"S": "1815-12-10"},
    "deadline": {"S": "2026-11-28T09:00:00.000Z"},
    "dispute": {"S": "needs_response"},
    "due_at": {"N": "1795000000"},
    "due_shard": {"S": "look#1#0"},
    "email": {"S": "ada@example.com"},
    "number": {"S": "7K3M-9XQ2"},
    "paid_at": {"S": "2026-11-21T09:01:00.000Z"},
    "received": SOLD,
    "returned": SOLD,
    "since": {"S": "2026-11-21T09:01:00.000Z"},
    "sku": {"S": "consulting-hour"},
    "status": {"S": "succeeded"},
    "user": {"S": "ada"},
    "why": {"L": [{"S": "dispute"}]},
}


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_finds_an_item_and_holds_what_it_declares(engine_system: System, name: str) -> None:
    engine_system.dynamodb.put_item(TableName=TABLE.name, Item=ITEM)
    hash_key, range_key = (key["AttributeName"] for key in INDEXES[name]["KeySchema"])

    found = engine_system.dynamodb.query(
        TableName=TABLE.name,
        IndexName=name,
        KeyConditionExpression="#hash = :hash AND #range = :range",
        ExpressionAttributeNames={"#hash": hash_key, "#range": range_key},
        ExpressionAttributeValues={":hash": ITEM[hash_key], ":range": ITEM[range_key]},
    )

    held = {"pk", "sk", hash_key, range_key, *INDEXES[name]["Projection"].get("NonKeyAttributes", [])}
    assert found["Items"] == [{attribute: ITEM[attribute] for attribute in held}]
