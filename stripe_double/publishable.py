"""What a page may do with a publishable key, and what it is shown (https://docs.stripe.com/keys)."""

from typing import Any

from .errors import InvalidParameters, StripeError, missing_parameter
from .fields import Json
from .objects import class_name

PARAMETERS = frozenset(
    """client_secret confirmation_token expand mandate_data payment_method payment_method_data payment_method_options
    radar_options receipt_email return_url setup_future_usage shipping use_stripe_sdk""".split()
)
EXPANDABLE = frozenset({"payment_method"})
SHOWN = {
    "payment_intent": frozenset(
        """id object amount amount_details automatic_payment_methods canceled_at cancellation_reason capture_method
        client_secret confirmation_method created currency description last_payment_error livemode next_action
        payment_method payment_method_configuration_details payment_method_types processing receipt_email
        setup_future_usage shipping source status""".split()
    ),
    "setup_intent": frozenset(
        """id object automatic_payment_methods cancellation_reason client_secret created description last_setup_error
        livemode next_action payment_method payment_method_configuration_details payment_method_types status
        usage""".split()
    ),
    "payment_method": frozenset(
        "id object allow_redisplay billing_details card created customer livemode sepa_debit type".split()
    ),
}
NOT_SHOWN = frozenset({"fingerprint"})


def secret_key_required() -> StripeError:
    return StripeError(
        "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of "
        "your API keys at https://dashboard.stripe.com/account/apikeys.",
        status=403,
        code="secret_key_required",
    )


def publishable_key_required() -> StripeError:
    return StripeError(
        "This API call is made by pages, with a publishable API key. A server makes a confirmation token for its tests "
        "by POST /v1/test_helpers/confirmation_tokens.",
        status=403,
    )


def check_future_usage(intent: Json, asked: str | None) -> None:
    """A page may widen what the server said the method will be used for, not narrow it."""
    said = intent["setup_future_usage"]
    if said and asked not in (said, "off_session"):
        raise InvalidParameters(
            "With a publishable API key, `setup_future_usage` can only be changed from `on_session` to `off_session`.",
            param="setup_future_usage",
        )


def check_parameters(parameters: Json, ids: dict[str, str]) -> None:
    """Refuse what a page may not say of an intent: that nobody is there, what to expand; and demand its secret."""
    if "client_secret" not in parameters:
        raise missing_parameter("client_secret")
    for name in sorted(parameters.keys() - PARAMETERS - ids.keys()):
        raise InvalidParameters(
            f"The parameter `{name}` cannot be sent with a publishable API key.", code="secret_key_required", param=name
        )
    if beyond := set(parameters.get("expand", ())) - EXPANDABLE:
        raise InvalidParameters(
            f"`{beyond.pop()}` cannot be expanded with a publishable API key.",
            code="secret_key_required",
            param="expand",
        )


def check_client_secret(thing: Json, given: str) -> None:
    """The secret must be that of the very intent."""
    if given != thing["client_secret"]:
        raise InvalidParameters(
            "The client_secret provided does not match the client_secret associated with the "
            f"{class_name(thing['object'])}.",
            code=f"{thing['object']}_invalid_parameter",
            param="client_secret",
        )


def redacted(value: Any) -> Any:
    """The answer without what is the server's: metadata, customers of intents, fingerprints."""
    if isinstance(value, list):
        return [redacted(each) for each in value]
    if not isinstance(value, dict):
        return value
    shown = SHOWN.get(value.get("object", ""), value.keys())
    return {name: redacted(each) for name, each in value.items() if name in shown and name not in NOT_SHOWN}
