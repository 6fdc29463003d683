"""What an order costs, against the same counted with fractions; and what cannot be ordered so."""

from dataclasses import replace
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from payments.domain.countries import is_country
from payments.domain.errors import ValidationFailed
from payments.domain.order import Line, Tax
from payments.domain.pricing import (
    MOST_LINES,
    Cart,
    ShippingRate,
    TaxRate,
    Terms,
    added_up,
    cart_of,
    price,
)

MUG = Product("mug", "A mug", FixedPrice(1990), "usd", ships=True, stocked=True)
HOUR = Product("hour", "One hour", FixedPrice(9900), "usd")
GIFT = Product("gift", "A gift", OpenPrice(100, 50000), "usd")
COURSE = Product("course", "A course", FixedPrice(12000), "jpy")
PRODUCTS = {each.sku: each for each in (MUG, HOUR, GIFT, COURSE)}

COUNTRIES = ["DE", "US", "JP", "GB"]
# Stripe's least: yen are whole, and of three decimals the last is 0.
STEPS = {"usd": 1, "jpy": 1, "kwd": 10}

amounts = st.integers(0, 10**7)
rates = st.builds(ShippingRate, flat=amounts, free_from=st.none() | amounts)
terms = st.builds(
    Terms,
    country=st.none() | st.sampled_from(COUNTRIES),
    shipping=st.dictionaries(
        st.sampled_from([*COUNTRIES, "*"]), st.dictionaries(st.sampled_from(list(STEPS)), rates), max_size=5
    ),
    tax=st.dictionaries(
        st.sampled_from(COUNTRIES),
        st.builds(TaxRate, name=st.just("VAT"), basis_points=st.integers(0, 10_000), inclusive=st.booleans()),
    ),
)
lines = st.builds(
    Line,
    sku=st.uuids().map(str),
    name=st.just("A thing"),
    quantity=st.integers(1, 10),
    unit=amounts,
    ships=st.booleans(),
)
carts = st.builds(
    Cart, lines=st.lists(lines, min_size=1, max_size=MOST_LINES).map(tuple), currency=st.sampled_from(list(STEPS))
)


def half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))


@given(carts, terms, st.none() | st.sampled_from(COUNTRIES))
def test_an_order_costs_what_fractions_say(cart: Cart, terms: Terms, country: str | None) -> None:
    goods = sum(Fraction(line.unit) * line.quantity for line in cart.lines)
    ships = any(line.ships for line in cart.lines)
    by_currency = terms.shipping.get(country or "", terms.shipping.get("*", {}))
    rate = by_currency.get(cart.currency)
    if ships and (country is None or rate is None):
        with pytest.raises(ValidationFailed) as refused:
            price(cart, terms, country, STEPS[cart.currency])
        assert refused.value.fields[0].field == ("address.country" if country else "address")
        return

    order = price(cart, terms, country, STEPS[cart.currency])

    shipping = Fraction(0)
    if ships and rate:
        shipping = Fraction(0 if rate.free_from is not None and rate.free_from <= goods else rate.flat)
    tax = terms.tax.get(country if country is not None else terms.country or "")
    added = Fraction(0)
    if tax:
        percent = Fraction(tax.basis_points, 10_000)
        step = STEPS[cart.currency]
        gross = goods + shipping
        within = half_up(gross - gross / (1 + percent))
        added = Fraction(0 if tax.inclusive else step * half_up(gross * percent / step))
        assert order.tax == (Tax("VAT", within if tax.inclusive else int(added), tax.inclusive),)
    else:
        assert order.tax == ()
    assert order.shipping == (shipping if ships else None)
    assert order.total == goods + shipping + added


@given(carts, terms, st.sampled_from(COUNTRIES))
def test_the_parts_of_an_order_are_its_total(cart: Cart, terms: Terms, country: str) -> None:
    try:
        order = price(cart, terms, country)
    except ValidationFailed:
        return
    added = sum(tax.amount for tax in order.tax if not tax.inclusive)
    assert order.total == sum(line.amount for line in order.lines) + (order.shipping or 0) + added
    assert all(0 <= tax.amount <= order.total for tax in order.tax)


@given(carts, terms, st.sampled_from(COUNTRIES), st.data())
def test_one_more_never_lowers_what_the_lines_cost(cart: Cart, terms: Terms, country: str, data: st.DataObject) -> None:
    more = data.draw(st.sampled_from(cart.lines))
    larger = replace(cart, lines=tuple(replace(each, quantity=each.quantity + (each is more)) for each in cart.lines))
    try:
        before, after = price(cart, terms, country), price(larger, terms, country)
    except ValidationFailed:
        return
    assert sum(line.amount for line in after.lines) == sum(line.amount for line in before.lines) + more.unit
    assert (after.shipping or 0) <= (before.shipping or 0)


def a_cart(unit: int, currency: str = "usd") -> Cart:
    return Cart((Line("mug", "A mug", 1, unit, ships=True),), currency)


SHOP = Terms(
    "US",
    {"DE": {"usd": ShippingRate(490, 5000)}, "*": {"usd": ShippingRate(1900), "kwd": ShippingRate(1000)}},
    {"DE": TaxRate("VAT", 1900, inclusive=True), "JP": TaxRate("Tax", 1000, inclusive=False)},
)


@pytest.mark.parametrize(
    ("unit", "country", "shipping", "tax", "total"),
    [
        (4999, "DE", 490, 876, 5489),
        (5000, "DE", 0, 798, 5000),
        (5000, "US", 1900, None, 6900),
        (5000, "FR", 1900, None, 6900),
        (5000, "JP", 1900, 690, 7590),
        (5005, "JP", 1900, 691, 7596),
        (5004, "JP", 1900, 690, 7594),
    ],
)
def test_a_countrys_own_terms_come_before_everybodys(
    unit: int, country: str, shipping: int, tax: int | None, total: int
) -> None:
    order = price(a_cart(unit), SHOP, country)
    assert (order.shipping, order.total) == (shipping, total)
    assert [each.amount for each in order.tax] == ([] if tax is None else [tax])


def test_a_tax_that_is_added_can_be_charged_in_three_decimals() -> None:
    order = price(a_cart(45_450, "kwd"), SHOP, "JP", 10)
    assert [each.amount for each in order.tax] == [4650]


def test_a_country_with_rates_of_its_own_has_no_others() -> None:
    with pytest.raises(ValidationFailed, match="We do not ship this to DE; choose another country"):
        price(a_cart(45_450, "kwd"), SHOP, "DE")


def test_what_is_not_sent_needs_no_address_and_is_taxed_at_home() -> None:
    cart = cart_of({"hour": 2}, PRODUCTS)
    order = price(cart, replace(SHOP, country="DE"), None)
    assert (order.shipping, order.total) == (None, 19800)
    assert order.tax == (Tax("VAT", 3161, inclusive=True),)
    assert price(cart, SHOP, "JP").total == 21780


def test_what_is_sent_needs_an_address() -> None:
    with pytest.raises(ValidationFailed, match="address: Give the address"):
        price(a_cart(100), SHOP, None)


# The cart


def test_equal_skus_are_added_up_in_the_order_of_the_first() -> None:
    assert added_up([("mug", 1), ("hour", 2), ("mug", 3)]) == {"mug": 4, "hour": 2}


def test_a_line_keeps_how_its_product_is_sold() -> None:
    cart = cart_of({"mug": 2, "hour": 1}, PRODUCTS)
    assert cart.lines == (
        Line("mug", "A mug", 2, 1990, stocked=True, ships=True),
        Line("hour", "One hour", 1, 9900),
    )
    assert (cart.currency, cart.amount) == ("usd", 13880)


@pytest.mark.parametrize("quantity", [0, -1, -(10**30)])
def test_less_than_one_is_refused_even_beside_others_of_its_kind(quantity: int) -> None:
    with pytest.raises(ValidationFailed) as refused:
        added_up([("mug", 5), ("mug", quantity)])
    assert refused.value.fields[0].field == "items.1.quantity"


def test_an_order_has_a_line_and_not_too_many() -> None:
    assert len(added_up([(str(number), 1) for number in range(25)] * 2)) == MOST_LINES
    for items in ([], [(str(number), 1) for number in range(26)]):
        with pytest.raises(ValidationFailed, match="from 1 to 25 different products"):
            added_up(items)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"mug": 11}, "mug: At most 10 are sold at once."),
        ({"mug": 10**30}, "mug: At most 10 are sold at once."),
        ({"cup": 1}, "cup: There is no such product; GET /products lists them."),
        ({"gift": 1}, "gift: Its price is for the customer to choose"),
        ({"mug": 1, "course": 1}, "course: It is sold in jpy, and the others in usd"),
    ],
)
def test_what_is_not_sold_so_is_refused_by_its_sku(wanted: dict[str, int], says: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        cart_of(wanted, PRODUCTS)
    (error,) = refused.value.fields
    assert error.field == "items"
    assert error.detail.startswith(says)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ValidationFailed) as refused:
        cart_of({"cup": 1, "mug": 11, "course": 1}, PRODUCTS)
    assert len(refused.value.fields) == 3


def test_countries_are_iso_codes() -> None:
    assert is_country("GB")
    assert not any(is_country(code) for code in ("UK", "de", "*", "", "EU"))
