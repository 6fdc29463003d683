"""Setup intents: a payment method is saved, with the customer's consent, to be charged later."""

import copy

from ..errors import CardError, InvalidParameters, StripeError, unexpected_state
from ..fields import SETUP_INTENT, Json
from ..forms import (
    EXPAND,
    Form,
    Reader,
    boolean,
    choice,
    metadata,
    missing,
    some_hash,
    text,
    unsettable,
    url,
)
from ..instruments import TYPES, next_action, offered, wants_authentication
from ..objects import random_id
from ..state import State
from . import payment_methods, setup_attempts
from .confirmations import (
    automatic,
    change_types,
    check_return,
    chosen,
    held,
    mark,
    options,
    remember_way_back,
    use,
    with_token,
)
from .payment_intent_forms import AUTOMATIC, METHOD_OPTIONS
from .routing import Route, listing, merge_metadata, of_page, plain_metadata, retrieve

CONFIRMABLE = ("requires_confirmation", "requires_action", "requires_payment_method")
HOW: dict[str, Reader] = {
    "mandate_data": unsettable(some_hash),
    "return_url": url,
    "use_stripe_sdk": boolean,
}
ONLY_WITH_CONFIRM = ("confirmation_token", "mandate_data", "return_url")
WITH_WHAT: dict[str, Reader] = {
    "payment_method": text(),
    "payment_method_data": payment_methods.METHOD_DATA,
    "payment_method_options": METHOD_OPTIONS,
}
CONFIRM: dict[str, Reader] = {
    **HOW,
    **WITH_WHAT,
    "allowed_payment_method_types": TYPES["allowed_payment_method_types"],
    "confirmation_token": text(),
}
CREATE: dict[str, Reader] = {
    **CONFIRM,
    **TYPES,
    "automatic_payment_methods": AUTOMATIC,
    "confirm": boolean,
    "customer": text(),
    "description": text(1000),
    "metadata": metadata,
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
UPDATE: dict[str, Reader] = {
    **WITH_WHAT,
    "customer": text(),
    "description": unsettable(text(1000)),
    "metadata": metadata,
    "allowed_payment_method_types": TYPES["allowed_payment_method_types"],
    "excluded_payment_method_types": TYPES["excluded_payment_method_types"],
    **dict.fromkeys(("attach_to_self", "customer_account", "flow_directions", "payment_method_configuration"), missing),
}


def create(state: State, p: Json) -> Json:
    confirming = p.pop("confirm", False)
    for name in ONLY_WITH_CONFIRM:
        if name in p and not confirming:
            raise InvalidParameters(
                f"You cannot use `{name}` when creating a SetupIntent without `confirm=true`.", param=name
            )
    p, token = with_token(state, p, "setup_intent")
    how = {name: p.pop(name) for name in HOW if name in p}
    if "customer" in p:
        state.get("customer", p["customer"], param="customer")
    method = chosen(state, p, p.get("customer"))
    intent = add(state, p)
    if method:
        use(state, intent, method)
    mark(state, token, intent)
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
            "payment_method_options": options(
                SETUP_INTENT["payment_method_options"], p.get("payment_method_options", {})
            ),
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
    p, token = with_token(state, p, "setup_intent")
    mark(state, token, intent)
    how = {name: p.pop(name) for name in HOW if name in p}
    method = _change(state, intent, p) or held(state, intent)
    if method is None:
        raise _unexpected(intent, "You cannot confirm this SetupIntent because it's missing a payment method.")
    check_return(intent, how)
    use(state, intent, method)
    remember_way_back(state, intent, how)
    attempt(state, intent, method)
    return intent


def update(state: State, p: Json) -> Json:
    intent = state.get("setup_intent", p.pop("id"))
    if intent["status"] not in CONFIRMABLE:
        raise _unexpected(intent, f"You cannot update this SetupIntent because it has a status of {intent['status']}.")
    if "customer" in p:
        state.get("customer", p["customer"], param="customer")
    if "metadata" in p:
        p["metadata"] = merge_metadata(intent, p["metadata"])
    if method := _change(state, intent, p):
        use(state, intent, method)
    return intent


def _change(state: State, intent: Json, p: Json) -> Json | None:
    """Set what the parameters say; the method that they name, if they do."""
    method = chosen(state, p, p.get("customer", intent["customer"]))
    if "payment_method_options" in p:
        p["payment_method_options"] = options(intent["payment_method_options"], p["payment_method_options"])
    change_types(p)
    state.change(intent, **p)
    return method


def attempt(state: State, intent: Json, method: Json, *, authenticated: bool = False) -> None:
    """Save the method: ends in requires_action or succeeded, or raises the issuer's refusal."""
    state.change(intent, payment_method=method["id"], next_action=None, last_setup_error=None)
    if not authenticated:
        setup_attempts.begin(state, intent, method)
    passed = True if authenticated else None
    card = state.private(method["id"]).get("card")
    requested = wants_authentication(intent)
    if card and not authenticated and card.asks_for(set_up=False, off_session=False, requested=requested):
        setup_attempts.end(state, intent, "requires_action")
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
        setup_attempts.end(state, intent, "failed", passed=passed, setup_error=error)
        _fail(state, intent, error)
        shown = copy.deepcopy(intent)
        raise CardError(refusal.message, code=str(refusal.code), **more, setup_intent=shown, keeps=True) from None
    state.private(method["id"])["set_up"] = True
    setup_attempts.end(state, intent, "succeeded", passed=passed)
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
    error = {
        "code": code,
        "message": message,
        "payment_method": copy.deepcopy(method),
        "type": "invalid_request_error",
    }
    setup_attempts.end(state, intent, "failed", passed=False, setup_error=error)
    _fail(state, intent, error)
    raise unexpected_state(message, code, setup_intent=copy.deepcopy(intent), keeps=True)


def cancel(state: State, p: Json) -> Json:
    intent = state.get("setup_intent", p["id"])
    if intent["status"] not in CONFIRMABLE:
        raise _unexpected(intent, f"You cannot cancel this SetupIntent because it has a status of {intent['status']}.")
    setup_attempts.abandon(state, intent)
    state.change(intent, status="canceled", cancellation_reason=p.get("cancellation_reason"), next_action=None)
    state.emit("setup_intent.canceled", intent)
    return intent


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
    Route("POST", "/v1/setup_intents/{id}", update, Form({**EXPAND, **UPDATE})),
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
            Form({**EXPAND, **CONFIRM}),
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
