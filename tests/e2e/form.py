"""A customer in front of the page with the form, pay.html."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from local.site import EMBEDDED
from tests.e2e.customer import HOUR, PAYS
from tests.e2e.scenes import add_to_cart, fill_in_order

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Locator, Page

    from tests.e2e.customer import Customer

PAY_PAGE = re.compile(r"/pay\.html\?paymentId=pay_\w+$")
# Stripe.js, its frame and what that asks for come one after the other.
FORM_MS = 30_000
# No payment can be paid as long as that.
AFTER_ALL = "2033-01-01T00:00:00Z"


DRAWN = """() => new Promise((resolve) =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 250))))"""


class PayPage:
    """The pages as they are where config.js says "embedded"."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        self.page: Page = customer.page
        self.site_url = f"{customer.shop.stack.site_url}{EMBEDDED}"

    def orders(self, service: str = HOUR) -> str:
        """From an empty form to the one with the card; the id of the payment."""
        self.page.goto(f"{self.site_url}/")
        expect(self.page.locator("#pay")).to_be_enabled()
        self.customer.fills_in(service)
        self.page.click("#pay")
        return self.is_open()

    def is_open(self) -> str:
        """The id of the payment, once its form can be filled in."""
        expect(self.page).to_have_url(PAY_PAGE)
        expect(self.button).to_be_enabled(timeout=FORM_MS)
        return parse_qs(urlsplit(self.page.url).query)["paymentId"][0]

    def fills_in(self, card: str = PAYS) -> None:
        fill_in_card(self.frame, card)

    def pays(self, card: str = PAYS) -> None:
        self.fills_in(card)
        self.presses()

    def presses(self) -> None:
        """The button, where it is seen: a browser that has only just scrolled may give a click to another site's frame,
        by what it drew before."""
        self.button.scroll_into_view_if_needed()
        self.page.evaluate(DRAWN)
        self.button.click()

    def orders_cart(self, *skus: str) -> str:
        """From the shop's cards to the form; the id of the payment."""
        self.page.goto(f"{self.site_url}/shop.html")
        expect(self.page.locator(".product").first).to_be_visible()
        add_to_cart(self.page, *skus)
        fill_in_order(self.page, "US", self.customer.email)
        self.customer.has_total()
        self.page.click("#pay")
        return self.is_open()

    def time_is_over(self, payment_id: str) -> None:
        """Of a payment, which is closed then, and for the pages."""
        self.customer.shop.close_intent(payment_id)
        self.page.clock.set_fixed_time(AFTER_ALL)

    def has_problem(self, words: str) -> None:
        """It is said, and whoever hears or uses a keyboard is there; the form can be used."""
        expect(self.problem).to_contain_text(words)
        expect(self.problem).to_be_focused()

    @property
    def challenge(self) -> FrameLocator:
        return self.page.frame_locator("[role=dialog] iframe")

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("#payment-element iframe")

    @property
    def button(self) -> Locator:
        return self.page.locator("#payment-form #pay")

    @property
    def problem(self) -> Locator:
        return self.page.locator("#problem")


def fill_in_card(frame: FrameLocator, card: str) -> None:
    for label, text in {"Card number": card, "Expiration date": "12 / 34", "Security code": "123"}.items():
        frame.get_by_label(label).fill(text)
    if frame.get_by_label("ZIP").is_visible():
        frame.get_by_label("ZIP").fill("12345")
