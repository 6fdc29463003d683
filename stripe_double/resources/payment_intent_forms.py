"""What the endpoints of payment intents take."""

from ..fields import Json
from ..forms import (
    Form,
    Raw,
    Reader,
    boolean,
    choice,
    currency,
    email,
    integer,
    metadata,
    missing,
    some_hash,
    text,
    unsettable,
    url,
)
from ..instruments import TYPES
from . import payment_methods
from .addresses import SHIPPING, shipping

THREE_D_SECURE = choice("any", "automatic", "challenge")


def METHOD_OPTIONS(raw: Raw, path: str) -> Json:  # noqa: N802 - a form, as its neighbours
    """Options per type of method: echoed, but for the one that moves something."""
    options = some_hash(raw, path)
    if isinstance(raw, dict) and "card" in raw:
        options["card"] = some_hash(raw["card"], f"{path}[card]")
        if (asked := options["card"].get("request_three_d_secure")) is not None:
            THREE_D_SECURE(asked, f"{path}[card][request_three_d_secure]")
    return options


AUTOMATIC = Form({"enabled": boolean, "allow_redirects": choice("always", "never")}, required=("enabled",))

UPDATE: dict[str, Reader] = {
    "amount": integer(1),
    "capture_method": choice("automatic", "automatic_async", "manual"),
    "currency": currency,
    "customer": text(),
    "description": unsettable(text(1000)),
    "metadata": metadata,
    "payment_method": text(),
    "payment_method_data": payment_methods.METHOD_DATA,
    "payment_method_options": METHOD_OPTIONS,
    **TYPES,
    "receipt_email": unsettable(email),
    "setup_future_usage": unsettable(choice("off_session", "on_session")),
    "shipping": unsettable(lambda raw, path: shipping(SHIPPING(raw, path))),
    "statement_descriptor": text(22),
    "statement_descriptor_suffix": text(22),
    "transfer_group": text(),
    **dict.fromkeys(
        ("amount_details", "application_fee_amount", "customer_account", "hooks", "payment_details",
         "payment_method_configuration", "transfer_data"),
        missing,
    ),
}  # fmt: skip
CONFIRMING: dict[str, Reader] = {
    "error_on_requires_action": boolean,
    "mandate_data": unsettable(some_hash),
    "off_session": lambda raw, path: raw in ("one_off", "recurring") or boolean(raw, path),
    "radar_options": some_hash,
    "return_url": url,
    "use_stripe_sdk": boolean,
    "confirmation_token": text(),
    "mandate": missing,
}
CREATE: dict[str, Reader] = {
    **UPDATE,
    **CONFIRMING,
    "automatic_payment_methods": AUTOMATIC,
    "confirm": boolean,
    "confirmation_method": choice("automatic"),
    "on_behalf_of": missing,
}
ONLY_WITH_CONFIRM = ("confirmation_token", "error_on_requires_action", "mandate_data", "off_session", "return_url")
ONLY_BEFORE = """amount application_fee_amount currency customer customer_account description metadata
payment_method_configuration statement_descriptor statement_descriptor_suffix transfer_data transfer_group""".split()
CONFIRM: dict[str, Reader] = {
    **{name: reader for name, reader in {**UPDATE, **CONFIRMING}.items() if name not in ONLY_BEFORE},
    "amount_to_confirm": missing,
}
CAPTURE: dict[str, Reader] = {
    "amount_to_capture": integer(1),
    "metadata": metadata,
    **dict.fromkeys(
        """amount_details application_fee_amount final_capture hooks payment_details statement_descriptor
        statement_descriptor_suffix transfer_data""".split(),
        missing,
    ),
}
CANCEL: dict[str, Reader] = {
    "cancellation_reason": choice("abandoned", "duplicate", "fraudulent", "requested_by_customer")
}
