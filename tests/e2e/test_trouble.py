"""What the pages say when something is wrong, and that trying again is safe."""

import pytest
from playwright.sync_api import expect

from tests.e2e.customer import GIFT, PAYS, Customer
from tests.e2e.shop import Shop


@pytest.mark.parametrize(("typed", "sentence"), [("", "Enter your email address."), ("ada", "name@example.com")])
def test_a_wrong_email_is_said_beside_its_field(customer: Customer, typed: str, sentence: str) -> None:
    customer.visits()
    customer.fills_in()
    customer.page.fill("#email", typed)

    customer.page.click("#pay")

    email = customer.page.locator("#email")
    expect(customer.page.locator("#email-error")).to_contain_text(sentence)
    expect(email).to_be_focused()
    expect(email).to_have_attribute("aria-invalid", "true")
    assert customer.keys == []


@pytest.mark.parametrize("typed", ["0.99", "5000.01"])
def test_an_amount_outside_the_limits_is_said_beside_its_field(customer: Customer, typed: str) -> None:
    customer.visits()
    customer.fills_in(GIFT, typed)

    customer.page.click("#pay")

    expect(customer.page.locator("#amount-error")).to_contain_text("from $1.00 to $5,000.00")
    expect(customer.page.locator("#amount")).to_be_focused()
    assert customer.keys == []


def test_what_only_the_api_finds_wrong_is_said_beside_its_field(customer: Customer) -> None:
    customer.visits()
    customer.fills_in()
    customer.page.fill("#email", "ada@example..com")

    customer.page.click("#pay")

    expect(customer.page.locator("#email-error")).not_to_be_empty()
    expect(customer.page.locator("#email")).to_be_focused()
    assert len(customer.keys) == 1


def test_an_unreachable_api_keeps_the_form_and_the_key(customer: Customer, shop: Shop) -> None:
    customer.visits()
    customer.fills_in()
    address = f"{shop.stack.api_url}/checkout-sessions"
    customer.page.route(address, lambda route: route.abort())
    customer.page.click("#pay")

    expect(customer.page.locator("#form-error")).to_contain_text("could not reach the payment service")
    expect(customer.page.locator("#email")).to_have_value(customer.email)
    customer.page.unroute(address)
    session = customer.goes_to_checkout()

    assert len(customer.keys) == 2
    assert len(set(customer.keys)) == 1
    assert shop.open_sessions(customer.email) == [session]


@pytest.mark.parametrize("kind", ["rate_limit", "timeout_before", "timeout_after"])
def test_after_an_outage_of_stripe_trying_again_opens_one_checkout(customer: Customer, shop: Shop, kind: str) -> None:
    customer.visits()
    customer.fills_in()
    with shop.outage(kind, seconds=0.1):
        customer.page.click("#pay")
        expect(customer.page.locator("#form-error")).to_contain_text("Payments are not available at this moment.")

    customer.page.click("#try-again")

    session = customer.is_at_checkout()
    assert shop.open_sessions(customer.email) == [session]
    customer.tries_card(PAYS)
    customer.sees("succeeded")


def test_a_result_that_cannot_be_looked_up_is_looked_up_again(customer: Customer, shop: Shop) -> None:
    address = f"{shop.stack.api_url}/payments/**"
    customer.orders()
    customer.page.route(address, lambda route: route.abort())
    customer.tries_card(PAYS)
    payment_id = customer.sees("unreachable")

    customer.page.unroute(address)
    customer.page.click("#check-again")

    assert customer.sees("succeeded") == payment_id


@pytest.mark.parametrize("query", ["", "?paymentId=pay_01ARZ3NDEKTSV4RRFFQ69G5FAV", "?paymentId=nonsense"])
def test_an_unknown_payment_is_not_found(customer: Customer, shop: Shop, query: str) -> None:
    customer.page.goto(f"{shop.stack.site_url}/result.html{query}")

    expect(customer.status).to_have_attribute("data-status", "not_found")
    expect(customer.page.locator("#transaction-id")).not_to_be_visible()


def test_nothing_is_wider_than_a_small_phone(customer: Customer) -> None:
    customer.page.set_viewport_size({"width": 360, "height": 640})

    def overhang() -> int:
        # What a finger could scroll sideways, and what is cut off instead.
        return int(
            customer.page.evaluate(
                "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth,"
                " ...Array.from(document.querySelectorAll('main *'), (each) => each.getBoundingClientRect().right))"
                " - document.documentElement.clientWidth"
            )
        )

    customer.visits()
    customer.page.click("#pay")
    expect(customer.page.locator("#email-error")).to_be_visible()
    assert overhang() <= 0
    customer.fills_in(GIFT, "12.50")
    assert overhang() <= 0
    customer.goes_to_checkout()
    customer.tries_card(PAYS)
    customer.sees("succeeded")
    assert overhang() <= 0
