"""From the form to the checkout and back: what the customer sees, and who is told by mail."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.e2e.customer import ASKS_FOR_AUTHENTICATION, PAYS, Customer
from tests.e2e.shop import ADMIN, Shop
from tests.e2e.waiting import eventually, quiet_moment

RECEIVED = "Your payment of 99.00 USD to Example Studio is complete"
COPY = f"[Copy] {RECEIVED}"
PAID = "Payment received: 99.00 USD from Ada Lovelace for Consulting, one hour"
FAILED_ADMIN = "Payment failed: 99.00 USD from Ada Lovelace for Consulting, one hour"
FAILED = "Your payment of 99.00 USD to Example Studio did not go through"


def told_of_success(customer: Customer) -> set[tuple[str, str]]:
    return {(customer.email, RECEIVED), (ADMIN, PAID), (ADMIN, COPY)}


def test_a_payment_is_confirmed_on_the_page_and_by_three_mails(customer: Customer, shop: Shop) -> None:
    before = len(shop.deliveries())

    customer.orders()
    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")

    assert customer.transaction.startswith("ch_")
    assert shop.payment(payment_id)["transactionId"] == customer.transaction
    eventually(lambda: shop.mails(payment_id).total() >= 3)
    shop.await_deliveries()
    shop.reconcile()
    quiet_moment()
    mails = shop.mails(payment_id)
    assert set(mails) == told_of_success(customer)
    assert mails.total() == 3
    deliveries = shop.deliveries()[before:]
    assert {"checkout.session.completed", "charge.succeeded"} <= {delivery["type"] for delivery in deliveries}
    assert {attempt["status"] for delivery in deliveries for attempt in delivery["attempts"]} == {200}


def test_after_a_decline_another_card_pays_in_the_same_checkout(customer: Customer, shop: Shop) -> None:
    session = customer.orders()
    customer.is_declined()

    assert customer.is_at_checkout() == session
    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")

    eventually(lambda: told_of_success(customer) <= set(shop.mails(payment_id)))
    shop.await_deliveries()
    shop.reconcile()
    quiet_moment()
    mails = shop.mails(payment_id)
    assert mails[ADMIN, FAILED_ADMIN] <= 1
    assert set(mails) - {(ADMIN, FAILED_ADMIN)} == told_of_success(customer)
    assert [mails[mail] for mail in told_of_success(customer)] == [1, 1, 1]
    assert shop.open_sessions(customer.email) == []


def test_who_leaves_after_a_decline_can_resume_the_same_checkout(customer: Customer, shop: Shop) -> None:
    session = customer.orders()
    customer.is_declined()

    customer.page.click("a#cancel")
    payment_id = customer.sees("failed")
    expect(customer.page.locator("#message")).to_contain_text("was declined.")
    # The customer may still pay, and is not told of a failure that may pass.
    eventually(lambda: set(shop.mails(payment_id)) == {(ADMIN, FAILED_ADMIN)})
    customer.page.click("a#retry")

    assert customer.is_at_checkout() == session
    customer.tries_card(PAYS)
    assert customer.sees("succeeded") == payment_id
    told = told_of_success(customer) | {(ADMIN, FAILED_ADMIN)}
    eventually(lambda: set(shop.mails(payment_id)) == told)


def test_who_leaves_without_trying_can_go_on(customer: Customer) -> None:
    session = customer.orders()

    customer.page.click("a#cancel")
    customer.sees("left_checkout")
    customer.page.click("a#retry")

    assert customer.is_at_checkout() == session


def test_the_way_back_leads_to_the_address_that_the_customer_came_from(customer: Customer, shop: Shop) -> None:
    customer.page.goto(shop.stack.site_url.replace("localhost", "127.0.0.1"))
    customer.fills_in()
    customer.goes_to_checkout()
    customer.tries_card(PAYS)

    customer.sees("succeeded")
    assert urlsplit(customer.page.url).hostname == "127.0.0.1"


def test_an_authenticated_card_pays(customer: Customer) -> None:
    customer.orders()
    customer.tries_card(ASKS_FOR_AUTHENTICATION)

    customer.page.click("#authorize")

    customer.sees("succeeded")


def test_after_a_failed_authentication_another_card_pays(customer: Customer, shop: Shop) -> None:
    session = customer.orders()
    customer.tries_card(ASKS_FOR_AUTHENTICATION)
    customer.page.click("#fail")

    expect(customer.page.locator("#error")).to_be_visible()
    assert customer.is_at_checkout() == session
    customer.tries_card(PAYS)

    payment_id = customer.sees("succeeded")
    eventually(lambda: told_of_success(customer) <= set(shop.mails(payment_id)))
    assert (customer.email, FAILED) not in shop.mails(payment_id)


def test_a_bank_debit_is_in_progress_until_it_arrives(customer: Customer, shop: Shop) -> None:
    session = customer.orders()
    customer.pays_by_debit("delayed_success")
    payment_id = customer.sees("processing")
    shop.await_deliveries()
    assert not shop.mails(payment_id)

    shop.settle(session)

    customer.sees("succeeded")
    eventually(lambda: set(shop.mails(payment_id)) == told_of_success(customer))


def test_a_bank_debit_that_fails_is_told_to_both(customer: Customer, shop: Shop) -> None:
    session = customer.orders()
    customer.pays_by_debit("delayed_failure")
    payment_id = customer.sees("processing")

    shop.settle(session)

    customer.sees("failed")
    eventually(lambda: set(shop.mails(payment_id)) == {(customer.email, FAILED), (ADMIN, FAILED_ADMIN)})


def test_an_expired_checkout_is_said_to_be_so_and_can_be_started_again(customer: Customer, shop: Shop) -> None:
    first_session = customer.orders()
    shop.expire(first_session)

    customer.page.reload()
    expect(customer.page.locator("main#expired")).to_be_visible()
    customer.page.click("a#cancel")
    first_payment = customer.sees("expired")
    customer.page.click("a#retry")

    expect(customer.page.locator("#email")).to_have_value(customer.email)
    second_session = customer.goes_to_checkout()
    assert second_session != first_session
    customer.tries_card(PAYS)
    assert customer.sees("succeeded") != first_payment
    assert shop.payment(first_payment)["status"] == "expired"


def test_a_checkout_that_expires_after_a_decline_is_told_to_both(customer: Customer, shop: Shop) -> None:
    session = customer.orders()
    customer.is_declined()
    customer.page.click("a#cancel")
    payment_id = customer.sees("failed")

    shop.expire(session)
    shop.await_deliveries()
    customer.page.reload()

    customer.sees("expired")
    eventually(lambda: set(shop.mails(payment_id)) == {(customer.email, FAILED), (ADMIN, FAILED_ADMIN)})


def test_a_result_page_says_the_same_when_loaded_again(customer: Customer) -> None:
    customer.orders()
    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")
    transaction = customer.transaction

    customer.page.reload()

    assert customer.sees("succeeded") == payment_id
    assert customer.transaction == transaction
