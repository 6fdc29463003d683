"""Stripe's test cards and accounts: each does what Stripe documents of it, by its number and by its token.

The table says what happens: a brand; a decline code; of disputes and refunds d (disputed), 2 (twice), w (a warning of
fraud), r (a refund that is pending or fails), b (money available at once); of 3D Secure the intent's status.
"""

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from stripe_double import StripeDouble

from .shop import Control, event_types

BESIDE = Path(__file__).parents[3] / "shared" / "stripe" / "cards.csv"
TABLE = Path(os.environ.get("STRIPE_CARDS", BESIDE))
OURS = Path(__file__).with_name("cards.csv")


@pytest.fixture(scope="module")
def double() -> Iterator[StripeDouble]:
    with StripeDouble() as double:
        yield double


@pytest.fixture(scope="module")
def client(double: StripeDouble) -> stripe.StripeClient:
    return stripe.StripeClient(double.api_key, base_addresses={"api": double.url}, max_network_retries=0)


def table() -> list[dict[str, str]]:
    with (TABLE if TABLE.exists() else OURS).open(newline="") as file:
        return list(csv.DictReader(file))


def card_of(number: str) -> dict[str, Any]:
    card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    return {"payment_method_data": {"type": "card", "card": card}}


def pay(client: stripe.StripeClient, **method: Any) -> tuple[stripe.PaymentIntent, stripe.Charge | None, str | None]:
    """The intent, its charge, and the decline code."""
    asked: Any = {"amount": 2000, "currency": "usd", "confirm": True, "return_url": "http://shop.example/", **method}
    code = None
    try:
        identifier = client.v1.payment_intents.create(asked).id
    except stripe.CardError as refused:
        if refused.error is None or refused.error.payment_intent is None:
            return stripe.PaymentIntent(), None, refused.code
        identifier, code = refused.error.payment_intent.id, refused.error.decline_code
    intent = client.v1.payment_intents.retrieve(identifier, {"expand": ["latest_charge.balance_transaction"]})
    return intent, intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None, code


def happened(client: stripe.StripeClient, control: Control, expected: str, **method: Any) -> str | None:
    """What the table would say of a payment, in the words of what it does say."""
    intent, charge, code = pay(client, **method)
    if expected in ("requires_action", "succeeded", "requires_action|error"):
        return expected if code and expected.endswith("error") else intent.status
    if code or charge is None:
        return code
    outcome, used = charge.outcome, charge.payment_method_details
    assert outcome is not None
    assert used is not None
    assert used.card is not None
    checks, entry = used.card.checks, charge.balance_transaction
    assert checks is not None
    assert isinstance(entry, stripe.BalanceTransaction)
    match expected:
        case "highest" | "elevated":
            return outcome.risk_level
        case "cvc fail":
            return f"cvc {checks.cvc_check}"
        case "zip fail":
            return f"zip {checks.address_postal_code_check}"
        case "line1 fail":
            return f"line1 {checks.address_line1_check}"
        case "avs fail":
            both = {checks.address_line1_check, checks.address_postal_code_check}
            return f"avs {both.pop()}" if len(both) == 1 else str(both)
        case "unavailable":
            return checks.address_line1_check
        case "d" | "2":
            disputes = client.v1.disputes.list({"charge": charge.id}).data
            return "d" if len(disputes) == 1 else str(len(disputes))
        case "w":
            return "w" if client.v1.radar.early_fraud_warnings.list({"charge": charge.id}).data else None
        case "b":
            return "b" if entry.status == "available" else entry.status
        case "r":
            return settled(client, control, charge.id)
    return used.card.brand


def settled(client: stripe.StripeClient, control: Control, charge: str) -> str | None:
    """`r` where a refund is one thing at first and, after a while, another."""
    refund = client.v1.refunds.create({"charge": charge})
    before = len(event_types(client))
    control("clock", advance=181)
    after = client.v1.refunds.retrieve(refund.id)
    assert len(event_types(client)) >= min(before + 2, 100)
    return "r" if after.status != refund.status else None


def test_every_card_does_what_stripe_documents(client: stripe.StripeClient, control: Control) -> None:
    wrong, tried = {}, 0
    for row in table():
        if row["expected"] == "captcha":
            continue
        ways = {row["number"]: card_of(row["number"]), row["token"]: {"payment_method": row["token"]}}
        for way, method in ways.items():
            if way:
                tried += 1
                said = happened(client, control, row["expected"], **method)
                if said != row["expected"]:
                    wrong[way] = (said, row["expected"])
    assert wrong == {}
    assert tried > 180


def test_a_card_that_asks_when_one_wants_to_know(client: stripe.StripeClient) -> None:
    asked = {"card": {"request_three_d_secure": "challenge"}}
    for token, status in (("pm_card_threeDSecureOptional", "requires_action"), ("pm_card_visa", "succeeded")):
        assert pay(client, payment_method=token, payment_method_options=asked)[0].status == status


def test_a_card_that_is_set_up_is_charged_without_its_owner(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"payment_method": "pm_card_authenticationRequiredSetupForOffSession"})
    card = client.v1.customers.payment_methods.list(customer.id).data[0]
    method = {"customer": customer.id, "payment_method": card.id}
    assert pay(client, off_session=True, **method)[0].status == "succeeded"
    assert pay(client, **method)[0].status == "requires_action"


@pytest.mark.parametrize(
    ("scenario", "iban", "seconds", "failure"),
    [
        ("success", "AT611904300234573201", 31, None),
        ("successDelayed", "DE08370400440532013003", 181, None),
        ("failed", "AT861904300235473202", 31, "debit_not_authorized"),
        ("failedDelayed", "FR7920041010050500013M02600", 181, "debit_not_authorized"),
        ("exceedsWeeklyVolumeLimit", "DE65370400440000343434", 31, "charge_exceeds_source_limit"),
        ("exceedsWeeklyTransactionLimit", "DE27370400440000121212", 31, "charge_exceeds_weekly_limit"),
        ("insufficientFunds", "DE65370400440002222227", 31, "insufficient_funds"),
    ],
)
def test_a_bank_debit_ends_by_the_clock(
    client: stripe.StripeClient, double: StripeDouble, scenario: str, iban: str, seconds: int, failure: str | None
) -> None:
    data = {"type": "sepa_debit", "sepa_debit": {"iban": iban}}
    for method in ({"payment_method_data": data}, {"payment_method": f"pm_sepaDebit_{scenario}_de"}):
        made, _, _ = pay(client, **{**method, "currency": "eur"})
        assert made.status == "processing"
        Control(double.url)("clock", advance=seconds)
        ended = client.v1.payment_intents.retrieve(made.id, {"expand": ["latest_charge"]})
        assert isinstance(ended.latest_charge, stripe.Charge)
        assert ended.status == ("requires_payment_method" if failure else "succeeded")
        assert ended.latest_charge.failure_code == failure


def test_a_bank_debit_that_is_disputed_or_not_possible(client: stripe.StripeClient, double: StripeDouble) -> None:
    made, _, _ = pay(client, payment_method="pm_sepaDebit_disputed_ie", currency="eur")
    Control(double.url)("clock", advance=31)
    assert len(client.v1.disputes.list({"payment_intent": made.id}).data) == 1
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_methods.create({"type": "sepa_debit", "sepa_debit": {"iban": "DE91370400440000055555"}})
    assert refused.value.code == "sepa_debit_bank_not_supported"


def test_what_was_settled_by_hand_is_not_moved_again(client: stripe.StripeClient, double: StripeDouble) -> None:
    control = Control(double.url)
    _, charge, _ = pay(client, payment_method="pm_card_pendingRefund")
    assert charge is not None
    refund = client.v1.refunds.create({"charge": charge.id})
    control(f"refunds/{refund.id}/settle", status="failed")
    made, _, _ = pay(client, payment_method="pm_sepaDebit_failed_de", currency="eur")
    control(f"payment_intents/{made.id}/settle")
    newest = client.v1.events.list({"limit": 1}).data[0].id
    control("clock", advance=1000)
    assert client.v1.events.list({"limit": 1}).data[0].id == newest
