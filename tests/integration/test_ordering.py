"""Orders by items: priced by the server, taken from stock once, one in another's place, canceled and released."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError
from uuid import uuid4

import pytest

from payments.domain.catalogue import FixedPrice, Product
from payments.domain.order import Address
from payments.domain.stock import StockChange
from tests.builders import NOW, a_charge, an_event
from tests.integration.system import Answer, System

ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "12 St James Sq",
    "city": "London",
    "postalCode": "SW1Y 4JH",
    "country": "gb",
}
DECLINED = "4000000000000002"
MUG = {"sku": "enamel-mug", "quantity": 1}
WHO = {"name": "Ada Lovelace", "email": "ada@example.com"}


class Shop:
    """A product of its own, of which there is a number, and what becomes of that."""

    def __init__(self, system: System, left: int) -> None:
        self.system = system
        self.sku = f"mug-{uuid4()}"
        system.table.put_product(Product(self.sku, "A mug", FixedPrice(1800), "usd", stocked=True))
        system.table.change_stock(StockChange("adm_1", self.sku, left, "a delivery", "grace-1", NOW))

    def order(self, quantity: int = 1, **more: Any) -> Answer:
        headers = {"idempotency_key": more.pop("key")} if "key" in more else {}
        return self.system.order(WHO | {"items": [{"sku": self.sku, "quantity": quantity}]} | more, **headers)

    def ordered(self, quantity: int = 1, **more: Any) -> dict[str, Any]:
        answer = self.order(quantity, **more)
        assert answer.status == 201, answer.body
        return answer.body

    @property
    def left(self) -> int:
        return self.system.table.stock([self.sku])[self.sku]

    def taken(self, *orders: Mapping[str, Any]) -> int:
        payments = [self.system.table.payment(each["paymentId"]) for each in orders]
        return sum(each.stock_taken.get(self.sku, 0) for each in payments if each)

    def expire(self, order: Mapping[str, Any]) -> None:
        self.system.stripe().v1.checkout.sessions.expire(order["sessionId"])
        self.hear(order)

    def hear(self, order: Mapping[str, Any]) -> None:
        """Stripe tells what has become of it."""
        for event in self.system.events():
            if order["paymentId"] in str(event):
                assert self.system.hear(event).status == 200

    def pay(self, order: Mapping[str, Any]) -> None:
        """Stripe says that it was paid, whatever was before."""
        amount, id_ = order["order"]["total"], uuid4().hex
        intent = {"id": f"ch_{id_}", "payment_intent": f"pi_{id_}"}
        charge = a_charge(order["paymentId"], amount=amount, amount_captured=amount, **intent)
        assert self.system.hear(an_event("charge.succeeded", charge)).status == 200


@pytest.fixture
def shop(engine_system: System) -> Shop:
    return Shop(engine_system, 3)


def test_an_order_is_what_was_quoted_with_a_number_and_takes_its_stock(shop: Shop) -> None:
    order = shop.ordered(2, total=3600)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", order["order"]["number"])
    assert order["order"]["total"] == 3600
    assert shop.left == 1
    session = shop.system.stripe().v1.checkout.sessions.retrieve(order["sessionId"])
    assert session.amount_total == 3600
    assert shop.system.status(order["paymentId"]).body["order"] == order["order"]


def test_addresses_and_a_note_are_kept_and_shown_to_nobody_who_only_polls(system: System) -> None:
    items = [MUG, {"sku": "stickers", "quantity": 2}, MUG]
    billed = {"address": ADDRESS, "billingAddress": ADDRESS | {"name": "ACME"}}
    answer = system.order(WHO | {"items": items, "note": " Ring\ntwice "} | billed)
    assert answer.status == 201, answer.body
    assert answer.body["order"]["shipping"] == {"amount": 1490}
    assert answer.body["order"]["total"] == 2 * 1800 + 2 * 600 + 1490
    payment = system.table.payment(answer.body["paymentId"])
    assert payment
    assert payment.order.address == Address("Ada Lovelace", "12 St James Sq", "London", "GB", "SW1Y 4JH")
    assert payment.order.billing_address
    assert payment.order.billing_address.name == "ACME"
    assert payment.order.note == "Ring\ntwice"
    seen = str(system.status(payment.id).body)
    assert "St James" not in seen
    assert "Ring" not in seen


def test_what_is_not_there_is_not_sold_and_the_answer_says_how_many_are(shop: Shop) -> None:
    answer = shop.order(4)
    assert (answer.status, answer.body["code"]) == (409, "out_of_stock")
    [error] = answer.body["errors"]
    assert error == {"field": "items", "detail": "A mug: 3 left; order at most as many.", "sku": shop.sku, "left": 3}
    assert shop.left == 3


def test_another_total_than_was_told_orders_nothing_and_says_the_new_one(shop: Shop) -> None:
    answer = shop.order(2, total=3500)
    assert (answer.status, answer.body["code"], answer.body["order"]["total"]) == (409, "price_changed", 3600)
    assert shop.left == 3


def test_the_same_number_in_another_currency_is_another_price(shop: Shop) -> None:
    shop.system.table.put_product(Product(shop.sku, "A mug", FixedPrice(1800), "eur", stocked=True))
    answer = shop.order(2, total=3600, currency="usd")
    assert (answer.status, answer.body["code"], shop.left) == (409, "price_changed", 3)
    assert shop.order(2, total=3600, currency="eur").status == 201


def test_a_repetition_takes_once(shop: Shop) -> None:
    first, again = shop.ordered(2, key="k-" + shop.sku), shop.ordered(2, key="k-" + shop.sku)
    assert first["paymentId"] == again["paymentId"]
    assert shop.left == 1


def test_stock_comes_back_on_stripes_word_and_is_taken_again_by_late_money(shop: Shop) -> None:
    order = shop.ordered(2)
    shop.expire(order)
    assert (shop.left, shop.taken(order)) == (3, 0)
    shop.pay(order)
    assert (shop.left, shop.taken(order)) == (1, 2)


def test_money_for_what_is_gone_is_learned_all_the_same_and_waits_for_a_person(shop: Shop) -> None:
    late = shop.ordered(2)
    shop.expire(late)
    shop.ordered(3)
    shop.pay(late)
    payment = shop.system.table.payment(late["paymentId"])
    assert payment
    assert payment.is_paid
    assert [(each.ref, each.quantity, each.state) for each in payment.shortages] == [(shop.sku, 2, "open")]
    assert payment.attention
    assert "shortage" in payment.attention.why
    assert (shop.left, shop.taken(late)) == (0, 0)


def test_whoever_ordered_cancels_and_nobody_else(shop: Shop) -> None:
    order = shop.ordered(2)
    assert shop.system.cancel(order["paymentId"], "another").status == 404
    canceled = shop.system.cancel(order["paymentId"], order["accessKey"])
    assert (canceled.status, canceled.body["status"], canceled.body["payable"]) == (200, "expired", False)
    assert shop.left == 3
    assert shop.system.cancel(order["paymentId"], order["accessKey"]).status == 200


def test_what_is_paid_cannot_be_canceled(shop: Shop) -> None:
    order = shop.ordered(2)
    shop.pay(order)
    answer = shop.system.cancel(order["paymentId"], order["accessKey"])
    assert (answer.status, answer.body["code"]) == (409, "not_cancelable")
    assert shop.left == 1


def test_after_too_many_declines_it_is_closed_and_its_stock_is_free(shop: Shop) -> None:
    order = shop.ordered(2)
    for attempt in range(1, 11):
        assert shop.left == 1, f"before attempt {attempt}"
        with pytest.raises(HTTPError, match="PAYMENT REQUIRED"):
            shop.system.control(f"sessions/{order['sessionId']}/pay", card=DECLINED)
        shop.hear(order)
    assert shop.system.status(order["paymentId"]).body["status"] == "expired"
    assert shop.left == 3


def replacing(order: Mapping[str, Any]) -> dict[str, Any]:
    return {"paymentId": order["paymentId"], "accessKey": order["accessKey"]}


def test_an_order_in_anothers_place_closes_it_and_takes_over_its_stock(shop: Shop) -> None:
    before = shop.ordered(2)
    after = shop.ordered(3, replaces=replacing(before))
    assert shop.system.status(before["paymentId"]).body["status"] == "expired"
    assert (shop.left, shop.taken(before), shop.taken(after)) == (0, 0, 3)
    last = shop.ordered(1, replaces=replacing(before))
    assert shop.system.status(after["paymentId"]).body["status"] == "expired", "what had taken its place"
    assert (shop.left, shop.taken(last)) == (2, 1)


def test_between_the_two_nobody_else_gets_its_stock(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before, stripe, others = shop.ordered(3), shop.system.functions["CreateSession"].stripe, []
    close = stripe.close

    def closed_and_told(payment: Any) -> Any:
        facts = close(payment)
        shop.hear(before)
        monkeypatch.undo()
        others.append(shop.order(1).status)
        return facts

    monkeypatch.setattr(stripe, "close", closed_and_told)
    after = shop.ordered(3, replaces=replacing(before))
    assert others == [409]
    assert (shop.left, shop.taken(before), shop.taken(after)) == (0, 0, 3)


def test_what_ended_before_it_was_held_has_nothing_to_hold(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before, store, others = shop.ordered(3), shop.system.functions["CreateSession"].store, []
    stock = store.stock

    def read_and_taken(skus: Any) -> Any:
        left = stock(skus)
        monkeypatch.undo()
        shop.expire(before)
        others.append(shop.ordered(3))
        return left

    monkeypatch.setattr(store, "stock", read_and_taken)
    answer = shop.order(3, replaces=replacing(before))
    assert (answer.status, answer.body["code"]) == (409, "out_of_stock")
    ended = shop.system.table.payment(before["paymentId"])
    assert ended
    assert (ended.stock_taken, ended.shortages, ended.replacements) == ({}, (), ())
    assert (shop.left, shop.taken(before, *others)) == (0, 3)


def test_more_than_there_is_even_so_leaves_the_one_before_as_it_was(shop: Shop) -> None:
    before = shop.ordered(2)
    answer = shop.order(4, replaces=replacing(before))
    assert (answer.status, answer.body["errors"][0]["left"]) == (409, 3)
    assert shop.system.status(before["paymentId"]).body["payable"]
    assert (shop.left, shop.taken(before)) == (1, 2)


def test_what_was_paid_meanwhile_is_not_replaced(shop: Shop) -> None:
    before = shop.ordered(2)
    shop.pay(before)
    answer = shop.order(1, replaces=replacing(before))
    assert (answer.status, answer.body["code"], answer.body["paymentId"]) == (409, "already_paid", before["paymentId"])
    assert shop.left == 1


def test_without_its_key_nothing_is_replaced(shop: Shop) -> None:
    before = shop.ordered(2)
    answer = shop.order(1, replaces={"paymentId": before["paymentId"], "accessKey": "another"})
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "replaces")
    assert shop.left == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"items": []}, "items"),
        ({"items": [{"sku": "nothing", "quantity": 1}]}, "items"),
        ({"items": [MUG]}, "address"),
        ({"items": [{"sku": "enamel-mug", "quantity": 0}], "address": ADDRESS}, "items.0.quantity"),
        ({"items": [{"sku": "enamel-mug", "quantity": -1}], "address": ADDRESS}, "items.0.quantity"),
        ({"items": [{"sku": "enamel-mug", "quantity": 1.5}], "address": ADDRESS}, "items.0.quantity"),
        ({"items": [{"sku": "enamel-mug", "quantity": 10**12}], "address": ADDRESS}, "items"),
        ({"items": [{"sku": "donation", "quantity": 1}]}, "items"),
        (
            {"items": [MUG], "address": ADDRESS | {"postalCode": " "}},
            "address.postalCode",
        ),
        ({"items": [MUG], "address": ADDRESS | {"country": "XX"}}, "address.country"),
        ({"items": [{"sku": "consulting-hour", "quantity": 1}], "amount": 9900}, "amount"),
        ({"items": [{"sku": "consulting-hour", "quantity": 1}], "serviceType": "consulting-hour"}, "items"),
        ({"serviceType": "consulting-hour", "total": 9900}, "total"),
        ({"note": "x" * 501, "serviceType": "consulting-hour"}, "note"),
        ({}, "serviceType"),
    ],
)
def test_what_cannot_be_ordered_is_named(system: System, more: dict[str, Any], field: str) -> None:
    before = system.table.stock(["enamel-mug"])
    answer = system.order(WHO | more)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, field), answer.body
    assert system.table.stock(["enamel-mug"]) == before


def test_of_sixty_four_buyers_as_many_get_one_as_there_are(engine_system: System) -> None:
    shop = Shop(engine_system, 10)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: until_decided(shop), range(64)))
    orders = [each.body for each in answers if each.status == 201]
    assert len(orders) == 10
    assert {each.body["code"] for each in answers if each.status != 201} == {"out_of_stock"}
    assert (shop.left, shop.taken(*orders)) == (0, 10)


def test_a_second_click_on_an_order_in_anothers_place_is_the_same_order(shop: Shop) -> None:
    before, key = shop.ordered(2), "k-" + shop.sku
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: until_decided(shop, 3, key=key, replaces=replacing(before)), range(4)))
    assert [each.status for each in answers] == [201] * 4
    [payment_id] = {each.body["paymentId"] for each in answers}
    assert shop.system.status(payment_id).body["payable"]
    assert (shop.left, shop.taken(before, answers[0].body)) == (0, 3)


def test_of_tabs_that_replace_the_same_order_one_can_be_paid(shop: Shop) -> None:
    before = shop.ordered(2)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda many: until_decided(shop, many, replaces=replacing(before)), (1, 2, 3)))
    orders = [each.body for each in answers if each.status == 201]
    assert len(orders) == 3, [each.body for each in answers]
    payable = [each for each in (before, *orders) if shop.system.status(each["paymentId"]).body["payable"]]
    assert len(payable) == 1
    [line] = payable[0]["order"]["lines"]
    assert (shop.left, shop.taken(before, *orders)) == (3 - line["quantity"], line["quantity"])


def test_late_money_and_another_buyer_do_not_both_get_the_last(shop: Shop) -> None:
    late = shop.ordered(3)
    shop.expire(late)
    with ThreadPoolExecutor(2) as pool:
        paid, bought = pool.submit(shop.pay, late), pool.submit(until_decided, shop, 3)
        paid.result()
        answer = bought.result()
    payment = shop.system.table.payment(late["paymentId"])
    assert payment
    assert payment.is_paid
    assert len(payment.shortages) == (answer.status == 201)
    assert shop.left == 0
    assert shop.taken(late, *([answer.body] if answer.status == 201 else [])) == 3


def until_decided(shop: Shop, quantity: int = 1, *, key: str | None = None, **more: Any) -> Answer:
    """A hot product refuses with "try again", and whoever is told so does."""
    key = key or str(uuid4())
    while (answer := shop.order(quantity, key=key, **more)).status == 503:
        pass
    return answer


@pytest.mark.parametrize("way", ["order", "order_on_page"])
def test_a_sum_that_stripe_alone_knows_to_be_too_small_is_told_of_the_items(system: System, way: str) -> None:
    sku = f"sticker-{uuid4()}"
    system.table.put_product(Product(sku, "A sticker", FixedPrice(1), "krw", stocked=True))
    system.table.change_stock(StockChange("adm_1", sku, 3, "a delivery", "grace-1", NOW))

    refused = getattr(system, way)(WHO | {"items": [{"sku": sku, "quantity": 1}]})

    assert refused.status == 422
    assert [each["field"] for each in refused.body["errors"]] == ["items"]
    assert system.table.stock([sku])[sku] == 3
