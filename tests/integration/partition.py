"""A small table, and transactions and queries on a partition of it, for any DynamoDB."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

TABLE = "mended"
INDEX = "by_shelf"
KEYS = {"pk": "S", "sk": "S", "shelf": "S", "rank": "N"}


def create_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": type_} for name, type_ in KEYS.items()],
        KeySchema=key_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": INDEX,
                "KeySchema": key_schema("shelf", "rank"),
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def key_schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": range_key, "KeyType": "RANGE"}]


class Partition:
    """A partition of its own, and how a transaction names its items."""

    def __init__(self, dynamodb: Any, name: str | None = None) -> None:
        self.dynamodb = dynamodb
        self.name = name or uuid4().hex

    def key(self, sort: str) -> Any:
        return {"pk": {"S": self.name}, "sk": {"S": sort}}

    def put(self, sort: str, a: int = 0, **condition: str) -> Any:
        return {"Put": {"TableName": TABLE, "Item": {**self.key(sort), "a": {"N": str(a)}}, **condition}}

    def insert(self, sort: str, a: int = 0) -> Any:
        shows = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        return self.put(sort, a, ConditionExpression="attribute_not_exists(pk)", **shows)

    def add(self, sort: str, a: int, condition: str = "attribute_exists(pk)") -> Any:
        request = {"UpdateExpression": "ADD a :a", "ConditionExpression": condition}
        values = {":a": {"N": str(a)}}
        return {"Update": {"TableName": TABLE, "Key": self.key(sort), "ExpressionAttributeValues": values, **request}}

    def append(self, sort: str) -> Any:
        """What cannot be done to an `a` that is a number."""
        values = {":b": {"SS": ["b"]}}
        request = {"UpdateExpression": "SET b = :b ADD a :b", "ExpressionAttributeValues": values}
        return {"Update": {"TableName": TABLE, "Key": self.key(sort), **request}}

    def delete(self, sort: str) -> Any:
        return {"Delete": {"TableName": TABLE, "Key": self.key(sort)}}

    def expect(self, sort: str) -> Any:
        condition = {"ConditionExpression": "attribute_exists(pk)"}
        return {"ConditionCheck": {"TableName": TABLE, "Key": self.key(sort), **condition}}

    def transact(self, *writes: Any, token: str | None = None) -> Any:
        """The codes of a cancellation's reasons, with their items if they have any, another refusal's code, or None."""
        tokens = {"ClientRequestToken": token} if token else {}
        try:
            self.dynamodb.transact_write_items(TransactItems=list(writes), **tokens)
        except ClientError as error:
            reasons: Any = error.response.get("CancellationReasons")
            if not reasons:
                return error.response["Error"]["Code"]
            return [(each["Code"], each["Item"]) if "Item" in each else each["Code"] for each in reasons]
        return None

    def change(self, sort: str, expression: str, **request: Any) -> None:
        """An update of one item, without a transaction."""
        self.dynamodb.update_item(TableName=TABLE, Key=self.key(sort), UpdateExpression=expression, **request)

    def remove(self, sort: str) -> None:
        self.dynamodb.delete_item(TableName=TABLE, Key=self.key(sort))

    def items(self) -> dict[str, int]:
        """Each `a`, by sort key."""
        return {item["sk"]["S"]: int(item["a"]["N"]) for page in self.pages() for item in page["Items"]}

    def pages(self, condition: str = "pk = :name", **request: Any) -> Iterator[Any]:
        """What a query answers until it is through; `condition` may use :name and what `request` has values for."""
        values = {":name": {"S": self.name}} | request.pop("values", {})
        asked = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, **request}
        start: dict[str, Any] = {}
        while True:
            page = self.dynamodb.query(TableName=TABLE, **asked, **start)
            yield {name: page.get(name) for name in ("Items", "Count", "ScannedCount", "LastEvaluatedKey")}
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
