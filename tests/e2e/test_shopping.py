"""The shop on the whole system: from the cards to what was paid, and what of the stock that took."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from payments.domain.catalogue import FixedPrice, Product
from tests.e2e.customer import PAYS
from tests.e2e.scenes import add_to_cart, fill_in_order
from tests.e2e.test_accessibility import overhang, violations
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.e2e.customer import Customer
    from tests.e2e.shop import Shop

_numbers = itertools.count(1)


@pytest.fixture
def lamp(shop: Shop) -> Iterator[Product]:
    """$45.00, sent, and five are there."""
    sku = f"lamp-{next(_numbers)}"
    made = Product(sku, "Desk lamp", FixedPrice(4500), "usd", ships=True, stocked=True)
    shop.offers(made, stock=5)
    yield made
    shop.withdraws(sku)


@pytest.fixture
def booklet(shop: Shop) -> Iterator[Product]:
    """It costs nothing."""
    made = Product(f"booklet-{next(_numbers)}", "Booklet to read on screen", FixedPrice(0), "usd")
    shop.offers(made)
    yield made
    shop.withdraws(made.sku)


def _tab_to(page: Page, id_: str) -> None:
    """There is a way there by the keyboard."""
    target = page.locator(f"#{id_}")
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("(each) => each === document.activeElement"):
            return
    expect(target).to_be_focused()


def _order_of(page: Page) -> str:
    return page.locator("#order-heading").inner_text().removeprefix("Order ")


def test_a_cart_is_paid_at_the_price_that_was_shown_and_leaves_the_shelf(
    customer: Customer, shop: Shop, lamp: Product
) -> None:
    page = customer.page
    customer.fills_cart(lamp.sku, lamp.sku, "stickers", country="DE")
    customer.has_total("$110.90")
    page.select_option("#address-country", "CA")
    page.fill("#note", "Ring twice.")
    customer.has_total("$116.45")
    expect(page.locator("#sums")).to_contain_text("GST")

    customer.goes_to_checkout()
    expect(page.locator(".lines")).to_contain_text("Desk lamp")
    expect(page.locator("#total")).to_have_text("$116.45")
    assert shop.left(lamp.sku) == 3
    customer.tries_card(PAYS)
    payment = shop.payment(customer.sees("succeeded"))

    assert (payment["amount"], payment["received"]) == (11645, [{"amount": 11645, "currency": "usd"}])
    assert _order_of(page) == payment["order"]["number"]
    expect(page.locator("#sums")).to_contain_text("Desk lamp")
    expect(page.locator("#print")).to_be_visible()
    invoice = page.get_by_role("link", name="Invoice").get_attribute("href")
    opened = page.request.get(str(invoice))
    assert (opened.status, opened.headers["content-type"]) == (200, "application/pdf")
    assert opened.body().startswith(b"%PDF-")
    page.get_by_role("link", name="Continue shopping").click()
    expect(page.locator("#cart-empty")).to_be_visible()
    expect(page.locator(".product", has=page.locator(f"#add-{lamp.sku}"))).to_contain_text("3 left")


def test_what_another_buys_while_one_is_typing_is_left_to_the_customer(
    customer: Customer, shop: Shop, lamp: Product
) -> None:
    page = customer.page
    customer.fills_cart(lamp.sku, lamp.sku)
    shop.sells(lamp.sku, 4)

    page.click("#pay")

    expect(page.locator("#form-error")).to_be_focused()
    expect(page.locator(f"#quantity-{lamp.sku}-error")).to_have_text("Only 1 left.")
    assert shop.open_sessions(customer.email) == []
    page.click(f"#take-{lamp.sku}")
    customer.has_total("$50.90")
    session = customer.goes_to_checkout()
    assert shop.left(lamp.sku) == 0
    # Whoever comes now finds none, until one of them gives up.
    customer.visits_shop()
    expect(page.locator(f"#quantity-{lamp.sku}")).to_have_value("1")
    page.click(f"#remove-{lamp.sku}")
    shop.expire(session)
    eventually(lambda: shop.left(lamp.sku) == 1)


def test_at_another_price_nobody_orders_without_having_seen_it(customer: Customer, shop: Shop, lamp: Product) -> None:
    customer.fills_cart(lamp.sku)
    shop.offers(replace(lamp, price=FixedPrice(5000)))

    customer.page.click("#pay")

    expect(customer.page.locator("#form-error")).to_contain_text("your order is now $55.90")
    customer.has_total("$55.90")
    assert shop.open_sessions(customer.email) == []
    customer.goes_to_checkout()
    customer.tries_card(PAYS)
    assert shop.payment(customer.sees("succeeded"))["amount"] == 5590


def test_who_comes_back_and_orders_another_cart_has_one_checkout_and_one_share_of_the_stock(
    customer: Customer, shop: Shop, lamp: Product
) -> None:
    page = customer.page
    customer.fills_cart(lamp.sku, lamp.sku, lamp.sku)
    first = customer.goes_to_checkout()
    page.click("a#cancel")
    customer.sees("left_checkout")
    page.get_by_role("link", name="Change the order").click()

    # All five are this customer's to have: three are set aside for the order that is to be replaced.
    page.select_option(f"#quantity-{lamp.sku}", "5")
    customer.has_total("$225.00")
    second = customer.goes_to_checkout()

    assert first != second
    assert shop.open_sessions(customer.email) == [second]
    assert shop.left(lamp.sku) == 0
    customer.tries_card(PAYS)
    assert shop.payment(customer.sees("succeeded"))["amount"] == 22500
    shop.await_deliveries()
    assert shop.left(lamp.sku) == 0


def test_what_was_paid_in_another_tab_is_shown_instead_of_ordered_again(
    customer: Customer, shop: Shop, lamp: Product
) -> None:
    here = customer.page
    customer.fills_cart(lamp.sku)
    customer.goes_to_checkout()
    here.go_back()
    customer.has_total("$50.90")
    # Another tab that is opened from this one has its cart, and goes on from there.
    with here.expect_popup() as opened:
        here.evaluate("window.open('shop.html')")
    customer.page = opened.value
    customer.page.select_option(f"#quantity-{lamp.sku}", "2")
    customer.has_total("$90.00")
    customer.goes_to_checkout()
    customer.tries_card(PAYS)
    paid = customer.sees("succeeded")

    customer.page = here
    add_to_cart(here, "stickers")
    customer.has_total("$56.90")
    here.click("#pay")

    assert customer.sees("succeeded") == paid
    assert shop.left(lamp.sku) == 3
    # This tab's cart is still to be had, as an order of its own.
    here.get_by_role("link", name="Continue shopping").click()
    customer.has_total("$56.90")
    customer.goes_to_checkout()
    assert len(shop.open_sessions(customer.email)) == 1


def test_a_cart_outlives_a_declined_card_and_a_canceled_order(customer: Customer, shop: Shop, lamp: Product) -> None:
    page = customer.page
    customer.fills_cart(lamp.sku)
    customer.goes_to_checkout()
    customer.is_declined()
    page.click("a#cancel")
    payment_id = customer.sees("failed")
    expect(page.get_by_role("link", name="Continue shopping")).to_be_visible()

    page.get_by_role("button", name="Cancel the order").click()

    customer.sees("canceled")
    page.reload()
    customer.sees("canceled")
    assert not shop.payment(payment_id)["payable"]
    assert shop.open_sessions(customer.email) == []
    assert shop.left(lamp.sku) == 5
    page.get_by_role("link", name="Continue shopping").click()
    expect(page.locator(f"#quantity-{lamp.sku}")).to_have_value("1")
    customer.has_total("$50.90")
    customer.goes_to_checkout()
    customer.tries_card(PAYS)
    assert customer.sees("succeeded") != payment_id
    customer.visits_shop()
    expect(page.locator("#cart-empty")).to_be_visible()


def test_an_order_for_0_is_confirmed_and_not_paid(customer: Customer, shop: Shop, booklet: Product) -> None:
    page = customer.page
    customer.visits_shop()
    add_to_cart(page, booklet.sku)
    fill_in_order(page, email=customer.email)
    expect(page.locator("#pay")).to_have_text("Place the order")
    expect(page.locator("#assurance")).to_contain_text("There is nothing to pay.")

    customer.goes_to_checkout()
    page.click("#submit")

    payment = shop.payment(customer.sees("succeeded"))
    assert (payment["amount"], payment["received"]) == (0, [])
    expect(page.locator("#heading")).to_have_text("Your order is complete, thank you")
    expect(page.locator("#message")).to_have_text("There was nothing to pay.")
    expect(page.locator("#sums .total")).to_contain_text("$0.00")
    expect(page.get_by_role("link", name="Invoice")).to_be_visible()
    assert _order_of(page) == payment["order"]["number"]


def test_a_keyboard_and_a_phone_are_enough_to_shop(customer: Customer, lamp: Product) -> None:
    page = customer.page
    page.set_viewport_size({"width": 360, "height": 740})
    customer.visits_shop()
    _tab_to(page, f"add-{lamp.sku}")
    page.keyboard.press("Enter")
    _tab_to(page, "name")
    page.keyboard.type("Ada Lovelace")
    typed = {
        "email": customer.email,
        "address-country": "United States",
        "address-line1": "12 St James's Square",
        "address-postalCode": "12345",
        "address-city": "Springfield",
    }
    for id_, text in typed.items():
        _tab_to(page, id_)
        page.keyboard.type(text)
    customer.has_total("$50.90")
    page.keyboard.press("Enter")

    customer.is_at_checkout()
    customer.tries_card(PAYS)
    customer.sees("succeeded")
    assert violations(page) == []
    assert overhang(page) <= 0
    expect(page).to_have_title(re.compile("complete"))
