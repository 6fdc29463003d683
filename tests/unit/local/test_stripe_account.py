"""Which Stripe the stack runs against, and which keys it takes."""

import pytest

from local.ports import StackError
from local.stripe_account import StripeAccount, account_of


def nobody_answers(question: str) -> str:
    return ""


@pytest.mark.parametrize("environ", [{}, {"STRIPE": ""}, {"STRIPE": "double", "STRIPE_API_KEY": "sk_live_x"}])
def test_it_is_the_double_unless_told_otherwise(environ: dict[str, str]) -> None:
    assert account_of(environ, nobody_answers) is None


def test_a_test_key_comes_from_the_environment_or_is_asked_for() -> None:
    named = account_of({"STRIPE": "test", "STRIPE_API_KEY": "rk_test_1a"}, nobody_answers)
    asked = account_of({"STRIPE": "test", "STRIPE_API_BASE": "http://127.0.0.1:1/"}, lambda question: " sk_test_2b\n")

    assert named == StripeAccount("rk_test_1a", "https://api.stripe.com")
    assert asked == StripeAccount("sk_test_2b", "http://127.0.0.1:1")
    assert "1a" not in repr(named)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("sk_live_abc", "This is a live key, and `make run` must take no real money: take a test key"),
        ("rk_live_abc", "This is a live key"),
        ("pk_test_abc", "STRIPE=test needs a key that begins with sk_test_ or rk_test_"),
        ("sk_test_", "STRIPE=test needs a key"),
        ("", "STRIPE=test needs a key"),
    ],
)
def test_other_keys_are_refused_and_not_repeated(key: str, sentence: str) -> None:
    with pytest.raises(StackError) as caught:
        account_of({"STRIPE": "test", "STRIPE_API_KEY": key}, nobody_answers)

    assert str(caught.value).startswith(sentence)
    assert "abc" not in str(caught.value)


def test_another_word_is_refused() -> None:
    with pytest.raises(StackError, match="STRIPE must be 'double' or 'test', not 'live'"):
        account_of({"STRIPE": "live"}, nobody_answers)
