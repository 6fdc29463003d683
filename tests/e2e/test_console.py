"""The page that shows the whole stack: pressing its buttons, and seeing what comes of it without a reload."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.customer import IS_DECLINED, PAYS
from tests.e2e.test_accessibility import overhang, violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

    from tests.e2e.customer import Customer
    from tests.e2e.shop import Shop


class Desk:
    """Someone who watches the console."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def orders(self, name: str, email: str) -> Locator:
        """A new order by the page's own form; the payment on its own page."""
        order = self.page.locator("#steer details", has_text="New order")
        if order.get_attribute("open") is None:
            order.locator("summary").click()
        order.locator("[name=name]").fill(name)
        order.locator("[name=email]").fill(email)
        order.get_by_role("button", name="Order").click()
        self.page.locator(".payments li", has_text=email).get_by_role("link").click()
        payment = self.page.locator(".payment")
        expect(payment).to_contain_text(email)
        return payment

    def pays(self, payment: Locator, card: str) -> None:
        payment.get_by_label("Card").select_option(card)
        payment.get_by_role("button", name="Pay", exact=True).click()

    def looks_on(self) -> None:
        """Until the page has asked anew, and drawn."""
        clock = self.page.locator("#live time")
        expect(clock).not_to_have_text(clock.inner_text())

    def presses(self, name: str) -> None:
        self.page.locator("#steer").get_by_role("button", name=name).click()


@pytest.fixture
def desk(customer: Customer, shop: Shop) -> Iterator[Desk]:
    customer.page.goto(shop.stack.console_url)
    expect(customer.page.locator("#live")).to_have_attribute("data-live", "yes")
    desk = Desk(customer.page, shop.stack.console_url)
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
    mail = payment.locator(".mails li", has_text=customer.email).get_by_role("link")
    desk.page.goto(str(mail.get_attribute("href")))
    desk.page.locator("#mail").get_by_role("link", name="pay_").evaluate(
        "link => { link.target = '_self'; link.click(); }"
    )
    expect(desk.page.locator("[data-payment]")).to_have_attribute("data-status", "succeeded")


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
    whole = payment.locator(".objects details").first
    whole.locator("summary").click()
    expect(whole.locator("pre")).to_contain_text('"object": "checkout.session"')

    desk.looks_on()

    expect(payment).to_contain_text(name)
    assert desk.page.locator("main img").count() == 0
    expect(whole).to_have_attribute("open", "")


def test_a_search_is_in_the_address_and_says_what_it_found(desk: Desk, customer: Customer) -> None:
    desk.orders("Ada Lovelace", customer.email)
    shown = desk.page.locator(".shown")

    desk.page.fill("#search", f"{customer.email} pending")
    expect(shown).to_have_text(f"1 payment, newest first, by mail address {customer.email} and status pending.")
    desk.looks_on()
    expect(desk.page.locator("#search")).to_be_focused()
    desk.page.reload()
    expect(shown).to_contain_text("1 payment")
    expect(desk.page.locator("#search")).to_have_value(f"{customer.email} pending")

    desk.page.fill("#search", f"{customer.email} pendin")
    expect(desk.page.locator(".note")).to_contain_text("Did you mean pending?")
    desk.page.go_back()
    expect(desk.page.locator(".payment")).to_contain_text(customer.email)


@pytest.mark.parametrize("width", [1280, 360])
def test_no_mail_address_is_broken_within_a_word(desk: Desk, customer: Customer, width: int) -> None:
    local_part = "a.customer.with.a.long.name.of.sixty.and.some.more.characters"
    desk.page.set_viewport_size({"width": width, "height": 800})
    payment = desk.orders("Ada Lovelace", f"{local_part}@example.com")
    shown = payment.locator("dl .address")
    expect(shown).to_have_text(f"{local_part}@example.com")
    expect(shown).to_have_attribute("title", f"{local_part}@example.com")

    lines = shown.locator("span").evaluate_all(
        "parts => parts.map(part => part.offsetHeight / parseFloat(getComputedStyle(part).lineHeight))"
    )

    assert [round(each) for each in lines] == [1, 1]
    assert overhang(desk.page) <= 0


def test_an_object_of_stripes_is_shown_with_its_payment(desk: Desk, customer: Customer) -> None:
    payment = desk.orders("Ada Lovelace", customer.email)

    payment.locator(".objects").get_by_role("link").first.click()

    expect(desk.page.locator("#payments-title")).to_have_text(re.compile("cs_test_"))
    expect(desk.page.locator("#payments .raw pre").first).to_contain_text(customer.email)
    expect(desk.page.locator(".payment")).to_contain_text(customer.email)


def test_everybody_can_read_the_console(desk: Desk, customer: Customer) -> None:
    payment = desk.orders("مريم 🎉 " + "Wolfeschlegelsteinhausenbergerdorff" * 3, customer.email)
    desk.pays(payment, PAYS)
    expect(payment).to_have_attribute("data-status", "succeeded", timeout=60_000)
    expect(payment.locator(".mails li")).to_have_count(3, timeout=60_000)
    charge = payment.locator(".objects").get_by_role("link", name="ch_").get_attribute("href")

    for address in (urlsplit(desk.page.url).path, "/", "/?search=nobody+succeeded", str(charge)):
        desk.page.goto(desk.url + address)
        expect(desk.page.locator("#live")).to_have_attribute("data-live", "yes")
        for width in (1280, 360):
            desk.page.set_viewport_size({"width": width, "height": 800})
            desk.page.emulate_media(color_scheme="light")
            assert violations(desk.page) == []
            assert overhang(desk.page) <= 0
            desk.page.emulate_media(color_scheme="dark")
            assert violations(desk.page, "color-contrast") == []
