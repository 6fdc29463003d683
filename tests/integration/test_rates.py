"""How often one client may order: through the real handlers, on both engines."""

import io
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from payments.adapters.aws import attempt_seconds
from payments.adapters.deadline import seconds_left
from payments.adapters.table.rates import RateTable
from payments.domain.errors import TryAgain
from tests.builders import a_failed_charge, an_event
from tests.integration.clock import Clock
from tests.integration.system import Answer, Context, System

AT_ONCE, LIMIT = 200, 7
DECLINED_AT_ONCE = 32
_addresses = count(1)
_charges = count(1)

type Limit = Callable[[int], None]


def an_address() -> str:
    """One that no other test has."""
    number = next(_addresses)
    return f"198.51.{number // 250}.{number % 250 + 1}"


def a_user(name: str) -> dict[str, str]:
    """Whom no other test counts."""
    return {"sub": f"limited-{name}", "scope": "openid"}


def _limiting(system: System, monkeypatch: pytest.MonkeyPatch) -> Limit:
    """Set the limit; from then on it is the same minute, until the test says otherwise."""

    def limit(number: int) -> None:
        for id_ in ("CreateSession", "CreateIntent", "PaymentMethods"):
            module = system.functions[id_]
            monkeypatch.setattr(module, "rate", replace(module.rate, limit=number))
        monkeypatch.setattr(system, "source", an_address())

    return limit


@pytest.fixture
def clock(system: System, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return a_clock(system, monkeypatch)


def a_clock(system: System, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """That of all that counts, which stands still."""
    clock = Clock()
    clock.stop()
    for id_ in ("CreateSession", "CreateIntent", "PaymentMethods", "StripeWebhook", "TendPayment"):
        monkeypatch.setattr(system.functions[id_], "datetime", datetime)
        clock.rule(system.functions[id_])
    return clock


@pytest.fixture
def limit(system: System, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Limit:
    return _limiting(system, monkeypatch)


@pytest.fixture(autouse=True)
def _nothing_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """All share one interpreter here, where each has its own in truth."""
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 10**6)


def decline(system: System, payment_id: str, number: int = 1) -> None:
    """Stripe tells of attempts to pay it that failed."""
    for _ in range(number):
        charge = a_failed_charge(payment_id, id=f"ch_declined_{next(_charges)}", payment_intent=None)
        assert system.hear(an_event("charge.failed", charge)).status == 200


def statuses(answers: list[Answer]) -> list[int]:
    return [answer.status for answer in answers]


# How many get through


def test_of_many_at_once_no_more_get_through_than_the_limit(
    engine_system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_clock(engine_system, monkeypatch)
    _limiting(engine_system, monkeypatch)(LIMIT)
    # Each in a process of its own, which remembers nothing of the others.
    monkeypatch.setattr(RateTable, "_over", property(lambda _: (0, frozenset()), lambda *_: None))
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: engine_system.order(), range(AT_ONCE)))
    assert Counter(statuses(answers)) == {201: LIMIT, 429: AT_ONCE - LIMIT}


def test_whoever_is_turned_away_is_told_when_to_come_again(system: System, limit: Limit) -> None:
    limit(1)
    assert system.order().status == 201
    answer = system.order()
    assert (answer.status, answer.body["code"]) == (429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["retry-after"] in answer.body["detail"]


def test_it_is_a_limit_by_the_minute(system: System, limit: Limit, clock: Clock) -> None:
    limit(2)
    assert statuses([system.order() for _ in range(3)]) == [201, 201, 429]
    clock.offset += timedelta(seconds=int(system.order().headers["retry-after"]))
    assert statuses([system.order() for _ in range(3)]) == [201, 201, 429]


def test_both_ways_to_pay_count_together(system: System, limit: Limit) -> None:
    limit(2)
    assert statuses([system.order(), system.order_on_page(), system.order(), system.order_on_page()]) == [
        *(201, 201),
        *(429, 429),
    ]


def test_cards_to_be_saved_count_with_orders_and_what_is_saved_is_read_all_the_same(
    system: System, limit: Limit
) -> None:
    ada = a_user("with-cards")
    limit(2)
    assert statuses([system.order_on_page(user=ada), system.add_card(ada), system.add_card(ada)]) == [201, 201, 429]
    assert system.order_on_page(user=ada).status == 429
    assert system.cards_of(ada).status == 200


def test_others_notice_nothing(system: System, limit: Limit, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(1)
    assert statuses([system.order(), system.order()]) == [201, 429]
    one, other = a_user("one"), a_user("other")
    assert statuses([system.order_of(one), system.order_of(other), system.order_of(one)]) == [201, 201, 429]
    monkeypatch.setattr(system, "source", an_address())
    assert system.order().status == 201


def test_a_repeated_request_counts_for_it_asks_again(system: System, limit: Limit) -> None:
    limit(2)
    key = f"rate-{system.source}"
    first, second, third = (system.order(idempotency_key=key) for _ in range(3))
    assert statuses([first, second, third]) == [201, 201, 429]
    assert first.body["paymentId"] == second.body["paymentId"]


def test_what_cannot_be_read_counts_for_nothing(system: System, limit: Limit) -> None:
    limit(1)
    assert statuses([system.order({}), system.order(raw="{"), system.order(idempotency_key="two words")]) == [
        *(422, 400),
        400,
    ]
    assert system.order().status == 201


def test_who_is_turned_away_costs_neither_stripe_nor_the_table_anything_but_the_count(
    system: System, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(1)
    system.order()
    system.calls.clear()
    # Whoever asked Stripe now would be answered 500.
    monkeypatch.setattr(system.functions["CreateSession"], "stripe", None)
    assert system.order().status == 429
    assert system.calls == ["UpdateItem"]
    # That the limit is met is remembered for the minute.
    assert system.order().status == 429
    assert system.calls == ["UpdateItem"]


def test_quotes_refreshes_and_reading_are_not_limited(system: System, limit: Limit) -> None:
    limit(1)
    payment_id = system.order().body["paymentId"]
    assert system.order().status == 429
    for _ in range(2):
        assert system.quote({"items": [{"sku": "consulting-hour", "quantity": 1}]}).status == 200
        assert system.refresh(payment_id).status == 200
        assert system.status(payment_id).status == 200


# Who tests cards


def test_who_tests_cards_on_one_payment_is_stopped_by_its_end(system: System, limit: Limit) -> None:
    limit(1000)
    order = system.order().body
    decline(system, order["paymentId"], 9)
    assert system.status(order["paymentId"]).body["payable"]
    decline(system, order["paymentId"])
    assert system.status(order["paymentId"]).body["status"] == "expired"


def test_who_tests_cards_on_many_payments_is_stopped_by_the_rate(system: System, limit: Limit) -> None:
    limit(6)
    for _ in range(2):
        answer = system.order()
        assert answer.status == 201
        decline(system, answer.body["paymentId"], 2)
    assert system.order().status == 429


def test_declines_that_somebody_else_looked_up_count_as_well(system: System, limit: Limit) -> None:
    limit(2)
    order = system.order().body
    with suppress(HTTPError):
        system.control(f"sessions/{order['sessionId']}/pay", card="4000000000000002")
    assert system.refresh(order["paymentId"]).body["status"] == "failed"
    assert system.order().status == 429


def test_a_decline_that_is_told_again_counts_once(system: System, limit: Limit) -> None:
    limit(3)
    payment_id = system.order().body["paymentId"]
    charge = a_failed_charge(payment_id, id=f"ch_declined_{next(_charges)}", payment_intent=None)
    for _ in range(5):
        system.hear(an_event("charge.failed", charge))
    assert statuses([system.order(), system.order()]) == [201, 429]


def test_declines_are_whose_order_it_was(system: System, limit: Limit) -> None:
    limit(3)
    user = a_user("of-declines")
    decline(system, system.order_of(user).body["paymentId"], 2)
    assert system.order().status == 201
    assert system.order_of(user).status == 429


def test_of_many_declines_at_once_each_is_learned_and_counted(
    engine_system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All count in one item, and no news wait for that."""
    a_clock(engine_system, monkeypatch)
    _limiting(engine_system, monkeypatch)(1000)
    payments = [engine_system.order().body["paymentId"] for _ in range(DECLINED_AT_ONCE)]
    with ThreadPoolExecutor(DECLINED_AT_ONCE) as pool:
        list(pool.map(lambda payment_id: decline(engine_system, payment_id), payments))
    assert {engine_system.status(each).body["status"] for each in payments} == {"failed"}
    client = kept_of(engine_system, payments[0])
    (item,) = (each for each in rates(engine_system) if each["pk"]["S"].startswith(f"RATE#{client}#"))
    assert int(item["count"]["N"]) == 2 * DECLINED_AT_ONCE


# What may fail


@pytest.mark.parametrize(
    "trouble", [TryAgain("busy"), ClientError({"Error": {"Code": "AccessDeniedException"}}, "UpdateItem")]
)
def test_where_it_cannot_be_counted_orders_and_news_go_on(
    system: System, limit: Limit, logs: io.StringIO, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    limit(1)

    def fail(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(RateTable, "_count", fail)
    answer = system.order()
    assert answer.status == 201
    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    assert [(line["level"], line["message"]) for line in lines] == [("WARNING", "not_counted"), ("INFO", "checkout")]
    decline(system, answer.body["paymentId"])
    assert system.status(answer.body["paymentId"]).body["status"] == "failed"


def test_an_order_waits_for_its_count_no_longer_than_for_one_answer(
    system: System, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call knows that it is to end soon, whatever time the invocation has left."""
    limit(5)
    left: list[float] = []
    client = system.functions["CreateSession"].store._client
    monkeypatch.setattr(client, "update_item", lambda **_: left.append(seconds_left()))
    system.order()
    assert 0 < left[0] < 2 * attempt_seconds(client.meta.config)


# What is kept of a client


def kept_of(system: System, payment_id: str) -> str | None:
    item = system.items(f"PAYMENT#{payment_id}")["PAYMENT"]
    return item["client"]["S"] if "client" in item else None


def rates(system: System) -> list[dict[str, Any]]:
    pages = system.dynamodb.get_paginator("scan").paginate(TableName=system.table._name)
    found = [item for page in pages for item in page["Items"]]
    return [item for item in found if item["pk"]["S"].startswith("RATE#") and "count" in item]


def test_no_address_is_kept_or_logged_and_a_count_is_forgotten(
    system: System, limit: Limit, clock: Clock, logs: io.StringIO
) -> None:
    limit(1)
    payment_id = system.order().body["paymentId"]
    assert system.order().status == 429
    client, minute = kept_of(system, payment_id), int(clock.now().timestamp()) // 60
    (item,) = (each for each in rates(system) if each["pk"]["S"] == f"RATE#{client}#{minute}")
    assert 0 < int(item["delete_after"]["N"]) - clock.now().timestamp() <= 120
    pages = system.dynamodb.get_paginator("scan").paginate(TableName=system.table._name)
    assert system.source
    assert system.source not in json.dumps([page["Items"] for page in pages])
    assert system.source not in logs.getvalue()
    assert client
    assert client not in logs.getvalue()


def test_nobody_is_turned_away_without_a_line_and_a_count(system: System, limit: Limit, logs: io.StringIO) -> None:
    limit(1)
    system.order()
    logs.truncate(0)
    logs.seek(0)
    system.order()
    (line,) = [json.loads(each) for each in logs.getvalue().splitlines()]
    assert (line["level"], line["message"], line["code"], line["http_status"]) == (
        "INFO",
        "refused",
        "rate_limited",
        429,
    )
    assert line["client_limited"] == [1.0]


@pytest.fixture
def ends(system: System) -> dict[str, Callable[[dict[str, Any]], None]]:
    return {
        "paid": lambda order: system.control(f"sessions/{order['sessionId']}/pay"),
        "expired": lambda order: system.control(f"sessions/{order['sessionId']}/expire"),
        "canceled": lambda order: assert_ok(system.cancel(order["paymentId"], order["accessKey"])),
    }


def assert_ok(answer: Answer) -> None:
    assert answer.status == 200, answer


@pytest.mark.parametrize("end", ["paid", "expired", "canceled"])
def test_who_it_was_is_kept_until_the_payment_is_over(
    system: System, limit: Limit, ends: dict[str, Callable[[dict[str, Any]], None]], end: str
) -> None:
    limit(5)
    order = system.order().body
    assert kept_of(system, order["paymentId"])
    ends[end](order)
    system.refresh(order["paymentId"])
    assert kept_of(system, order["paymentId"]) is None


def test_nobody_is_shown_who_it_was(system: System, limit: Limit) -> None:
    limit(5)
    answer = system.order()
    payment_id = answer.body["paymentId"]
    client = kept_of(system, payment_id)
    assert client
    shown = [
        answer.body,
        system.status(payment_id).body,
        system.refresh(payment_id).body,
        system.desk("GET /admin/payments/{paymentId}", paymentId=payment_id).body,
        system.desk("GET /admin/payments", query={"q": payment_id}).body,
        repr(system.table.payment(payment_id)),
    ]
    assert client not in json.dumps(shown)
