"""Payments and products survive the table."""

from dataclasses import replace

from hypothesis import given

from payments.adapters.table.items import (
    notice_item,
    notice_key,
    overdue_of,
    payment_item,
    payment_of,
    product_item,
    product_of,
)
from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from payments.domain.facts import Fact
from payments.domain.learning import learn
from payments.domain.notices import Notice, NoticeKind
from payments.domain.records import Overdue
from tests.builders import NOW, a_payment
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


def test_a_notice_is_told_from_its_index_entry() -> None:
    notice = Notice(NoticeKind.DISPUTE_ALERT, "du_1#open")
    item = notice_item("pay_1", notice, NOW)
    assert item.items() >= notice_key("pay_1", notice).items()
    assert overdue_of(item) == Overdue("pay_1", notice, NOW)


def test_a_payment_to_look_at_is_in_the_index_until_there_is_nothing_to_wait_for() -> None:
    payment = replace(a_payment(), look_at=NOW)
    assert overdue_of(payment_item(payment, 1)) == Overdue(payment.id, None, NOW)
    assert payment_of(payment_item(payment, 1)) == payment
