"""Payments and products survive the table."""

from hypothesis import given

from payments.adapters.items import (
    notice_key,
    notice_of_key,
    payment_item,
    payment_key,
    payment_of,
    product_item,
    product_of,
)
from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from payments.domain.facts import Fact
from payments.domain.learning import learn
from payments.domain.notices import Notice, NoticeKind
from tests.builders import a_payment
from tests.strategies import histories


@given(histories)
def test_a_payment_with_any_facts_is_read_back_as_it_was(history: list[Fact]) -> None:
    payment, _ = learn(a_payment(metadata={"order": "A-17"}), history)
    assert payment_of(payment_item(payment, payment.version)) == payment


def test_the_item_shows_what_the_indexes_and_people_look_for() -> None:
    payment = a_payment()
    item = payment_item(payment, 7)
    assert item["status"] == {"S": "pending"}
    assert item["day"] == {"S": "2026-11-21"}
    assert item["version"] == {"N": "7"}
    assert "delete_after" not in item
    assert "due_shard" not in item


def test_products_are_read_back_as_they_were() -> None:
    for price in (FixedPrice(9900), OpenPrice(100, 500)):
        product = Product("hour", "One hour", price, "usd")
        assert product_of(product_item(product)) == product


def test_a_notice_is_told_from_its_key() -> None:
    notice = Notice(NoticeKind.DISPUTE_ALERT, "du_1#open")
    assert notice_of_key(notice_key("pay_1", notice)) == ("pay_1", notice)
    assert notice_of_key(payment_key("pay_1")) is None
