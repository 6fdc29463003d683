"""Money is written one way for people and one way for commands, and a command's amount means one thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.money import Money, listed, money_of


@given(st.integers(0, 10**11), st.sampled_from(["usd", "jpy", "kwd"]))
def test_what_a_command_is_told_to_take_is_the_very_sum(amount: int, currency: str) -> None:
    assert money_of(Money(amount, currency).digits, currency.upper()) == Money(amount, currency)


@pytest.mark.parametrize(
    ("digits", "currency", "hint"),
    [
        ("50", "usd", "2 decimals and no separators, such as 1234.00"),
        ("9900.00", "jpy", "no decimals and no separators, such as 123400"),
        ("50.00", "kwd", "3 decimals and no separators, such as 123.400"),
        ("1,234.500", "kwd", "3 decimals"),
        ("1,234", "jpy", "no decimals"),
        ("", "usd", "2 decimals"),
        ("50.00\n", "usd", "2 decimals"),
        ("50.00", "dollars", "no currency that Stripe charges in"),
    ],
)
def test_what_could_mean_several_sums_means_none(digits: str, currency: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        money_of(digits, currency)


def test_sums_are_listed_in_words() -> None:
    assert listed([Money(123400, "usd"), Money(9200, "eur")]) == "1,234.00 USD and 92.00 EUR"
    assert listed([]) == "nothing"
