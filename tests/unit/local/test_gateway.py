"""The front ends' rules that take no running function to see."""

from __future__ import annotations

import base64
import json
from concurrent.futures import Future
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from local.gateway import FunctionUrl, Gateway
from local.runtime_api import Result
from local.template import HttpApi, Route


class Functions:
    """Stands in for the workers: answers every event alike and keeps what it was asked."""

    def __init__(self, answer: object = None, *, failed: bool = False, never: bool = False) -> None:
        self._result = Result(json.dumps(answer).encode(), failed)
        self._never = never
        self.events: list[tuple[str, dict[str, Any]]] = []

    def invoke(self, function: str, payload: bytes) -> Future[Result]:
        self.events.append((function, json.loads(payload)))
        future: Future[Result] = Future()
        if not self._never:
            future.set_result(self._result)
        return future


def gateway(functions: Functions, *routes: str, timeout: float = 5) -> Client:
    made = []
    for route in routes:
        method, _, path = route.partition(" ")
        made.append(Route("Api", method if path else None, path or None, route))
    return Client(Gateway(HttpApi("Api", None, tuple(made)), functions.invoke, timeout))


def answered(answer: object) -> TestResponse:
    return gateway(Functions(answer), "GET /x").get("/x")


@pytest.mark.parametrize(
    ("path", "chosen"),
    [
        ("/orders/new", "GET /orders/new"),
        ("/orders/7", "GET /orders/{id}"),
        ("/orders/7/lines", "GET /orders/{id}/lines"),
        ("/files/a/b", "ANY /files/{path+}"),
        ("/elsewhere", "$default"),
    ],
)
def test_the_most_specific_route_is_chosen(path: str, chosen: str) -> None:
    functions = Functions({"statusCode": 200})
    client = gateway(
        functions,
        "$default",
        "ANY /files/{path+}",
        "GET /orders/{id}",
        "GET /orders/new",
        "GET /orders/{id}/lines",
    )

    client.get(path)

    assert functions.events[0][0] == chosen


def test_an_answer_becomes_the_response() -> None:
    response = answered(
        {
            "statusCode": 202,
            "headers": {"content-type": "text/plain", "x-many": 7},
            "cookies": ["a=1", "b=2"],
            "body": base64.b64encode(b"\x00bytes").decode(),
            "isBase64Encoded": True,
        }
    )

    assert response.status_code == 202
    assert response.data == b"\x00bytes"
    assert response.headers["content-type"] == "text/plain"
    assert response.headers["x-many"] == "7"
    assert response.headers.getlist("set-cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize(("answer", "body"), [("plain", b"plain"), ({"a": 1}, b'{"a": 1}'), (None, b"null")])
def test_an_answer_without_a_status_is_the_body_of_a_200(answer: object, body: bytes) -> None:
    response = answered(answer)

    assert response.status_code == 200
    assert response.data == body
    assert response.content_type == "application/json"


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "soon"},
        {"statusCode": 7},
        {"statusCode": 200, "body": {"not": "a string"}},
        {"statusCode": 200, "body": "%%%", "isBase64Encoded": True},
        {"statusCode": 200, "headers": {"x": ["a"]}},
    ],
)
def test_an_answer_that_is_no_response_is_a_500_and_at_the_function_url_a_502(answer: object) -> None:
    assert answered(answer).status_code == 500
    assert Client(FunctionUrl("F", Functions(answer).invoke)).get("/").status_code == 502


def test_a_function_that_takes_longer_than_the_integration_may_is_a_503() -> None:
    response = gateway(Functions(never=True), "GET /x", timeout=0.01).get("/x")

    assert response.status_code == 503
    assert response.json == {"message": "Service Unavailable"}


def test_a_body_that_lambda_cannot_take_is_a_413_and_invokes_nothing() -> None:
    functions = Functions({"statusCode": 200})

    for client in (gateway(functions, "POST /x"), Client(FunctionUrl("F", functions.invoke))):
        assert client.post("/x", data=b"x" * 7_000_000).status_code == 413
    assert functions.events == []


def test_a_form_is_not_text_to_lambda() -> None:
    functions = Functions({"statusCode": 200})

    gateway(functions, "POST /x").post("/x", data={"a": "1"})

    [(_, event)] = functions.events
    assert event["isBase64Encoded"]
    assert base64.b64decode(event["body"]) == b"a=1"
