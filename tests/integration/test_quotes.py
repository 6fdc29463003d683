"""POST /quotes: an order's totals, the sentence for what cannot be ordered so, and nothing that stays."""

from typing import Any

import pytest

from payments.adapters.table.keys import product_key
from payments.domain.catalogue import FixedPrice, Product
from payments.domain.releases import LEVEL
from tests.integration.system import System

MUG = {"sku": "enamel-mug", "quantity": 2}
STICKERS = {"sku": "stickers", "quantity": 1}
HOUR = {"sku": "consulting-hour", "quantity": 1}


def quoted(system: System, *items: dict[str, Any], country: str | None = None) -> dict[str, Any]:
    answer = system.quote({"items": list(items)} | ({"address": {"country": country}} if country else {}))
    assert answer.status == 200, answer.body
    return dict(answer.body)


def test_a_quote_is_the_order_with_its_totals(system: System) -> None:
    assert quoted(system, MUG, STICKERS, country="ca") == {
        "number": None,
        "lines": [
            {"sku": "enamel-mug", "name": "Enamel mug", "quantity": 2, "unit": 1800},
            {"sku": "stickers", "name": "Sheet of stickers", "quantity": 1, "unit": 600},
        ],
        "shipping": {"amount": 1490},
        "tax": [{"name": "GST", "amount": 285, "inclusive": False}],
        "total": 5975,
        "currency": "usd",
    }


@pytest.mark.parametrize(
    ("items", "country", "shipping", "tax", "total"),
    [
        ([HOUR], None, None, [], 9900),
        ([HOUR], "DE", None, [1581], 9900),
        ([MUG], "US", 590, [], 4190),
        ([MUG, HOUR], "US", 0, [], 13500),
        ([MUG, MUG], "FR", 1490, [], 8690),
        ([MUG], "DE", 1490, [813], 5090),
    ],
)
def test_terms_are_those_of_the_country(
    system: System, items: list[dict[str, Any]], country: str | None, shipping: int | None, tax: list[int], total: int
) -> None:
    quote = quoted(system, *items, country=country)
    assert quote["shipping"] == (None if shipping is None else {"amount": shipping})
    assert [each["amount"] for each in quote["tax"]] == tax
    assert quote["total"] == total


def test_a_quote_reads_once_and_writes_nothing(system: System) -> None:
    system.calls.clear()
    quoted(system, MUG, HOUR, country="US")
    assert system.calls == ["BatchGetItem"]


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({}, "items", "This field is required."),
        ({"items": []}, "items", "This field may not be empty."),
        ({"items": [MUG]}, "address", "Give the address that this is to be sent to."),
        ({"items": [MUG | {"quantity": 0}]}, "items.0.quantity", "Give a whole number of 1 or more."),
        ({"items": [MUG | {"quantity": -1}]}, "items.0.quantity", "Give a whole number of 1 or more."),
        ({"items": [MUG | {"quantity": 1.5}]}, "items.0.quantity", "Give a whole number of 1 or more."),
        ({"items": [MUG | {"quantity": "2"}]}, "items.0.quantity", "Give a whole number of 1 or more."),
        ({"items": [MUG | {"quantity": True}]}, "items.0.quantity", "Give a whole number of 1 or more."),
        ({"items": [MUG | {"quantity": 10**400}]}, "items", "enamel-mug: At most 10 are sold at once."),
        ({"items": [MUG | {"quantity": 6}] * 2}, "items", "enamel-mug: At most 10 are sold at once."),
        ({"items": [{"sku": "notebook", "quantity": 6}]}, "items", "notebook: At most 5 are sold at once."),
        ({"items": [{"sku": "teapot", "quantity": 1}]}, "items", "teapot: There is no such product"),
        ({"items": [{"sku": "donation", "quantity": 1}]}, "items", "donation: Its price is for the customer to choose"),
        ({"items": [HOUR, {"sku": "online-course", "quantity": 1}]}, "items", "online-course: It is sold in jpy"),
        ({"items": [HOUR | {"sku": f"s-{n}"} for n in range(26)]}, "items", "An order has from 1 to 25 different"),
        ({"items": [HOUR], "address": {"country": "UK"}}, "address.country", "Give a country's code of ISO 3166-1"),
        ({"items": [HOUR], "address": {}}, "address.country", "This field is required."),
        ({"items": [HOUR], "colour": "red"}, "colour", "This field is not known here."),
    ],
)
def test_what_cannot_be_ordered_is_refused_with_what_to_change(
    system: System, body: dict[str, Any], field: str, says: str
) -> None:
    answer = system.quote(body)
    assert answer.status == 422
    [error] = answer.body["errors"]
    assert error["field"] == field
    assert error["detail"].startswith(says)


def test_a_total_beyond_stripes_limit_is_refused(system: System) -> None:
    system.table.put_product(Product("house", "A house", FixedPrice(60_000_000), "usd"))
    try:
        answer = system.quote({"items": [{"sku": "house", "quantity": 2}]})
    finally:
        system.table.remove_product("house")
    assert answer.status == 422
    assert answer.body["errors"][0] == {"field": "items", "detail": "The most that can be charged is 999,999.99 USD."}


def test_a_product_that_newer_code_sells_its_own_way_is_not_quoted(system: System) -> None:
    [table] = system.template.tables.values()
    item = {"needs": {"N": str(LEVEL + 1)}, "kind": {"S": "auction"}}
    system.dynamodb.put_item(TableName=table.name, Item=product_key("lamp") | item)
    try:
        answer = system.quote({"items": [{"sku": "lamp", "quantity": 1}]})
    finally:
        system.table.remove_product("lamp")
    assert (answer.status, answer.body["code"]) == (503, "updating")
