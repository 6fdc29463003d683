"""Confirmation tokens: what a page collected, for a server or the page itself to confirm an intent with, once."""

from ..errors import InvalidParameters, exclusive, missing_parameter, unexpected_state
from ..fields import Json
from ..forms import EXPAND, Form, Reader, boolean, choice, missing, some_hash, text, unsettable, url
from ..objects import class_name
from ..state import State
from . import payment_methods
from .addresses import ADDRESS, address, shipping
from .routing import Route, retrieve

LIFETIME = 12 * 3600
PREVIEWED = ("allow_redisplay", "billing_details", "customer", "customer_account", "type", "card", "sepa_debit")
NOT_OF_SETUPS = ("setup_future_usage", "shipping")

CREATE: dict[str, Reader] = {
    **EXPAND,
    "payment_method": text(),
    "payment_method_data": payment_methods.METHOD_DATA,
    "payment_method_options": missing,
    "return_url": url,
    "setup_future_usage": choice("off_session", "on_session"),
    "shipping": Form(
        {"address": ADDRESS, "name": text(), "phone": unsettable(text())},
        required=("address", "name"),
    ),
}
BY_PAGE: dict[str, Reader] = {
    **CREATE,
    "mandate_data": Form(
        {
            "customer_acceptance": Form(
                {"type": choice("online"), "online": some_hash},
                required=("type",),
            )
        },
        required=("customer_acceptance",),
    ),
    "use_stripe_sdk": boolean,
    **dict.fromkeys(("client_context", "set_as_default_payment_method"), missing),
}


def create(state: State, p: Json) -> Json:
    """A new token. Its method is there from now on, but nobody learns its id before it is used."""
    method = _method(state, p)
    given = p.get("shipping")
    token = state.add(
        "confirmation_token",
        expires_at=state.now() + LIFETIME,
        mandate_data=_accepted(p),
        payment_method_options={"card": {"cvc_token": None}} if method["type"] == "card" else None,
        payment_method_preview={name: method[name] for name in PREVIEWED if name in method},
        return_url=p.get("return_url"),
        setup_future_usage=p.get("setup_future_usage"),
        shipping=given and {"phone": None, **given, "address": address(given["address"])},
        use_stripe_sdk=p.get("use_stripe_sdk", True),
    )
    values = {
        "mandate_data": token["mandate_data"],
        "payment_method": method["id"],
        "return_url": token["return_url"],
        "setup_future_usage": token["setup_future_usage"],
        "shipping": shipping(given),
        "use_stripe_sdk": token["use_stripe_sdk"],
    }
    state.private(token["id"])["brought"] = {name: value for name, value in values.items() if value is not None}
    return token


def usable(state: State, identifier: str) -> Json:
    """The token with this id; refused once it was used, and when it has expired."""
    token = state.get("confirmation_token", identifier, param="confirmation_token")
    used = next((kind for kind in ("payment_intent", "setup_intent") if token[kind]), None)
    if used:
        raise unexpected_state(
            f"The ConfirmationToken {identifier} was already used to confirm a {class_name(used)} ({token[used]}). "
            "Collect the payment details again and create a new ConfirmationToken.",
            "confirmation_token_already_used",
            param="confirmation_token",
        )
    if token["expires_at"] <= state.now():
        raise unexpected_state(
            f"The ConfirmationToken {identifier} has expired. Collect the payment details again and create a new "
            "ConfirmationToken.",
            "confirmation_token_expired",
            param="confirmation_token",
        )
    return token


def brought(state: State, token: Json, kind: str) -> Json:
    """The parameters that the token brings to the confirmation of this kind of intent."""
    left_out = NOT_OF_SETUPS if kind == "setup_intent" else ()
    return {name: value for name, value in state.private(token["id"])["brought"].items() if name not in left_out}


def _method(state: State, p: Json) -> Json:
    if "payment_method" in p and "payment_method_data" in p:
        raise exclusive("payment_method", "payment_method_data")
    if "payment_method_data" in p:
        return payment_methods.from_data(state, p["payment_method_data"], "payment_method_data")
    if "payment_method" not in p:
        raise missing_parameter("payment_method_data")
    return payment_methods.named(state, p["payment_method"])


def _accepted(p: Json) -> Json | None:
    """`mandate_data` as it is shown: where the customer was, unless that is to be found out."""
    if "mandate_data" not in p:
        return None
    acceptance = p["mandate_data"]["customer_acceptance"]
    online = acceptance.get("online", {})
    if unknown := online.keys() - {"infer_from_client", "ip_address", "user_agent"}:
        name = f"mandate_data[customer_acceptance][online][{unknown.pop()}]"
        raise InvalidParameters(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    shown = {name: online.get(name) for name in ("ip_address", "user_agent")}
    return {"customer_acceptance": {"online": shown, "type": acceptance["type"]}}


ROUTES = [
    Route("POST", "/v1/confirmation_tokens", create, Form(BY_PAGE), page="only"),
    Route("POST", "/v1/test_helpers/confirmation_tokens", create, Form(CREATE)),
    retrieve("confirmation_token", page="always"),
]
