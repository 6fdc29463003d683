"""A customer in front of a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from tests.e2e.scenes import add_to_cart, fill_in_order

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Request

    from tests.e2e.shop import Shop

PAYS = "4242424242424242"
IS_DECLINED = "4000000000000002"
ASKS_FOR_AUTHENTICATION = "4000002500003155"

HOUR = "consulting-hour"
GIFT = "donation"

# The page goes on looking for twelve seconds.
RECEIPT_MS = 15_000

CHECKOUT = re.compile(r"/c/pay/cs_\w+")


class Customer:
    """Fills in forms and reads pages. The email is the customer's own, so that traces can be told apart."""

    def __init__(self, page: Page, shop: Shop, email: str) -> None:
        self.page = page
        self.shop = shop
        self.email = email
        self.keys: list[str] = []
        """The Idempotency-Key of each order that the page sent."""
        page.on("request", self._note_key)

    def _note_key(self, request: Request) -> None:
        orders = [f"{self.shop.stack.api_url}/{path}" for path in ("checkout-sessions", "payment-intents")]
        if request.method == "POST" and request.url in orders:
            self.keys.append(request.headers["idempotency-key"])

    # The payment page

    def visits(self) -> None:
        self.page.goto(self.shop.stack.site_url)
        expect(self.page.locator("#pay")).to_be_enabled()

    def fills_in(self, service: str = HOUR, amount: str | None = None) -> None:
        self.page.fill("#name", "Ada Lovelace")
        self.page.fill("#email", self.email)
        self.page.select_option("#service", service)
        if amount is not None:
            self.page.fill("#amount", amount)

    def goes_to_checkout(self) -> str:
        """Presses the button; the id of the session that it leads to."""
        self.page.click("#pay")
        return self.is_at_checkout()

    def orders(self, service: str = HOUR, amount: str | None = None) -> str:
        """From an empty form to the checkout; the id of its session."""
        self.visits()
        self.fills_in(service, amount)
        return self.goes_to_checkout()

    # The shop

    def visits_shop(self) -> None:
        self.page.goto(f"{self.shop.stack.site_url}/shop.html")
        expect(self.page.locator(".product").first).to_be_visible()

    def fills_cart(self, *skus: str, country: str = "US") -> None:
        """From the cards to an order that can be sent."""
        self.visits_shop()
        add_to_cart(self.page, *skus)
        fill_in_order(self.page, country, self.email)
        self.has_total()

    def has_total(self, text: str = "") -> None:
        """What is in the cart has been added up."""
        expect(self.page.locator("#sums .total")).to_contain_text(text)

    # The checkout

    def is_at_checkout(self) -> str:
        """The id of the session, once the browser is there."""
        expect(self.page).to_have_url(CHECKOUT)
        return urlsplit(self.page.url).path.split("/")[3]

    def tries_card(self, number: str) -> None:
        self.page.fill("#cardNumber", number)
        self.page.fill("#cardExpiry", "12 / 34")
        self.page.fill("#cardCvc", "123")
        self.page.fill("#billingName", "Ada Lovelace")
        self.page.click("#submit")

    def is_declined(self) -> None:
        self.tries_card(IS_DECLINED)
        expect(self.page.locator("#error")).to_contain_text("declined")

    def pays_by_debit(self, method: str) -> None:
        self.page.check(f"#method-{method}")
        self.page.click("#submit")

    # The result page

    def sees(self, status: str) -> str:
        """The id of the payment, once the result page shows it so."""
        expect(self.status).to_have_attribute("data-status", status)
        return parse_qs(urlsplit(self.page.url).query)["paymentId"][0]

    @property
    def status(self) -> Locator:
        return self.page.locator("#status")

    @property
    def transaction(self) -> str:
        """The charge, once the result page has heard of it: the money alone may be known first."""
        return transaction_on(self.page)


def transaction_on(page: Page) -> str:
    shown = page.locator("#transaction-id")
    expect(shown).to_have_text(re.compile(r"^(ch|py)_\w+$"), timeout=RECEIPT_MS)
    return shown.inner_text()


def second_tab(page: Page) -> Page:
    """The same tab once more, with what it remembers, as browsers duplicate one."""
    with page.expect_popup() as opened:
        page.evaluate("window.open(location.href)")
    return opened.value
