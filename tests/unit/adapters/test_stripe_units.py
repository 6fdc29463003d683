"""Money as Stripe counts it: https://docs.stripe.com/currencies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.adapters.stripe.units import from_stripe, to_stripe
from payments.domain.errors import ValidationFailed
from payments.domain.money import Money


@pytest.mark.parametrize(
    ("money", "sent"),
    [
        (Money(9900, "usd"), 9900),
        (Money(500, "jpy"), 500),
        (Money(500, "isk"), 50000),
        (Money(3000, "ugx"), 300000),
        (Money(12340, "kwd"), 12340),
        (Money(50000, "mga"), 500),
        (Money(0, "usd"), 0),
    ],
)
def test_amounts_are_sent_in_stripes_units_and_read_back(money: Money, sent: int) -> None:
    assert to_stripe(money) == sent
    assert from_stripe(sent, money.currency) == money.amount


@given(st.integers(100, 99_999), st.sampled_from(["usd", "eur", "isk", "ugx", "krw", "bif"]))
def test_what_is_sent_is_read_back_exactly(amount: int, currency: str) -> None:
    assert from_stripe(to_stripe(Money(amount, currency)), currency) == amount


@pytest.mark.parametrize(
    ("money", "says"),
    [
        (Money(49, "usd"), "0.50 USD"),
        (Money(29, "gbp"), "0.30 GBP"),
        (Money(49, "jpy"), "50 JPY"),
        (Money(12345, "kwd"), "multiples of 10"),
        (Money(150, "mga"), "multiples of 100"),
        (Money(100_000_000, "usd"), "999,999.99 USD"),
    ],
)
def test_what_stripe_cannot_charge_is_refused_with_what_it_can(money: Money, says: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        to_stripe(money)
    assert says in refused.value.fields[0].detail


def test_a_rest_that_the_currency_does_not_have_shows_as_too_little() -> None:
    assert from_stripe(12399, "isk") == 123


def test_a_currency_that_is_new_to_us_is_read_as_it_comes() -> None:
    assert from_stripe(12345, "xyz") == 12345
