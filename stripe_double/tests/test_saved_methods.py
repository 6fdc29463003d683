"""What a customer has saved, as Checkout shows it; and what is refused once the customer is deleted."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pytest
import stripe
from playwright.sync_api import expect

from .shop import Control, order
from .test_pages import browser, page, pytestmark  # noqa: F401 - a browser at two widths

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams


def a_session(client: stripe.StripeClient, customer: str, **options: Any) -> stripe.checkout.Session:
    given = {name: value for name, value in order(customer=customer).items() if name != "customer_email"}
    given |= {"saved_payment_method_options": options} if options else {}
    return client.v1.checkout.sessions.create(cast("SessionCreateParams", given))


def a_card(client: stripe.StripeClient, customer: str, redisplay: str = "always") -> str:
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    client.v1.payment_methods.update(method.id, {"allow_redisplay": redisplay})
    return method.id


def test_a_card_is_saved_by_consent_and_pays_the_next_session(client: stripe.StripeClient, control: Control) -> None:
    ada = client.v1.customers.create({}).id
    first = a_session(client, ada, payment_method_save="enabled")
    control(f"sessions/{first.id}/pay", save=True)
    [saved] = client.v1.customers.payment_methods.list(ada).data
    assert saved.allow_redisplay == "always"

    second = a_session(client, ada)
    control(f"sessions/{second.id}/pay", card=saved.id)

    paid = client.v1.checkout.sessions.retrieve(second.id, {"expand": ["payment_intent"]})
    assert paid.payment_status == "paid"
    assert isinstance(paid.payment_intent, stripe.PaymentIntent)
    assert paid.payment_intent.payment_method == saved.id


@pytest.mark.parametrize(("options", "save"), [({"payment_method_save": "enabled"}, False), ({}, True)])
def test_nothing_is_saved_without_consent_or_where_nobody_is_asked(
    client: stripe.StripeClient, control: Control, options: Any, save: bool
) -> None:
    ada = client.v1.customers.create({}).id
    control(f"sessions/{a_session(client, ada, **options).id}/pay", save=save)
    assert client.v1.customers.payment_methods.list(ada).data == []


def test_the_options_are_checked_and_have_stripes_defaults(client: stripe.StripeClient) -> None:
    ada = client.v1.customers.create({}).id
    session = a_session(client, ada, payment_method_save="enabled")
    assert session.saved_payment_method_options is not None
    assert session.saved_payment_method_options.to_dict() == {
        "allow_redisplay_filters": ["always"],
        "payment_method_remove": "disabled",
        "payment_method_save": "enabled",
    }
    with pytest.raises(stripe.InvalidRequestError, match="allow_redisplay_filters"):
        a_session(client, ada, allow_redisplay_filters=["sometimes"])


def test_the_page_shows_what_the_session_lets_it_and_asks_whether_to_save(
    page: Any,  # noqa: F811 - the fixture
    client: stripe.StripeClient,
) -> None:
    ada = client.v1.customers.create({"email": "ada@example.com"}).id
    shown, hidden = a_card(client, ada), a_card(client, ada, "limited")
    session = a_session(client, ada, payment_method_save="enabled")

    page.goto(str(session.url))

    expect(page.locator(f"#method-{shown}")).to_be_checked()
    expect(page.locator(f"#method-{hidden}")).to_have_count(0)
    expect(page.locator("label", has_text="Visa •••• 4242")).to_be_visible()
    expect(page.locator("#save")).to_be_hidden()
    page.check("#method-card")
    expect(page.locator("#save")).to_be_visible()
    page.check(f"#method-{shown}")
    page.click("#submit")
    for _ in range(200):
        if client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid":
            return
        page.wait_for_timeout(100)
    raise AssertionError("the saved card did not pay")


REFUSED: dict[str, Callable[[stripe.StripeClient, str], Any]] = {
    "a session": lambda client, gone: a_session(client, gone),
    "an intent": lambda client, gone: client.v1.payment_intents.create(
        {"amount": 1000, "currency": "usd", "customer": gone}
    ),
    "a setup": lambda client, gone: client.v1.setup_intents.create({"customer": gone}),
    "a customer session": lambda client, gone: client.v1.customer_sessions.create(
        {"customer": gone, "components": {"payment_element": {"enabled": True}}}
    ),
    "its methods": lambda client, gone: client.v1.payment_methods.list({"customer": gone}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_for_a_customer_who_is_deleted_nothing_is_made(client: stripe.StripeClient, what: str) -> None:
    ada = client.v1.customers.create({}).id
    client.v1.customers.delete(ada)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        REFUSED[what](client, ada)
    assert (refused.value.code, refused.value.param) == ("resource_missing", "customer")


def test_the_key_that_made_a_customer_answers_with_it_after_it_was_deleted(client: stripe.StripeClient) -> None:
    ada = client.v1.customers.create({}, {"idempotency_key": "ada-1"})
    client.v1.customers.delete(ada.id)
    again = client.v1.customers.create({}, {"idempotency_key": "ada-1"})
    assert again.id == ada.id
    assert client.v1.customers.create({}, {"idempotency_key": "ada-2"}).id != ada.id
