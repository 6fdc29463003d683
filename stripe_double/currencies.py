"""What Stripe allows per currency (https://docs.stripe.com/currencies), amounts in Stripe's units."""

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())

MINIMUM = {
    "usd": 50, "aed": 200, "ars": 50, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "cop": 50,
    "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "krw": 50,
    "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "rub": 50, "sek": 300, "sgd": 50,
    "thb": 1000, "zar": 50,
}  # fmt: skip
OTHERS = frozenset(
    """afn all amd ang aoa awg azn bam bbd bdt bhd bif bmd bnd bob bsd bwp byn bzd cdf clp cny crc cve djf dop
    dzd egp etb fjd fkp gel gip gmd gnf gtq gyd hnl htg idr ils isk jmd jod kes kgs khr kmf kwd kyd kzt lak lbp
    lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mzn nad ngn nio npr omr pab pen pgk php pkr pyg qar rsd
    rwf sar sbd scr shp sle sos srd std szl tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof
    xpf yer zmw""".split()
)
DEFAULT_MINIMUM = 50
MAXIMUM = 99_999_999
WHOLE_ONLY = frozenset({"isk", "ugx"})  # sent with two decimals that must be 00


def is_currency(code: str) -> bool:
    return code in MINIMUM or code in OTHERS


def decimals(code: str) -> int:
    """Decimal places of an amount in Stripe's units."""
    return 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2


def minimum(code: str) -> int:
    """The smallest charge; where Stripe documents none for a currency, 50 of its smallest unit."""
    return MINIMUM.get(code, DEFAULT_MINIMUM)


def shown(amount: int, code: str) -> str:
    """`1099, "usd"` as `10.99 USD`: for people, never parsed again."""
    places = decimals(code)
    digits = str(abs(amount)).rjust(places + 1, "0")
    whole = f"{int(digits[: len(digits) - places]):,}"
    return f"{'-' if amount < 0 else ''}{whole}{'.' + digits[-places:] if places else ''} {code.upper()}"


def step(code: str) -> int:
    """Amounts must be a multiple of this."""
    return 100 if code in WHOLE_ONLY else 10 if code in THREE_DECIMAL else 1
