import shutil
from collections.abc import Iterator

import pytest
import stripe
from playwright.sync_api import Browser, Page, sync_playwright

from stripe_double import StripeDouble

from .page_shop import PageShop

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """At 360 pixels, where most goes wrong; nothing may be wider, break the policy, or fail unseen."""
    page = browser.new_page(viewport={"width": 360, "height": 900}, locale="en-US")
    page.set_default_timeout(30_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert complaints == []
    page.close()


@pytest.fixture
def shop(double: StripeDouble) -> Iterator[PageShop]:
    shop = PageShop(double.url, double.publishable_key)
    yield shop
    shop.close()


@pytest.fixture
def intent(client: stripe.StripeClient) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create({"amount": 2000, "currency": "usd"})


@pytest.fixture
def secret(intent: stripe.PaymentIntent) -> str:
    return str(intent.client_secret)
