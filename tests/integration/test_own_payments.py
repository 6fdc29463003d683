"""Orders of people who are signed in: whose they are, and who sees them."""

import base64
import json
import re
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.system import AN_ORDER, System


def somebody(**claims: Any) -> dict[str, Any]:
    return {"sub": f"user-{uuid4()}", "scope": "openid"} | claims


def ids(answer: Any) -> list[str]:
    assert answer.status == 200
    return [each["paymentId"] for each in answer.body["payments"]]


def test_an_order_is_in_its_customers_list_and_in_no_other(system: System) -> None:
    ada, grace = somebody(), somebody(**{"cognito:groups": ["admin"]})
    ordered = system.order_of(ada).body
    payment = system.status(ordered["paymentId"]).body
    # The very same by whoever is not signed in, with Ada's mail address.
    system.order()

    assert system.payments_of(ada).body == {
        "payments": [
            {
                "paymentId": ordered["paymentId"],
                "status": "pending",
                "amount": 9900,
                "currency": "usd",
                "createdAt": payment["createdAt"],
                "paidAt": None,
                "received": [],
                "returned": [],
                "sku": "consulting-hour",
                "number": ordered["order"]["number"],
                "dispute": None,
                "payable": True,
                "paidBy": "hosted",
                "checkoutUrl": ordered["url"],
                "invoiceNumber": None,
                "order": ordered["order"],
                "accessKey": ordered["accessKey"],
            }
        ],
        "cursor": None,
    }
    assert ids(system.payments_of(grace)) == []


def test_what_was_paid_is_in_the_list_at_once(system: System) -> None:
    ada = somebody()
    ordered = system.order_of(ada).body
    system.control(f"sessions/{ordered['sessionId']}/pay")
    system.refresh(ordered["paymentId"])

    [paid] = system.payments_of(ada).body["payments"]

    assert (paid["status"], paid["received"]) == ("succeeded", [{"amount": 9900, "currency": "usd"}])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", paid["paidAt"])


def test_an_order_of_nobody_has_no_user(system: System) -> None:
    payment_id = system.order().body["paymentId"]
    assert "user" not in system.items(f"PAYMENT#{payment_id}")["PAYMENT"]


def test_a_list_in_pages_has_each_payment_once_whatever_is_written_meanwhile(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system.functions["MyPayments"], "PAGE", 2)
    ada = somebody()
    ordered = [system.order_of(ada).body for _ in range(5)]

    first = system.payments_of(ada)
    # A new order, and a change of one that comes later and of the one that the cursor names.
    system.order_of(ada)
    for each in ordered[2:4]:
        system.control(f"sessions/{each['sessionId']}/pay")
        system.refresh(each["paymentId"])
    pages = [first]
    while cursor := pages[-1].body["cursor"]:
        pages.append(system.payments_of(ada, cursor))

    assert [payment_id for page in pages for payment_id in ids(page)] == [
        each["paymentId"] for each in reversed(ordered)
    ]


def test_a_cursor_of_another_list_leads_into_ones_own(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system.functions["MyPayments"], "PAGE", 1)
    ada, grace = somebody(), somebody()
    mine = system.order_of(grace).body["paymentId"]
    for _ in range(2):
        system.order_of(ada)

    assert ids(system.payments_of(grace, system.payments_of(ada).body["cursor"])) in ([mine], [])


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


GOOD_TIME, GOOD_ID = "2026-11-21T09:00:00.000Z", "pay_01KAJN5JR0Q4Y6B8C2D9E3F7GH"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "%",
        "\x00",
        "é",
        "x" * 5000,
        cursor([]),
        cursor({}),
        cursor(None),
        cursor([GOOD_TIME]),
        cursor([GOOD_TIME, 7]),
        cursor([GOOD_TIME, "STRIPE#cs_1"]),
        cursor([GOOD_TIME + "\n", GOOD_ID]),
        cursor(["yesterday", GOOD_ID]),
        cursor([GOOD_TIME, GOOD_ID, "more"]),
        cursor([[GOOD_TIME], GOOD_ID]),
        "W" * 120,
    ],
)
def test_what_is_no_cursor_is_refused_in_words(system: System, text: str) -> None:
    answer = system.payments_of(somebody(), text)
    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert [each["field"] for each in answer.body["errors"]] == ["cursor"]


def test_a_well_formed_cursor_of_what_there_is_not_leads_on(system: System) -> None:
    ada = somebody()
    ordered = system.order_of(ada).body["paymentId"]
    assert ids(system.payments_of(ada, cursor(["2999-01-01T00:00:00.000Z", GOOD_ID]))) == [ordered]


def test_a_key_holds_for_one_person(system: System) -> None:
    key, ada, grace = uuid4().hex, somebody(), somebody()

    made = [system.order_of(ada, idempotency_key=key), system.order_of(grace, idempotency_key=key)]
    made.append(system.order(idempotency_key=key))

    assert {answer.status for answer in made} == {201}
    assert len({answer.body["paymentId"] for answer in made}) == 3
    again = system.order_of(ada, idempotency_key=key)
    assert again.body["paymentId"] == made[0].body["paymentId"]
    other = system.order_of(ada, AN_ORDER | {"name": "Countess Lovelace"}, idempotency_key=key)
    assert (other.status, other.body["code"]) == (409, "idempotency_key_reused")


def test_a_payment_is_no_longer_shown_once_it_is_nobodys(system: System) -> None:
    """As after an erasure, while the index still has it."""
    ada = somebody()
    payment_id = system.order_of(ada).body["paymentId"]
    store = system.functions["MyPayments"].store
    found = store._client.query

    def late(**request: Any) -> Any:
        answer = found(**request)
        system.dynamodb.update_item(
            TableName=request["TableName"],
            Key={"pk": {"S": f"PAYMENT#{payment_id}"}, "sk": {"S": "PAYMENT"}},
            UpdateExpression="REMOVE #user",
            ExpressionAttributeNames={"#user": "user"},
        )
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store._client, "query", late)
        assert ids(system.payments_of(ada)) == []


@pytest.mark.parametrize("function", ["CreateSession", "MyPayments"])
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer a.b.c"}])
def test_a_route_that_has_lost_its_authorizer_knows_nobody(
    system: System, function: str, headers: dict[str, str]
) -> None:
    route = {"CreateSession": "POST /me/checkout-sessions", "MyPayments": "GET /me/payments"}[function]
    event = {"routeKey": route, "headers": headers, "requestContext": {}, "body": json.dumps(AN_ORDER)}
    answer = system.ask(function, event)
    assert (answer.status, answer.body["code"]) == (401, "unauthorized")


def test_two_calls_to_the_table_make_a_page(system: System) -> None:
    ada = somebody()
    system.order_of(ada)
    system.calls.clear()
    system.payments_of(ada)
    assert system.calls == ["Query", "BatchGetItem"]
