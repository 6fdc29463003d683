"""What a page collected goes to the server as a token: a confirmation token for an intent, a token for a card."""

import json
from typing import Any

import pytest
import stripe

from .conformance import problems
from .shop import ASKS, BACK, DECLINES, FIRST, Control, Page

CARD = {
    "payment_method_data[type]": "card",
    "payment_method_data[card][exp_month]": "12",
    "payment_method_data[card][exp_year]": "2040",
    "payment_method_data[card][cvc]": "123",
}
HALF_A_DAY = 12 * 3600


def collect(page: Page, number: str = FIRST, **more: str) -> dict[str, Any]:
    """A confirmation token as a page makes it."""
    status, token = page(
        "POST", "/v1/confirmation_tokens", **CARD, **{"payment_method_data[card][number]": number}, **more
    )
    assert status == 200, token
    return token


def pay(client: stripe.StripeClient, token: str, **more: Any) -> stripe.PaymentIntent:
    parameters = {"amount": 2000, "currency": "usd", "confirm": True, "confirmation_token": token, **more}
    return client.v1.payment_intents.create(parameters)  # type: ignore[arg-type]


def test_what_a_page_collected_pays_on_the_server(page: Page, client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    to = {"shipping[name]": "Ada", "shipping[address][country]": "GB"}
    token = collect(page, return_url=BACK, setup_future_usage="off_session", **to)
    assert token["payment_method_preview"]["card"]["last4"] == "4242"
    assert "fingerprint" not in token["payment_method_preview"]["card"]
    paid = pay(client, token["id"], customer=customer.id)
    # Then what the token holds is the intent's
    assert (paid.status, paid.setup_future_usage) == ("succeeded", "off_session")
    assert paid.shipping is not None
    assert (paid.shipping.name, paid.shipping.address.country if paid.shipping.address else "") == ("Ada", "GB")
    assert [m.id for m in client.v1.payment_methods.list({"customer": customer.id}).data] == [paid.payment_method]
    # And the token says what it was used for, to both
    assert client.v1.confirmation_tokens.retrieve(token["id"]).payment_intent == paid.id
    assert page("GET", f"/v1/confirmation_tokens/{token['id']}")[1]["payment_intent"] == paid.id


def test_a_confirmation_token_serves_once_even_for_a_card_that_declines(
    page: Page, client: stripe.StripeClient
) -> None:
    declined = collect(page, DECLINES)["id"]
    with pytest.raises(stripe.CardError):
        pay(client, declined)
    paid = collect(page)["id"]
    assert pay(client, paid).status == "succeeded"
    for token in (declined, paid):
        before = len(client.v1.payment_intents.list().data)
        with pytest.raises(stripe.InvalidRequestError, match="already used") as refused:
            pay(client, token)
        assert refused.value.param == "confirmation_token"
        assert len(client.v1.payment_intents.list().data) == before


def test_a_refused_call_does_not_use_the_token_up(page: Page, client: stripe.StripeClient) -> None:
    token = collect(page)["id"]
    with pytest.raises(stripe.InvalidRequestError, match="is not allowed"):
        pay(client, token, allowed_payment_method_types=["sepa_debit"])
    assert pay(client, token).status == "succeeded"


def test_a_confirmation_token_expires_after_twelve_hours(
    page: Page, client: stripe.StripeClient, control: Control
) -> None:
    token = collect(page)
    assert token["expires_at"] - token["created"] == HALF_A_DAY
    control("clock", advance=HALF_A_DAY)
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        pay(client, token["id"])


def test_what_the_request_says_comes_before_what_the_token_says(page: Page, client: stripe.StripeClient) -> None:
    token = collect(page, DECLINES, setup_future_usage="on_session")["id"]
    paid = pay(client, token, payment_method="pm_card_mastercard", setup_future_usage="off_session")
    assert (paid.status, paid.setup_future_usage) == ("succeeded", "off_session")


def test_a_challenge_after_a_confirmation_on_the_server_is_the_pages(page: Page, client: stripe.StripeClient) -> None:
    asked = pay(client, collect(page, ASKS, return_url=BACK)["id"])
    assert asked.next_action is not None
    assert asked.next_action.type == "use_stripe_sdk"
    redirected = pay(client, collect(page, ASKS, return_url=BACK, use_stripe_sdk="false")["id"])
    assert redirected.next_action is not None
    assert redirected.next_action.redirect_to_url is not None
    assert redirected.next_action.redirect_to_url.return_url == BACK


@pytest.mark.parametrize("kind", ["payment_intent", "setup_intent"])
def test_a_page_confirms_with_its_token(page: Page, client: stripe.StripeClient, kind: str) -> None:
    made: Any = (
        client.v1.payment_intents.create({"amount": 2000, "currency": "usd"})
        if kind == "payment_intent"
        else client.v1.setup_intents.create({})
    )
    # Given a token with all that it can hold: a setup takes what there is a place for
    to = {"shipping[name]": "Ada", "shipping[address][country]": "GB"}
    accepted = {"mandate_data[customer_acceptance][type]": "online"}
    token = collect(page, return_url=BACK, setup_future_usage="off_session", **to, **accepted)
    assert token["mandate_data"]["customer_acceptance"]["type"] == "online"
    path = f"/v1/{kind}s/{made.id}/confirm"
    status, done = page("POST", path, client_secret=made.client_secret, confirmation_token=token["id"])
    assert (status, done.get("status")) == (200, "succeeded"), done
    assert client.v1.confirmation_tokens.retrieve(token["id"]).to_dict()[kind] == made.id
    service: Any = getattr(client.v1, f"{kind}s")
    assert problems(json.loads(str(service.retrieve(made.id)))) == []


def test_a_servers_test_helper_makes_one_and_the_pages_way_is_the_pages(
    page: Page, client: stripe.StripeClient
) -> None:
    token = client.v1.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa", "return_url": BACK})
    assert pay(client, token.id).status == "succeeded"
    with pytest.raises(stripe.PermissionError, match="test_helpers/confirmation_tokens"):
        client.raw_request("post", "/v1/confirmation_tokens", payment_method="pm_card_visa")
    assert page("POST", "/v1/test_helpers/confirmation_tokens", payment_method="pm_card_visa")[0] == 403
    assert page("POST", "/v1/confirmation_tokens")[1]["error"]["param"] == "payment_method_data"


def test_a_token_only_comes_with_a_confirmation(page: Page, client: stripe.StripeClient) -> None:
    token = collect(page)["id"]
    for kind, more in (("payment_intents", {"amount": 2000, "currency": "usd"}), ("setup_intents", {})):
        parameters: dict[str, Any] = {"confirmation_token": token, **more}
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.raw_request("post", f"/v1/{kind}", **parameters)
        assert refused.value.param == "confirmation_token"


def test_a_token_of_a_card_becomes_a_method_once(page: Page, client: stripe.StripeClient) -> None:
    typed = {"card[number]": FIRST, "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}
    status, token = page("POST", "/v1/tokens", **typed, **{"card[name]": "Ada", "card[address_zip]": "E1 6AN"})
    assert (status, token["card"]["brand"], token["used"]) == (200, "Visa", False)
    assert "fingerprint" not in token["card"]
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": token["id"]}})
    assert method.card is not None
    assert (method.card.last4, method.card.exp_year) == ("4242", 2040)
    # Whom to bill came with it.
    assert method.billing_details.name == "Ada"
    assert method.billing_details.address is not None
    assert method.billing_details.address.postal_code == "E1 6AN"
    assert client.v1.tokens.retrieve(token["id"]).used
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_methods.create({"type": "card", "card": {"token": token["id"]}})
    assert refused.value.code == "token_already_used"
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_none"}})
    assert (unknown.value.code, unknown.value.param) == ("resource_missing", "card[token]")
    ready = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_mastercard"}})
    assert ready.card is not None
    assert ready.card.brand == "mastercard"


def test_a_card_that_cannot_be_one_gives_no_token(page: Page) -> None:
    typed = {"card[exp_month]": "12", "card[exp_year]": "2040"}
    status, answer = page("POST", "/v1/tokens", **typed, **{"card[number]": "4242424242424241"})
    assert (status, answer["error"]["code"]) == (402, "incorrect_number")
    status, answer = page("POST", "/v1/tokens", **{"pii[id_number]": "1"})
    assert (status, answer["error"]["param"]) == (400, "pii")
