"""How many are left: changed once for each act, never below nothing, and shown with what is for sale."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from local.catalogue import LOCAL_STOCK
from payments.adapters.table.keys import stock_event_key
from payments.adapters.table.table import Table
from payments.domain.catalogue import FixedPrice, Product
from payments.domain.errors import IdempotencyKeyReused, ProductNotFound, StockTooLow
from payments.domain.stock import StockChange
from payments.services.stocking import change_stock
from tests.builders import NOW
from tests.integration.system import Answer, System
from tools import stock

ROUTE = "POST /admin/products/{sku}/stock"
DELIVERY = {"change": 5, "reason": "a delivery"}


@pytest.fixture
def mug(engine_system: System) -> StockChange:
    """A delivery of ten of a product that nobody has had before."""
    sku = f"mug-{uuid4()}"
    engine_system.table.put_product(Product(sku, "A mug", FixedPrice(1800), "usd", stocked=True))
    return StockChange("adm_1", sku, 10, "a delivery", "grace-1", NOW)


@pytest.fixture
def table(engine_system: System) -> Table:
    return engine_system.table


def test_a_change_is_made_once_and_kept_with_who_made_it(table: Table, engine_system: System, mug: StockChange) -> None:
    assert table.stock([mug.sku]) == {}
    assert [change_stock(mug, table), change_stock(mug, table)] == [10, 10]
    assert change_stock(replace(mug, id="adm_2", change=-3), table) == 7
    assert table.stock([mug.sku, "nothing"]) == {mug.sku: 7}

    [name] = [each.name for each in engine_system.template.tables.values()]
    item = engine_system.dynamodb.get_item(TableName=name, Key=stock_event_key(mug.sku, "adm_2"))["Item"]
    assert (item["by"]["S"], item["change"]["N"], item["reason"]["S"]) == ("grace-1", "-3", "a delivery")


@pytest.mark.parametrize("change", [-11, -(10**6)])
def test_what_is_not_there_is_not_taken_away(table: Table, mug: StockChange, change: int) -> None:
    taking = replace(mug, id="adm_2", change=change)
    with pytest.raises(StockTooLow, match="0 left"):
        change_stock(taking, table)
    change_stock(mug, table)
    with pytest.raises(StockTooLow, match="10 left"):
        change_stock(taking, table)
    assert change_stock(replace(taking, change=-10), table) == 0


def test_a_repetition_is_one_although_so_many_are_not_there_any_more(table: Table, mug: StockChange) -> None:
    change_stock(mug, table)
    taking = replace(mug, id="adm_2", change=-10)
    assert [change_stock(taking, table), change_stock(taking, table)] == [0, 0]


def test_a_key_is_for_one_change(table: Table, mug: StockChange) -> None:
    change_stock(mug, table)
    with pytest.raises(IdempotencyKeyReused):
        change_stock(replace(mug, change=11), table)
    assert table.stock([mug.sku]) == {mug.sku: 10}


def test_of_many_who_take_at_once_nobody_takes_what_is_not_there(table: Table, mug: StockChange) -> None:
    change_stock(mug, table)

    def take(number: int) -> bool:
        try:
            change_stock(replace(mug, id=f"adm_take_{number}", change=-3), table)
        except StockTooLow:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(8))) == 3
    assert table.stock([mug.sku]) == {mug.sku: 1}


def test_a_catalogue_that_is_put_again_leaves_the_stock_alone(table: Table, mug: StockChange) -> None:
    change_stock(mug, table)
    table.put_product(Product(mug.sku, "Another name", FixedPrice(1900), "usd", stocked=True))
    table.remove_product(mug.sku)
    assert table.stock([mug.sku]) == {mug.sku: 10}


@pytest.mark.parametrize("sku", ["consulting-hour", "stickers", "nothing", "not a sku", "a" * 3000])
def test_what_is_not_sold_from_stock_has_none(table: Table, mug: StockChange, sku: str) -> None:
    with pytest.raises(ProductNotFound):
        change_stock(replace(mug, sku=sku), table)
    assert not table.stock(["consulting-hour"])


# Over HTTP


def changed(system: System, sku: str, body: Mapping[str, Any], key: str) -> Answer:
    return system.desk(ROUTE, body=body, headers={"idempotency-key": key}, sku=sku)


def left(system: System, sku: str) -> Any:
    [product] = [each for each in system.products().body["products"] if each["sku"] == sku]
    return product["left"]


def test_an_admin_changes_stock_and_customers_see_it(system: System) -> None:
    before = left(system, "notebook")
    key = str(uuid4())

    answers = [changed(system, "notebook", DELIVERY, key) for _ in range(2)]

    assert [each.status for each in answers] == [200, 200]
    assert answers[1].body == {"sku": "notebook", "left": before + 5}
    assert left(system, "notebook") == before + 5
    shown = system.desk("GET /admin/products").body["products"]
    assert shown == system.products().body["products"]


def test_more_than_is_there_is_refused_with_what_is_there(system: System) -> None:
    answer = changed(system, "evening-talk", {"change": -1000, "reason": "a count"}, str(uuid4()))
    assert (answer.status, answer.body["code"]) == (409, "stock_too_low")
    assert answer.body["left"] == left(system, "evening-talk")


@pytest.mark.parametrize("change", [0, 1.5, "5", None, True, 10**6 + 1, -(10**30)])
def test_a_change_is_a_whole_number(system: System, change: object) -> None:
    answer = changed(system, "notebook", {"change": change, "reason": "a count"}, str(uuid4()))
    assert (answer.status, [each["field"] for each in answer.body["errors"]]) == (422, ["change"])


def test_a_change_needs_a_key(system: System) -> None:
    answer = system.desk(ROUTE, body=DELIVERY, sku="notebook")
    assert (answer.status, answer.body["code"]) == (400, "idempotency_key_required")


def test_products_say_how_they_are_sold(system: System) -> None:
    products = {each["sku"]: each for each in system.products().body["products"]}
    mug, stickers, hour = (products[sku] for sku in ("enamel-mug", "stickers", "consulting-hour"))
    # Others may have ordered of it.
    assert (mug["ships"], mug["most"], mug["left"]) == (True, 10, *system.table.stock(["enamel-mug"]).values())
    assert 0 < mug["left"] <= LOCAL_STOCK
    assert (mug["image"], mug["description"]) == ("images/enamel-mug.svg", "White with a blue rim, 350 ml.")
    assert (stickers["ships"], stickers["left"]) == (True, None)
    assert (hour["ships"], hour["left"], hour["image"], hour["description"]) == (False, None, None, "")


def test_goods_are_not_sold_as_services(system: System) -> None:
    answer = system.order({"name": "Ada", "email": "ada@example.com", "serviceType": "enamel-mug"})
    assert answer.status == 422
    assert [each["field"] for each in answer.body["errors"]] == ["serviceType"]


# By command


def test_a_command_changes_stock(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    [table] = system.template.tables.values()
    local = ["--endpoint", system.dynamodb_url, "--table", table.name, "--sku", "notebook", "--reason", "a delivery"]
    before = left(system, "notebook")

    assert stock.main([*local, "--change=+7", "--key", "one"]) == 0
    assert stock.main([*local, "--change=+7", "--key", "one"]) == 0

    assert capsys.readouterr().out == f"notebook: +7, {before + 7} left.\n" * 2
    assert left(system, "notebook") == before + 7


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--change", "5", "CHANGE must be how many more or fewer, such as +5 or -2, not '5'."),
        ("--change", "+0", "CHANGE must be"),
        ("--change", "+1.5", "CHANGE must be"),
        ("--change", "-1000", "left; take away at most as many"),
        ("--reason", " ", "REASON must say"),
        ("--sku", "consulting-hour", "There is no product with this sku that is stocked"),
    ],
)
def test_a_command_that_cannot_be_done_says_what_to_change(
    system: System, capsys: pytest.CaptureFixture[str], option: str, value: str, says: str
) -> None:
    [table] = system.template.tables.values()
    given = {"--sku": "notebook", "--change": "+1", "--reason": "a count"} | {option: value}
    options = [f"{name}={each}" for name, each in given.items()]
    assert stock.main(["--endpoint", system.dynamodb_url, "--table", table.name, *options]) == 1
    assert says in capsys.readouterr().err
