"""The shop's pages, from the cards to the result, in front of an API that answers by a script."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error, expect

from tests.e2e.scenes import (
    ACCESS_KEY,
    CHECKOUT,
    GOODS,
    NEW_PRICE,
    OUT_OF_STOCK,
    PAYMENT_ID,
    PRODUCTS,
    SENT_ORDER,
    SHOP_PAGE,
    aborts,
    add_to_cart,
    checkout,
    fill_in_order,
    payment,
    quotes,
    refuses,
    says,
)
from tests.e2e.waiting import quiet_moment

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Route

    from tests.e2e.scenes import Answer, Stage

TIMES = "\N{MULTIPLICATION SIGN}"
OPENED = says(checkout(), 201)


class Visit:
    """Somebody in the shop, with two mugs and a notebook in the cart and the form filled in. Stripe's page is blank."""

    def __init__(self, stage: Stage, scene: str = "shop-order", **options: Any) -> None:
        self.stage = stage
        self.page: Page = stage.page(**options)
        self.orders: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.page.on("request", self._note)
        self.page.route(CHECKOUT, lambda route: route.fulfill(body="Stripe", content_type="text/html"))
        SHOP_PAGE[scene].play(self.page, stage.site_url, stage.api_url)

    def _note(self, request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/checkout-sessions"):
            self.orders.append(dict(request.post_data_json or {}))
            self.keys.append(request.headers["idempotency-key"])

    def api(self, path: str, answer: Answer) -> None:
        self.page.route(f"{self.stage.api_url}/{path}", answer)

    def orders_and_gets(self, answer: Answer) -> None:
        self.api("checkout-sessions", answer)
        self.page.click("#pay")

    def comes_back(self, status: str, query: str = "", **changes: Any) -> None:
        """From Stripe, or by the back button's result page."""
        order = {"order": SENT_ORDER, "amount": SENT_ORDER["total"]}
        self.api(f"payments/{PAYMENT_ID}", says(payment(status, **order | changes)))
        self.page.goto(f"{self.stage.site_url}/result.html?paymentId={PAYMENT_ID}{query}")
        expect(self.page.locator("#order")).to_be_visible()

    @property
    def cart(self) -> dict[str, str]:
        """How many of each product."""
        return {
            line.locator(".name").inner_text(): line.locator("select").input_value()
            for line in self.page.locator("#lines .line").all()
        }


def test_a_cart_becomes_an_order_at_the_price_that_was_shown(stage: Stage) -> None:
    visit = Visit(stage)
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $56.40")
    visit.page.check("#other-billing")
    visit.page.select_option("#billingAddress-country", "GB")
    visit.page.fill("#billingAddress-name", "Analytical Engines Ltd")
    visit.page.fill("#billingAddress-line1", "1 Dorset Street")
    visit.page.fill("#billingAddress-city", "London")
    visit.page.fill("#note", "Ring twice.")

    visit.orders_and_gets(OPENED)

    expect(visit.page).to_have_url(CHECKOUT)
    assert visit.orders == [
        {
            "name": "Ada Lovelace",
            "email": "ada@example.com",
            "items": [{"sku": "mug", "quantity": 2}, {"sku": "notebook", "quantity": 1}],
            "address": {
                "country": "US",
                "name": "Ada Lovelace",
                "line1": "12 St James's Square",
                "postalCode": "12345",
                "city": "Springfield",
            },
            "billingAddress": {
                "country": "GB",
                "name": "Analytical Engines Ltd",
                "line1": "1 Dorset Street",
                "city": "London",
            },
            "note": "Ring twice.",
            "total": 5640,
            "currency": "usd",
        }
    ]


def test_what_is_not_sent_needs_no_address_and_no_country(stage: Stage) -> None:
    visit = Visit(stage, "shop-empty")
    add_to_cart(visit.page, "talk")
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $25.00")
    expect(visit.page.locator("#shipping")).to_be_hidden()
    fill_in_order(visit.page)

    visit.orders_and_gets(OPENED)

    expect(visit.page).to_have_url(CHECKOUT)
    assert "address" not in visit.orders[0]


def test_the_cart_takes_no_more_than_there_are_and_one_currency(stage: Stage) -> None:
    visit = Visit(stage, "shop-empty")
    page = visit.page
    expect(page.locator("#add-poster")).to_be_hidden()
    expect(page.locator(".product", has_text="Poster")).to_contain_text("Sold out")
    add_to_cart(page, *["mug"] * 4)
    expect(page.locator(".product", has_text="Enamel mug")).to_contain_text("There are only 3.")
    add_to_cart(page, *["talk"] * 5)
    assert visit.cart == {"Enamel mug": "3", "Ticket for the evening talk": "4"}
    expect(page.locator(".product", has_text="Ticket")).to_contain_text("One order may have at most 4.")
    assert page.locator("#quantity-mug option").count() == 3

    add_to_cart(page, "course")
    offered = page.locator(".product", has_text="Online course").last
    expect(offered).to_contain_text("Your cart is in US Dollar, and this is sold in Japanese Yen.")
    assert visit.cart == {"Enamel mug": "3", "Ticket for the evening talk": "4"}
    page.get_by_role("button", name="Empty the cart").click()

    expect(page.locator("#pay")).to_have_text("Order and pay \N{YEN SIGN}12,000")
    assert visit.cart == {"Online course": "1"}
    page.reload()
    expect(page.locator("#lines .line")).to_have_count(1)
    assert visit.cart == {"Online course": "1"}


def test_a_country_that_is_not_sent_to_is_said_at_its_field_and_another_one_quoted(stage: Stage) -> None:
    visit = Visit(stage)
    visit.page.select_option("#address-country", "AQ")
    expect(visit.page.locator("#address-country-error")).to_have_text("We do not send to this country; choose another.")
    visit.page.click("#pay")
    expect(visit.page.locator("#address-country")).to_be_focused()
    assert visit.orders == []

    tax = [{"name": "GST", "amount": 327, "inclusive": False}]
    visit.api("quotes", quotes(1490, tax))
    visit.page.select_option("#address-country", "CA")

    expect(visit.page.locator("#address-country-error")).to_be_hidden()
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $68.67")
    expect(visit.page.locator("#sums")).to_contain_text("GST")


def test_the_last_of_many_choices_is_the_one_that_counts(stage: Stage) -> None:
    visit = Visit(stage)
    held: list[Route] = []
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(dict(route.request.post_data_json or {})["address"]["country"])
        if asked == ["CA"]:
            held.append(route)
        else:
            quotes(700)(route)

    visit.api("quotes", answer)
    with visit.page.expect_request(lambda request: request.method == "POST" and "/quotes" in request.url):
        visit.page.select_option("#address-country", "CA")
    visit.page.select_option("#address-country", "DE")
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $57.50")
    with suppress(Error):
        # Nobody waits for it any more.
        quotes(1490)(held[0])
    quiet_moment()
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $57.50")

    with visit.page.expect_request(lambda request: request.method == "POST" and "/quotes" in request.url):
        visit.page.locator("#address-country").evaluate(
            "(field) => { for (const country of ['FR', 'GB']) {"
            " field.value = country; field.dispatchEvent(new Event('input', {bubbles: true})); } }"
        )
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $57.50")
    assert asked == ["CA", "DE", "GB"]


def test_what_was_sold_meanwhile_is_adjusted_by_the_customer_alone(stage: Stage) -> None:
    visit = Visit(stage)

    visit.orders_and_gets(says(OUT_OF_STOCK, 409))

    expect(visit.page.locator("#form-error")).to_be_focused()
    expect(visit.page.locator("#form-error")).to_contain_text("You have not been charged.")
    expect(visit.page.locator("#quantity-mug-error")).to_have_text("Only 1 left.")
    expect(visit.page.locator("#quantity-notebook-error")).to_have_text("This is sold out. Please remove it.")
    expect(visit.page.locator("#quantity-mug")).to_have_value("2")
    visit.page.click("#pay")
    expect(visit.page.locator("#form-error")).to_contain_text("Something in your cart cannot be ordered")
    assert len(visit.orders) == 1
    visit.page.click("#take-mug")
    visit.page.click("#remove-notebook")
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $23.90")
    visit.orders_and_gets(OPENED)

    expect(visit.page).to_have_url(CHECKOUT)
    assert visit.orders[1]["items"] == [{"sku": "mug", "quantity": 1}]
    assert visit.keys[0] != visit.keys[1]


def test_a_new_price_is_shown_and_ordered_by_another_click_only(stage: Stage) -> None:
    visit = Visit(stage)

    visit.orders_and_gets(says({"code": "price_changed", "status": 409, "order": NEW_PRICE}, 409))

    expect(visit.page.locator("#form-error")).to_contain_text("your order is now $60.40")
    expect(visit.page.locator("#sums")).to_contain_text(f"2 {TIMES} Enamel mug at $20.00")
    assert [each["total"] for each in visit.orders] == [5640]
    visit.orders_and_gets(OPENED)

    expect(visit.page).to_have_url(CHECKOUT)
    assert [each["total"] for each in visit.orders] == [5640, 6040]


def test_a_lost_answer_is_asked_for_again_under_the_same_key(stage: Stage) -> None:
    visit = Visit(stage)
    visit.orders_and_gets(aborts)
    expect(visit.page.locator("#form-error")).to_contain_text("We could not reach the payment service.")

    visit.api("checkout-sessions", OPENED)
    visit.page.click("#try-again")
    expect(visit.page).to_have_url(CHECKOUT)
    visit.page.go_back()
    expect(visit.page.locator("#email")).to_have_value("ada@example.com")
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $56.40")
    visit.page.click("#pay")
    expect(visit.page).to_have_url(CHECKOUT)

    assert len(visit.keys) == 3
    assert len(set(visit.keys)) == 1
    # The payment that this is does not replace itself.
    assert visit.orders[0] == visit.orders[2]


def test_another_cart_replaces_what_is_open_and_counts_what_that_holds_as_free(stage: Stage) -> None:
    visit = Visit(stage)
    add_to_cart(visit.page, "mug")
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $74.40")
    visit.orders_and_gets(OPENED)
    expect(visit.page).to_have_url(CHECKOUT)
    visit.comes_back("pending", "&checkout=canceled")
    none_left = [each | ({"left": 0} if each["sku"] == "mug" else {}) for each in GOODS]
    visit.api("products", says({"products": none_left}))
    visit.page.get_by_role("link", name="Change the order").click()

    # All of them are set aside, for this customer.
    expect(visit.page.locator("#quantity-mug")).to_have_value("3")
    expect(visit.page.locator("#quantity-mug-error")).to_be_hidden()
    visit.page.select_option("#quantity-mug", "1")
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $38.40")
    visit.orders_and_gets(says(checkout() | {"paymentId": "pay_2"}, 201))
    expect(visit.page).to_have_url(CHECKOUT)

    assert visit.orders[1]["replaces"] == {"paymentId": PAYMENT_ID, "accessKey": ACCESS_KEY}
    assert visit.keys[0] != visit.keys[1]


@pytest.mark.parametrize("code", ["already_paid", "processing"])
def test_who_has_paid_the_other_order_meanwhile_is_led_to_its_result(stage: Stage, code: str) -> None:
    visit = Visit(stage)
    visit.orders_and_gets(OPENED)
    expect(visit.page).to_have_url(CHECKOUT)
    visit.page.go_back()
    visit.page.click("#remove-notebook")
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $41.90")
    # What had taken its place in another tab.
    visit.api("payments/pay_2", says(payment("succeeded", order=SENT_ORDER)))

    visit.orders_and_gets(says({"code": code, "status": 409, "paymentId": "pay_2"}, 409))

    expect(visit.page).to_have_url(f"{stage.site_url}/result.html?paymentId=pay_2")
    expect(visit.page.locator("#heading")).to_have_text("Payment complete, thank you")


def test_what_cannot_be_replaced_any_more_does_not_stand_in_the_way(stage: Stage) -> None:
    visit = Visit(stage)
    visit.orders_and_gets(OPENED)
    expect(visit.page).to_have_url(CHECKOUT)
    visit.page.go_back()
    visit.page.click("#remove-notebook")
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $41.90")

    def answer(route: Route) -> None:
        unknown = {"field": "replaces", "detail": "There is no payment with this id and accessKey; leave replaces out."}
        refused = says({"code": "validation_failed", "status": 422, "errors": [unknown]}, 422)
        (refused if "replaces" in (route.request.post_data or "") else OPENED)(route)

    visit.orders_and_gets(answer)

    expect(visit.page).to_have_url(CHECKOUT)
    assert [("replaces" in each) for each in visit.orders] == [False, True, False]


@pytest.mark.parametrize("status", ["succeeded", "processing"])
def test_a_payment_empties_the_cart_once(stage: Stage, status: str) -> None:
    visit = Visit(stage)
    visit.orders_and_gets(OPENED)
    expect(visit.page).to_have_url(CHECKOUT)

    visit.comes_back(status)
    visit.page.goto(f"{stage.site_url}/shop.html")
    expect(visit.page.locator("#cart-empty")).to_be_visible()
    assert "ada@example.com" not in visit.page.evaluate("sessionStorage.quittance")
    add_to_cart(visit.page, "talk")
    visit.comes_back("succeeded")
    visit.page.get_by_role("link", name="Continue shopping").click()

    # The next cart is not this payment's.
    expect(visit.page.locator("#lines .line")).to_have_count(1)


@pytest.mark.parametrize("status", ["failed", "expired", "canceled"])
def test_a_cart_outlives_a_payment_that_came_to_nothing(stage: Stage, status: str) -> None:
    visit = Visit(stage)
    visit.orders_and_gets(OPENED)
    expect(visit.page).to_have_url(CHECKOUT)

    visit.comes_back(status, payable=False)

    expect(visit.page.locator("#message")).to_contain_text("Your cart is as you left it.")
    expect(visit.page.get_by_role("link", name="Continue shopping")).to_be_visible()
    visit.page.get_by_role("link", name="Back to your cart").click()
    expect(visit.page.locator("#pay")).to_have_text("Order and pay $56.40")
    expect(visit.page.locator("#email")).to_have_value("ada@example.com")
    visit.page.click("#pay")
    expect(visit.page).to_have_url(CHECKOUT)
    # What is over is neither repeated nor replaced.
    assert visit.keys[0] != visit.keys[1]
    assert "replaces" not in visit.orders[1]


def test_an_open_order_is_canceled_by_whoever_ordered_it(stage: Stage) -> None:
    visit = Visit(stage)
    visit.orders_and_gets(OPENED)
    expect(visit.page).to_have_url(CHECKOUT)
    visit.comes_back("pending", "&checkout=canceled")
    visit.api(f"payments/{PAYMENT_ID}/cancel", says(payment("expired", order=SENT_ORDER)))

    with visit.page.expect_request("**/cancel") as sent:
        visit.page.click("#cancel")

    assert sent.value.post_data_json == {"accessKey": ACCESS_KEY}
    expect(visit.page.locator("#heading")).to_have_text("This payment was canceled")
    expect(visit.page.locator("#cancel")).to_be_hidden()
    # Not by anybody else, who has no key.
    stranger = stage.page()
    stranger.route(f"{stage.api_url}/payments/**", says(payment("pending")))
    stranger.goto(f"{stage.site_url}/result.html?paymentId={PAYMENT_ID}&checkout=canceled")
    expect(stranger.get_by_role("link", name="Continue to payment")).to_be_visible()
    expect(stranger.locator("#cancel")).to_be_hidden()


def test_what_was_paid_meanwhile_is_not_canceled_but_shown(stage: Stage) -> None:
    visit = Visit(stage)
    visit.orders_and_gets(OPENED)
    expect(visit.page).to_have_url(CHECKOUT)
    visit.comes_back("pending", "&checkout=canceled")
    visit.api(f"payments/{PAYMENT_ID}/refresh", says(payment("succeeded", order=SENT_ORDER)))
    visit.api(f"payments/{PAYMENT_ID}/cancel", refuses(409, "not_cancelable", "It was paid."))

    visit.page.click("#cancel")

    expect(visit.page.locator("#heading")).to_have_text("Payment complete, thank you")


def test_an_invoice_is_offered_once_it_is_there_to_whoever_ordered(stage: Stage) -> None:
    visit = Visit(stage)
    visit.orders_and_gets(OPENED)
    expect(visit.page).to_have_url(CHECKOUT)
    visit.comes_back("succeeded", invoiceNumber=None)
    expect(visit.page.locator("#invoice")).to_be_hidden()
    visit.api(f"payments/{PAYMENT_ID}", says(payment("succeeded", order=SENT_ORDER)))

    invoice = visit.page.get_by_role("link", name="Invoice")
    expect(invoice).to_have_attribute("href", f"{stage.api_url}/payments/{PAYMENT_ID}/invoice.pdf?key={ACCESS_KEY}")


def test_a_picture_that_does_not_come_leaves_a_letter(stage: Stage) -> None:
    page = stage.play(SHOP_PAGE["shop-empty"])

    expect(page.locator(".product", has_text="Notebook").locator(".picture")).to_have_text("N")
    expect(page.locator(".product", has_text="Ticket").locator(".picture")).to_have_text("T")
    assert page.locator(".product", has_text="Enamel mug").locator("img").evaluate("(image) => image.naturalWidth") > 0


def test_a_price_that_could_not_be_asked_for_is_asked_for_again(stage: Stage) -> None:
    visit = Visit(stage, "shop-without-sums")
    expect(visit.page.locator("#quote-error")).to_contain_text("We could not reach the payment service.")
    fill_in_order(visit.page)
    visit.page.click("#pay")
    expect(visit.page.locator("#quote-error")).to_be_visible()
    expect(visit.page.locator("#pay")).to_be_enabled()
    assert visit.orders == []

    visit.api("quotes", quotes())
    visit.page.click("#quote-again")

    expect(visit.page.locator("#pay")).to_have_text("Order and pay $56.40")


def test_a_refused_field_says_so_itself(stage: Stage) -> None:
    visit = Visit(stage)
    wrong = {"field": "address.postalCode", "detail": "Give the postal code; Canada has them."}

    visit.orders_and_gets(says({"code": "validation_failed", "status": 422, "errors": [wrong]}, 422))

    expect(visit.page.locator("#address-postalCode-error")).to_have_text(wrong["detail"])
    expect(visit.page.locator("#address-postalCode")).to_be_focused()


def test_a_keyboard_is_enough_to_fill_a_cart_and_order_it(stage: Stage) -> None:
    visit = Visit(stage, "shop-empty")
    page = visit.page
    page.locator("#add-mug").focus()
    page.keyboard.press("Enter")
    page.locator("#quantity-mug").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#quantity-mug")).to_have_value("2")
    expect(page.locator("#quantity-mug")).to_be_focused()
    for typed in ("Tab", "Tab"):
        page.keyboard.press(typed)
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("Ada Lovelace")
    page.keyboard.press("Tab")
    page.keyboard.type("ada@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("United States")
    expect(page.locator("#address-country")).to_have_value(re.compile("US|UM"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    # What is missing is where one goes on.
    expect(page.locator("#address-line1")).to_be_focused()


@pytest.mark.parametrize("products", [PRODUCTS[:2], [*PRODUCTS[:1], *GOODS]])
def test_the_payment_page_leads_to_the_shop_where_there_are_goods(stage: Stage, products: list[dict[str, Any]]) -> None:
    page = stage.page()
    page.route(f"{stage.api_url}/products", says({"products": products}))
    page.goto(stage.site_url)
    expect(page.locator("#pay")).to_be_enabled()
    link = page.get_by_role("link", name="To the shop")
    expect(link).to_have_count(int(len(products) > 2))
    if len(products) > 2:
        link.click()
        expect(page.locator("#add-mug")).to_be_visible()
        page.get_by_role("link", name="Pay for a service").click()
        expect(page.locator("#service")).to_be_visible()


def test_twenty_five_products_are_enough(stage: Stage) -> None:
    goods = [GOODS[3] | {"sku": f"long-{at}", "name": f"Thing {at}"} for at in range(26)]
    page = stage.play(
        replace(SHOP_PAGE["shop-full-cart"], answers={"/products": says({"products": goods}), "/quotes": None})
    )

    page.click("#add-long-25")

    expect(page.locator(".product").last).to_contain_text("One order may have at most 25 different products.")
    expect(page.locator("#lines .line")).to_have_count(25)
