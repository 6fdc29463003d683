"""Money: an integer in ISO 4217 minor units and a lower-case currency code.

No float anywhere. Stripe counts some currencies differently; that conversion is the Stripe adapter's.
"""

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
        decimals = minor_units(self.currency)
        whole, fraction = divmod(self.amount, 10**decimals)
        number = f"{whole:,}.{fraction:0{decimals}d}" if decimals else f"{whole:,}"
        return f"{number} {self.currency.upper()}"
