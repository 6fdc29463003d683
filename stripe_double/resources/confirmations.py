"""What it takes to confirm an intent of either kind: a method, its options, and a way back for who is sent away."""

from ..errors import InvalidParameters, StripeError, exclusive, unexpected_state
from ..fields import Json
from ..instruments import TYPES, offered
from ..objects import class_name
from ..state import State
from . import confirmation_tokens, payment_methods


def automatic(p: Json) -> Json | None:
    """`automatic_payment_methods` of a new intent: on, unless it was turned off or the types were chosen."""
    if "allowed_payment_method_types" in p:
        return None
    asked: Json = p.get("automatic_payment_methods", {"enabled": True})
    return {"allow_redirects": "always", **asked} if asked["enabled"] else None


def change_types(p: Json) -> None:
    """The types of methods that the parameters leave, if they say anything of them."""
    if any(name in p for name in TYPES):
        p["payment_method_types"] = offered(p)


def options(before: Json, given: Json) -> Json:
    """`payment_method_options` with what was sent laid over what there was."""
    return {**before, **given, "card": {**before["card"], **given.get("card", {})}}


def with_token(state: State, p: Json, kind: str) -> tuple[Json, Json | None]:
    """The parameters of a confirmation with what its token brings, and the token, to be marked with the intent that it
    was used for. What the request says itself comes first."""
    identifier = p.pop("confirmation_token", None)
    if identifier is None:
        return p, None
    token = confirmation_tokens.usable(state, identifier)
    brought = confirmation_tokens.brought(state, token, kind)
    if "payment_method_data" in p:
        del brought["payment_method"]
    return {**brought, **p}, token


def mark(state: State, token: Json | None, intent: Json) -> None:
    if token:
        state.change(token, **{intent["object"]: intent["id"]})


def chosen(state: State, p: Json, customer: str | None) -> Json | None:
    """The method that the parameters name or describe, if any; both parameters are taken out of `p`."""
    data, identifier = p.pop("payment_method_data", None), p.pop("payment_method", None)
    if data and identifier:
        raise exclusive("payment_method", "payment_method_data")
    if data:
        return payment_methods.from_data(state, data, "payment_method_data")
    if not identifier:
        return None
    method = payment_methods.named(state, identifier)
    if method["customer"] and not customer:
        raise InvalidParameters(
            "The payment method you provided is attached to a customer so for security purposes you must provide "
            "the customer in the request.",
            param="payment_method",
        )
    if method["customer"] and method["customer"] != customer:
        payment_methods.of_customer(state, str(customer), method["id"])
    if not method["customer"] and state.private(method["id"]).get("used"):
        raise _used_up()
    _check_attached(state, method)
    return method


def held(state: State, intent: Json) -> Json | None:
    """The method that the intent is about already, if any; refused once it was taken from its customer."""
    method = state.find("payment_method", intent["payment_method"])
    if method:
        _check_attached(state, method)
    return method


def _check_attached(state: State, method: Json) -> None:
    if not method["customer"] and state.private(method["id"]).get("detached"):
        raise _used_up()


def _used_up() -> StripeError:
    return unexpected_state(
        "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, "
        "shared with a connected account without Customer attachment, or was detached from a Customer. It "
        "may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer "
        "first.",
        "payment_method_unexpected_state",
    )


def use(state: State, intent: Json, method: Json) -> None:
    """The intent is about this method from now on; refuses a type that it does not take."""
    if method["type"] not in intent["payment_method_types"]:
        listed_types = ", ".join(intent["payment_method_types"])
        is_payment = intent["object"] == "payment_intent"
        raise StripeError(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this {class_name(intent['object'])}. "
            f"Please attach a PaymentMethod of one of the following types: {listed_types}.",
            code="payment_intent_incompatible_payment_method" if is_payment else "setup_intent_invalid_parameter",
            param="payment_method",
        )
    state.change(intent, payment_method=method["id"], status="requires_confirmation")


def remember_way_back(state: State, intent: Json, how: Json) -> None:
    """Where this confirmation sends who has to authenticate; what an earlier one said counts no more."""
    state.private(intent["id"]).update({name: how.get(name) for name in ("return_url", "use_stripe_sdk")})


def check_return(intent: Json, how: Json) -> None:
    """Methods may send the customer away: without a way back that is refused, unless the page deals with it."""
    automatic = intent["automatic_payment_methods"]
    if (
        automatic
        and automatic["allow_redirects"] == "always"
        and "return_url" not in how
        and not how.get("use_stripe_sdk")
    ):
        raise InvalidParameters(
            f"This {class_name(intent['object'])} is configured to accept payment methods enabled in your Dashboard. "
            "Because some of these payment methods might redirect your customer off of your page, you must provide a "
            "`return_url`. If you don't want to accept redirect-based payment methods, set "
            "`automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to "
            "`never` when creating Setup Intents and Payment Intents.",
            param="return_url",
        )
