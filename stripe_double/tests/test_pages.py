"""The checkout page and the challenge, as a browser meets them."""

import shutil
import time
from collections.abc import Iterator

import pytest
import stripe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from stripe_double import StripeDouble

from .shop import ASKS, DECLINES, FIRST, Control, Listener, order

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(params=[360, 1280])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": request.param, "height": 900})
    page.set_default_timeout(10_000)
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= request.param
    page.close()


@pytest.fixture
def session(client: stripe.StripeClient, double: StripeDouble) -> stripe.checkout.Session:
    shop = f"{double.url}/shop"
    thanks = shop + "/thanks?session={CHECKOUT_SESSION_ID}"
    return client.v1.checkout.sessions.create(order(success_url=thanks, cancel_url=shop + "/cart"))


def type_card(page: Page, number: str, expiry: str = "12/40", cvc: str = "123") -> None:
    page.fill("#cardNumber", number)
    page.fill("#cardExpiry", expiry)
    page.fill("#cardCvc", cvc)
    page.fill("#billingName", "Ada Lovelace")
    page.click("#submit")


def test_decline_then_pay_with_a_card_from_the_list(
    page: Page, session: stripe.checkout.Session, client: stripe.StripeClient
) -> None:
    page.goto(str(session.url))
    expect(page.locator("#total")).to_have_text("$10.99")
    expect(page.locator(".order")).to_contain_text("Lantern")
    page.click(f'[data-test-card="{DECLINES}"]')
    page.click("#submit")
    expect(page.locator("#error")).to_have_text("Your card was declined.")
    page.click(f'[data-test-card="{FIRST}"]')
    page.dblclick("#submit")
    page.wait_for_url(f"**/shop/thanks?session={session.id}")
    assert [charge.status for charge in client.v1.charges.list().data] == ["succeeded", "failed"]
    # And the page of a paid session takes no money.
    page.goto(str(session.url))
    expect(page.locator("#complete")).to_contain_text("already paid")
    expect(page.locator("#submit")).to_have_count(0)


def test_typing_mistakes_are_named_and_cost_nothing(
    page: Page, session: stripe.checkout.Session, client: stripe.StripeClient
) -> None:
    page.goto(str(session.url))
    for number, expiry, cvc, sentence in (
        ("", "12/40", "123", "card number is incomplete"),
        ("4242424242424241", "12/40", "123", "card number is invalid"),
        (FIRST, "13/40", "123", "expiration date is incomplete"),
        (FIRST, "01/20", "123", "expiration date is in the past"),
        (FIRST, "12/40", "1", "security code is incomplete"),
    ):
        type_card(page, number, expiry, cvc)
        expect(page.locator("#error")).to_contain_text(sentence)
        expect(page.locator("#cardNumber")).to_have_value(number)
    assert client.v1.payment_intents.list().data == []


def test_the_challenge_is_failed_then_passed(page: Page, session: stripe.checkout.Session) -> None:
    page.goto(str(session.url))
    type_card(page, ASKS)
    page.click("#fail")
    expect(page.locator("#error")).to_contain_text("unable to authenticate")
    type_card(page, ASKS)
    page.click("#authorize")
    page.wait_for_url("**/shop/thanks?session=*")


def test_a_delayed_method_needs_no_card(
    page: Page, session: stripe.checkout.Session, client: stripe.StripeClient
) -> None:
    page.goto(str(session.url))
    page.check("#method-delayed_success")
    expect(page.locator("#cardNumber")).to_be_hidden()
    page.click("#submit")
    page.wait_for_url("**/shop/thanks?session=*")
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"


def test_an_order_for_0_asks_for_no_card(page: Page, client: stripe.StripeClient, double: StripeDouble) -> None:
    session = client.v1.checkout.sessions.create(order(0, success_url=f"{double.url}/shop/thanks"))
    page.goto(str(session.url))
    expect(page.locator("#total")).to_have_text("$0.00")
    expect(page.locator("#submit")).to_have_text("Complete order")
    expect(page.locator("#cardNumber, .methods, .test-cards")).to_have_count(0)
    page.click("#submit")
    page.wait_for_url("**/shop/thanks")
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "no_payment_required"
    page.goto(str(session.url))
    expect(page.locator("#complete")).to_contain_text("Your order is complete")


def test_the_cancel_link_and_an_expired_session(
    page: Page, session: stripe.checkout.Session, client: stripe.StripeClient
) -> None:
    page.goto(str(session.url))
    page.click("#cancel")
    page.wait_for_url("**/shop/cart")
    client.v1.checkout.sessions.expire(session.id)
    page.goto(str(session.url))
    expect(page.locator("#expired")).to_contain_text("has expired")


def test_the_customer_waits_for_the_webhook_but_not_forever(
    page: Page, session: stripe.checkout.Session, listener: Listener, control: Control
) -> None:
    # Given a shop whose webhook is lost (and a page that waits for two seconds in these tests)
    control("webhooks", mode="drop")
    page.goto(str(session.url))
    started = time.monotonic()
    type_card(page, FIRST)
    page.wait_for_url("**/shop/thanks?session=*")
    assert 1.5 < time.monotonic() - started < 8
    assert listener.events == []


def test_an_intents_challenge_returns_to_the_shop(
    page: Page, client: stripe.StripeClient, double: StripeDouble
) -> None:
    intent = client.v1.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method": "pm_card_authenticationRequired",
            "confirm": True,
            "return_url": f"{double.url}/shop/back?order=7",
        }
    )
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    page.goto(str(intent.next_action.redirect_to_url.url))
    page.click("#authorize")
    page.wait_for_url(f"**/shop/back?order=7&payment_intent={intent.id}&*redirect_status=succeeded")
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_setup_session_saves_a_card(page: Page, client: stripe.StripeClient, double: StripeDouble) -> None:
    session = client.v1.checkout.sessions.create({"mode": "setup", "success_url": f"{double.url}/shop/saved"})
    page.goto(str(session.url))
    page.fill("#email", "ada@example.com")
    type_card(page, FIRST)
    page.wait_for_url("**/shop/saved")
    done = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent"]})
    assert isinstance(done.setup_intent, stripe.SetupIntent)
    assert done.setup_intent.status == "succeeded"
