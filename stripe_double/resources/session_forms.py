"""What the endpoints of Checkout Sessions take."""

from ..forms import (
    EXPAND,
    Form,
    Raw,
    Reader,
    anything,
    boolean,
    choice,
    currency,
    email,
    integer,
    listed,
    metadata,
    missing,
    some_hash,
    text,
    url,
)
from ..instruments import TYPES
from .addresses import SHIPPING, shipping
from .payment_intent_forms import METHOD_OPTIONS
from .payment_methods import REDISPLAY
from .products import PRODUCT_DATA

PRICE_DATA = Form(
    {
        "currency": currency,
        "product": text(),
        "product_data": PRODUCT_DATA,
        "recurring": missing,
        "tax_behavior": choice("exclusive", "inclusive", "unspecified"),
        "unit_amount": integer(0),
        "unit_amount_decimal": missing,
    },
    required=("currency",),
)
LINE_ITEM = Form(
    {
        "metadata": metadata,
        "price": text(),
        "price_data": PRICE_DATA,
        "quantity": integer(1, 999_999),
        **dict.fromkeys(("adjustable_quantity", "dynamic_tax_rates", "tax_rates"), missing),
    }
)
INTENT_DATA = Form(
    {
        "capture_method": choice("automatic", "automatic_async", "manual"),
        "description": text(1000),
        "metadata": metadata,
        "receipt_email": email,
        "setup_future_usage": choice("off_session", "on_session"),
        "shipping": lambda raw, path: shipping(SHIPPING(raw, path)),
        "statement_descriptor": text(22),
        "statement_descriptor_suffix": text(22),
        "transfer_group": text(),
        **dict.fromkeys(("application_fee_amount", "on_behalf_of", "transfer_data"), missing),
    }
)
SETUP_DATA = Form({"description": text(1000), "metadata": metadata, "on_behalf_of": missing})

ECHOED = """after_expiration billing_address_collection consent_collection custom_text
integration_identifier locale name_collection origin_context permissions
submit_type wallet_options""".split()
REFUSED = """custom_fields customer_account customer_update discounts managed_payments
optional_items payment_method_configuration payment_method_data redirect_on_completion return_url
shipping_address_collection shipping_options subscription_data tax_id_collection""".split()


SWITCH = choice("disabled", "enabled")
SAVED_OPTIONS = Form(
    {
        "allow_redisplay_filters": listed(REDISPLAY),
        "payment_method_remove": SWITCH,
        "payment_method_save": SWITCH,
    }
)


def off(name: str = "") -> Reader:
    """A switch of Stripe's (a flag, or a hash with the flag `name`) that the double cannot turn on."""

    def read(raw: Raw, path: str) -> None:
        value = raw.get(name) if isinstance(raw, dict) else raw
        if value not in ("false", "False"):
            missing(raw, f"{path}[{name}]" if name else path)

    return read


SWITCHES = {
    "allow_promotion_codes": off(),
    "automatic_tax": off("enabled"),
    "invoice_creation": off("enabled"),
    "phone_number_collection": off("enabled"),
}
CREATE = Form(
    {
        **EXPAND,
        **SWITCHES,
        **dict.fromkeys(REFUSED, missing),
        **dict.fromkeys(ECHOED, anything),
        "adaptive_pricing": Form({"enabled": boolean}),
        "branding_settings": some_hash,
        "cancel_url": url,
        "client_reference_id": text(200),
        "currency": currency,
        "customer": text(),
        "customer_creation": choice("always", "if_required"),
        "customer_email": email,
        "expires_at": integer(),
        "line_items": listed(LINE_ITEM),
        "metadata": metadata,
        "mode": choice("payment", "setup", "subscription"),
        "payment_intent_data": INTENT_DATA,
        "payment_method_options": METHOD_OPTIONS,
        "payment_method_collection": choice("always", "if_required"),
        **TYPES,
        "saved_payment_method_options": SAVED_OPTIONS,
        "setup_intent_data": SETUP_DATA,
        "success_url": url,
        "ui_mode": choice("elements", "embedded_page", "form", "hosted_page"),
    }
)
FILTERS: dict[str, Reader] = {
    "customer": text(),
    "payment_intent": text(),
    "status": choice("complete", "expired", "open"),
    "customer_details": Form({"email": email}, required=("email",)),
    **dict.fromkeys(("customer_account", "payment_link", "subscription"), missing),
}
UPDATE = Form(
    {
        **EXPAND,
        "metadata": metadata,
        **dict.fromkeys(("collected_information", "line_items", "payment_intent_data", "shipping_options"), missing),
    }
)
