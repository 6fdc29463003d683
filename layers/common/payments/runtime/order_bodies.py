"""What an order says."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from payments.domain import addresses, texts
from payments.runtime.bodies import Amount, Body, Currency, read, tidied

MOST_METADATA_KEYS = 20

# Stripe's metadata carries these for us. They are the Stripe adapter's names; a test holds both alike.
RESERVED_METADATA = frozenset({"payment_id", "service_type"})


def _metadata(value: dict[str, str]) -> dict[str, str]:
    if len(value) > MOST_METADATA_KEYS:
        raise ValueError(f"At most {MOST_METADATA_KEYS} keys are taken.")
    tidied: dict[str, str] = {}
    for given, text in value.items():
        key = texts.tidy(given)
        if key in RESERVED_METADATA:
            raise ValueError(f"The key {key} is ours; choose another.")
        if not key or len(key) > 40 or "[" in key or "]" in key:
            raise ValueError("Keys have 1 to 40 characters, without square brackets.")
        if key in tidied:
            raise ValueError(f"There are two keys {key}; take one out.")
        tidied[key] = _metadata_value(key, text)
    return tidied


def _metadata_value(key: str, text: str) -> str:
    try:
        value = texts.tidy(text)
    except texts.Unusable as error:
        raise ValueError(f"In the value of {key}, {error}") from None
    if len(value) > 500:
        raise ValueError("Values have at most 500 characters.")
    return value


class CheckoutBody(Body):
    """An order."""

    name: Annotated[
        str,
        BeforeValidator(tidied),
        Field(min_length=1, max_length=200, description="In any script, on one line."),
    ]
    email: Annotated[
        str,
        Field(
            max_length=addresses.LONGEST,
            description="Its domain may be in any script; before the @ it is ASCII.",
            json_schema_extra={"format": "email"},
        ),
        AfterValidator(addresses.usable),
    ]
    service_type: Annotated[str, Field(min_length=1, max_length=100, description="A product's `sku`.")]
    amount: Amount | None = Field(
        default=None, description="In minor units of the currency; may be left out where the price is fixed."
    )
    currency: Currency | None = Field(default=None, description="The product's; may be left out. Case does not matter.")
    metadata: Annotated[dict[str, str], AfterValidator(_metadata)] = Field(
        default_factory=dict,
        description=(
            "Is sent to Stripe and shown in its dashboard. "
            "Keys have at most 40 characters, values 500, each is on one line."
        ),
        json_schema_extra={"maxProperties": MOST_METADATA_KEYS},
    )


def checkout_body(values: Mapping[str, Any]) -> CheckoutBody:
    """The order in a body; ValidationFailed if there is none."""
    return read(CheckoutBody, values)
