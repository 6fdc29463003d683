"""How money moves: attempts on a payment intent, and what each makes of the intent and its charges.

The transitions emit their events in Stripe's order. A card decline is an answer, not an accident: it raises
a `CardError` that keeps what changed and the events. Booking (the balance transaction and its
`charge.updated`) comes after whatever the caller still has to emit, as with Stripe, where it follows seconds later.
"""

import copy

from . import accounts, balance, cards
from .errors import CardError, unexpected_state
from .fields import Json
from .instruments import method_used, next_action, wants_authentication
from .resources import charges, disputes, payment_methods
from .state import Caller, State

FEE_PERMILLE, FEE_FIXED = 29, 30  # 2.9 % + 30, whatever the currency: simplified


def attempt(
    state: State, intent: Json, method: Json, *, authenticated: bool = False, off_session: bool = False
) -> None:
    """Try to pay the intent with the method. Ends in requires_action, processing, requires_capture or
    succeeded; raises `CardError` where the issuer declines, with the intent back at requires_payment_method.
    `off_session`: nobody is there to authenticate, so a card that asks declines."""
    secret = state.private(method["id"])
    state.change(intent, payment_method=method["id"], next_action=None, last_payment_error=None)
    if "account" in secret:
        _start_processing(state, intent, method)
        return
    card: cards.Card = secret["card"]
    requested = wants_authentication(intent)
    set_up = bool(secret.get("set_up"))
    asks = not authenticated and card.asks_for(set_up=set_up, off_session=off_session, requested=requested)
    if asks and off_session:
        _decline(state, intent, method, cards.AUTHENTICATION_REQUIRED, authenticated=False)
    if asks:
        state.change(intent, status="requires_action", next_action=next_action(state, intent))
        state.emit("payment_intent.requires_action", intent)
        return
    if card.decline:
        _decline(state, intent, method, card.decline, authenticated=authenticated)
    _authorize(state, intent, method, card, authenticated=authenticated)


def authenticate(state: State, intent: Json, *, approved: bool) -> None:
    """The customer answered the issuer's challenge (3D Secure)."""
    if intent["status"] != "requires_action":
        raise wrong_status(intent, "authenticated")
    method = state.get("payment_method", intent["payment_method"])
    if approved:
        attempt(state, intent, method, authenticated=True)
        return
    message = (
        "We are unable to authenticate your payment method. Please choose a different payment method and try again."
    )
    error = {
        "code": "payment_intent_authentication_failure",
        "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
        "message": message,
        "payment_method": copy.deepcopy(method),
        "type": "invalid_request_error",
    }
    _fail(state, intent, error)
    code = "payment_intent_authentication_failure"
    raise unexpected_state(message, code, payment_intent=copy.deepcopy(intent), keeps=True)


def settle(state: State, intent: Json) -> bool:
    """A delayed payment reaches its end; True where the money arrived."""
    charge = state.find("charge", intent["latest_charge"])
    if intent["status"] != "processing" or charge is None:
        raise wrong_status(intent, "settled")
    method = state.get("payment_method", intent["payment_method"])
    account: accounts.Account = state.private(method["id"])["account"]
    if not account.failure:
        state.change(
            charge,
            status="succeeded",
            paid=True,
            captured=True,
            amount_captured=charge["amount"],
            receipt_url=charges.receipt(state, charge),
        )
        state.private(charge["id"])["effect"] = account.effect
        state.emit("charge.succeeded", charge)
        _succeed(state, intent, charge)
        return True
    message = f"The customer's bank returned the debit: {account.failure}."
    state.change(
        charge,
        status="failed",
        failure_code=account.failure,
        failure_message=message,
        outcome=charges.outcome("issuer_declined", network="declined_by_network", reason="generic_decline"),
    )
    state.emit("charge.failed", charge)
    error = {
        "charge": charge["id"],
        "code": "payment_intent_payment_attempt_failed",
        "doc_url": "https://stripe.com/docs/error-codes/payment-intent-payment-attempt-failed",
        "message": message,
        "payment_method": copy.deepcopy(method),
        "type": "invalid_request_error",
    }
    _fail(state, intent, error)
    return False


def capture(state: State, intent: Json, amount: int) -> None:
    """Take up to what was authorised; the rest is released, which is no refund (since 2025-03-31.basil)."""
    charge = state.get("charge", intent["latest_charge"])
    previous = state.change(charge, captured=True, amount_captured=amount)
    state.emit("charge.captured", charge, previous)
    _succeed(state, intent, charge, amount)


def cancel(state: State, intent: Json, reason: str | None) -> None:
    """End the intent; what was only authorised is released."""
    state.change(
        intent,
        status="canceled",
        canceled_at=state.now(),
        cancellation_reason=reason,
        amount_capturable=0,
        next_action=None,
    )
    state.emit("payment_intent.canceled", intent)


def expire_due(state: State) -> None:
    """Authorisations that were not captured in time run out; nobody's request caused that."""
    for intent in state.not_ended("payment_intent", "requires_capture"):
        charge = state.get("charge", intent["latest_charge"])
        if charge["payment_method_details"]["card"]["capture_before"] <= state.now():
            state.emit("charge.expired", charge)
            cancel(state, intent, "expired")


def book(state: State, intent: Json) -> None:
    """Give the captured charge its balance transaction, once; some test cards are then disputed."""
    charge = state.find("charge", intent["latest_charge"])
    if charge is None or not charge["captured"] or charge["status"] != "succeeded":
        return
    if charge["balance_transaction"] is not None:
        return
    amount = charge["amount_captured"]
    fee = amount * FEE_PERMILLE // 1000 + FEE_FIXED
    at_once = state.private(charge["id"]).get("effect") == "available"
    with state.acting(Caller()):
        entry = balance.enter(
            state, charge["id"], amount, charge["currency"], "charge", fee=fee, available_at_once=at_once
        )
        previous = state.change(charge, balance_transaction=entry["id"])
        state.emit("charge.updated", charge, previous)
        disputes.after_payment(state, charge)


def wrong_status(intent: Json, verb: str) -> Exception:
    """The refusal Stripe gives when an intent is not in a state that allows the step."""
    return unexpected_state(
        f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}.",
        "payment_intent_unexpected_state",
        payment_intent=copy.deepcopy(intent),
    )


def _start_processing(state: State, intent: Json, method: Json) -> None:
    _remember(state, intent, method)
    charge = charges.add(
        state,
        intent,
        method,
        prefix="py_3",
        outcome=charges.outcome("authorized"),
        payment_method_details=method_used(method, intent["amount"], authenticated=False),
    )
    account: accounts.Account = state.private(method["id"])["account"]
    if account.seconds is not None:
        state.plan(intent["id"], account.seconds)
    state.change(intent, status="processing")
    state.emit("payment_intent.processing", intent)
    state.emit("charge.pending", charge)


def _authorize(state: State, intent: Json, method: Json, card: cards.Card, *, authenticated: bool) -> None:
    manual = intent["capture_method"] == "manual"
    details = method_used(method, intent["amount"], authenticated=authenticated)
    _remember(state, intent, method)
    if manual:
        details["card"]["capture_before"] = state.now() + 7 * 86400
    charge = charges.add(
        state,
        intent,
        method,
        status="succeeded",
        paid=True,
        captured=not manual,
        amount_captured=0 if manual else intent["amount"],
        outcome=charges.outcome("authorized", risk=card.risk),
        payment_method_details=details,
    )
    state.change(charge, receipt_url=charges.receipt(state, charge))
    state.private(charge["id"])["effect"] = card.effect
    state.emit("charge.succeeded", charge)
    if manual:
        state.change(intent, status="requires_capture", amount_capturable=intent["amount"])
        state.emit("payment_intent.amount_capturable_updated", intent)
        return
    _succeed(state, intent, charge)


def _remember(state: State, intent: Json, method: Json) -> None:
    """A method that pays is used up, unless it is a customer's or becomes one's."""
    state.private(method["id"])["used"] = True
    if intent["setup_future_usage"] and intent["customer"] and method["customer"] is None:
        payment_methods.keep(state, method, intent["customer"])


def _succeed(state: State, intent: Json, charge: Json, amount: int | None = None) -> None:
    state.change(
        intent,
        status="succeeded",
        amount_received=charge["amount"] if amount is None else amount,
        amount_capturable=0,
    )
    state.emit("payment_intent.succeeded", intent)


def _decline(state: State, intent: Json, method: Json, decline: cards.Decline, *, authenticated: bool) -> None:
    charge = charges.add(
        state,
        intent,
        method,
        status="failed",
        failure_code=decline.code,
        failure_message=decline.message,
        outcome=charges.outcome(
            "blocked" if decline.blocked else "issuer_declined",
            network="not_sent_to_network" if decline.blocked else "declined_by_network",
            reason="highest_risk_level" if decline.blocked else decline.reason,
            message=decline.seller_message,
            advice=decline.advice,
            network_code=decline.network_code,
            risk="highest" if decline.blocked else "normal",
        ),
        payment_method_details=method_used(method, intent["amount"], authenticated=authenticated),
    )
    state.emit("charge.failed", charge)
    more = {
        "advice_code": decline.advice,
        "charge": charge["id"],
        "decline_code": decline.reason,
        "network_decline_code": decline.network_code,
        "payment_method": copy.deepcopy(method),
    }
    doc = f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}"
    _fail(
        state,
        intent,
        {
            "code": decline.code,
            "doc_url": doc,
            "message": decline.message,
            "type": "card_error",
            **more,
        },
    )
    raise CardError(decline.message, code=decline.code, payment_intent=copy.deepcopy(intent), keeps=True, **more)


def _fail(state: State, intent: Json, error: Json) -> None:
    state.change(
        intent,
        status="requires_payment_method",
        last_payment_error=error,
        payment_method=None,
        next_action=None,
    )
    state.emit("payment_intent.payment_failed", intent)
