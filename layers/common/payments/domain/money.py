"""Money: an integer in ISO 4217 minor units and a lower-case currency code.

No float anywhere. Stripe counts some currencies differently; that conversion is the Stripe adapter's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# The currencies that Stripe charges in, by their ISO 4217 minor units.
_NO_MINOR_UNIT = frozenset("bif clp djf gnf isk jpy kmf krw pyg rwf ugx vnd vuv xaf xof xpf".split())
_THREE_DECIMALS = frozenset("bhd jod kwd omr tnd".split())
_TWO_DECIMALS = frozenset(
    """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny
    cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd
    kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio
    nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs
    top try ttd twd tzs uah usd uyu uzs wst xcd xcg yer zar zmw
    """.split()
)


def is_currency(code: str) -> bool:
    """Whether Stripe charges in it; codes are ISO 4217, in lower case."""
    return code in _TWO_DECIMALS or code in _NO_MINOR_UNIT or code in _THREE_DECIMALS


def minor_units(currency: str) -> int:
    """How many decimals a currency has: 2 for usd, 0 for jpy, 3 for kwd; 2 for one that we have not heard of."""
    if currency in _NO_MINOR_UNIT:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


type Currency = str


@dataclass(frozen=True)
class Money:
    """An amount in minor units (9900 is 99.00 in usd, 9900 in jpy) of one currency; never negative."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError(f"an amount of money is never negative: {self.amount}")

    def __str__(self) -> str:
        """As people write it where no locale is known: `99.00 USD`, `9900 JPY`, `1,234.500 KWD`."""
        return f"{self._number(',')} {self.currency.upper()}"

    @property
    def digits(self) -> str:
        """The number alone, as a command takes it: `99.00`, `9900`, `1234.500`."""
        return self._number("")

    def _number(self, separator: str) -> str:
        decimals = minor_units(self.currency)
        whole, fraction = divmod(self.amount, 10**decimals)
        grouped = f"{whole:,}".replace(",", separator)
        return f"{grouped}.{fraction:0{decimals}d}" if decimals else grouped


def money_of(digits: str, currency: str) -> Money:
    """What `digits` writes; ValueError, which says how to, for anything else.

    All decimals of the currency must be there and nothing but digits before them: a `50` may be meant as 50.00 or as
    0.50, and `1,234` be a thousand or one and a bit.
    """
    code = currency.lower()
    if not is_currency(code):
        raise ValueError(f"{currency!r} is no currency that Stripe charges in; write its code, such as usd.")
    decimals = minor_units(code)
    if not re.fullmatch(r"[0-9]{1,12}" + (rf"\.[0-9]{{{decimals}}}" if decimals else ""), digits):
        raise ValueError(
            f"Write an amount of {code} with {decimals or 'no'} decimals and no separators, such as "
            f"{Money(123400, code).digits}; {digits!r} could mean several."
        )
    return Money(int(digits.replace(".", "")), code)


def listed(sums: Iterable[Money]) -> str:
    """Sums in words: `99.00 USD and 92.00 EUR`, or `nothing`."""
    return " and ".join(str(each) for each in sums) or "nothing"


def named(sums: Iterable[Money]) -> str:
    """Sums as an approval and a notice are named by: `9200-eur+9900-usd`, in minor units."""
    return "+".join(f"{each.amount}-{each.currency}" for each in sums)
