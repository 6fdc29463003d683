"""One order is one payable checkout, however often the customer asks for it."""

from typing import Any

from playwright.sync_api import Route, expect

from tests.e2e.customer import GIFT, HOUR, PAYS, Customer
from tests.e2e.shop import Shop


def test_a_double_click_opens_one_checkout(customer: Customer, shop: Shop) -> None:
    customer.visits()
    customer.fills_in()

    customer.page.dblclick("#pay")

    session = customer.is_at_checkout()
    assert shop.open_sessions(customer.email) == [session]


def test_the_back_button_leads_to_the_same_checkout(customer: Customer, shop: Shop) -> None:
    session = customer.orders()

    customer.page.go_back()
    expect(customer.page.locator("#email")).to_have_value(customer.email)

    assert customer.goes_to_checkout() == session
    assert shop.open_sessions(customer.email) == [session]


def test_filling_in_the_same_once_more_leads_to_the_same_checkout(customer: Customer, shop: Shop) -> None:
    session = customer.orders()

    assert customer.orders() == session
    assert shop.open_sessions(customer.email) == [session]


def test_a_reload_while_the_checkout_is_being_opened_opens_no_second_one(customer: Customer, shop: Shop) -> None:
    customer.visits()
    customer.fills_in()
    with shop.outage("slow", seconds=1):
        with customer.page.expect_request(f"{shop.stack.api_url}/checkout-sessions"):
            customer.page.click("#pay")
        customer.page.reload()
        expect(customer.page.locator("#email")).to_have_value(customer.email)
        session = customer.goes_to_checkout()

    assert len(customer.keys) == 2
    assert shop.open_sessions(customer.email) == [session]


def test_the_same_order_after_its_checkout_has_expired_opens_a_new_one(customer: Customer, shop: Shop) -> None:
    expired = customer.orders()
    shop.expire(expired)
    shop.await_deliveries()

    session = customer.orders()

    assert session != expired
    assert shop.open_sessions(customer.email) == [session]


def test_the_same_order_after_it_was_paid_elsewhere_leads_to_its_result(customer: Customer, shop: Shop) -> None:
    shop.pay(customer.orders())
    shop.await_deliveries()

    customer.visits()
    customer.fills_in()
    customer.page.click("#pay")

    customer.sees("succeeded")
    assert shop.open_sessions(customer.email) == []


def test_another_order_replaces_the_one_that_is_open(customer: Customer, shop: Shop) -> None:
    hour = customer.orders(HOUR)
    gift = customer.orders(GIFT, "12.50")

    assert hour != gift
    assert shop.open_sessions(customer.email) == [gift]
    assert len(set(customer.keys)) == 2
    customer.tries_card(PAYS)
    payment = shop.payment(customer.sees("succeeded"))
    assert (payment["serviceType"], payment["amount"]) == (GIFT, 1250)


def test_the_back_button_after_paying_does_not_pay_again(customer: Customer, shop: Shop) -> None:
    customer.orders()
    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")

    customer.visits()

    expect(customer.page.locator("#email")).to_have_value("")
    customer.page.click("#paid-before-link")
    assert customer.sees("succeeded") == payment_id
    assert shop.open_sessions(customer.email) == []


def test_the_right_to_act_on_a_payment_stays_in_the_tab(customer: Customer, shop: Shop) -> None:
    addresses: list[str] = []
    logged: list[str] = []
    customer.page.on("request", lambda request: addresses.append(request.url))
    customer.page.on("console", lambda message: logged.append(message.text))
    answers: list[dict[str, Any]] = []

    def overhear(route: Route) -> None:
        response = route.fetch()
        if route.request.method == "POST":
            answers.append(response.json())
        route.fulfill(response=response)

    customer.page.route("**/checkout-sessions", overhear)
    customer.orders()
    [opened] = answers
    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")

    kept = customer.page.evaluate("JSON.parse(sessionStorage.quittance).attempts")

    # After it was paid as well: an invoice is asked for then.
    assert opened["paymentId"] == payment_id
    assert [(each["paymentId"], each["accessKey"]) for each in kept] == [(payment_id, opened["accessKey"])]
    assert customer.page.evaluate("localStorage.length") == 0
    customer.page.reload()
    customer.sees("succeeded")
    assert customer.page.url in addresses
    assert not [text for text in addresses + logged if opened["accessKey"] in text]
    # Nor is who ordered kept any longer.
    assert customer.email not in customer.page.evaluate("sessionStorage.quittance")
