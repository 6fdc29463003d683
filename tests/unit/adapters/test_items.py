"""Payments, notices and products survive the table, with whatever a newer release has put beside what we know."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.adapters.table.catalogue import terms_of, terms_values
from payments.adapters.table.codec import decoded, encoded
from payments.adapters.table.keys import notice_key, payment_key
from payments.adapters.table.notices import notice_item
from payments.adapters.table.payment_items import kept_view_of, payment_item, payment_of
from payments.adapters.table.products import product_of, product_values
from payments.adapters.table.work import due_of
from payments.domain.attention import Attention, Reason
from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from payments.domain.errors import NewerRelease
from payments.domain.facts import Attempt, AttemptState, Fact, Session, SessionState
from payments.domain.learning import learn
from payments.domain.looking import Due
from payments.domain.notices import UNDER_WAY, Notice, NoticeKind
from payments.domain.pricing import ShippingRate, TaxRate, Terms
from payments.domain.releases import LEVEL
from payments.domain.views import seen_at
from tests.builders import NOW, a_payment
from tests.strategies import histories

PAID = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd", created=1795000020)
OPEN = Session(ref="cs_1", state=SessionState.OPEN, amount=9900, currency="usd", url="https://checkout")


@given(histories)
def test_a_payment_with_any_facts_is_read_back_as_it_was(history: list[Fact]) -> None:
    payment, _ = learn(a_payment(metadata={"order": "A-17"}), history)
    payment = replace(payment, attention=Attention((Reason.REVIEW,), NOW, NOW + timedelta(days=7)))
    assert payment_of(payment_item(payment, payment.version)) == payment


def test_what_a_user_pays_with_is_read_back_and_goes_with_the_person() -> None:
    payment = a_payment(user="ada-1", customer_id="cus_1", payment_method="pm_1", save_method=False)
    item = payment_item(payment, payment.version)
    assert payment_of(item) == payment
    read = payment_of(item)
    another = payment_item(read.but(customer_id="cus_2"), 2)
    assert payment_of(another).customer_id == "cus_2"
    erased = payment_item(read.erased(NOW), 2)
    assert not {"user", "customer_id", "payment_method", "save_method"} & set(erased)
    assert payment_of(erased).customer_id is None


def test_the_item_shows_what_the_indexes_and_people_look_for() -> None:
    payment, _ = learn(a_payment(), [PAID])
    item = payment_item(payment, 7)
    assert item["status"] == {"S": "succeeded"}
    assert item["day"] == {"S": "2026-11-21"}
    assert item["version"] == {"N": "7"}
    assert item["needs"] == {"N": "1"}
    assert item["sku"] == {"S": "consulting-hour"}
    assert item["paid_at"] == {"S": "2026-11-18T11:07:00Z"}
    assert decoded(item)["received"] == [{"amount": 9900, "currency": "usd"}]
    assert item["number"] == {"S": payment.order.number}
    assert not {"delete_after", "due_shard", "attention", "user", "stock_taken", "address", "note"} & set(item)


def test_an_address_is_found_however_it_was_written_and_written_to_as_it_was_given() -> None:
    payment = a_payment(customer=replace(a_payment().customer, email="Ada@Example.COM"))
    item = payment_item(payment, 1)
    assert item["email"] == {"S": "ada@example.com"}
    assert payment_of(item).customer.email == "Ada@Example.COM"


def test_what_waits_for_a_person_stands_under_its_most_urgent_reason_until_its_deadline() -> None:
    deadline = NOW + timedelta(days=7)
    payment = replace(a_payment(), attention=Attention((Reason.DISPUTE,), NOW, deadline))
    item = decoded(payment_item(payment, 1))
    assert (item["attention"], item["why"], item["attention_at"]) == ("OPEN#2", ["dispute"], item["deadline"])
    waiting = decoded(payment_item(replace(payment, attention=Attention((Reason.REVIEW,), NOW)), 1))
    assert (waiting["attention"], waiting["attention_at"]) == ("OPEN#1", waiting["since"])
    assert "deadline" not in waiting


# What a newer release has put there


def written_over(item: dict[str, Any]) -> dict[str, Any]:
    """The item after this release has learned something of it."""
    learned, _ = learn(payment_of(item), [PAID])
    return payment_item(learned, learned.version + 1)


UNKNOWN = encoded({"colour": "blue", "steps": [1, {"two": None}], "gone": True}) | {
    "blob": {"B": b"\x00"},
    "tags": {"SS": ["a", "b"]},
    "ratio": {"N": "1.50"},
}


def test_attributes_that_we_do_not_know_are_kept_as_they_are() -> None:
    item = written_over(payment_item(a_payment(), 1) | UNKNOWN)
    assert {name: item[name] for name in UNKNOWN} == UNKNOWN
    assert item["status"] == {"S": "succeeded"}


def test_details_of_a_fact_reasons_and_told_states_that_we_do_not_know_are_kept() -> None:
    payment, _ = learn(a_payment(), [OPEN])
    item = payment_item(payment, 1)
    item["facts"]["M"][OPEN.key]["M"]["locale"] = {"S": "de"}
    item["told"]["M"]["parcel#1"] = {"S": "sent"}
    item["due_by"]["M"]["tidy"] = {"N": "1795000000"}
    item["order"]["M"]["gift"] = {"BOOL": True}
    after = written_over(item)
    assert after["facts"]["M"][OPEN.key]["M"]["locale"] == {"S": "de"}
    assert after["told"]["M"]["parcel#1"] == {"S": "sent"}
    assert after["due_by"]["M"]["tidy"] == {"N": "1795000000"}
    assert after["order"]["M"]["gift"] == {"BOOL": True}


@pytest.mark.parametrize("value", [{"SS": ["a"]}, {"B": b"0"}, {"N": "0.5"}], ids=["set", "bytes", "fraction"])
def test_a_detail_that_could_not_be_written_back_as_it_is_is_for_newer_code(value: dict[str, Any]) -> None:
    payment, _ = learn(a_payment(), [OPEN])
    item = payment_item(payment, 1)
    item["facts"]["M"][OPEN.key]["M"]["newer"] = value
    with pytest.raises(NewerRelease):
        payment_of(item)


def test_a_view_with_more_in_it_than_this_release_writes_is_passed_on() -> None:
    item = payment_item(a_payment(), 1)
    item["view"]["M"]["rate"] = {"N": "0.5"}
    kept = kept_view_of(item)
    assert kept
    assert kept[0]["rate"] == 0.5


def test_what_is_no_longer_so_is_taken_away() -> None:
    payment = replace(a_payment(), due_by={"look": NOW}, attention=Attention((Reason.REVIEW,), NOW))
    stored = payment_of(payment_item(payment, 1))
    after = payment_item(replace(stored, due_by={}, attention=None), 2)
    assert not {"due_at", "due_shard", "attention", "attention_at", "why", "since"} & set(after)


@pytest.mark.parametrize(
    "change",
    [
        {"needs": {"N": str(LEVEL + 1)}},
        {"raised": {"L": [{"S": "parcel_sent"}]}},
        {"way": {"S": "by_post"}},
        {"facts": {"M": {"parcel#1": {"M": {"kind": {"S": "parcel"}, "ref": {"S": "1"}, "state": {"S": "sent"}}}}}},
        {"facts": {"M": {"session#cs": {"M": {"kind": {"S": "session"}, "ref": {"S": "cs"}, "state": {"S": "lent"}}}}}},
    ],
    ids=["needs", "notice", "way", "kind", "state"],
)
def test_what_this_release_cannot_act_on_rightly_is_for_newer_code(change: dict[str, Any]) -> None:
    with pytest.raises(NewerRelease):
        payment_of(payment_item(a_payment(), 1) | change)


def test_the_view_that_newer_code_left_is_read_whatever_else_the_item_holds() -> None:
    payment, _ = learn(a_payment(), [OPEN])
    item = payment_item(payment, 1) | {"needs": {"N": "99"}, "facts": {"S": "another form"}}
    kept = kept_view_of(item)
    assert kept
    view, expires_at = kept
    before, after = (seen_at(view, at, expires_at) for at in (NOW, expires_at))
    assert (before["paymentId"], before["payable"], before["checkoutUrl"]) == (payment.id, True, "https://checkout")
    assert (after["payable"], after["checkoutUrl"], after["status"]) == (False, None, "pending")
    assert kept_view_of(payment_key(payment.id)) is None


# Products and notices


def test_products_are_read_back_as_they_were() -> None:
    hour = Product("hour", "One hour", FixedPrice(9900), "usd")
    goods = replace(hour, description="Sixty minutes.", image="images/hour.svg", ships=True, stocked=True, most=3)
    for product in (hour, replace(hour, price=OpenPrice(100, 500)), goods):
        assert product_of(encoded(product_values(product)) | UNKNOWN) == product


def test_a_product_from_before_there_were_goods_is_read() -> None:
    hour = Product("hour", "One hour", FixedPrice(9900), "usd")
    stored = {"sku": "hour", "name": "One hour", "currency": "usd", "kind": "fixed", "amount": 9900}
    assert product_of(encoded(stored)) == hour


@pytest.mark.parametrize("goods", [{"ships": True}, {"stocked": True}], ids=str)
def test_goods_are_not_for_older_code_and_services_are(goods: dict[str, Any]) -> None:
    hour = Product("hour", "One hour", FixedPrice(9900), "usd")
    assert product_values(hour)["needs"] == 1
    assert product_values(replace(hour, **goods))["needs"] == 2


terms = st.builds(
    Terms,
    country=st.none() | st.just("DE"),
    shipping=st.dictionaries(
        st.sampled_from(["DE", "*"]),
        st.dictionaries(
            st.just("usd"),
            st.builds(ShippingRate, flat=st.integers(0, 10**12), free_from=st.none() | st.integers(0, 10**12)),
        ),
    ),
    tax=st.dictionaries(
        st.just("DE"),
        st.builds(TaxRate, name=st.just("VAT"), basis_points=st.integers(0, 10**4), inclusive=st.booleans()),
    ),
)


@given(terms)
def test_terms_are_read_back_as_they_were(terms: Terms) -> None:
    assert terms_of(encoded(terms_values(terms)) | UNKNOWN) == terms


def test_terms_that_newer_code_counts_in_its_way_are_for_newer_code() -> None:
    with pytest.raises(NewerRelease):
        terms_of(encoded(terms_values(Terms()) | {"needs": LEVEL + 1}))


@pytest.mark.parametrize(
    "change", [{"needs": {"N": str(LEVEL + 1)}}, {"kind": {"S": "auction"}}], ids=["needs", "kind"]
)
def test_a_product_that_is_sold_in_a_newer_way_is_for_newer_code(change: dict[str, Any]) -> None:
    values = product_values(Product("hour", "One hour", FixedPrice(9900), "usd"))
    with pytest.raises(NewerRelease):
        product_of(encoded(values) | change)


def test_a_notice_is_told_from_its_index_entry() -> None:
    payment, notice = a_payment(), Notice(NoticeKind.DISPUTE_ALERT, "du_1#open")
    item = notice_item(payment, notice, NOW)
    assert item.items() >= notice_key(payment.id, notice).items()
    assert list(due_of(item)) == [Due(payment.id, notice, NOW + UNDER_WAY)]


def test_a_notice_that_this_release_does_not_know_is_left_alone() -> None:
    item = notice_item(a_payment(), Notice(NoticeKind.ADMIN_COPY), NOW) | {"sk": {"S": "NOTICE#parcel_sent"}}
    assert list(due_of(item)) == []


def test_a_payment_to_look_at_is_in_the_index_until_there_is_nothing_to_wait_for() -> None:
    payment = replace(a_payment(), due_by={"look": NOW})
    assert list(due_of(payment_item(payment, 1))) == [Due(payment.id, None, NOW)]
    assert payment_of(payment_item(payment, 1)) == payment


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_values_are_read_back_as_they_were(value: Any) -> None:
    assert decoded(encoded({"value": [value]})) == {"value": [value]}
