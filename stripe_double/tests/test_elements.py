"""What Stripe.js asks for before it shows anything, and which saved methods a page may see, use and remove."""

from typing import Any

import pytest
import stripe

from .shop import BACK, Control, Page

HALF_AN_HOUR = 30 * 60


@pytest.fixture
def customer(client: stripe.StripeClient) -> stripe.Customer:
    return client.v1.customers.create({"email": "ada@example.com"})


def save(client: stripe.StripeClient, customer: stripe.Customer, allow: Any = "always") -> str:
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    return client.v1.payment_methods.update(method.id, {"allow_redisplay": allow}).id


def open_to(client: stripe.StripeClient, customer: stripe.Customer, **features: Any) -> str:
    """The client secret of a customer session with these features of the Payment Element."""
    element: Any = {"enabled": True, "features": features}
    return client.v1.customer_sessions.create(
        {"customer": customer.id, "components": {"payment_element": element}}
    ).client_secret


def shown(page: Page, secret: str, **more: str) -> list[str]:
    asked = {"deferred_intent[mode]": "payment", "deferred_intent[amount]": "500", "deferred_intent[currency]": "usd"}
    status, session = page("GET", "/v1/elements/sessions", customer_session_client_secret=secret, **asked, **more)
    assert status == 200, session
    return [method["id"] for method in session["customer"]["payment_methods"]]


@pytest.mark.parametrize("kind", ["payment_intent", "setup_intent"])
def test_a_page_learns_of_an_intent_what_it_needs(page: Page, client: stripe.StripeClient, kind: str) -> None:
    made: Any = (
        client.v1.payment_intents.create({"amount": 2000, "currency": "usd", "metadata": {"order": "7"}})
        if kind == "payment_intent"
        else client.v1.setup_intents.create({"metadata": {"order": "7"}})
    )
    # Stripe.js sends more than anybody knows
    more = {"type": kind, "locale": "de", "expand[0]": "payment_method_preference.x", "referrer_host": "shop.example"}
    status, session = page("GET", "/v1/elements/sessions", client_secret=made.client_secret, **more)
    preference = session["payment_method_preference"]
    assert (status, preference["type"]) == (200, kind)
    assert preference["ordered_payment_method_types"] == ["card", "sepa_debit"]
    assert (preference[kind]["id"], "metadata" in preference[kind]) == (made.id, False)
    assert session["customer"] is None
    for secret in (f"{made.id}_secret_of_another", "cs_test_1_secret_2", "pi_none_secret_3"):
        status, refused = page("GET", "/v1/elements/sessions", client_secret=secret, type=kind)
        assert (status, refused["error"]["param"]) == (400, "client_secret")


def test_an_intent_that_is_made_later_is_described(page: Page) -> None:
    def ask(**deferred: str) -> tuple[int, dict[str, Any]]:
        named = {f"deferred_intent[{name}]": value for name, value in deferred.items()}
        return page("GET", "/v1/elements/sessions", type="deferred_intent", **named)

    status, session = ask(mode="setup", capture_method="automatic")
    assert (status, session["payment_method_preference"]["type"]) == (200, "deferred_intent")
    status, session = ask(mode="payment", amount="500", currency="eur", **{"payment_method_types][": "card"})
    assert session["ordered_payment_method_types_and_wallets"] == ["card"]
    assert ask(mode="payment", amount="500")[1]["error"]["param"] == "deferred_intent[currency]"
    assert ask(mode="subscribe")[1]["error"]["param"] == "deferred_intent[mode]"
    assert ask()[1]["error"]["param"] == "client_secret"


def test_a_page_sees_those_saved_methods_that_the_customer_session_allows(
    page: Page, client: stripe.StripeClient, customer: stripe.Customer
) -> None:
    always, limited = save(client, customer), save(client, customer, "limited")
    save(client, client.v1.customers.create({}))
    assert shown(page, open_to(client, customer)) == []
    assert shown(page, open_to(client, customer, payment_method_redisplay="enabled")) == [always]
    both = {
        "payment_method_redisplay": "enabled",
        "payment_method_allow_redisplay_filters": ["always", "limited", "unspecified"],
    }
    assert shown(page, open_to(client, customer, **both)) == [limited, always]
    assert shown(page, open_to(client, customer, **both, payment_method_redisplay_limit=1)) == [limited]
    only_debit = {"deferred_intent[payment_method_types][0]": "sepa_debit"}
    assert shown(page, open_to(client, customer, **both), **only_debit) == []
    # Without a session it sees none, and the list is the server's.
    assert page("GET", "/v1/payment_methods", customer=customer.id)[0] == 403


def test_saved_methods_are_not_shown_to_an_intent_of_another_customer(
    page: Page, client: stripe.StripeClient, customer: stripe.Customer
) -> None:
    saved, secret = save(client, customer), open_to(client, customer, payment_method_redisplay="enabled")
    foreign = client.v1.customers.create({})
    for kind, more in (("payment_intents", {"amount": 500, "currency": "usd"}), ("setup_intents", {})):
        service: Any = getattr(client.v1, kind)
        asked = {"customer_session_client_secret": secret}
        of_another = service.create({**more, "customer": foreign.id}).client_secret
        status, refused = page("GET", "/v1/elements/sessions", client_secret=of_another, **asked)
        assert (status, refused["error"]["param"]) == (400, "customer_session_client_secret")
        own = service.create({**more, "customer": customer.id}).client_secret
        status, session = page("GET", "/v1/elements/sessions", client_secret=own, **asked)
        assert (status, [method["id"] for method in session["customer"]["payment_methods"]]) == (200, [saved])


def test_a_customer_session_ends_after_half_an_hour(
    page: Page, client: stripe.StripeClient, customer: stripe.Customer, control: Control
) -> None:
    opened = client.v1.customer_sessions.create(
        {"customer": customer.id, "components": {"payment_element": {"enabled": True}}}
    )
    assert opened.expires_at - opened.created == HALF_AN_HOUR
    assert shown(page, opened.client_secret) == []
    control("clock", advance=HALF_AN_HOUR)
    for secret in (opened.client_secret, "cuss_secret_of_nobody"):
        status, refused = page(
            "GET", "/v1/elements/sessions", customer_session_client_secret=secret, **{"deferred_intent[mode]": "setup"}
        )
        assert (status, refused["error"]["param"]) == (400, "customer_session_client_secret")


def test_a_customer_session_is_for_a_component(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    components: tuple[Any, ...] = ({}, {"payment_element": {"enabled": False}}, {"pricing_table": {"enabled": True}})
    for each in components:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.customer_sessions.create({"customer": customer.id, "components": each})
        assert str(refused.value.param).startswith("components")
    with pytest.raises(stripe.InvalidRequestError) as nobody:
        client.v1.customer_sessions.create({"customer": "cus_none", "components": components[1]})
    assert nobody.value.param == "customer"


def test_a_page_uses_a_saved_method_of_the_intents_customer_and_of_no_other(
    page: Page, client: stripe.StripeClient, customer: stripe.Customer
) -> None:
    saved, foreign = save(client, customer), save(client, client.v1.customers.create({}))
    intents: list[tuple[str, Any]] = [
        (
            "payment_intents",
            client.v1.payment_intents.create({"amount": 500, "currency": "usd", "customer": customer.id}),
        ),
        ("setup_intents", client.v1.setup_intents.create({"customer": customer.id})),
    ]
    for kind, intent in intents:
        path, known = f"/v1/{kind}/{intent.id}/confirm", {"client_secret": intent.client_secret, "return_url": BACK}
        status, refused = page("POST", path, payment_method=foreign, **known)
        assert (status, refused["error"]["param"]) == (400, "payment_method")
        status, done = page("POST", path, payment_method=saved, **known)
        assert (status, done["status"], done["payment_method"]) == (200, "succeeded", saved)
    # And an intent of nobody's takes nobody's method.
    nobodys = client.v1.setup_intents.create({})
    known = {"client_secret": str(nobodys.client_secret), "return_url": BACK}
    status, refused = page("POST", f"/v1/setup_intents/{nobodys.id}/confirm", payment_method=saved, **known)
    assert (status, refused["error"]["param"]) == (400, "payment_method")


def test_a_page_saves_a_method_that_may_be_shown_again(
    page: Page, client: stripe.StripeClient, customer: stripe.Customer
) -> None:
    intent = client.v1.payment_intents.create({"amount": 500, "currency": "usd", "customer": customer.id})
    typed = {"[number]": "4242424242424242", "[exp_month]": "12", "[exp_year]": "2040", "[cvc]": "123"}
    status, paid = page(
        "POST",
        f"/v1/payment_intents/{intent.id}/confirm",
        client_secret=str(intent.client_secret),
        return_url=BACK,
        setup_future_usage="off_session",
        **{"payment_method_data[type]": "card", "payment_method_data[allow_redisplay]": "always"},
        **{f"payment_method_data[card]{name}": value for name, value in typed.items()},
    )
    assert (status, paid["status"]) == (200, "succeeded")
    assert shown(page, open_to(client, customer, payment_method_redisplay="enabled")) == [paid["payment_method"]]


def test_a_page_may_widen_what_the_method_will_be_used_for_and_not_narrow_it(
    page: Page, client: stripe.StripeClient, customer: stripe.Customer
) -> None:
    for said, asked, expected in (("off_session", "on_session", 400), ("on_session", "off_session", 200)):
        intent = client.v1.payment_intents.create(
            {"amount": 500, "currency": "usd", "customer": customer.id, "setup_future_usage": said}
        )
        status, _ = page(
            "POST",
            f"/v1/payment_intents/{intent.id}/confirm",
            client_secret=str(intent.client_secret),
            payment_method="pm_card_visa",
            return_url=BACK,
            setup_future_usage=asked,
        )
        assert status == expected


def test_a_page_removes_a_saved_method_where_the_session_lets_it(
    page: Page, client: stripe.StripeClient, customer: stripe.Customer
) -> None:
    saved, foreign = save(client, customer), save(client, client.v1.customers.create({}))
    may = open_to(client, customer, payment_method_remove="enabled")
    for method, secret in ((saved, open_to(client, customer)), (foreign, may), (saved, "cuss_secret_of_nobody")):
        path = f"/v1/elements/payment_methods/{method}/detach"
        assert page("POST", path, customer_session_client_secret=secret)[0] == 400
    assert len(client.v1.payment_methods.list({"customer": customer.id}).data) == 1
    path = f"/v1/elements/payment_methods/{saved}/detach"
    assert page("POST", path, customer_session_client_secret=may)[1]["customer"] is None
    assert client.v1.payment_methods.list({"customer": customer.id}).data == []
