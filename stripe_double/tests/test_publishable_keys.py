"""What a page may do with the publishable key: what it is shown, what it may say, and nothing else."""

import urllib.error
import urllib.request
from typing import Any

import pytest
import stripe

from .shop import BACK, Page, event_types


@pytest.fixture
def intent(client: stripe.StripeClient) -> stripe.PaymentIntent:
    customer = client.v1.customers.create({"email": "ada@example.com"})
    return client.v1.payment_intents.create(
        {"amount": 2000, "currency": "usd", "customer": customer.id, "metadata": {"order": "7"}}
    )


def test_a_page_pays_with_the_client_secret_and_sees_what_is_its_own(
    page: Page, client: stripe.StripeClient, intent: stripe.PaymentIntent
) -> None:
    secret = str(intent.client_secret)
    number = {"card[number]": "4242424242424242", "card[exp_month]": "12", "card[exp_year]": "2040"}
    status, method = page("POST", "/v1/payment_methods", type="card", **number)
    assert (status, method["card"]["last4"]) == (200, "4242")
    assert not {"metadata"} & method.keys()
    assert "fingerprint" not in method["card"]
    confirm = f"/v1/payment_intents/{intent.id}/confirm"
    status, paid = page("POST", confirm, client_secret=secret, payment_method=method["id"], return_url=BACK)
    assert (status, paid["status"], paid["client_secret"]) == (200, "succeeded", secret)
    assert not {"metadata", "customer", "latest_charge", "amount_received"} & paid.keys()
    status, read = page(
        "GET", f"/v1/payment_intents/{intent.id}", client_secret=secret, **{"expand[]": "payment_method"}
    )
    assert (status, read["status"]) == (200, "succeeded")
    assert "fingerprint" not in read["payment_method"]["card"]
    # And the shop sees it all.
    assert client.v1.payment_intents.retrieve(intent.id).metadata["order"] == "7"


def test_a_decline_tells_a_page_no_more_either(page: Page, intent: stripe.PaymentIntent) -> None:
    path = f"/v1/payment_intents/{intent.id}/confirm"
    status, answer = page(
        "POST", path, client_secret=str(intent.client_secret), payment_method="pm_card_chargeDeclined", return_url=BACK
    )
    assert (status, answer["error"]["decline_code"]) == (402, "generic_decline")
    shown = answer["error"]["payment_intent"]
    assert (shown["status"], "metadata" in shown) == ("requires_payment_method", False)
    assert "fingerprint" not in shown["last_payment_error"]["payment_method"]["card"]


@pytest.mark.parametrize("kind", ["payment_intent", "setup_intent"])
def test_the_client_secret_must_be_that_of_the_intent(page: Page, client: stripe.StripeClient, kind: str) -> None:
    made: Any = (
        client.v1.payment_intents.create({"amount": 2000, "currency": "usd"})
        if kind == "payment_intent"
        else client.v1.setup_intents.create({})
    )
    path = f"/v1/{kind}s/{made.id}"
    before = len(event_types(client))
    for secret in ({}, {"client_secret": "somebody_else"}):
        for call in (("GET", path), ("POST", f"{path}/confirm")):
            status, answer = page(*call, **secret)
            assert (status, answer["error"]["param"]) == (400, "client_secret")
    assert page("GET", path, client_secret=made.client_secret)[0] == 200
    assert len(event_types(client)) == before


def test_all_else_needs_the_secret_key(page: Page, client: stripe.StripeClient, intent: stripe.PaymentIntent) -> None:
    for method, path in (
        ("GET", "/v1/payment_intents"),
        ("POST", "/v1/payment_intents"),
        ("POST", f"/v1/payment_intents/{intent.id}"),
        ("POST", f"/v1/payment_intents/{intent.id}/cancel"),
        ("GET", "/v1/customers"),
        ("POST", "/v1/refunds"),
        ("GET", "/v1/balance"),
    ):
        status, answer = page(method, path)
        assert (status, answer["error"].get("code")) == (403, "secret_key_required"), path
    # Nor may it say what is the server's to say.
    known = {"client_secret": str(intent.client_secret), "payment_method": "pm_card_visa", "return_url": BACK}
    for name, value in (("off_session", "true"), ("amount", "1"), ("expand[0]", "customer")):
        status, answer = page("POST", f"/v1/payment_intents/{intent.id}/confirm", **known, **{name: value})
        assert (status, answer["error"]["param"]) == (400, name.removesuffix("[0]"))
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_the_key_may_be_in_the_form_or_in_the_query(page: Page, intent: stripe.PaymentIntent) -> None:
    asked = {"client_secret": str(intent.client_secret), "key": page.key}
    assert page.send("GET", f"/v1/payment_intents/{intent.id}", {}, **asked)[0] == 200
    paying = {"payment_method": "pm_card_visa", "return_url": BACK}
    assert page.send("POST", f"/v1/payment_intents/{intent.id}/confirm", {}, **asked, **paying)[0] == 200
    asked["key"] = "pk_test_of_another"
    assert page.send("GET", f"/v1/payment_intents/{intent.id}", {}, **asked)[0] == 401


def test_pages_of_any_origin_may_read_the_answers(page: Page, intent: stripe.PaymentIntent) -> None:
    wants = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,stripe-version"}
    assert page.send("OPTIONS", f"/v1/payment_intents/{intent.id}/confirm", wants)[0] == 200
    assert page.headers["Access-Control-Allow-Origin"] == "*"
    assert page.headers["Access-Control-Allow-Headers"] == "authorization,stripe-version"
    for status, path in ((403, "/v1/customers"), (404, "/v1/unicorns")):
        assert page("GET", path)[0] == status
        assert page.headers["Access-Control-Allow-Origin"] == "*"
    # The control interface stays closed to them.
    assert page("GET", "/_control/objects")[0] == 403


def test_a_wrong_key_is_refused_before_the_address(page: Page) -> None:
    for headers in ({}, {"Authorization": "Bearer sk_test_wrong"}):
        assert page.send("GET", "/v1/unicorns", headers)[0] == 401
        assert page.send("GET", "/v1/payment_intents/pi_none", headers)[0] == 401
    # And wherever one asks, the answer is JSON.
    for method, path in (("GET", "/nowhere"), ("POST", "/v1//customers"), ("DELETE", "/v1/balance"), ("GET", "/v1/")):
        status, answer = page(method, path)
        assert (status, answer["error"]["type"]) == (404, "invalid_request_error"), path


@pytest.mark.parametrize("outcome", ["authorize", "fail"])
def test_a_challenge_of_the_page_has_an_address_and_may_be_answered_twice(
    page: Page, client: stripe.StripeClient, intent: stripe.PaymentIntent, outcome: str
) -> None:
    asked = {"payment_method": "pm_card_authenticationRequired", "return_url": BACK, "use_stripe_sdk": "true"}
    path = f"/v1/payment_intents/{intent.id}/confirm"
    _, asking = page("POST", path, client_secret=str(intent.client_secret), **asked)
    assert asking["next_action"]["type"] == "use_stripe_sdk"
    address = asking["next_action"]["use_stripe_sdk"]["stripe_js"]
    # When the customer sends the form twice
    sent = [_redirect(address, outcome) for _ in range(2)]
    # Then both lead to the same place, and it counts once
    result = "succeeded" if outcome == "authorize" else "failed"
    assert [each.rpartition("redirect_status=")[2] for each in sent] == [result] * 2
    attempts = {"charge.succeeded", "payment_intent.payment_failed"}
    assert sum(type_ in attempts for type_ in event_types(client)) == 1


def _redirect(address: str, outcome: str) -> str:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any, **__: Any) -> None:
            return None

    try:
        urllib.request.build_opener(Stay()).open(address, f"outcome={outcome}".encode(), timeout=30)
    except urllib.error.HTTPError as answer:
        with answer:
            return str(answer.headers["Location"])
    raise AssertionError("no redirect")
