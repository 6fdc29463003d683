"""What an order says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from payments.domain import addresses, texts
from payments.domain.countries import has_postal_codes
from payments.domain.errors import FieldError, ValidationFailed
from payments.domain.order import Address
from payments.domain.purchase import Items, Purchase, Replaced, Service
from payments.runtime.bodies import Amount, Body, Currency, read, tidied
from payments.runtime.item_bodies import Country, ItemBodies, OptionalPart, Part

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


def _postal_code(value: str | None, info: ValidationInfo) -> str | None:
    country = info.data.get("country")
    if value is None and country and has_postal_codes(country):
        raise ValueError("Give the postal code.")
    return value


def _note(value: Any) -> Any:
    """On as many lines as it was written; None for an empty one."""
    if not isinstance(value, str):
        return value
    lines = [texts.tidy(each) for each in value.splitlines()]
    return "\n".join(lines).strip("\n") or None


class AddressBody(Body):
    """Where something is sent, or whom it is billed to."""

    name: Part
    line1: Part
    line2: OptionalPart = None
    city: Part
    region: OptionalPart = None
    country: Country
    postal_code: Annotated[OptionalPart, AfterValidator(_postal_code)] = Field(
        default=None, validate_default=True, description="May be left out only where there are none."
    )

    @property
    def address(self) -> Address:
        return Address(
            self.name, self.line1, self.city, self.country, self.postal_code, line2=self.line2, region=self.region
        )


class ReplacesBody(Body):
    """The payment in whose place this order is to come."""

    payment_id: Annotated[str, Field(max_length=100)]
    access_key: Annotated[str, Field(min_length=1, max_length=100)]


class CheckoutBody(Body):
    """An order: of a service, or of items."""

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
    service_type: (
        Annotated[str, Field(min_length=1, max_length=100, description="A product's `sku`, and no items.")] | None
    ) = None
    items: ItemBodies | None = None
    address: AddressBody | None = Field(default=None, description="Where items are sent that ship.")
    billing_address: AddressBody | None = Field(default=None, description="Where it is another, or nothing is sent.")
    note: Annotated[Annotated[str, Field(max_length=500)] | None, BeforeValidator(_note)] = Field(
        default=None, description="What the business should know. It may have several lines."
    )
    total: Amount | None = Field(
        default=None,
        description="What the customer was told that the items cost: at any other price nothing is ordered.",
    )
    replaces: ReplacesBody | None = Field(
        default=None,
        description="An open payment that this order replaces: it is closed first, so that nobody pays twice.",
    )
    amount: Amount | None = Field(
        default=None, description="In minor units of the currency; may be left out where the price is fixed."
    )
    currency: Currency | None = Field(
        default=None, description="Of the amount, or of the total; may be left out. Case does not matter."
    )
    metadata: Annotated[dict[str, str], AfterValidator(_metadata)] = Field(
        default_factory=dict,
        description=(
            "Is sent to Stripe and shown in its dashboard. "
            "Keys have at most 40 characters, values 500, each is on one line."
        ),
        json_schema_extra={"maxProperties": MOST_METADATA_KEYS},
    )

    @property
    def wanted(self) -> Service | Items:
        if self.items is None:
            return Service(self.service_type or "", self.amount, self.currency)
        return Items(
            tuple((each.sku, each.quantity) for each in self.items),
            self.address.address if self.address else None,
            self.total,
            self.currency,
        )


class OwnIntentBody(CheckoutBody):
    """An order of one who is signed in, paid in a form on the page."""

    payment_method_id: (
        Annotated[
            str,
            Field(min_length=1, max_length=100, description="A saved card of the caller's; its page confirms with it."),
        ]
        | None
    ) = None
    save_method: bool | None = Field(
        default=None,
        description="Whether a card that is new is saved, with the customer's consent. Left out, the form itself asks.",
    )


def own_purchase(values: Mapping[str, Any], user: str) -> Purchase:
    """The order in a body of the user's, to be paid on the page; ValidationFailed if there is none."""
    body = read(OwnIntentBody, values)
    return replace(_purchase(body, user), payment_method=body.payment_method_id, save_method=body.save_method)


def purchase(values: Mapping[str, Any], user: str | None) -> Purchase:
    """The order in a body, of `user`; ValidationFailed if there is none."""
    return _purchase(read(CheckoutBody, values), user)


def _purchase(body: CheckoutBody, user: str | None) -> Purchase:
    if (body.items is None) is (body.service_type is None):
        raise ValidationFailed(FieldError("serviceType" if body.items is None else "items", _ONE_OF_BOTH))
    names, why = _OF_ITEMS if body.items is None else _OF_A_SERVICE
    if misplaced := [each for each in names if getattr(body, each) is not None]:
        raise ValidationFailed(*(FieldError(each, why) for each in misplaced))
    return Purchase(
        body.name,
        body.email,
        body.wanted,
        body.metadata,
        user,
        body.billing_address.address if body.billing_address else None,
        body.note,
        Replaced(body.replaces.payment_id, body.replaces.access_key) if body.replaces else None,
    )


_ONE_OF_BOTH = "Order either a serviceType or items."
# What belongs to the one alone, and what is told to who sends it with the other.
_OF_ITEMS = ("address", "total"), "This goes with items; a service is ordered without it."
_OF_A_SERVICE = ("amount",), "Items have their prices; leave this out."
