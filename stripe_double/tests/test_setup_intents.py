"""Setup intents as documented: a way back, attempts, what may be changed, whose methods, when they ask."""

from typing import Any

import pytest
import stripe

from .shop import BACK, Control, Page, event_types


def confirm(client: stripe.StripeClient, setup: str, method: str, **more: Any) -> stripe.SetupIntent:
    parameters: Any = {"payment_method": method, "return_url": BACK, **more}
    return client.v1.setup_intents.confirm(setup, parameters)


def attempts(client: stripe.StripeClient, setup: str) -> list[tuple[str, str]]:
    """Status of each attempt, and what became of its challenge; oldest first."""
    found = client.v1.setup_attempts.list({"setup_intent": setup}).data[::-1]
    return [
        (each.status, str(each.payment_method_details.card.three_d_secure.result))
        if each.payment_method_details.card and each.payment_method_details.card.three_d_secure
        else (each.status, "")
        for each in found
    ]


def test_a_way_back_is_demanded_where_methods_redirect(client: stripe.StripeClient) -> None:
    setup = client.v1.setup_intents.create({})
    before = event_types(client)
    with pytest.raises(stripe.InvalidRequestError, match="This SetupIntent is configured") as refused:
        client.v1.setup_intents.confirm(setup.id, {"payment_method": "pm_card_visa"})
    assert refused.value.param == "return_url"
    # And nothing came of it
    assert event_types(client) == before
    assert attempts(client, setup.id) == []
    never = client.v1.setup_intents.create({"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}})
    assert client.v1.setup_intents.confirm(never.id, {"payment_method": "pm_card_visa"}).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="without `confirm=true`"):
        client.v1.setup_intents.create({"return_url": BACK})
    asked = confirm(client, client.v1.setup_intents.create({}).id, "pm_card_authenticationRequired")
    assert asked.next_action is not None
    assert asked.next_action.redirect_to_url is not None
    assert asked.next_action.redirect_to_url.return_url == BACK


def test_each_try_is_an_attempt(client: stripe.StripeClient, control: Control) -> None:
    setup = client.v1.setup_intents.create({}).id
    with pytest.raises(stripe.CardError):
        confirm(client, setup, "pm_card_chargeDeclined")
    confirm(client, setup, "pm_card_authenticationRequired")
    control.post(f"setup_intents/{setup}/authenticate", approved=False)
    confirm(client, setup, "pm_card_authenticationRequired")
    confirm(client, setup, "pm_card_authenticationRequired")
    control(f"setup_intents/{setup}/authenticate", approved=True)
    assert attempts(client, setup) == [
        ("failed", ""),
        ("failed", "failed"),
        ("abandoned", ""),
        ("succeeded", "authenticated"),
    ]
    done = client.v1.setup_intents.retrieve(setup, {"expand": ["latest_attempt"]})
    assert isinstance(done.latest_attempt, stripe.SetupAttempt)
    assert (done.latest_attempt.status, done.latest_attempt.payment_method) == ("succeeded", done.payment_method)
    first = client.v1.setup_attempts.list({"setup_intent": setup}).data[-1]
    assert first.setup_error is not None
    assert first.setup_error.decline_code == "generic_decline"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.raw_request("get", "/v1/setup_attempts")
    assert refused.value.param == "setup_intent"


def test_an_open_setup_is_changed(client: stripe.StripeClient) -> None:
    ada = client.v1.customers.create({})
    setup = client.v1.setup_intents.create({"metadata": {"a": "1"}}).id
    changed = client.v1.setup_intents.update(
        setup, {"payment_method": "pm_card_visa", "customer": ada.id, "metadata": {"b": "2"}}
    )
    assert (changed.status, changed.customer) == ("requires_confirmation", ada.id)
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        client.v1.setup_intents.update(setup, {"customer": "cus_none"})
    assert unknown.value.param == "customer"
    done = client.v1.setup_intents.confirm(setup, {"return_url": BACK})
    assert [m.id for m in client.v1.payment_methods.list({"customer": ada.id}).data] == [done.payment_method]
    with pytest.raises(stripe.InvalidRequestError) as late:
        client.v1.setup_intents.update(setup, {"description": "late"})
    assert late.value.code == "setup_intent_unexpected_state"


def test_only_types_that_were_allowed_are_set_up(client: stripe.StripeClient) -> None:
    setup = client.v1.setup_intents.create({"allowed_payment_method_types": ["sepa_debit"]}).id
    with pytest.raises(stripe.InvalidRequestError, match="not allowed for this SetupIntent"):
        client.v1.setup_intents.confirm(setup, {"payment_method": "pm_card_visa"})
    allowed = client.v1.setup_intents.confirm(
        setup, {"payment_method": "pm_card_visa", "allowed_payment_method_types": ["card"]}
    )
    assert allowed.status == "succeeded"


@pytest.mark.parametrize("asked", ["automatic", "any", "challenge"])
def test_a_shop_may_ask_who_it_is(client: stripe.StripeClient, control: Control, asked: Any) -> None:
    expected = "succeeded" if asked == "automatic" else "requires_action"
    options: Any = {"card": {"request_three_d_secure": asked}}
    card = "pm_card_threeDSecureOptional"
    confirming: Any = {"confirm": True, "payment_method": card, "return_url": BACK}
    # Said when a setup or a payment is made
    wanting: Any = {"payment_method_options": options, **confirming}
    assert client.v1.setup_intents.create(wanting).status == expected
    paying: Any = {"amount": 500, "currency": "usd", **wanting}
    assert client.v1.payment_intents.create(paying).status == expected
    # When it is confirmed
    made = client.v1.setup_intents.create({})
    assert confirm(client, made.id, card, payment_method_options=options).status == expected
    # Or of a Checkout Session
    session = client.v1.checkout.sessions.create(
        {"mode": "setup", "success_url": BACK, "payment_method_options": options}
    )
    control(f"sessions/{session.id}/pay", card="4000000000003055")
    assert client.v1.setup_intents.retrieve(str(session.setup_intent)).status == expected


def test_what_is_no_hash_of_options_is_refused(client: stripe.StripeClient) -> None:
    setup = client.v1.setup_intents.create({})
    create_intent: Any = client.v1.payment_intents.create
    create_session: Any = client.v1.checkout.sessions.create
    for value, param in (
        ("x", "payment_method_options"),
        ({"card": "x"}, "payment_method_options[card]"),
        ({"card": {"request_three_d_secure": "x"}}, "payment_method_options[card][request_three_d_secure]"),
    ):
        wrong: Any = {"payment_method_options": value}
        for call in (
            lambda wrong=wrong: confirm(client, setup.id, "pm_card_visa", **wrong),
            lambda wrong=wrong: create_intent({"amount": 500, "currency": "usd", **wrong}),
            lambda wrong=wrong: create_session({"mode": "setup", "success_url": BACK, **wrong}),
        ):
            with pytest.raises(stripe.InvalidRequestError) as refused:
                call()
            assert refused.value.param == param


def test_a_saved_card_asks_again_while_the_customer_is_there(client: stripe.StripeClient, control: Control) -> None:
    customer = client.v1.customers.create({})
    setup = client.v1.setup_intents.create({"customer": customer.id})
    confirm(client, setup.id, "pm_card_authenticationRequiredOnSetup")
    saved = control(f"setup_intents/{setup.id}/authenticate", approved=True)["payment_method"]
    paying: Any = {
        "amount": 500,
        "currency": "usd",
        "customer": customer.id,
        "payment_method": saved,
        "confirm": True,
        "return_url": BACK,
    }
    alone: Any = {**paying, "off_session": True}
    assert client.v1.payment_intents.create(alone).status == "succeeded"
    assert client.v1.payment_intents.create(paying).status == "requires_action"


@pytest.mark.parametrize("kind", ["payment_intent", "setup_intent"])
def test_each_confirmation_says_anew_where_the_customer_authenticates(client: stripe.StripeClient, kind: str) -> None:
    service: Any = getattr(client.v1, f"{kind}s")
    made = service.create({"amount": 500, "currency": "usd"} if kind == "payment_intent" else {})
    asking = {"payment_method": "pm_card_authenticationRequired"}
    for how, expected in (
        ({"return_url": BACK, "use_stripe_sdk": True}, "use_stripe_sdk"),
        ({"return_url": BACK}, "redirect_to_url"),
        ({"use_stripe_sdk": True}, "use_stripe_sdk"),
    ):
        assert service.confirm(made.id, {**asking, **how}).next_action.type == expected


def test_a_page_sets_up_and_the_server_cancels(page: Page, client: stripe.StripeClient) -> None:
    setup = client.v1.setup_intents.create({"metadata": {"order": "7"}})
    path = f"/v1/setup_intents/{setup.id}/confirm"
    asked = {"client_secret": str(setup.client_secret), "return_url": BACK, "use_stripe_sdk": "true"}
    status, asking = page("POST", path, payment_method="pm_card_authenticationRequired", **asked)
    assert (status, asking["status"], asking["next_action"]["type"]) == (200, "requires_action", "use_stripe_sdk")
    assert not {"metadata", "customer", "latest_attempt"} & asking.keys()
    status, declined = page("POST", path, payment_method="pm_card_chargeDeclined", **asked)
    shown = declined["error"]["setup_intent"]
    assert (status, shown["status"], "metadata" in shown) == (402, "requires_payment_method", False)
    assert "fingerprint" not in shown["last_setup_error"]["payment_method"]["card"]
    page("POST", path, payment_method="pm_card_authenticationRequired", **asked)
    assert client.v1.setup_intents.cancel(setup.id).status == "canceled"
    assert [status for status, _ in attempts(client, setup.id)] == ["abandoned", "failed", "abandoned"]
    status, late = page("POST", path, payment_method="pm_card_visa", **asked)
    assert (status, late["error"]["code"]) == (400, "setup_intent_unexpected_state")
