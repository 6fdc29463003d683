"""Payment intents over the API: made, confirmed, captured and canceled by a server."""

import copy

from .. import currencies, payments
from ..errors import InvalidParameters, StripeError, unexpected_state
from ..fields import PAYMENT_INTENT, Json
from ..forms import EXPAND, Form, missing, text
from ..instruments import offered
from ..objects import random_id
from ..publishable import check_future_usage
from ..state import State
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
from .payment_intent_forms import CANCEL, CAPTURE, CONFIRM, CONFIRMING, CREATE, ONLY_WITH_CONFIRM, UPDATE
from .routing import Route, listing, merge_metadata, of_page, plain_metadata, retrieve

CONFIRMABLE = ("requires_confirmation", "requires_action", "requires_payment_method")
CANCELABLE = (*CONFIRMABLE, "requires_capture")
UPDATABLE = CONFIRMABLE


def create(state: State, p: Json) -> Json:
    _check_amount(p["amount"], p["currency"])
    types = offered(p)
    confirming = p.pop("confirm", False)
    for name in ONLY_WITH_CONFIRM:
        if name in p and not confirming:
            raise InvalidParameters(
                f"You cannot use `{name}` when creating a PaymentIntent without `confirm=true`.", param=name
            )
    p, token = with_token(state, p, "payment_intent")
    how = {name: p.pop(name) for name in CONFIRMING if name in p}
    if "customer" in p:
        state.get("customer", p["customer"], param="customer")
    method = chosen(state, p, p.get("customer"))
    given = p.get("payment_method_options", {})
    intent = state.add(
        "payment_intent",
        **{
            **p,
            "automatic_payment_methods": automatic(p),
            "metadata": plain_metadata(p),
            "payment_method_options": options(PAYMENT_INTENT["payment_method_options"], given),
            "payment_method_types": types,
        },
    )
    state.change(intent, client_secret=f"{intent['id']}_secret_{random_id(25)}")
    if method:
        use(state, intent, method)
    mark(state, token, intent)
    state.emit("payment_intent.created", intent)
    return confirm(state, intent, how) if confirming else intent


def update(state: State, p: Json) -> Json:
    intent = _own(state, p.pop("id"), "updated")
    if intent["status"] not in UPDATABLE:
        raise unexpected_state(
            f"This PaymentIntent could not be updated because it has a status of {intent['status']}.",
            "payment_intent_unexpected_state",
            payment_intent=copy.deepcopy(intent),
        )
    if "customer" in p:
        state.get("customer", p["customer"], param="customer")
    _check_amount(p.get("amount") or intent["amount"], p.get("currency") or intent["currency"])
    if "metadata" in p:
        p["metadata"] = merge_metadata(intent, p["metadata"])
    if "payment_method_options" in p:
        p["payment_method_options"] = options(intent["payment_method_options"], p["payment_method_options"])
    method = chosen(state, p, p.get("customer", intent["customer"]))
    change_types(p)
    state.change(intent, **p)
    if method:
        use(state, intent, method)
    return intent


def confirm_by_api(state: State, p: Json) -> Json:
    intent = _own(state, p.pop("id"), "confirmed")
    return confirm(state, intent, p)


def confirm(state: State, intent: Json, p: Json) -> Json:
    """Try to pay. Declines raise; a challenge leaves the intent at requires_action with a page to go to."""
    if intent["status"] not in CONFIRMABLE:
        done = intent["status"] in {"succeeded", "requires_capture", "processing"}
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
            if done
            else f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            "payment_intent_unexpected_state",
            payment_intent=copy.deepcopy(intent),
        )
    p, token = with_token(state, p, "payment_intent")
    mark(state, token, intent)
    if state.asked_by_page and "setup_future_usage" in p:
        check_future_usage(intent, p["setup_future_usage"])
    how = {name: p.pop(name) for name in CONFIRMING if name in p}
    method = chosen(state, p, intent["customer"]) or held(state, intent)
    if method is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update "
            "the PaymentIntent with a payment method and then confirm it again, or confirm it again directly "
            "with a payment method or ConfirmationToken.",
            "payment_intent_unexpected_state",
            payment_intent=copy.deepcopy(intent),
        )
    if "payment_method_options" in p:
        p["payment_method_options"] = options(intent["payment_method_options"], p["payment_method_options"])
    change_types(p)
    state.change(intent, **p)
    check_return(intent, how)
    use(state, intent, method)
    if how.get("off_session") and intent["setup_future_usage"]:
        raise InvalidParameters(
            "You cannot confirm with `off_session=true` when `setup_future_usage` is also set on the PaymentIntent.",
            param="off_session",
        )
    remember_way_back(state, intent, how)
    alone = bool(how.get("off_session") or how.get("error_on_requires_action"))
    payments.attempt(state, intent, method, off_session=alone)
    payments.book(state, intent)
    return intent


def capture(state: State, p: Json) -> Json:
    intent = state.get("payment_intent", p["id"])
    if intent["status"] != "requires_capture":
        raise unexpected_state(
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}. Only a "
            "PaymentIntent with one of the following statuses may be captured: requires_capture.",
            "payment_intent_unexpected_state",
            payment_intent=copy.deepcopy(intent),
        )
    amount = p.get("amount_to_capture") or intent["amount_capturable"]
    if amount > intent["amount_capturable"]:
        most = currencies.shown(intent["amount_capturable"], intent["currency"])
        raise StripeError(
            f"The amount to capture is greater than the amount that can be captured, {most}.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    if "metadata" in p:
        state.change(intent, metadata=merge_metadata(intent, p["metadata"]))
    payments.capture(state, intent, amount)
    payments.book(state, intent)
    return intent


def cancel(state: State, p: Json) -> Json:
    intent = state.get("payment_intent", p["id"])
    if intent["status"] not in CANCELABLE:
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a "
            "PaymentIntent with one of the following statuses may be canceled: requires_payment_method, "
            "requires_capture, requires_confirmation, requires_action, processing.",
            "payment_intent_unexpected_state",
            payment_intent=copy.deepcopy(intent),
        )
    if intent["status"] != "requires_capture":
        _own(state, intent["id"], "canceled")
    payments.cancel(state, intent, p.get("cancellation_reason"))
    return intent


def _own(state: State, identifier: str, verb: str) -> Json:
    """The intent, unless it belongs to Checkout, which alone may move it."""
    intent = state.get("payment_intent", identifier)
    if "session" in state.private(intent["id"]):
        raise StripeError(
            "You cannot perform this action on PaymentIntents created by Checkout."
            + (
                " If you want to cancel the Checkout Session, expire the Checkout Session instead. For more "
                "information, see: https://stripe.com/docs/api/checkout/sessions/expire"
                if verb == "canceled"
                else ""
            )
        )
    return intent


def _check_amount(amount: int, code: str) -> None:
    least, step = currencies.minimum(code), currencies.step(code)
    if amount < least:
        raise StripeError(
            f"Amount must be at least {currencies.shown(least, code)}",
            code="amount_too_small",
            param="amount",
        )
    if amount > currencies.MAXIMUM:
        raise StripeError(
            f"Amount must be no more than {currencies.shown(currencies.MAXIMUM, code)}",
            code="amount_too_large",
            param="amount",
        )
    if amount % step:
        raise StripeError(f"Invalid amount: {code} amounts must be a multiple of {step}.", param="amount")


ROUTES = [
    Route("POST", "/v1/payment_intents", create, Form({**EXPAND, **CREATE}, required=("amount", "currency"))),
    of_page("payment_intent", retrieve("payment_intent")),
    Route("POST", "/v1/payment_intents/{id}", update, Form({**EXPAND, **UPDATE})),
    listing("payment_intent", {"customer": text(), "customer_account": missing}),
    of_page(
        "payment_intent",
        Route("POST", "/v1/payment_intents/{id}/confirm", confirm_by_api, Form({**EXPAND, **CONFIRM})),
    ),
    Route("POST", "/v1/payment_intents/{id}/capture", capture, Form({**EXPAND, **CAPTURE})),
    Route("POST", "/v1/payment_intents/{id}/cancel", cancel, Form({**EXPAND, **CANCEL})),
]
