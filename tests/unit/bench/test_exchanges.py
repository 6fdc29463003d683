"""Playing back what AWS and Stripe answered."""

import json
from typing import Any

import pytest
import urllib3

from bench.exchanges import Answers, recorded, replayed
from local.servers import Server, listen


def exchange(key: str, body: str) -> dict[str, Any]:
    return {"name": key.split()[0], "key": key, "status": 200, "headers": {}, "body": body, "capacity": {}}


def get(url: str, target: str, body: dict[str, Any]) -> Any:
    headers = {"X-Amz-Target": f"DynamoDB_20120810.{target}"}
    answer = urllib3.PoolManager(retries=False).request("POST", url, headers=headers, body=json.dumps(body).encode())
    return json.loads(answer.data)


def test_answers_come_in_the_order_in_which_they_were_given() -> None:
    answers = Answers([])
    answers.expect([exchange("GetItem", '{"n":1}'), exchange("Query", '{"n":2}'), exchange("GetItem", '{"n":3}')])
    with replayed(answers):
        said = [get("http://nowhere.invalid/", target, {})["n"] for target in ("GetItem", "GetItem", "Query")]
    assert said == [1, 3, 2]


def test_what_an_invocation_did_not_ask_before_is_answered_as_it_once_was() -> None:
    answers = Answers([exchange("GetSecretValue one", '{"n":1}'), exchange("GetSecretValue two", '{"n":2}')])
    with replayed(answers):
        assert get("http://nowhere.invalid/", "GetSecretValue", {"SecretId": "one"}) == {"n": 1}


def test_a_question_that_nobody_answered_is_an_error() -> None:
    with replayed(Answers([])), pytest.raises(LookupError, match="PutItem"):
        get("http://nowhere.invalid/", "PutItem", {})


def test_what_is_recorded_has_its_capacity_and_the_answer_without_it() -> None:
    asked: list[dict[str, Any]] = []

    def dynamodb(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
        start_response("200 OK", [("content-type", "application/json")])
        index = {"due": {"CapacityUnits": 4.0}}
        consumed = {"Table": {"CapacityUnits": 2.0}, "GlobalSecondaryIndexes": index, "CapacityUnits": 6.0}
        return [json.dumps({"Item": {}, "ConsumedCapacity": [consumed, consumed]}).encode()]

    items = [{"Put": {"Item": {"pk": {"S": "a"}}}}, {"Put": {"Item": {"pk": {"S": "b" * 1100}}}}]
    listener = listen(0)
    port = listener.getsockname()[1]
    server = Server(listener, dynamodb)
    try:
        with recorded(measuring_capacity=True) as exchanges:
            answer = get(f"http://127.0.0.1:{port}/", "TransactWriteItems", {"TransactItems": items})
    finally:
        server.close()
    assert asked == [{"TransactItems": items, "ReturnConsumedCapacity": "INDEXES"}]
    assert answer == {"Item": {}}
    assert exchanges[0]["name"] == "TransactWriteItems"
    assert exchanges[0]["capacity"] == {"reading": False, "units": {"table": 6.0, "due": 8.0}}
