"""The server sets the price."""

from dataclasses import replace

import pytest

from payments.domain.catalogue import FixedPrice, OpenPrice, Product
from payments.domain.errors import ValidationFailed
from payments.domain.money import Money, is_currency, minor_units

HOUR = Product("hour", "One hour", FixedPrice(9900), "usd")
GIFT = Product("gift", "A gift", OpenPrice(100, 50000), "usd")


def test_a_fixed_price_needs_no_amount_and_takes_its_own() -> None:
    assert HOUR.charge(None, None) == HOUR.charge(9900, "usd") == Money(9900, "usd")


@pytest.mark.parametrize("amount", [100, 777, 50000])
def test_an_open_price_takes_its_limits_and_what_lies_between(amount: int) -> None:
    assert GIFT.charge(amount, None) == Money(amount, "usd")


@pytest.mark.parametrize(
    ("product", "amount", "currency", "field", "says"),
    [
        (HOUR, 9901, "usd", "amount", "9900"),
        (HOUR, 0, "usd", "amount", "99.00 USD"),
        (HOUR, 9900, "eur", "currency", "usd"),
        (GIFT, None, "usd", "amount", "100 to 50000"),
        (GIFT, 99, "usd", "amount", "1.00 USD"),
        (GIFT, 50001, "usd", "amount", "500.00 USD"),
    ],
)
def test_what_cannot_be_charged_is_refused_with_the_right_value(
    product: Product, amount: int | None, currency: str, field: str, says: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        product.charge(amount, currency)
    (error,) = refused.value.fields
    assert error.field == field
    assert says in error.detail


@pytest.mark.parametrize(
    ("currency", "decimals", "written"),
    [("usd", 2, "1,234.50 USD"), ("jpy", 0, "123,450 JPY"), ("kwd", 3, "123.450 KWD"), ("isk", 0, "123,450 ISK")],
)
def test_money_is_written_with_its_currencys_decimals(currency: str, decimals: int, written: str) -> None:
    assert minor_units(currency) == decimals
    assert str(Money(123450, currency)) == written


def test_amounts_are_never_negative_and_currencies_are_known() -> None:
    with pytest.raises(ValueError, match="never negative"):
        Money(-1, "usd")
    with pytest.raises(ValueError, match="min <= max"):
        OpenPrice(200, 100)
    assert is_currency("usd")
    assert not is_currency("USD")
    assert not is_currency("xxx")


@pytest.mark.parametrize("goods", [replace(HOUR, ships=True), replace(HOUR, stocked=True)])
def test_goods_are_not_sold_as_a_service(goods: Product) -> None:
    with pytest.raises(ValidationFailed, match="serviceType: One hour is no service"):
        goods.charge(9900, "usd")
