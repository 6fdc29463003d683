"""Form encoding, card numbers and amounts: the pure parts of the double."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripe_double import cards, currencies
from stripe_double.errors import InvalidParameters
from stripe_double.forms import Form, decode, integer, listed, metadata, text


def test_nested_keys_become_nested_dicts() -> None:
    assert decode(
        [("a", "1"), ("b[c][d]", "2"), ("b[c][e]", "3"), ("list[0][x]", "4"), ("expand[]", "p"), ("expand[]", "q")]
    ) == {"a": "1", "b": {"c": {"d": "2", "e": "3"}}, "list": {"0": {"x": "4"}}, "expand": {"0": "p", "1": "q"}}


def test_a_key_is_a_value_or_a_hash_not_both() -> None:
    with pytest.raises(InvalidParameters):
        decode([("a", "1"), ("a[b]", "2")])


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        ({"items": {"0": {"amount": "x"}}}, "items[0][amount]"),
        ({"items": {"0": {}}}, "items[0][amount]"),
        ({"items": {"0": {"amount": "1", "odd": "2"}}}, "items[0][odd]"),
        ({"items": {"first": {"amount": "1"}}}, "items"),
        ({"items": "1"}, "items"),
        ({"name": ""}, "name"),
        ({"metadata": {"k": {"deep": "v"}}}, "metadata[k]"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(raw: dict[str, object], param: str) -> None:
    form = Form(
        {
            "items": listed(Form({"amount": integer(1)}, required=("amount",))),
            "name": text(),
            "metadata": metadata,
        }
    )
    with pytest.raises(InvalidParameters) as refused:
        form(raw)
    assert refused.value.param == param


def test_lists_keep_the_order_of_their_numbers() -> None:
    assert listed(text())({str(n): str(n) for n in (10, 2, 1)}, "x") == ["1", "2", "10"]


@pytest.mark.parametrize("raw", ["", " 1", "1.0", "1e3", "0x1", "-", "\u0661", "9" * 19, "+1"])
def test_what_is_no_integer(raw: str) -> None:
    with pytest.raises(InvalidParameters):
        integer()(raw, "x")


def test_every_test_card_is_a_card() -> None:
    assert all(cards.find(card.number) is card for card in cards.CARDS)


@given(st.integers(min_value=0, max_value=15), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_is_noticed(position: int, shift: int) -> None:
    digits = list("4242424242424242")
    digits[position] = str((int(digits[position]) + shift) % 10)
    assert cards.find("".join(digits)) is None


@pytest.mark.parametrize(
    ("amount", "code", "shown"),
    [
        (1099, "usd", "10.99 USD"),
        (5, "eur", "0.05 EUR"),
        (1234567, "jpy", "1,234,567 JPY"),
        (12340, "kwd", "12.340 KWD"),
    ],
)
def test_amounts_are_shown_in_their_currency(amount: int, code: str, shown: str) -> None:
    assert currencies.shown(amount, code) == shown
