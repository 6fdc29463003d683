"""The desk before the real API and the local issuer: an admin signs in, finds a payment and gives money back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.customer import PAYS
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.customer import Customer
    from tests.e2e.shop import Shop


def signs_in(page: Page, shop: Shop, name: str) -> None:
    page.goto(f"{shop.stack.site_url}/admin/")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(re.escape(shop.stack.issuer_url)))
    page.get_by_text(name).first.click()
    expect(page).to_have_url(re.compile(re.escape(f"{shop.stack.site_url}/admin/")))


def gives_a_part_back(customer: Customer, shop: Shop, payment_id: str, patience_seconds: float = 30) -> None:
    """Signs in as an admin, finds the customer's payment by mail address, and gives $21.00 of $99.00 back."""
    page = customer.page
    signs_in(page, shop, "Grace")
    page.get_by_role("link", name="Payments").click()
    page.get_by_role("searchbox").fill(customer.email)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=shop.payment(payment_id)["order"]["number"]).click()
    page.fill("#refund-amount", "21.00")
    page.get_by_role("button", name="Refund…").click()
    page.get_by_role("button", name=re.compile(r"^Refund \$21\.00")).click()

    eventually(lambda: shop.payment(payment_id)["status"] == "partially_refunded", patience_seconds)
    expect(page.get_by_text("$78.00").first).to_be_visible()
    eventually(lambda: sum(to == customer.email for to, _ in shop.mails(payment_id).elements()) == 2, patience_seconds)
    assert shop.payment(payment_id)["returned"] == [{"amount": 2100, "currency": "usd"}]


def is_refused_in_words(customer: Customer, shop: Shop) -> None:
    signs_in(customer.page, shop, "Ada")
    expect(customer.page.locator("main")).to_contain_text("not an admin")


def test_an_admin_finds_a_payment_by_its_mail_address_and_gives_a_part_back(customer: Customer, shop: Shop) -> None:
    customer.orders()
    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")

    gives_a_part_back(customer, shop, payment_id)


def test_a_customer_is_refused_in_words(customer: Customer, shop: Shop) -> None:
    is_refused_in_words(customer, shop)
