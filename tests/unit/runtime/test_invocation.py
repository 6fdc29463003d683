"""Every handler, by HTTP or not, runs within the time that Lambda gives it."""

import ast
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

import pytest

from payments.adapters.deadline import seconds_left
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.invocation import ANSWERING_SECONDS
from payments.runtime.observability import logger_of

HANDLERS = sorted((Path(__file__).parents[3] / "functions").glob("*/handler.py"))


class Context:
    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 8000


def test_a_handler_has_its_invocations_time_less_what_answering_takes() -> None:
    left = list[float]()

    @answering(logger_of("test"))
    def handler(event: Request, context: Any) -> Response:
        left.append(seconds_left())
        return response(200, {})

    handler({}, Context())  # type: ignore[arg-type]
    assert 5 < left[0] <= 8 - ANSWERING_SECONDS
    assert seconds_left() == inf


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.parent.name)
def test_every_handler_knows_its_end(path: Path) -> None:
    (handler,) = (
        node
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name == "handler"
    )
    assert {"answering", "in_time"} & set(_called(handler))


def _called(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
