"""Customers in a browser, at the pages of this folder, through the deployed API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.customer import IS_DECLINED, PAYS
from tests.e2e.form import PayPage
from tests.e2e.shop import ADMIN
from tests.e2e.test_paying import FAILED_ADMIN, told_of_success
from tests.rehearsal.shop import PATIENCE_SECONDS
from tests.rehearsal.waiting import eventually

if TYPE_CHECKING:
    from tests.e2e.customer import Customer
    from tests.rehearsal.shop import DeployedShop


def test_a_payment_is_confirmed_on_the_page_and_by_three_mails(customer: Customer, shop: DeployedShop) -> None:
    before = len(shop.deliveries())

    customer.orders()
    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")

    assert shop.payment(payment_id)["transactionId"] == customer.transaction
    eventually(lambda: set(shop.mails(payment_id)) == told_of_success(customer), PATIENCE_SECONDS)
    shop.settles()
    assert shop.mails(payment_id).total() == 3
    attempts = [attempt["status"] for each in shop.deliveries()[before:] for attempt in each["attempts"]]
    # A function that starts for the first time may take longer than Stripe waits, and a third one at once is throttled.
    assert set(attempts) <= {200, 429, None}


def test_a_decline_is_seen_by_the_customer_and_told_to_the_admin_alone(customer: Customer, shop: DeployedShop) -> None:
    customer.orders()
    customer.is_declined()

    customer.page.click("a#cancel")

    payment_id = customer.sees("failed")
    eventually(lambda: set(shop.mails(payment_id)) == {(ADMIN, FAILED_ADMIN)}, PATIENCE_SECONDS)


def test_after_a_decline_another_card_pays_in_the_same_checkout(customer: Customer, shop: DeployedShop) -> None:
    session = customer.orders()
    customer.is_declined()

    assert customer.is_at_checkout() == session
    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")

    eventually(lambda: told_of_success(customer) <= set(shop.mails(payment_id)), PATIENCE_SECONDS)


def test_a_refund_is_seen_on_the_page_and_told_to_the_customer(customer: Customer, shop: DeployedShop) -> None:
    customer.orders()
    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")

    shop.stripe.v1.refunds.create({"charge": customer.transaction})

    eventually(lambda: shop.payment(payment_id)["status"] == "refunded", PATIENCE_SECONDS)
    customer.page.reload()
    customer.sees("refunded")
    eventually(
        lambda: any(to == customer.email and "refund" in said.lower() for to, said in shop.mails(payment_id)),
        PATIENCE_SECONDS,
    )


def test_a_card_pays_in_a_form_on_the_page_after_one_that_was_declined(customer: Customer, shop: DeployedShop) -> None:
    form = PayPage(customer)
    payment_id = form.orders()
    form.pays(IS_DECLINED)
    form.has_problem("declined")
    assert shop.payment(payment_id)["paidBy"] == "embedded"

    form.pays()

    assert customer.sees("succeeded") == payment_id
    assert shop.payment(payment_id)["transactionId"] == customer.transaction
    eventually(lambda: told_of_success(customer) <= set(shop.mails(payment_id)), PATIENCE_SECONDS)


def test_on_the_way_no_function_said_that_anything_failed(shop: DeployedShop) -> None:
    """What the schedule mends afterwards, a right or a queue's address say, is wrong all the same."""
    shop.settles()

    assert shop.deployment.complaints() == []
