"""Setup intents: a payment method is saved, with the customer's consent, to be charged later."""

import copy

from ..errors import CardError, StripeError, exclusive, unexpected_state
from ..fields import Json
from ..forms import (
    EXPAND,
    Form,
    Reader,
    anything,
    boolean,
    choice,
    metadata,
    missing,
    text,
    unsettable,
    url,
)
from ..instruments import TYPES, next_action, offered
from ..objects import random_id
from ..state import State
from . import payment_methods
from .payment_intent_forms import AUTOMATIC
from .payment_intents import automatic
from .routing import Route, listing, of_page, plain_metadata, retrieve, updating

CONFIRMABLE = ("requires_confirmation", "requires_action", "requires_payment_method")
CONFIRM: dict[str, Reader] = {
    "mandate_data": anything,
    "payment_method": text(),
    "payment_method_data": payment_methods.METHOD_DATA,
    "payment_method_options": anything,
    "return_url": url,
    "use_stripe_sdk": boolean,
    "confirmation_token": missing,
}
CREATE: dict[str, Reader] = {
    **CONFIRM,
    "automatic_payment_methods": AUTOMATIC,
    "confirm": boolean,
    "customer": text(),
    "description": text(1000),
    "metadata": metadata,
    **TYPES,
    "usage": choice("off_session", "on_session"),
    **dict.fromkeys(
        (
            "attach_to_self",
            "customer_account",
            "flow_directions",
            "on_behalf_of",
            "payment_method_configuration",
            "single_use",
        ),
        missing,
    ),
}


def create(state: State, p: Json) -> Json:
    confirming = p.pop("confirm", False)
    how = {name: p.pop(name) for name in CONFIRM if name in p}
    if "customer" in p:
        state.get("customer", p["customer"], param="customer")
    intent = add(state, p)
    method = _method(state, how)
    if method:
        state.change(intent, payment_method=method["id"], status="requires_confirmation")
    state.emit("setup_intent.created", intent)
    return confirm(state, intent, how) if confirming else intent


def add(state: State, p: Json) -> Json:
    """A new setup intent, not yet announced."""
    intent = state.add(
        "setup_intent",
        **{
            **p,
            "automatic_payment_methods": automatic(p),
            "metadata": plain_metadata(p),
            "payment_method_types": offered(p),
        },
    )
    state.change(intent, client_secret=f"{intent['id']}_secret_{random_id(29)}")
    return intent


def confirm_by_api(state: State, p: Json) -> Json:
    return confirm(state, state.get("setup_intent", p.pop("id")), p)


def confirm(state: State, intent: Json, p: Json) -> Json:
    if intent["status"] not in CONFIRMABLE:
        raise _unexpected(intent, f"You cannot confirm this SetupIntent because it has a status of {intent['status']}.")
    method = _method(state, p) or state.find("payment_method", intent["payment_method"])
    if method is None:
        raise _unexpected(intent, "You cannot confirm this SetupIntent because it's missing a payment method.")
    secret = state.private(intent["id"])
    secret.update({name: p[name] for name in ("return_url", "use_stripe_sdk") if name in p})
    attempt(state, intent, method)
    return intent


def attempt(state: State, intent: Json, method: Json, *, authenticated: bool = False) -> None:
    """Save the method: ends in requires_action or succeeded, or raises the issuer's refusal."""
    state.change(intent, payment_method=method["id"], next_action=None, last_setup_error=None)
    card = state.private(method["id"]).get("card")
    if card and card.asks and not authenticated:
        state.change(intent, status="requires_action", next_action=next_action(state, intent))
        state.emit("setup_intent.requires_action", intent)
        return
    try:
        if intent["customer"]:
            payment_methods.attach(state, method, intent["customer"])
        else:
            payment_methods.verify(state, method)
    except CardError as refusal:
        more = {**refusal.more, "payment_method": copy.deepcopy(method)}
        error = {"code": refusal.code, "message": refusal.message, "type": refusal.type, **more}
        _fail(state, intent, error)
        shown = copy.deepcopy(intent)
        raise CardError(refusal.message, code=str(refusal.code), **more, setup_intent=shown, keeps=True) from None
    state.private(method["id"])["set_up"] = True
    state.change(intent, status="succeeded")
    state.emit("setup_intent.succeeded", intent)


def authenticate(state: State, intent: Json, *, approved: bool) -> None:
    """The customer answered the issuer's challenge."""
    if intent["status"] != "requires_action":
        raise _unexpected(intent, f"This SetupIntent has a status of {intent['status']}.")
    method = state.get("payment_method", intent["payment_method"])
    if approved:
        attempt(state, intent, method, authenticated=True)
        return
    message = (
        "We are unable to authenticate your payment method. Please choose a different payment method and try again."
    )
    code = "setup_intent_authentication_failure"
    _fail(
        state,
        intent,
        {"code": code, "message": message, "payment_method": copy.deepcopy(method), "type": "invalid_request_error"},
    )
    raise unexpected_state(message, code, setup_intent=copy.deepcopy(intent), keeps=True)


def cancel(state: State, p: Json) -> Json:
    intent = state.get("setup_intent", p["id"])
    if intent["status"] not in CONFIRMABLE:
        raise _unexpected(intent, f"You cannot cancel this SetupIntent because it has a status of {intent['status']}.")
    state.change(intent, status="canceled", cancellation_reason=p.get("cancellation_reason"), next_action=None)
    state.emit("setup_intent.canceled", intent)
    return intent


def _method(state: State, p: Json) -> Json | None:
    if "payment_method" in p and "payment_method_data" in p:
        raise exclusive("payment_method", "payment_method_data")
    if "payment_method_data" in p:
        return payment_methods.from_data(state, p["payment_method_data"], "payment_method_data")
    return payment_methods.named(state, p["payment_method"]) if "payment_method" in p else None


def _fail(state: State, intent: Json, error: Json) -> None:
    state.change(
        intent,
        status="requires_payment_method",
        last_setup_error=error,
        payment_method=None,
        next_action=None,
    )
    state.emit("setup_intent.setup_failed", intent)


def _unexpected(intent: Json, message: str) -> StripeError:
    return unexpected_state(message, "setup_intent_unexpected_state", setup_intent=copy.deepcopy(intent))


ROUTES = [
    Route("POST", "/v1/setup_intents", create, Form({**EXPAND, **CREATE})),
    of_page("setup_intent", retrieve("setup_intent")),
    updating(
        "setup_intent",
        {
            "customer": text(),
            "description": unsettable(text(1000)),
            "metadata": metadata,
            **dict.fromkeys(
                (
                    *TYPES,
                    "attach_to_self",
                    "customer_account",
                    "flow_directions",
                    "payment_method",
                    "payment_method_configuration",
                    "payment_method_data",
                    "payment_method_options",
                ),
                missing,
            ),
        },
    ),
    listing(
        "setup_intent",
        {
            "customer": text(),
            "payment_method": text(),
            **dict.fromkeys(("attach_to_self", "customer_account"), missing),
        },
    ),
    of_page(
        "setup_intent",
        Route(
            "POST",
            "/v1/setup_intents/{id}/confirm",
            confirm_by_api,
            Form({**EXPAND, **CONFIRM, "allowed_payment_method_types": missing}),
        ),
    ),
    Route(
        "POST",
        "/v1/setup_intents/{id}/cancel",
        cancel,
        Form(
            {
                **EXPAND,
                "cancellation_reason": choice("abandoned", "duplicate", "requested_by_customer"),
            }
        ),
    ),
]
