"""An invocation that begins when it is nearly over: it answers, and begins nothing that would be cut off."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.builders import a_charge, an_event, as_json, signed
from tests.callers import ADA, GRACE, verified
from tests.integration.system import AN_ORDER, ORIGIN, Context, System

NEARLY_OVER = Context(milliseconds_left=3000)


def order() -> dict[str, Any]:
    headers = {"content-type": "application/json", "origin": ORIGIN, "idempotency-key": "too-late"}
    return {
        "routeKey": "POST /checkout-sessions",
        "headers": headers,
        "body": json.dumps(AN_ORDER),
        "isBase64Encoded": False,
    }


def reading() -> dict[str, Any]:
    return {"headers": {}, "pathParameters": {"paymentId": "pay_01KAJN5JR0Q4Y6B8C2D9E3F7GH"}}


def refreshing() -> dict[str, Any]:
    return reading() | {"routeKey": "POST /payments/{paymentId}/refresh"}


def order_on_page() -> dict[str, Any]:
    return order() | {"routeKey": "POST /payment-intents"}


def canceling() -> dict[str, Any]:
    body = json.dumps({"accessKey": "any"})
    return reading() | {"routeKey": "POST /payments/{paymentId}/cancel", "body": body, "isBase64Encoded": False}


def quoting() -> dict[str, Any]:
    body = json.dumps({"items": [{"sku": "consulting-hour", "quantity": 1}]})
    return {"headers": {}, "body": body, "isBase64Encoded": False}


def acting() -> dict[str, Any]:
    return verified(GRACE) | {
        "routeKey": "POST /admin/payments/{paymentId}/refresh",
        "pathParameters": {"paymentId": "pay_01KAJN5JR0Q4Y6B8C2D9E3F7GH"},
    }


def looking() -> dict[str, Any]:
    return verified(GRACE) | {"routeKey": "GET /admin/stats"}


def cards(method: str) -> Callable[[], dict[str, Any]]:
    """Of somebody who has none yet."""
    named = {"pathParameters": {"paymentMethodId": "pm_1"}} if method == "DELETE" else {}
    route = f"{method} /me/payment-methods" + ("/{paymentMethodId}" if named else "")
    return lambda: verified(ADA) | {"routeKey": route} | named


def event() -> dict[str, Any]:
    body = as_json(an_event("charge.succeeded", a_charge("pay_01KAJN5JR0Q4Y6B8C2D9E3F7GH")))
    return {"headers": {"stripe-signature": signed(body)}, "body": body, "isBase64Encoded": False}


@pytest.mark.parametrize(
    ("function", "asked"),
    [
        ("GetStatus", reading),
        ("TendPayment", refreshing),
        ("TendPayment", canceling),
        ("ListProducts", reading),
        ("GetQuote", quoting),
        ("AdminAct", acting),
        ("AdminRead", looking),
        ("CreateSession", order),
        ("CreateIntent", order_on_page),
        ("PaymentMethods", cards("GET")),
        ("PaymentMethods", cards("POST")),
        ("PaymentMethods", cards("DELETE")),
        ("StripeWebhook", event),
    ],
)
def test_whoever_is_answered_over_http_is_asked_to_try_again(
    system: System, function: str, asked: Callable[[], dict[str, Any]]
) -> None:
    handler = system.functions[function].handler
    answer = handler(asked(), NEARLY_OVER)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (503, "try_again")
    assert answer["headers"]["retry-after"] == "2"
    assert handler(asked(), Context())["statusCode"] < 500
