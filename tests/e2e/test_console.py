"""The page that shows the whole stack: pressing its buttons, and seeing what comes of it without a reload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.customer import IS_DECLINED, PAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

    from tests.e2e.customer import Customer
    from tests.e2e.shop import Shop


class Desk:
    """Someone who watches the console."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def orders(self, name: str, email: str) -> Locator:
        """A new order by the page's own form; the payment as it is shown, opened."""
        order = self.page.locator("#steer details", has_text="New order")
        if order.get_attribute("open") is None:
            order.locator("summary").click()
        order.locator("[name=name]").fill(name)
        order.locator("[name=email]").fill(email)
        order.get_by_role("button", name="Order").click()
        payment = self.page.locator(".payment", has_text=email)
        expect(payment).to_have_count(1)
        if payment.get_attribute("open") is None:
            payment.locator("> summary").click()
        return payment

    def pays(self, payment: Locator, card: str) -> None:
        payment.get_by_label("Card").select_option(card)
        payment.get_by_role("button", name="Pay", exact=True).click()

    def presses(self, name: str) -> None:
        self.page.locator("#steer").get_by_role("button", name=name).click()


@pytest.fixture
def desk(customer: Customer, shop: Shop) -> Iterator[Desk]:
    customer.page.goto(shop.stack.console_url)
    expect(customer.page.locator("#live")).to_have_attribute("data-live", "yes")
    desk = Desk(customer.page)
    yield desk
    desk.presses("deliver")
    desk.presses("Flush")
    expect(desk.page.locator("#answer")).to_contain_text("sent")


def test_a_payment_is_paid_and_told_before_the_eyes(desk: Desk, customer: Customer) -> None:
    payment = desk.orders("Ada Lovelace", customer.email)

    desk.pays(payment, IS_DECLINED)
    expect(desk.page.locator("#answer")).to_contain_text("declined")
    expect(payment).to_have_attribute("data-status", "failed")
    desk.pays(payment, PAYS)

    expect(payment).to_have_attribute("data-status", "succeeded")
    life = payment.locator(".life")
    expect(life).to_contain_text("payment_intent.succeeded")
    expect(life.locator("[data-kind=notice]", has_text="payment_confirmation")).to_contain_text("sent")
    expect(desk.page.locator("#mails li", has_text=customer.email)).to_have_count(1)


def test_held_events_wait_for_the_flush(desk: Desk, customer: Customer) -> None:
    payment = desk.orders("Grace Hopper", customer.email)
    desk.presses("hold")
    expect(desk.page.get_by_role("button", name="hold")).to_have_attribute("aria-pressed", "true")
    desk.pays(payment, PAYS)
    expect(desk.page.locator("#deliveries li", has_text="held").first).to_be_visible()

    desk.presses("deliver")
    desk.presses("Flush")

    expect(payment).to_have_attribute("data-status", "succeeded")
    expect(desk.page.locator("#deliveries li", has_text="held")).to_have_count(0)


def test_what_a_customer_typed_stays_text_and_what_is_open_stays_open(desk: Desk, customer: Customer) -> None:
    name = "<img src=x onerror=alert(1)>"
    payment = desk.orders(name, customer.email)
    clock = desk.page.locator("#live time")
    before = clock.inner_text()

    desk.page.fill("#filter", customer.email)
    expect(clock).not_to_have_text(before)

    expect(payment).to_contain_text(name)
    assert desk.page.locator("main img").count() == 0
    expect(payment).to_have_attribute("open", "")
    expect(desk.page.locator("#filter")).to_be_focused()
    expect(desk.page.locator(".payment")).to_have_count(1)


def test_nothing_is_wider_than_a_small_phone(desk: Desk, customer: Customer) -> None:
    payment = desk.orders("Ada Lovelace " * 3, customer.email)
    desk.pays(payment, PAYS)
    expect(payment).to_have_attribute("data-status", "succeeded")

    desk.page.set_viewport_size({"width": 360, "height": 640})

    overhang = desk.page.evaluate(
        "Math.max(...Array.from(document.querySelectorAll('body *'), (each) => each.getBoundingClientRect().right))"
        " - document.documentElement.clientWidth"
    )
    assert overhang <= 0
