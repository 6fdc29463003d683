"""Money as Stripe counts it.

Stripe's amounts are ISO 4217 minor units but for a few currencies (https://docs.stripe.com/currencies): isk and ugx are
sent as if they had two decimals, mga as if it had none, and three-decimal amounts must end in 0. Charges have a least
amount per currency, and a largest one of eight digits, more in currencies of small units.
"""

from payments.domain.errors import FieldError, ValidationFailed
from payments.domain.money import Currency, Money, minor_units

_DECIMALS_AT_STRIPE = {"isk": 2, "ugx": 2, "mga": 0}

# In Stripe's units. Where Stripe publishes none, Stripe itself refuses what is too small.
_LEAST = {
    "aed": 200,
    "aud": 50,
    "bgn": 100,
    "brl": 50,
    "cad": 50,
    "chf": 50,
    "czk": 1500,
    "dkk": 250,
    "eur": 50,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "inr": 50,
    "jpy": 50,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "nzd": 50,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "sgd": 50,
    "thb": 1000,
    "usd": 50,
}
_LARGEST = 99_999_999
_LARGEST_OF_SMALL_UNITS = 999_999_999_999
_SMALL_UNITS = frozenset("cop huf idr inr jpy krw lbp vnd".split())


def to_stripe(money: Money) -> int:
    """The amount to send, 0 included; ValidationFailed where Stripe cannot charge it, saying what it can."""
    amount = part_to_stripe(money)
    least = _LEAST.get(money.currency, 0)
    largest = _LARGEST_OF_SMALL_UNITS if money.currency in _SMALL_UNITS else _LARGEST
    if 0 < amount < least:
        raise ValidationFailed(FieldError("amount", f"The least that can be charged is {_money(least, money)}."))
    if amount > largest:
        raise ValidationFailed(FieldError("amount", f"The most that can be charged is {_money(largest, money)}."))
    return amount


def part_to_stripe(money: Money) -> int:
    """A part of what was charged, which may be less than can be charged; ValidationFailed for one that Stripe cannot
    count."""
    shift, least = _shift(money.currency), step(money.currency)
    if money.amount % least:
        raise ValidationFailed(FieldError("amount", f"Amounts in {money.currency} must be multiples of {least}."))
    return int(money.amount * 10 ** max(shift, 0) // 10 ** max(-shift, 0))


def step(currency: Currency) -> int:
    """The least sum that Stripe can count, in ISO minor units, of which every other is a multiple."""
    return 10 if minor_units(currency) == 3 else int(10 ** max(-_shift(currency), 0))


def from_stripe(amount: int, currency: str) -> int:
    """An amount of Stripe's in ISO minor units. A rest that the currency does not have is dropped, and shows as
    an amount that is not what we asked."""
    shift = _shift(currency)
    return int(amount * 10 ** max(-shift, 0) // 10 ** max(shift, 0))


def _shift(currency: str) -> int:
    """How many decimals more Stripe gives a currency than ISO 4217 does."""
    decimals = minor_units(currency)
    return _DECIMALS_AT_STRIPE.get(currency, decimals) - decimals


def _money(amount: int, like: Money) -> Money:
    return Money(from_stripe(amount, like.currency), like.currency)
