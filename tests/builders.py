"""Payments and Stripe's objects for tests, in one place. Objects are shaped on the pinned API version."""

import itertools
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe

from payments.adapters.stripe.client import API_VERSION
from payments.domain.conditions import Conditions
from payments.domain.money import Money
from payments.domain.order import Line, Order
from payments.domain.payment import Customer, Payment, Way

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
LIFETIME = timedelta(hours=23)
SECRET = "whsec_tests"
ASKED = Money(9900, "usd")
HOLD = timedelta(minutes=45)
CONDITIONS = Conditions(Way.HOSTED, "http://localhost:8000/result.html", LIFETIME, HOLD, 10, timedelta(), "2026-11-21")

_numbers = itertools.count(1)


def a_payment(asked: Money = ASKED, **changes: Any) -> Payment:
    """A payment that was just asked for."""
    given: dict[str, Any] = {
        "asked": asked,
        "order": Order((Line("consulting-hour", "Consulting, one hour", 1, asked.amount),)),
        "customer": Customer("Ada Lovelace", "ada@example.com"),
        "return_url": "http://localhost:8000/result.html",
        "metadata": {},
        "now": NOW,
        "lifetime": LIFETIME,
    }
    return Payment.new(**given | changes)


# Stripe's objects


def a_session(payment_id: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "id": "cs_test_1",
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "amount_subtotal": 9900,
        "amount_total": 9900,
        "cancel_url": "http://localhost:8000/result.html",
        "client_reference_id": payment_id,
        "created": 1795000000,
        "currency": "usd",
        "customer": None,
        "customer_details": {"address": None, "email": "ada@example.com", "name": "Ada Lovelace", "phone": None},
        "customer_email": "ada@example.com",
        "expires_at": 1795082800,
        "livemode": False,
        "metadata": {"payment_id": payment_id} if payment_id else {},
        "mode": "payment",
        "payment_intent": "pi_1",
        "payment_status": "paid",
        "presentment_details": None,
        "status": "complete",
        "success_url": "http://localhost:8000/result.html",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "url": None,
    } | changes


def an_intent(payment_id: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 9900,
        "amount_capturable": 0,
        "amount_received": 9900,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "created": 1795000010,
        "currency": "usd",
        "customer": None,
        "last_payment_error": None,
        "latest_charge": "ch_1",
        "livemode": False,
        "metadata": {"payment_id": payment_id} if payment_id else {},
        "next_action": None,
        "payment_method": "pm_1",
        "payment_method_types": ["card"],
        "processing": None,
        "review": None,
        "status": "succeeded",
    } | changes


def a_failed_intent(payment_id: str | None, **changes: Any) -> dict[str, Any]:
    error = {
        "type": "card_error",
        "charge": "ch_0",
        "code": "card_declined",
        "decline_code": "generic_decline",
        "message": "Your card was declined.",
        "payment_method": {"id": "pm_0", "object": "payment_method", "type": "card"},
    }
    failed = {
        "amount_received": 0,
        "last_payment_error": error,
        "latest_charge": "ch_0",
        "status": "requires_payment_method",
    }
    return an_intent(payment_id, **failed | changes)


def a_charge(payment_id: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "id": "ch_1",
        "object": "charge",
        "amount": 9900,
        "amount_captured": 9900,
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": {"address": None, "email": "ada@example.com", "name": "Ada Lovelace", "phone": None},
        "captured": True,
        "created": 1795000020,
        "currency": "usd",
        "customer": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {"payment_id": payment_id} if payment_id else {},
        "outcome": {
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "type": "authorized",
        },
        "paid": True,
        "payment_intent": "pi_1",
        "payment_method": "pm_1",
        "payment_method_details": {"card": {"brand": "visa", "last4": "4242"}, "type": "card"},
        "receipt_url": "https://pay.stripe.com/receipts/ch_1",
        "refunded": False,
        "review": None,
        "status": "succeeded",
    } | changes


def a_failed_charge(payment_id: str | None, **changes: Any) -> dict[str, Any]:
    failed = {
        "id": "ch_0",
        "amount_captured": 0,
        "captured": False,
        "failure_code": "card_declined",
        "failure_message": "Your card was declined.",
        "paid": False,
        "receipt_url": None,
        "status": "failed",
    }
    return a_charge(payment_id, **failed | changes)


def a_refund(**changes: Any) -> dict[str, Any]:
    return {
        "id": "re_1",
        "object": "refund",
        "amount": 9900,
        "charge": "ch_1",
        "created": 1795000100,
        "currency": "usd",
        "destination_details": {"card": {"reference_status": "pending", "type": "refund"}, "type": "card"},
        "failure_reason": None,
        "metadata": {},
        "payment_intent": "pi_1",
        "reason": "requested_by_customer",
        "receipt_number": None,
        "status": "succeeded",
    } | changes


def a_dispute(**changes: Any) -> dict[str, Any]:
    return {
        "id": "du_1",
        "object": "dispute",
        "amount": 9900,
        "balance_transactions": [],
        "charge": "ch_1",
        "created": 1795000200,
        "currency": "usd",
        "evidence": {"receipt": None, "uncategorized_text": None},
        "evidence_details": {"due_by": 1796000000, "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": "pi_1",
        "payment_method_details": {"card": {"brand": "visa", "case_type": "chargeback"}, "type": "card"},
        "reason": "fraudulent",
        "status": "needs_response",
    } | changes


def a_fraud_warning(**changes: Any) -> dict[str, Any]:
    return {
        "id": "issfr_1",
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": "ch_1",
        "created": 1795000210,
        "fraud_type": "made_with_stolen_card",
        "livemode": False,
        "payment_intent": "pi_1",
    } | changes


def a_review(**changes: Any) -> dict[str, Any]:
    return {
        "id": "prv_1",
        "object": "review",
        "billing_zip": None,
        "charge": "ch_1",
        "closed_reason": None,
        "created": 1795000220,
        "ip_address": None,
        "ip_address_location": None,
        "livemode": False,
        "open": True,
        "opened_reason": "rule",
        "payment_intent": "pi_1",
        "reason": "rule",
        "session": None,
    } | changes


def a_list(*data: dict[str, Any]) -> dict[str, Any]:
    """A list inside another object, as API versions before the pinned one have them."""
    return {"object": "list", "data": list(data), "has_more": False, "total_count": len(data), "url": "/v1/x"}


def without(body: dict[str, Any], *fields: str) -> dict[str, Any]:
    """An object as of an API version that does not have these fields."""
    return {name: value for name, value in body.items() if name not in fields}


# Events


def an_event(event_type: str, body: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{next(_numbers)}",
        "object": "event",
        "api_version": API_VERSION,
        "created": 1795000030,
        "data": {"object": dict(body)},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
    } | changes


def signed(body: str, *, secret: str = SECRET, at: float | None = None) -> str:
    """The Stripe-Signature header for a body, as of a time."""
    timestamp = int(time.time() if at is None else at)
    return str(stripe.WebhookSignature.generate_signature_header(body, secret, timestamp))


def as_json(event: Mapping[str, Any]) -> str:
    return json.dumps(event)
