"""What Stripe.js asks for before it shows anything: methods in their order, the intent, the customer's saved methods.

No reference describes `/v1/elements/sessions`: it takes what it knows and passes over the rest, and answers in the
fields that Stripe's own clients read. Nor does one describe how a page removes a saved method.
"""

from ..errors import InvalidParameters, missing_parameter
from ..fields import Json
from ..forms import Form, LenientForm, choice, currency, integer, listed, text
from ..instruments import OURS
from ..objects import random_id
from ..publishable import check_client_secret
from ..state import State
from . import customer_sessions, payment_methods
from .account import ACCOUNT
from .routing import Route

KINDS = {"pi": "payment_intent", "seti": "setup_intent"}
DEFERRED = LenientForm(
    {
        "mode": choice("payment", "setup"),
        "amount": integer(1),
        "currency": currency,
        "setup_future_usage": choice("off_session", "on_session"),
        "payment_method_types": listed(text()),
    },
    required=("mode",),
)
SESSION = LenientForm(
    {
        "client_secret": text(),
        "customer_session_client_secret": text(),
        "deferred_intent": DEFERRED,
        "locale": text(),
        "type": choice("payment_intent", "setup_intent", "deferred_intent"),
    }
)


def show(state: State, p: Json) -> Json:
    owner = None
    if "client_secret" in p:
        intent = _intent(state, p["client_secret"])
        owner = intent["customer"]
        types = list(intent["payment_method_types"])
        preference = {"type": intent["object"], intent["object"]: intent}
    else:
        types = _deferred_types(p)
        preference = {"type": "deferred_intent"}
    return {
        "session_id": f"elements_session_1{random_id(11)}",
        "business_name": ACCOUNT["business_profile"]["name"],
        "merchant_id": ACCOUNT["id"],
        "merchant_country": ACCOUNT["country"],
        "merchant_currency": ACCOUNT["default_currency"],
        "locale": p.get("locale", "en"),
        "payment_method_preference": {
            "object": "payment_method_preference",
            "country_code": ACCOUNT["country"],
            "ordered_payment_method_types": types,
            **preference,
        },
        "ordered_payment_method_types_and_wallets": types,
        "unactivated_payment_method_types": [],
        "payment_method_specs": [{"async": name != "card", "fields": [], "type": name} for name in types],
        "customer": _customer(state, p, types, owner),
        "card_brand_choice": {"eligible": False, "preferred_networks": []},
        "apple_pay_preference": "disabled",
        "google_pay_preference": "disabled",
        "link_settings": {"link_funding_sources": []},
        "flags": {},
    }


def remove_method(state: State, p: Json) -> Json:
    """The customer takes a saved method away, where their session lets them."""
    session = customer_sessions.opened(state, p["customer_session_client_secret"])
    if session["components"]["payment_element"]["features"]["payment_method_remove"] == "disabled":
        raise InvalidParameters(
            "The Customer Session does not allow that: its `payment_method_remove` is disabled.",
            param="customer_session_client_secret",
        )
    method = payment_methods.of_customer(state, session["customer"], p["id"], param="id")
    return payment_methods.detach(state, {"id": method["id"]})


def _intent(state: State, secret: str) -> Json:
    identifier = secret.partition("_secret_")[0]
    kind = KINDS.get(identifier.partition("_")[0])
    if kind is None:
        raise InvalidParameters(
            "The client_secret must be that of a PaymentIntent or a SetupIntent.", param="client_secret"
        )
    intent = state.get(kind, identifier, param="client_secret")
    check_client_secret(intent, secret)
    return intent


def _deferred_types(p: Json) -> list[str]:
    """The types for an intent that is made later. A payment needs its amount and currency."""
    if "deferred_intent" not in p:
        raise missing_parameter("client_secret")
    deferred = p["deferred_intent"]
    for name in ("amount", "currency") if deferred["mode"] == "payment" else ():
        if name not in deferred:
            raise missing_parameter(f"deferred_intent[{name}]")
    asked = deferred.get("payment_method_types", OURS)
    types = [name for name in OURS if name in asked]
    if not types:
        raise InvalidParameters(
            f"No valid payment method types for this request; the Stripe double has {' and '.join(OURS)}.",
            param="deferred_intent[payment_method_types]",
        )
    return types


def _customer(state: State, p: Json, types: list[str], owner: str | None) -> Json | None:
    """The customer, if a customer session opens them to the page: methods to show, and what it may do with them.

    `owner`: the intent's customer, who cannot pay with the methods of another."""
    if "customer_session_client_secret" not in p:
        return None
    session = customer_sessions.opened(state, p["customer_session_client_secret"])
    if owner and owner != session["customer"]:
        raise InvalidParameters(
            "The Customer Session is of another customer than the intent: create it for the intent's customer.",
            param="customer_session_client_secret",
        )
    methods = customer_sessions.saved_methods(state, session, types)
    customer = state.get("customer", session["customer"], param="customer_session_client_secret")
    default = customer["invoice_settings"]["default_payment_method"]
    return {
        "payment_methods": methods,
        "default_payment_method": default if default in [method["id"] for method in methods] else None,
        "customer_session": {name: session[name] for name in ("id", "components", "customer", "livemode")},
    }


ROUTES = [
    Route("GET", "/v1/elements/sessions", show, SESSION, page="always"),
    Route(
        "POST",
        "/v1/elements/payment_methods/{id}/detach",
        remove_method,
        Form({"customer_session_client_secret": text()}, required=("customer_session_client_secret",)),
        page="always",
    ),
]
