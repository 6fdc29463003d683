"""Paying in the form on the page: what the customer sees, on the whole system with Stripe's stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.form import PayPage

if TYPE_CHECKING:
    from tests.e2e.customer import Customer
    from tests.e2e.shop import Shop


def test_a_card_pays_on_the_page(customer: Customer, shop: Shop) -> None:
    form = PayPage(customer)
    payment_id = form.orders()
    form.pays()

    assert customer.sees("succeeded") == payment_id
    assert shop.payment(payment_id)["paidBy"] == "embedded"
