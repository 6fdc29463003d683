"""Every object the double shows fits the stripe package's types for the pinned version, and Stripe's samples."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import stripe

from stripe_double import API_VERSION

from .conformance import CLASSES, problems
from .shop import ASKS, DECLINES, FIRST, Control, order

# Stripe's own samples (github.com/stripe/openapi, fixtures3.json), where they are at hand.
BESIDE = Path(__file__).parents[3] / "shared" / "stripe" / "fixtures3.json"
SAMPLES = Path(os.environ.get("STRIPE_SAMPLES", BESIDE))
MISHAPS = ("4000000000000259", "4000000000001976", "4000000000005423")  # disputed, inquired about, warned of
# Shown only when expanded, only for accounts with a feature that the double does not have, or of a customer's cards.
NOT_BY_DEFAULT = {("charge", "refunds"), ("customer", "sources"), ("card", "customer")}


@pytest.fixture
def everything(client: stripe.StripeClient, control: Control) -> list[dict[str, Any]]:
    """One of everything, in many states, as the API and the events show it."""
    sessions = client.v1.checkout.sessions
    sessions.create(order())
    for card in (FIRST, DECLINES, ASKS, "delayed_success", "delayed_failure", *MISHAPS):
        session = sessions.create(order())
        control.post(f"sessions/{session.id}/pay", card=card)
        if card.startswith("delayed"):
            control(f"sessions/{session.id}/settle")
    sessions.expire(sessions.create(order()).id)
    sessions.create({"mode": "setup", "success_url": "http://shop.example/"})
    customer = client.v1.customers.create(
        {"email": "ada@example.com", "address": {"country": "GB"}, "payment_method": "pm_card_visa"}
    )
    setup = client.v1.setup_intents.create({"customer": customer.id, "usage": "off_session"})
    for method in ("pm_card_visa", "pm_card_authenticationRequired"):
        confirming = {"confirm": True, "payment_method": method, "return_url": "http://shop.example/"}
        setup = client.v1.setup_intents.create(confirming)  # type: ignore[arg-type]
    control.post(f"setup_intents/{setup.id}/authenticate", approved=False)
    client.v1.payment_intents.create(
        {
            "amount": 2000,
            "currency": "eur",
            "customer": customer.id,
            "payment_method": client.v1.payment_methods.list({"customer": customer.id}).data[0].id,
            "confirm": True,
            "capture_method": "manual",
            "off_session": True,
            "return_url": "http://shop.example/",
        }
    )
    paid = next(c for c in client.v1.charges.list({"limit": 100}).data if c.paid and not c.disputed and c.captured)
    client.v1.refunds.create({"charge": paid.id, "amount": 100})
    control(f"charges/{paid.id}/review")
    client.v1.webhook_endpoints.create({"url": "http://shop.example/hook", "enabled_events": ["charge.refunded"]})
    v1 = client.v1
    typed: Any = {"number": FIRST, "exp_month": 12, "exp_year": 2040, "cvc": "123", "name": "Ada"}
    token = v1.tokens.create({"card": typed})
    by_debit: Any = {"type": "sepa_debit", "sepa_debit": {"iban": "DE89370400440532013000"}}
    to: Any = {"name": "Ada", "address": {"country": "GB"}}
    confirmations = v1.test_helpers.confirmation_tokens
    collected = confirmations.create({"payment_method": "pm_card_visa", "shipping": to})
    debit = confirmations.create({"payment_method_data": by_debit, "setup_future_usage": "off_session"})
    opening: Any = {"payment_element": {"enabled": True, "features": {"payment_method_redisplay": "enabled"}}}
    opened = v1.customer_sessions.create({"customer": customer.id, "components": opening})
    listed = (
        sessions, v1.balance_transactions, v1.charges, v1.customers, v1.disputes, v1.events, v1.payment_intents,
        v1.payment_methods, v1.prices, v1.products, v1.radar.early_fraud_warnings, v1.refunds, v1.reviews,
        v1.setup_intents, v1.webhook_endpoints,
    )  # fmt: skip
    shown: list[dict[str, Any]] = []
    for service in listed:
        list_all: Any = service.list
        shown += json.loads(str(list_all({"limit": 100})))["data"]
    shown += [json.loads(str(each)) for each in (token, token.card, collected, debit, opened)]
    for each in v1.setup_intents.list({"limit": 100}).data:
        shown += json.loads(str(v1.setup_attempts.list({"setup_intent": each.id})))["data"]
    for session in sessions.list({"limit": 100, "expand": ["data.line_items"]}).data:
        shown += json.loads(str(session.line_items))["data"] if session.line_items else []
    return shown + [event["data"]["object"] for event in shown if event["object"] == "event"]


def test_objects_fit_the_types_of_the_pinned_version(everything: list[dict[str, Any]]) -> None:
    assert stripe.api_version == API_VERSION
    assert {thing["object"] for thing in everything} == set(CLASSES)
    wrong = {problem for thing in everything for problem in problems(thing)}
    assert not wrong


@pytest.mark.skipif(not SAMPLES.exists(), reason=f"Stripe's samples are not at {SAMPLES}; STRIPE_SAMPLES names them")
def test_objects_have_the_fields_of_stripes_samples(everything: list[dict[str, Any]]) -> None:
    samples = json.loads(SAMPLES.read_text())["resources"]
    missing = {
        (thing["object"], name)
        for thing in everything
        for name in samples.get(thing["object"], {})
        if name not in thing
    }
    of_another_type = {("payment_method", "card")}
    assert missing - NOT_BY_DEFAULT - of_another_type == set()


def test_a_wrong_object_does_not_fit() -> None:
    """The check above can fail."""
    assert problems({"object": "balance_transaction", "amount": "12", "nonsense": 1})
