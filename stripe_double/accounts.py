"""Stripe's test accounts for SEPA debits (https://docs.stripe.com/testing#sepa-direct-debit) as data."""

import re
from dataclasses import dataclass

SOON, LATER = 30, 180  # seconds; Stripe says "at least three minutes" of the delayed ones
NOT_AUTHORIZED = "debit_not_authorized"


@dataclass(frozen=True)
class Account:
    """What becomes of a debit: `failure` is the charge's failure code, `seconds` when it is known (None: when it is
    told to settle), `effect` what happens after it has arrived."""

    failure: str = ""
    seconds: int | None = None
    effect: str = ""


ARRIVES, RETURNS = Account(), Account(NOT_AUTHORIZED)
SCENARIOS = {
    "success": Account(seconds=SOON),
    "successDelayed": Account(seconds=LATER),
    "failed": Account(NOT_AUTHORIZED, SOON),
    "failedDelayed": Account(NOT_AUTHORIZED, LATER),
    "disputed": Account(seconds=SOON, effect="dispute_debit"),
    "exceedsWeeklyVolumeLimit": Account("charge_exceeds_source_limit", SOON),
    "exceedsWeeklyTransactionLimit": Account("charge_exceeds_weekly_limit", SOON),
    "insufficientFunds": Account("insufficient_funds", SOON),
}
# The end of the account number tells in every country; of the five that differ, here the countries we know.
ENDINGS = {
    "343434": "exceedsWeeklyVolumeLimit",
    "121212": "exceedsWeeklyTransactionLimit",
    "2222227": "insufficientFunds",
}
REFUSED = {"55555": "sepa_debit_bank_not_supported", "66666": "sepa_debit_debits_not_supported"}
ORDER = ("success", "successDelayed", "failed", "failedDelayed", "disputed")
IBANS = {
    iban: scenario
    for line in (
        "AT611904300234573201 AT321904300235473204 AT861904300235473202 AT051904300235473205 AT591904300235473203",
        "BE62510007547061 BE78510007547064 BE68539007547034 BE51510007547065 BE08510007547063",
        "DE89370400440532013000 DE08370400440532013003 DE62370400440532013001 DE78370400440532013004 "
        "DE35370400440532013002",
        "FR1420041010050500013M02606 FR3020041010050500013M02609 FR8420041010050500013M02607 "
        "FR7920041010050500013M02600 FR5720041010050500013M02608",
        "IE29AIBK93115212345678 IE24AIBK93115212345671 IE02AIBK93115212345679 IE94AIBK93115212345672 "
        "IE51AIBK93115212345670",
    )
    for iban, scenario in zip(line.split(), ORDER, strict=True)
}
_BY_COUNTRY = {(iban[:2], scenario): iban for iban, scenario in IBANS.items()}


def compact(iban: str) -> str:
    return "".join(iban.split()).upper()


def refusal(iban: str) -> str | None:
    """The error code of an account that cannot be debited at all."""
    return next((code for ending, code in REFUSED.items() if compact(iban).endswith(ending)), None)


def account(iban: str) -> Account:
    """An account that is none of Stripe's for tests pays."""
    iban = compact(iban)
    by_ending = next((name for ending, name in ENDINGS.items() if iban.endswith(ending)), "success")
    return SCENARIOS[IBANS.get(iban, by_ending)]


def from_token(token: str) -> tuple[str, Account] | None:
    """IBAN and account of a ready-made method, `pm_sepaDebit_<scenario>_<country>`; None for another text."""
    named = re.fullmatch(r"pm_sepaDebit_(\w+)_([a-z]{2})", token)
    if not named or named[1] not in SCENARIOS:
        return None
    country, scenario = named[2].upper(), named[1]
    iban = _BY_COUNTRY.get((country, scenario)) or _BY_COUNTRY.get((country, "success")) or country + "00000000003000"
    return iban, SCENARIOS[scenario]
