"""The log of what is asked of the functions' front ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Response

from local.access_log import AccessLog

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment


def ask(answer: Response) -> dict[str, Any]:
    """The line about a request that is answered so."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return answer(environ, start_response)

    lines: list[str] = []
    answered = Client(AccessLog(application, lines.append)).post("/a%20b?secret=1")
    assert (answered.status_code, answered.data) == (answer.status_code, answer.data)
    (line,) = lines
    logged: dict[str, Any] = json.loads(line)
    return logged


def problem(status: int, body: object, content_type: str = "application/problem+json") -> Any:
    return ask(Response(json.dumps(body), status=status, content_type=content_type)).get("problem")


def test_a_request_is_logged_without_its_query() -> None:
    line = ask(Response("fine"))
    assert (line["method"], line["path"], line["status"]) == ("POST", "/a%20b", 200)
    assert "problem" not in line
    assert line["latencyMs"] >= 0


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, {"title": "No such payment", "errors": []}, "No such payment"),
        (422, {"title": "Not so", "errors": [{"field": "name"}, {"field": "email"}]}, "Not so: name, email"),
        (422, {"errors": [{}]}, "UNPROCESSABLE ENTITY"),
        (400, ["what"], "BAD REQUEST"),
    ],
)
def test_a_problem_is_named_by_its_title_and_fields(status: int, body: object, said: str) -> None:
    assert problem(status, body) == said


def test_a_functions_own_failure_is_for_its_own_log() -> None:
    assert problem(503, {"title": "The payment provider cannot be reached", "errors": []}) is None


def test_the_front_ends_own_failures_are_told() -> None:
    assert problem(500, {"message": "Internal Server Error"}, "application/json") == "Internal Server Error"
    assert problem(502, "no object", "application/json") == "BAD GATEWAY"
    assert ask(Response("<h1>", status=500))["problem"] == "INTERNAL SERVER ERROR"
