"""How often one client may order, over HTTP: what the gateway saw counts, and nothing that callers say."""

import json
from collections.abc import Iterator
from email.message import Message
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from local.stack import Ports, Stack
from tests.integration.system import AN_ORDER, ROOT

LIMIT = 3


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(
        ROOT,
        ports=Ports.free(),
        logs=tmp_path_factory.mktemp("logs"),
        schedule_seconds=3600,
        parameters={"ClientRateLimit": str(LIMIT)},
    ) as running:
        yield running


def order(stack: Stack, **headers: str) -> tuple[int, Message, dict[str, Any]]:
    """Status, headers and body of an order's answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"content-type": "application/json", "origin": stack.site_url} | named
    request = Request(f"{stack.api_url}/checkout-sessions", json.dumps(AN_ORDER).encode(), sent)  # noqa: S310 - our own address
    try:
        with urlopen(request) as answer:  # noqa: S310 - our own address
            return answer.status, answer.headers, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, refused.headers, json.load(refused)


def test_who_orders_too_often_is_turned_away_whatever_they_say_of_themselves(stack: Stack) -> None:
    answers = []
    # Of so many in two minutes at most, some are one too many.
    for number in range(2 * LIMIT + 1):
        answers.append(order(stack, x_forwarded_for=f"203.0.113.{number}", forwarded=f"for=203.0.113.{number}"))
    statuses = [status for status, _, _ in answers]
    assert set(statuses) == {201, 429}
    assert LIMIT <= statuses.count(201) <= 2 * LIMIT
    _, headers, body = next(answer for answer in answers if answer[0] == 429)
    assert body["code"] == "rate_limited"
    assert 1 <= int(headers["retry-after"]) <= 60
    # The page may read it.
    assert headers["access-control-allow-origin"] == stack.site_url
    assert "retry-after" in headers["access-control-expose-headers"].lower()


def test_what_reads_is_answered_meanwhile(stack: Stack) -> None:
    while order(stack)[0] != 429:
        pass
    with urlopen(f"{stack.api_url}/products") as answer:  # noqa: S310 - our own address
        assert answer.status == 200
