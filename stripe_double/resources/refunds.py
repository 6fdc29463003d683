"""Refunds: money back to the customer, never more than was captured.

A card's refund succeeds at once, unless the test card says otherwise; a bank debit's stays pending until it settles.
"""

import copy

from .. import balance, currencies
from ..errors import StripeError, missing_parameter, unexpected_state
from ..fields import Json
from ..forms import EXPAND, Form, choice, email, integer, metadata, missing, text
from ..objects import random_id
from ..state import Caller, State
from . import radar
from .routing import Route, listing, plain_metadata, retrieve, updating

CLAIM_WITHIN = 45 * 86400
MOVES_AFTER = 180  # seconds until the bank says what became of a refund that is pending, or that will fail


def create(state: State, p: Json) -> Json:
    charge = _charge(state, p)
    amount = p.get("amount", charge["amount_captured"] - charge["amount_refunded"])
    _check(state, charge, amount)
    effect = state.private(charge["id"]).get("effect")
    is_card = charge["id"].startswith("ch_")
    asks = not is_card and "instructions_email" in p
    status = "requires_action" if asks else "succeeded" if is_card and effect != "refund_pending" else "pending"
    refund = state.add(
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        destination_details=_destination(charge, is_card=is_card),
        metadata=plain_metadata(p),
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        prefix="re_3" if is_card else "pyr_1",
        reason=p.get("reason"),
        status=status,
        extra=_steps(state, p["instructions_email"]) if asks else {},
    )
    entry = balance.enter(state, refund["id"], -amount, charge["currency"], "refund")
    state.change(refund, balance_transaction=entry["id"])
    if status == "pending":
        state.change(refund, pending_reason="processing")
    if status == "pending" or effect == "refund_fails":
        state.plan(refund["id"], MOVES_AFTER)
    state.emit("refund.created", refund)
    _count(state, charge, amount)
    if status == "succeeded":
        _reference(state, refund)
    return refund


def cancel(state: State, p: Json) -> Json:
    refund = state.get("refund", p["id"])
    if refund["status"] != "requires_action":
        raise StripeError(
            f"The refund {refund['id']} cannot be canceled because it has a status of {refund['status']}. Only "
            "refunds with a status of requires_action can be canceled."
        )
    return _give_up(state, refund, status="canceled")


def expire(state: State, p: Json) -> Json:
    refund = state.get("refund", p["id"])
    if refund["status"] != "requires_action":
        raise StripeError("Only refunds with a status of requires_action can be expired.")
    return _give_up(state, refund, status="failed", failure_reason="expired_or_canceled_card")


def settle(state: State, refund: Json, status: str | None) -> Json:
    """What the bank does later: a pending refund succeeds or fails, and one that succeeded can still fail."""
    bounces = state.private(refund["charge"]).get("effect") == "refund_fails"
    status = status or ("failed" if bounces else "succeeded")
    allowed = {"pending", "requires_action", *(["succeeded"] if status == "failed" else [])}
    if refund["status"] not in allowed:
        raise StripeError(f"The refund is {refund['status']} and cannot become {status}.")
    if status == "failed":
        reason = "expired_or_canceled_card" if bounces else "unknown"
        return _give_up(state, refund, status="failed", failure_reason=reason)
    state.drop(refund, "pending_reason", "next_action")
    previous = state.change(refund, status="succeeded")
    _updated(state, refund, previous)
    return refund


def move(state: State, refund: Json) -> None:
    """Its time has come; nothing happens to one that has been settled otherwise."""
    bounces = state.private(refund["charge"]).get("effect") == "refund_fails"
    if refund["status"] == ("succeeded" if bounces else "pending"):
        settle(state, refund, None)


def _charge(state: State, p: Json) -> Json:
    if "charge" not in p and "payment_intent" not in p:
        raise missing_parameter("payment_intent")
    if "charge" in p:
        return state.get("charge", p["charge"], param="charge")
    intent = state.get("payment_intent", p["payment_intent"], param="payment_intent")
    charge = state.find("charge", intent["latest_charge"])
    if intent["status"] != "succeeded" or charge is None:
        raise unexpected_state(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            "payment_intent_unexpected_state",
            payment_intent=copy.deepcopy(intent),
        )
    return charge


def _check(state: State, charge: Json, amount: int) -> None:
    code = charge["currency"]
    remaining = charge["amount_captured"] - charge["amount_refunded"]
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise StripeError(
            f"Charge {charge['id']} was not captured, so it cannot be refunded.", code="charge_not_refundable"
        )
    if any(not dispute["is_charge_refundable"] for dispute in state.all("dispute", charge=charge["id"])):
        raise StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if remaining == 0:
        raise StripeError(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", param="charge"
        )
    if amount > remaining:
        raise StripeError(
            f"Refund amount ({currencies.shown(amount, code)}) is greater than unrefunded amount on charge "
            f"({currencies.shown(remaining, code)})",
            param="amount",
        )


def _destination(charge: Json, *, is_card: bool) -> Json:
    if not is_card:
        return {"eu_bank_transfer": {"reference": None, "reference_status": "pending"}, "type": "eu_bank_transfer"}
    pending = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {"card": pending, "type": "card"}


def _steps(state: State, address: str) -> Json:
    """The customer must say by mail where the money goes."""
    sent = {"email_sent_at": state.now(), "email_sent_to": address}
    details = {"email_sent": sent, "expires_at": state.now() + CLAIM_WITHIN}
    return {
        "instructions_email": address,
        "next_action": {"display_details": details, "type": "display_details"},
    }


def _count(state: State, charge: Json, amount: int) -> None:
    """Add to what the charge gave back, or take away when the money comes back (Stripe is silent about that)."""
    total = charge["amount_refunded"] + amount
    previous = state.change(charge, amount_refunded=total, refunded=total >= charge["amount_captured"])
    if amount > 0:
        state.emit("charge.refunded", charge, previous)
    if amount > 0 and charge["refunded"]:
        radar.after_reversal(state, charge, "refunded")


def _reference(state: State, refund: Json) -> None:
    """The network's reference arrives a little later, by nobody's request."""
    card = {**refund["destination_details"]["card"], "reference": random_id(12), "reference_status": "available"}
    previous = {"destination_details": {"card": {"reference": None, "reference_status": "pending"}}}
    state.change(refund, destination_details={"card": card, "type": "card"})
    with state.acting(Caller()):
        _updated(state, refund, previous)


def _updated(state: State, refund: Json, previous: Json) -> None:
    state.emit("refund.updated", refund, previous)
    state.emit("charge.refund.updated", refund, previous)


def _give_up(state: State, refund: Json, *, status: str, failure_reason: str | None = None) -> Json:
    """The money did not arrive: it is ours again."""
    state.drop(refund, "pending_reason", "next_action")
    entry = balance.enter(state, refund["id"], refund["amount"], refund["currency"], "refund_failure")
    previous = state.change(refund, status=status, failure_balance_transaction=entry["id"])
    if failure_reason:
        previous |= state.change(refund, failure_reason=failure_reason)
    _updated(state, refund, previous)
    if status == "failed":
        state.emit("refund.failed", refund)
    _count(state, state.get("charge", refund["charge"]), -refund["amount"])
    return refund


CREATE = Form(
    {
        **EXPAND,
        "amount": integer(1),
        "charge": text(),
        "instructions_email": email,
        "metadata": metadata,
        "payment_intent": text(),
        "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
        **dict.fromkeys(("currency", "customer", "origin", "refund_application_fee", "reverse_transfer"), missing),
    }
)
ROUTES = [
    Route("POST", "/v1/refunds", create, CREATE),
    retrieve("refund"),
    updating("refund", {"metadata": metadata}, "refund.updated"),
    listing("refund", {"charge": text(), "payment_intent": text()}),
    Route("POST", "/v1/refunds/{id}/cancel", cancel),
    Route("POST", "/v1/test_helpers/refunds/{id}/expire", expire),
]
