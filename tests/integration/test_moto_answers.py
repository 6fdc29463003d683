"""Whatever is written and asked, moto, mended, answers as DynamoDB Local does."""

from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.dynamodb_local import dynamodb_local
from local.processes import Logs
from local.resources import client
from tests.integration.engines import require_dynamodb_local
from tests.integration.partition import INDEX, TABLE, Partition, create_table
from tests.integration.system import local_aws

SORTS = st.sampled_from(["a", "ab", "b", "c", "d"])
SHELVES = st.sampled_from(["low", "high"])
NUMBERS = st.integers(-3, 12)
CONDITIONS = st.sampled_from(
    [None, None, "attribute_not_exists(pk)", "attribute_exists(pk)", "a > :n", "attribute_exists(shelf) OR a = :n"]
)
WRITES = st.tuples(
    st.sampled_from(["Put", "Update", "Move", "Drop", "Delete", "ConditionCheck"]), SORTS, SHELVES, NUMBERS, CONDITIONS
)
RANGES = st.sampled_from(["", " AND {} < :n", " AND {} >= :n", " AND {} BETWEEN :n AND :m"])
PAGES = st.fixed_dictionaries(
    {"ScanIndexForward": st.booleans()}, optional={"Limit": st.integers(1, 4), "FilterExpression": st.just("a > :f")}
)
# Of two writes of one item AWS refuses the second before it looks at the first, DynamoDB Local in their order.
TRANSACTIONS = st.lists(WRITES, min_size=1, max_size=4, unique_by=lambda write: write[1])
STEPS = st.one_of(
    st.tuples(st.just("transact"), TRANSACTIONS, st.sampled_from([None, None, "1", "2"])),
    st.tuples(st.just("alone"), WRITES),
    st.tuples(st.just("query"), RANGES, SORTS, SORTS, PAGES),
    st.tuples(st.just("query by shelf"), SHELVES, RANGES, NUMBERS, PAGES),
)
UPDATES = {"Update": "ADD a :n", "Move": "SET shelf = :shelf, #rank = :rank", "Drop": "REMOVE shelf"}


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    require_dynamodb_local()
    with dynamodb_local(Logs(tmp_path_factory.mktemp("engine"))) as exact, local_aws() as mended:
        clients: list[Any] = [client("dynamodb", url) for url in (exact, mended)]
        for each in clients:
            create_table(each)
        yield clients


class Script:
    """Plays steps on one engine, in a partition of its name."""

    def __init__(self, dynamodb: Any, name: str) -> None:
        self.partition = Partition(dynamodb, name)
        # Where two items of an index have the same rank, their order is anybody's guess.
        self.ranks = count()

    def play(self, step: Any) -> Any:
        match step:
            case "transact", writes, token:
                asked = [self.write(*write) for write in writes]
                return self.partition.transact(*asked, token=token and f"{self.partition.name}-{token}")
            case "alone", write:
                return self.alone(self.write(*write))
            case "query", narrowed, low, high, pages:
                values = {":n": {"S": low}, ":m": {"S": max(low, high)}}
                return self.query("pk = :name" + narrowed.format("sk"), values, pages)
            case "query by shelf", shelf, narrowed, rank, pages:
                values = {":name": self.shelf(shelf), ":n": {"N": str(rank)}, ":m": {"N": str(rank + 4)}}
                return self.query("shelf = :name" + narrowed.format("#rank"), values, {"IndexName": INDEX, **pages})
        raise AssertionError(step)

    def write(self, kind: str, sort: str, shelf: str, number: int, condition: str | None) -> Any:
        """A write as a transaction has it, with the names and values that its expressions have a use for."""
        key = self.partition.key(sort)
        rank = {"N": f"{number}.{next(self.ranks):03}1"}
        request: dict[str, Any] = {"TableName": TABLE, "Key": key}
        if kind == "Put":
            item = {**key, "a": {"N": str(number)}, "shelf": self.shelf(shelf), "rank": rank, "hidden": {"S": "x"}}
            request = {"TableName": TABLE, "Item": item}
        elif kind in UPDATES:
            request["UpdateExpression"] = UPDATES[kind]
        elif kind == "ConditionCheck":
            condition = condition or "attribute_exists(pk)"
        if condition:
            request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        used = f"{request.get('UpdateExpression')} {condition}"
        values = {":n": {"N": str(number)}, ":shelf": self.shelf(shelf), ":rank": rank}
        request |= named(used, values)
        return {"Update" if kind in UPDATES else kind: request}

    def alone(self, write: Any) -> Any:
        [(kind, request)] = write.items()
        dynamodb = self.partition.dynamodb
        calls = {"Put": dynamodb.put_item, "Update": dynamodb.update_item, "Delete": dynamodb.delete_item}
        if kind not in calls:
            return None
        try:
            return calls[kind](**request, ReturnValues="ALL_OLD").get("Attributes")
        except ClientError as error:
            return error.response["Error"]["Code"], error.response.get("Item")

    def query(self, condition: str, values: dict[str, Any], request: dict[str, Any]) -> Any:
        used = f"{condition} {request.get('FilterExpression')}"
        asked = named(used, {**values, ":f": {"N": "2"}})
        values = asked.pop("ExpressionAttributeValues", {})
        return list(self.partition.pages(condition, values=values, **request, **asked))

    def shelf(self, name: str) -> dict[str, str]:
        return {"S": f"{self.partition.name}-{name}"}


def named(used: str, values: dict[str, Any]) -> dict[str, Any]:
    """The names and values of a request whose expressions are `used`; DynamoDB refuses those without a use."""
    found = {name: value for name, value in values.items() if f"{name} " in f"{used} ".replace(",", " ")}
    names = {"ExpressionAttributeNames": {"#rank": "rank"}} if "#rank" in used else {}
    return names | ({"ExpressionAttributeValues": found} if found else {})


@given(steps=st.lists(STEPS, min_size=1, max_size=12))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_script_has_the_same_answers(engines: list[Any], steps: list[Any]) -> None:
    name = uuid4().hex
    end = [
        ("query", "", "a", "a", {}),
        *[("query by shelf", shelf, "", 0, {"ScanIndexForward": True}) for shelf in ("low", "high")],
    ]
    exact, mended = (Script(engine, name) for engine in engines)
    for step in [*steps, *end]:
        assert mended.play(step) == exact.play(step), step
