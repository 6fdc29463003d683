"""A shortage at the desk: what was paid for and is not there is taken from stock after all, or is not delivered."""

from typing import Any

import pytest

from payments.domain.stock import StockChange
from tests.builders import NOW, a_charge, an_event
from tests.callers import ADA, GRACE
from tests.integration.contract import Contract
from tests.integration.system import Answer, System
from tests.integration.test_ordering import ADDRESS, MUG, WHO, Shop

CONTRACT = Contract()
ROUTE, SHOWN = "POST /admin/payments/{paymentId}/shortages", "GET /admin/payments/{paymentId}"


class Short:
    """An order of two that were gone when it was paid."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.system = shop, shop.system
        self.order = shop.ordered(2)
        self.id = str(self.order["paymentId"])
        shop.expire(self.order)
        shop.ordered(3)
        shop.pay(self.order)

    def settle(self, resolution: str, by: Any = GRACE, **changes: Any) -> Answer:
        body = {"sku": self.shop.sku, "resolution": resolution} | changes
        answer = self.system.desk(ROUTE, paymentId=self.id, body=body, by=by)
        CONTRACT.judge("settleShortage", answer.status, answer.headers["content-type"], answer.body)
        return answer

    def restock(self, count: int, key: str = "adm_2") -> None:
        self.system.table.change_stock(StockChange(key, self.shop.sku, count, "a delivery", "grace-1", NOW))

    @property
    def stands(self) -> tuple[str, int, int]:
        """The shortage's state, what is left, and what the payment has taken."""
        payment = self.system.table.payment(self.id)
        assert payment
        [shortage] = payment.shortages
        return shortage.state.value, self.shop.left, self.shop.taken(self.order)


@pytest.fixture
def short(engine_system: System) -> Short:
    return Short(Shop(engine_system, 3))


def test_it_is_shown_with_what_is_missing_and_told_to_the_admin(short: Short) -> None:
    shown = short.system.desk(SHOWN, paymentId=short.id).body
    assert shown["shortages"] == [{"sku": short.shop.sku, "name": "A mug", "quantity": 2, "state": "open"}]
    assert shown["attention"]["why"] == ["shortage"]
    assert f"shortage_alert#{short.shop.sku}" in [f"{each['kind']}#{each['ref']}" for each in shown["notices"]]


def test_supplied_takes_the_stock_once_whoever_repeats_it(short: Short) -> None:
    short.restock(5)
    answers = [
        short.settle("supplied"),
        short.settle("supplied"),
        short.settle("supplied", by={**GRACE, "sub": "heidi-1"}),
    ]
    assert [each.status for each in answers] == [200, 200, 200]
    assert answers[0].body["shortages"][0]["state"] == "supplied"
    assert answers[0].body["attention"] is None
    assert short.stands == ("supplied", 3, 2)
    acts = [(each.type, each.by) for each in short.system.table.events(short.id) if each.id.startswith("adm_")]
    assert ("shortage_supplied", "grace-1") in acts


def test_supplied_without_stock_is_refused_and_changes_nothing(short: Short) -> None:
    short.restock(1)
    answer = short.settle("supplied")
    assert (answer.status, answer.body["code"], answer.body["left"]) == (409, "stock_too_low", 1)
    assert short.stands == ("open", 1, 0)
    # Nor does it stand in the way of what Stripe has to say.
    charge = a_charge(short.id, id="ch_more", payment_intent="pi_more", amount=3600, amount_captured=3600)
    assert short.system.hear(an_event("charge.succeeded", charge)).status == 200


def test_waived_takes_nothing_and_needs_nobody_and_may_be_supplied_later(short: Short) -> None:
    assert short.settle("waived").body["attention"] is None
    assert short.stands == ("waived", 0, 0)
    short.restock(2)
    assert short.stands == ("waived", 2, 0)
    assert short.settle("supplied").status == 200
    assert short.stands == ("supplied", 0, 2)


def test_what_was_taken_is_not_waived(short: Short) -> None:
    short.restock(2)
    short.settle("supplied")
    answer = short.settle("waived")
    assert (answer.status, answer.body["code"]) == (409, "nothing_to_settle")
    assert short.stands == ("supplied", 0, 2)


def test_what_is_not_missing_cannot_be_settled(short: Short) -> None:
    assert short.settle("supplied", sku="stickers").body["code"] == "nothing_to_settle"
    assert short.settle("lost").status == 422
    assert short.settle("waived", by=ADA).status == 403
    assert short.stands == ("open", 0, 0)


def test_the_desk_has_the_addresses_and_the_note_until_the_person_is_erased(system: System) -> None:
    billed = {"address": ADDRESS, "billingAddress": ADDRESS | {"name": "ACME"}}
    ordered = system.order(WHO | {"items": [MUG], "note": "Ring twice"} | billed).body
    shown = system.desk(SHOWN, paymentId=ordered["paymentId"]).body
    assert shown["address"] == {**ADDRESS, "country": "GB", "line2": None, "region": None}
    assert shown["billingAddress"]["name"] == "ACME"
    assert shown["note"] == "Ring twice"
    assert shown["order"] == ordered["order"]

    found = system.desk("GET /admin/payments", query={"q": ordered["order"]["number"].lower()}).body["payments"]
    assert [each["paymentId"] for each in found] == [ordered["paymentId"]]

    assert system.desk("POST /admin/erasures", body={"paymentId": ordered["paymentId"]}).status == 202
    shown = system.desk(SHOWN, paymentId=ordered["paymentId"]).body
    assert (shown["address"], shown["billingAddress"], shown["note"]) == (None, None, None)
    assert "St James" not in str(shown)


def test_a_product_is_shown_with_who_changed_its_stock_the_newest_first(system: System) -> None:
    def changed(change: int, reason: str) -> None:
        body, headers = {"change": change, "reason": reason}, {"idempotency-key": f"k{change}"}
        assert system.desk("POST /admin/products/{sku}/stock", sku="notebook", body=body, headers=headers).status == 200

    changed(7, "a delivery")
    changed(-1, "one was torn")
    answer = system.desk("GET /admin/products/{sku}", sku="notebook")
    CONTRACT.judge("getProductForAdmins", answer.status, answer.headers["content-type"], answer.body)
    told = {(each["change"], each["reason"], each["by"]) for each in answer.body["changes"]}
    assert {(7, "a delivery", "grace-1"), (-1, "one was torn", "grace-1")} <= told
    times = [each["at"] for each in answer.body["changes"]]
    assert times == sorted(times, reverse=True)
    assert answer.body["left"] == system.table.stock(["notebook"])["notebook"]
    assert system.desk("GET /admin/products/{sku}", sku="consulting-hour").body["changes"] == []
    for unknown in ("nothing", "../x", ""):
        assert system.desk("GET /admin/products/{sku}", sku=unknown).status == 404


def test_another_resolution_is_refused_with_those_there_are(short: Short) -> None:
    answer = short.settle("refunded")
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "resolution")
    assert "'supplied' or 'waived'" in answer.body["detail"]
