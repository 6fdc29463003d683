"""Customer sessions: what a page may see of a customer's saved methods, for half an hour."""

import copy

from ..errors import InvalidParameters, StripeError, missing_parameter
from ..fields import CUSTOMER_SESSION, Json
from ..forms import EXPAND, Form, boolean, choice, integer, listed, missing, text
from ..objects import random_id
from ..state import State
from .payment_methods import REDISPLAY
from .routing import Route

LIFETIME = 30 * 60
SWITCH = choice("disabled", "enabled")
OTHERS = (
    """active_entitlements buy_button customer_portal customer_sheet mobile_payment_element pricing_table""".split()
)
FEATURES: Json = {
    "payment_method_allow_redisplay_filters": ["always"],
    "payment_method_redisplay": "disabled",
    "payment_method_redisplay_limit": 3,
    "payment_method_remove": "disabled",
    "payment_method_save": "disabled",
    "payment_method_save_usage": None,
}
PAYMENT_ELEMENT = Form(
    {
        "enabled": boolean,
        "features": Form(
            {
                "payment_method_allow_redisplay_filters": listed(REDISPLAY),
                "payment_method_redisplay": SWITCH,
                "payment_method_redisplay_limit": integer(1, 10),
                "payment_method_remove": SWITCH,
                "payment_method_save": SWITCH,
                "payment_method_save_usage": choice("off_session", "on_session"),
            }
        ),
    },
    required=("enabled",),
)
COMPONENTS = Form({"payment_element": PAYMENT_ELEMENT, **dict.fromkeys(OTHERS, missing)})


def create(state: State, p: Json) -> Json:
    if "customer" not in p:
        raise missing_parameter("customer")
    customer = state.get("customer", p["customer"], param="customer")
    element = p["components"].get("payment_element", {"enabled": False})
    if not element["enabled"]:
        raise InvalidParameters("At least one component must be enabled.", param="components")
    components = copy.deepcopy(CUSTOMER_SESSION["components"])
    components["payment_element"] = {"enabled": True, "features": {**FEATURES, **element.get("features", {})}}
    session = state.add(
        "customer_session",
        client_secret=f"cuss_secret_{random_id(47)}",
        components=components,
        customer=customer["id"],
        expires_at=state.now() + LIFETIME,
    )
    # Stripe shows no id of it: the secret is its name.
    return {name: value for name, value in session.items() if name != "id"}


def opened(state: State, secret: str) -> Json:
    """The session that this client secret opens, while it does."""
    found = state.all("customer_session", client_secret=secret)
    if not found:
        raise _refused("The customer_session_client_secret is not that of a Customer Session.")
    if found[0]["expires_at"] <= state.now():
        raise _refused("The Customer Session has expired: create a new one and use its client_secret.")
    return found[0]


def saved_methods(state: State, session: Json, types: list[str]) -> list[Json]:
    """The customer's methods that the session lets a page show, of these types, newest first."""
    features = session["components"]["payment_element"]["features"]
    if features["payment_method_redisplay"] == "disabled":
        return []
    shown = [
        method
        for method in state.all("payment_method", customer=session["customer"])
        if method["type"] in types and method["allow_redisplay"] in features["payment_method_allow_redisplay_filters"]
    ]
    return shown[: features["payment_method_redisplay_limit"]]


def _refused(message: str) -> StripeError:
    return StripeError(message, param="customer_session_client_secret")


ROUTES = [
    Route(
        "POST",
        "/v1/customer_sessions",
        create,
        Form(
            {**EXPAND, "components": COMPONENTS, "customer": text(), "customer_account": missing},
            required=("components",),
        ),
    ),
]
