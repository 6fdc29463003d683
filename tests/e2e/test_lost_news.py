"""When Stripe's news is lost, the result page has Stripe asked: nobody waits for the schedule."""

import re

from playwright.sync_api import expect

from tests.e2e.customer import IS_DECLINED, PAYS, Customer
from tests.e2e.shop import ADMIN, Shop
from tests.e2e.test_paying import PAID
from tests.e2e.waiting import eventually


def test_who_paid_sees_it_though_no_news_of_it_came(customer: Customer, shop: Shop) -> None:
    # For ten seconds Stripe keeps whoever has paid, and waits for our answer to the news.
    customer.page.set_default_timeout(30_000)
    with shop.lost_news():
        customer.orders()
        customer.tries_card(PAYS)

        payment_id = customer.sees("succeeded")
        assert customer.transaction.startswith("ch_")
        expect(customer.page.locator("#receipt")).to_be_visible()

    assert shop.payment(payment_id)["status"] == "succeeded"
    eventually(lambda: shop.mails(payment_id)[ADMIN, PAID] == 1)


def test_a_checkout_whose_end_was_not_heard_of_is_said_to_be_over(customer: Customer, shop: Shop) -> None:
    with shop.lost_news():
        session = customer.orders()
        customer.page.click("a#cancel")
        customer.sees("left_checkout")
        shop.expire(session)

        customer.sees("expired")
    expect(customer.page.get_by_role("link", name="Continue")).to_have_count(0)
    expect(customer.page.locator("#message")).to_have_text(re.compile("still filled in"))


def test_a_decline_that_was_not_heard_of_is_told_with_its_reason(customer: Customer, shop: Shop) -> None:
    with shop.lost_news():
        customer.orders()
        customer.tries_card(IS_DECLINED)
        expect(customer.page.locator("#error")).to_contain_text("declined")
        customer.page.click("a#cancel")

        customer.sees("failed")
    expect(customer.page.locator("#message")).to_contain_text("declined")
