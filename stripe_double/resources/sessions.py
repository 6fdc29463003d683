"""Checkout Sessions: made by the API, paid on the hosted page or by the control interface, expired by time."""

import copy

from .. import currencies, payments
from ..errors import InvalidParameters, StripeError, exclusive, missing_parameter, unexpected_state
from ..expansion import nested
from ..fields import NO_ADDRESS, PAYMENT_INTENT, SESSION, Json
from ..forms import PAGE, Form, moment
from ..instruments import offered
from ..objects import random_id
from ..state import State
from . import products, setup_intents
from .confirmations import options
from .routing import Route, merge_metadata, paged, plain_metadata, retrieve
from .session_forms import CREATE, FILTERS, SWITCHES, UPDATE

SHORTEST, LONGEST = 30 * 60, 24 * 3600
MARGIN = 60  # a request takes a moment to arrive: a bound is not refused for that
DEFAULT_EMAIL = "jenny.rosen@example.com"
SAVED: Json = {
    "allow_redisplay_filters": ["always"],
    "payment_method_remove": "disabled",
    "payment_method_save": "disabled",
}
NO_DETAILS: Json = {
    "address": {**NO_ADDRESS, "country": "US"},
    "business_name": None,
    "email": None,
    "individual_name": None,
    "name": None,
    "phone": None,
    "tax_exempt": "none",
    "tax_ids": [],
}
NOT_OURS = {
    "elements": "embedded",
    "embedded_page": "embedded",
    "form": "embedded",
    "subscription": "subscriptions",
}


def create(state: State, p: Json) -> Json:
    """A new open session. A payment's intent comes with the first attempt, a setup's at once."""
    _check(state, p)
    setting_up = p.get("mode") == "setup"
    totals: Json = {"total_details": None} if setting_up else _totals(state, p)
    items = totals.pop("line_items", [])
    given = {name: p[name] for name in CREATE.fields if name in p and name in SESSION and name not in SWITCHES}
    values = {
        **given,
        **totals,
        "branding_settings": {**SESSION["branding_settings"], **p.get("branding_settings", {})},
        "customer_details": _known_details(state, p),
        "expires_at": p.get("expires_at") or state.now() + LONGEST,
        "metadata": plain_metadata(p),
        "payment_method_options": options(SESSION["payment_method_options"], p.get("payment_method_options", {})),
        "payment_method_types": offered(p),
        "payment_status": "no_payment_required" if setting_up else "unpaid",
    }
    if "customer" in p:
        values["customer_creation"] = None
        values["saved_payment_method_options"] = {**SAVED, **p.get("saved_payment_method_options", {})}
    session = state.add("checkout.session", **values)
    state.change(session, url=f"{state.base_url}/c/pay/{session['id']}")
    secret = state.private(session["id"])
    secret["line_items"] = items
    secret["intent_data"] = p.get("payment_intent_data", {})
    if setting_up:
        _setup_intent(state, session, p)
    return session


def update(state: State, p: Json) -> Json:
    session = state.get("checkout.session", p["id"])
    if "metadata" in p:
        state.change(session, metadata=merge_metadata(session, p["metadata"]))
    return session


def list_sessions(state: State, p: Json) -> Json:
    equal = {name: p[name] for name in ("customer", "payment_intent", "status") if name in p}
    found = state.all("checkout.session", **equal)
    if "customer_details" in p:
        wanted = p["customer_details"]["email"]
        found = [each for each in found if (each["customer_details"] or {}).get("email") == wanted]
    return paged("/v1/checkout/sessions", found, p, "checkout.session")


def line_items(state: State, p: Json) -> Json:
    shown = nested(state, state.get("checkout.session", p["id"]), "line_items")
    return paged(shown["url"], shown["data"], p, "item")


def expire_by_api(state: State, p: Json) -> Json:
    return expire(state, state.get("checkout.session", p["id"]))


def expire(state: State, session: Json) -> Json:
    """End an open session. Its intent, if there is one, is canceled with it."""
    if session["status"] != "open":
        raise StripeError(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status '
            f"of `{session['status']}`.",
        )
    intent = state.find("payment_intent", session["payment_intent"])
    state.change(session, status="expired", url=None)
    if intent and intent["status"] not in {"succeeded", "canceled"}:
        payments.cancel(state, intent, "automatic")
    state.emit("checkout.session.expired", session)
    return session


def expire_due(state: State) -> None:
    """Expire what has run out; nobody's request caused that."""
    for session in state.not_ended("checkout.session", "open"):
        if session["expires_at"] <= state.now():
            expire(state, session)


def saved_methods(state: State, session: Json) -> list[Json]:
    """The customer's methods that the session shows to be paid with, newest first."""
    if session["mode"] != "payment" or session["customer"] is None:
        return []
    options = session["saved_payment_method_options"] or SAVED
    return [
        method
        for method in state.all("payment_method", customer=session["customer"])
        if method["type"] in session["payment_method_types"]
        and method["allow_redisplay"] in options["allow_redisplay_filters"]
    ]


def offers_to_save(session: Json) -> bool:
    """Whether the customer is asked if the method is to be saved."""
    options = session["saved_payment_method_options"] or SAVED
    return bool(session["mode"] == "payment" and options["payment_method_save"] == "enabled")


def pay(state: State, session: Json, method: Json, *, customer: Json | None = None, save: bool = False) -> Json:
    """One attempt of the customer's, who wants the method saved or not. Returns the session: complete, or open with its
    intent asking for authentication. Raises the issuer's `CardError`, after which another method may be tried."""
    ensure_open(state, session)
    if is_free(session):
        raise StripeError("This Checkout Session is free and takes no payment method.")
    if method["type"] not in session["payment_method_types"]:
        types = ", ".join(session["payment_method_types"])
        raise StripeError(f"This Checkout Session does not offer {method['type']}; it offers {types}.")
    shown = _told_details(state, session, customer)
    billing = {**method["billing_details"], "email": shown["email"], "name": shown["name"]}
    state.change(method, billing_details=billing)
    if session["mode"] == "setup":
        setup = state.get("setup_intent", session["setup_intent"])
        setup_intents.attempt(state, setup, method)
        return _after_attempt(state, session, setup)
    intent = state.find("payment_intent", session["payment_intent"]) or _first_intent(state, session, shown)
    if save and offers_to_save(session):
        state.change(method, allow_redisplay="always")
        state.change(intent, setup_future_usage="on_session")
    payments.attempt(state, intent, method)
    return _after_attempt(state, session, intent)


def is_free(session: Json) -> bool:
    """An order that costs nothing: Checkout asks for no payment method."""
    return bool(session["mode"] == "payment" and session["amount_total"] == 0)


def order_for_free(state: State, session: Json, *, customer: Json | None = None) -> Json:
    """The customer completes an order that costs nothing: no intent and no charge, but a customer, for Stripe knows
    no guests here (https://docs.stripe.com/payments/checkout/no-cost-orders)."""
    ensure_open(state, session)
    if not is_free(session):
        raise StripeError("This Checkout Session is not free; it has to be paid.")
    details = _told_details(state, session, customer)
    if session["customer"] is None:
        _new_customer(state, session, details)
    state.change(session, payment_status="no_payment_required")
    return _complete(state, session)


def authenticate(state: State, session: Json, *, approved: bool) -> Json:
    """The answer to the challenge of the session's intent. Raises where it was not approved, or declined."""
    ensure_open(state, session)
    intent = intent_of(state, session)
    if intent is None:
        raise unexpected_state("Nothing waits for authentication.", "payment_intent_unexpected_state")
    if session["mode"] == "setup":
        setup_intents.authenticate(state, intent, approved=approved)
    else:
        payments.authenticate(state, intent, approved=approved)
    return _after_attempt(state, session, intent)


def settle(state: State, session: Json) -> Json:
    """A delayed payment arrives or fails, days later in life."""
    intent = state.find("payment_intent", session["payment_intent"])
    if intent is None:
        raise unexpected_state("Nothing was paid in this Checkout Session.", "payment_intent_unexpected_state")
    if payments.settle(state, intent):
        state.change(session, payment_status="paid")
        state.emit("checkout.session.async_payment_succeeded", session)
    else:
        state.emit("checkout.session.async_payment_failed", session)
    payments.book(state, intent)
    return session


def settle_intent(state: State, intent: Json) -> None:
    """The same for an intent, whoever made it."""
    if session := state.private(intent["id"]).get("session"):
        settle(state, state.get("checkout.session", session))
        return
    payments.settle(state, intent)
    payments.book(state, intent)


def intent_of(state: State, session: Json) -> Json | None:
    """The payment or setup intent of the session, if there is one yet."""
    if session["mode"] == "setup":
        return state.find("setup_intent", session["setup_intent"])
    return state.find("payment_intent", session["payment_intent"])


def ensure_open(state: State, session: Json) -> None:
    """Refuse what is no longer open, also in the moment before `expire_due` says so."""
    over = session["status"] == "open" and session["expires_at"] <= state.now()
    status = "expired" if over else session["status"]
    if status != "open":
        raise StripeError(f"This Checkout Session is {status} and can no longer be paid.")


def _check(state: State, p: Json) -> None:
    for name in ("mode", "ui_mode"):
        if p.get(name) in NOT_OURS:
            raise InvalidParameters(f"The Stripe double does not implement {name} `{p[name]}`.", param=name)
    setting_up = p.get("mode") == "setup"
    for name in ("success_url",) if setting_up else ("line_items", "success_url"):
        if not p.get(name):
            raise missing_parameter(name)
    for name in ("line_items", "payment_intent_data") if setting_up else ("setup_intent_data",):
        if name in p:
            mode = "setup" if setting_up else "payment"
            raise InvalidParameters(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    if "customer" in p and "customer_email" in p:
        raise exclusive("customer", "customer_email")
    if "customer" in p:
        state.get("customer", p["customer"], param="customer")
    remaining = p.get("expires_at", state.now() + LONGEST) - state.now()
    if remaining < SHORTEST - MARGIN:
        raise InvalidParameters(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
            param="expires_at",
        )
    if remaining > LONGEST + MARGIN:
        raise InvalidParameters(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            param="expires_at",
        )


def _totals(state: State, p: Json) -> Json:
    items = [_line_item(state, item, f"line_items[{n}]") for n, item in enumerate(p["line_items"])]
    codes = {item["currency"] for item in items}
    if len(codes) > 1:
        raise StripeError("All prices on a Checkout Session must use the same currency.", param="line_items")
    total, code = sum(item["amount_total"] for item in items), codes.pop()
    least, step = currencies.minimum(code), currencies.step(code)
    if 0 < total < least:
        raise StripeError(
            f"The Checkout Session's total amount due must add up to at least {currencies.shown(least, code)}",
            code="amount_too_small",
        )
    if total > currencies.MAXIMUM:
        most = currencies.shown(currencies.MAXIMUM, code)
        raise StripeError(
            f"The Checkout Session's total amount due must be no more than {most}", code="amount_too_large"
        )
    if total % step:
        raise StripeError(f"Invalid amount: {code} amounts must be a multiple of {step}.", param="line_items")
    ids = [item["id"] for item in items]
    return {"amount_subtotal": total, "amount_total": total, "currency": code, "line_items": ids}


def _line_item(state: State, item: Json, path: str) -> Json:
    if "price" in item and "price_data" in item:
        raise exclusive(f"{path}[price]", f"{path}[price_data]")
    if "price" in item:
        price = state.get("price", item["price"], param=f"{path}[price]")
    elif "price_data" in item:
        # Stripe keeps a price made this way, and its product, out of the catalogue: they are not active.
        price = products.add_price(state, {**item["price_data"], "active": False}, f"{path}[price_data]")
    else:
        raise InvalidParameters("You must specify either `price` or `price_data` for each line item.", param=path)
    if "quantity" not in item:
        raise InvalidParameters("Quantity is required. Add `quantity` to `line_items`.", param=f"{path}[quantity]")
    amount = price["unit_amount"] * item["quantity"]
    return state.add(
        "item",
        amount_subtotal=amount,
        amount_total=amount,
        currency=price["currency"],
        description=state.get("product", price["product"])["name"],
        metadata=plain_metadata(item),
        price=copy.deepcopy(price),
        quantity=item["quantity"],
    )


def _known_details(state: State, p: Json) -> Json | None:
    """What Checkout knows of the customer before they type anything."""
    known = state.find("customer", p.get("customer")) or {}
    email = p.get("customer_email") or known.get("email")
    return {**NO_DETAILS, "address": None, "email": email, "name": known.get("name")} if email or known else None


def _setup_intent(state: State, session: Json, p: Json) -> None:
    data = {
        **p.get("setup_intent_data", {}),
        "allowed_payment_method_types": session["payment_method_types"],
        "payment_method_options": session["payment_method_options"],
    }
    intent = setup_intents.add(state, {**data, "customer": session["customer"]})
    state.private(intent["id"])["session"] = session["id"]
    state.change(session, setup_intent=intent["id"])
    state.emit("setup_intent.created", intent)


def _first_intent(state: State, session: Json, details: Json) -> Json:
    data = dict(state.private(session["id"])["intent_data"])
    data["metadata"] = plain_metadata(data)
    if session["customer"] is None and (session["customer_creation"] == "always" or "setup_future_usage" in data):
        _new_customer(state, session, details)
    intent = state.add(
        "payment_intent",
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        payment_method_options=options(PAYMENT_INTENT["payment_method_options"], session["payment_method_options"]),
        payment_method_types=list(session["payment_method_types"]),
        **data,
    )
    state.change(intent, client_secret=f"{intent['id']}_secret_{random_id(25)}")
    state.private(intent["id"])["session"] = session["id"]
    state.change(session, payment_intent=intent["id"])
    state.emit("payment_intent.created", intent)
    return intent


def _told_details(state: State, session: Json, customer: Json | None) -> Json:
    """What is known of the customer with what they told just now; kept until the session is complete."""
    shown = {**NO_DETAILS}
    for source in (session["customer_details"], customer):
        shown.update({k: v for k, v in (source or {}).items() if v})
    shown["email"] = shown["email"] or DEFAULT_EMAIL
    state.private(session["id"])["details"] = shown
    return shown


def _new_customer(state: State, session: Json, details: Json) -> None:
    customer = state.add("customer", email=details["email"], name=details["name"])
    state.emit("customer.created", customer)
    state.change(session, customer=customer["id"])


def _after_attempt(state: State, session: Json, intent: Json) -> Json:
    if intent["status"] == "requires_action":
        return session
    if session["mode"] == "payment" and intent["status"] == "succeeded":
        state.change(session, payment_status="paid")
    _complete(state, session)
    if session["mode"] == "payment":
        payments.book(state, intent)
    return session


def _complete(state: State, session: Json) -> Json:
    state.change(
        session,
        status="complete",
        url=None,
        customer_details=state.private(session["id"])["details"],
        collected_information={"business_name": None, "individual_name": None, "shipping_details": None},
    )
    event = state.emit("checkout.session.completed", session)
    state.private(session["id"])["completed_event"] = event["id"]
    return session


ROUTES = [
    Route("POST", "/v1/checkout/sessions", create, CREATE),
    retrieve("checkout.session"),
    Route("POST", "/v1/checkout/sessions/{id}", update, UPDATE),
    Route("GET", "/v1/checkout/sessions", list_sessions, Form({**PAGE, "created": moment, **FILTERS})),
    Route("POST", "/v1/checkout/sessions/{id}/expire", expire_by_api),
    Route("GET", "/v1/checkout/sessions/{id}/line_items", line_items, Form(PAGE)),
]
