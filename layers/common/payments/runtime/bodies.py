"""What callers send: the shape of a request, checked before anything is done with it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from payments.domain import addresses, texts
from payments.domain.claims import Claimant
from payments.domain.erasure import Whom, WhomKind
from payments.domain.errors import (
    FieldError,
    IdempotencyKeyRequired,
    InvalidIdempotencyKey,
    UnsupportedMediaType,
    ValidationFailed,
)
from payments.domain.notices import NoticeKind
from payments.runtime.http import Request, header, json_object, raw_body

MOST_BODY_BYTES = 16 * 1024
MOST_METADATA_KEYS = 20

# Stripe's metadata carries these for us. They are the Stripe adapter's names; a test holds both alike.
RESERVED_METADATA = frozenset({"payment_id", "service_type"})

KEY = re.compile(r"[\x21-\x7e]{1,255}")


def _tidy(value: Any) -> Any:
    return texts.tidy(value) if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _notice_kind(value: Any) -> NoticeKind:
    try:
        return NoticeKind(value)
    except ValueError:
        raise ValueError("There is no such mail; a payment's notices have their kinds.") from None


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


_Amount = Annotated[int, Field(ge=0, le=10**15)]
_Currency = Annotated[str, BeforeValidator(_lower), Field(pattern="^[a-z]{3}$")]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, frozen=True)


class CheckoutBody(_Body):
    """An order."""

    name: Annotated[
        str,
        BeforeValidator(_tidy),
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
    amount: _Amount | None = Field(
        default=None, description="In minor units of the currency; may be left out where the price is fixed."
    )
    currency: _Currency | None = Field(
        default=None, description="The product's; may be left out. Case does not matter."
    )
    metadata: Annotated[dict[str, str], AfterValidator(_metadata)] = Field(
        default_factory=dict,
        description=(
            "Is sent to Stripe and shown in its dashboard. "
            "Keys have at most 40 characters, values 500, each is on one line."
        ),
        json_schema_extra={"maxProperties": MOST_METADATA_KEYS},
    )


class ApprovalBody(_Body):
    """A sum that was received and is accepted although another was asked."""

    amount: _Amount = Field(description="In minor units of the currency.")
    currency: _Currency


class ResendBody(_Body):
    """Which mail to send again, as the payment's `notices` name it."""

    kind: Annotated[NoticeKind, BeforeValidator(_notice_kind)] = Field(description="Such as `payment_confirmation`.")
    ref: Annotated[str, Field(max_length=255)] = Field(
        default="", description="What tells apart several of a kind, such as a refund's id."
    )


class RefundBody(_Body):
    """How much is to go back, why, and of which of several payments."""

    amount: Annotated[int, Field(gt=0, le=10**15)] | None = Field(
        default=None, description="In minor units of the intent's currency; left out, all that is refundable of it."
    )
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = Field(
        default=None, description="What Stripe keeps with it."
    )
    intent: Annotated[str, Field(max_length=255)] | None = Field(
        default=None, description="Whose money, where the payment was paid more than once: one of `refundable`."
    )


class ErasureBody(_Body):
    """Who is to be erased: one of the three."""

    email: (
        Annotated[str, Field(max_length=addresses.LONGEST, description="Of every payment with this address.")] | None
    ) = None
    user: Annotated[str, Field(min_length=1, max_length=255, description="Of every payment of this user.")] | None = (
        None
    )
    payment_id: Annotated[str, Field(max_length=40, description="Of this payment alone.")] | None = None

    @property
    def whom(self) -> Whom:
        """ValidationFailed unless one of the three is given."""
        given = [
            Whom(kind, value)
            for kind, value in (
                (WhomKind.EMAIL, self.email and addresses.normalised(self.email)),
                (WhomKind.USER, self.user),
                (WhomKind.PAYMENT, self.payment_id),
            )
            if value
        ]
        if len(given) != 1:
            raise ValidationFailed(FieldError("email", "Give one of email, user and paymentId."))
        return given[0]


def json_body(event: Request) -> dict[str, Any]:
    """The JSON object that was sent; InvalidBody, BodyTooLarge or UnsupportedMediaType if there is none."""
    content_type = (header(event, "content-type") or "application/json").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise UnsupportedMediaType("Send JSON, with the header Content-Type: application/json.")
    return json_object(raw_body(event, MOST_BODY_BYTES))


def checkout_body(values: Mapping[str, Any]) -> CheckoutBody:
    """The order in a body; ValidationFailed if there is none."""
    return read(CheckoutBody, values)


def read[Body: BaseModel](model: type[Body], values: Mapping[str, Any]) -> Body:
    """What a body says; ValidationFailed for what it cannot say."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ValidationFailed(*_field_errors(error)) from None


def claimant(event: Request, operation: str, body: Mapping[str, Any], caller: str | None = None) -> Claimant | None:
    """Who asks with which Idempotency-Key for what; None without a key, InvalidIdempotencyKey for one that cannot be
    kept."""
    key = idempotency_key(event)
    return Claimant.of(operation, caller, key, body) if key else None


def idempotency_key(event: Request) -> str | None:
    """The Idempotency-Key header, None without one; InvalidIdempotencyKey for one that cannot be kept."""
    key = header(event, "idempotency-key")
    if key is None:
        return None
    if not KEY.fullmatch(key):
        raise InvalidIdempotencyKey("An Idempotency-Key has 1 to 255 visible ASCII characters; a UUID is a good one.")
    return key


def required_key(event: Request) -> str:
    """The Idempotency-Key header; IdempotencyKeyRequired without one."""
    key = idempotency_key(event)
    if key is None:
        raise IdempotencyKeyRequired(
            "Send an Idempotency-Key, the same with each repetition: it is what makes money go back once."
        )
    return key


_SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is not known here.",
    "string_type": "Give a text.",
    "string_too_short": "This field may not be empty.",
    "too_short": "This field may not be empty.",
    "string_pattern_mismatch": "Give a currency code of three letters, such as usd.",
    "int_type": "Give a whole number of minor units, such as 9900 for 99.00.",
    "greater_than_equal": "An amount is never negative.",
    "literal_error": "Give duplicate, fraudulent or requested_by_customer.",
    "greater_than": "Give at least 1, the smallest unit of the currency.",
    "less_than_equal": "This amount is too large.",
    "dict_type": "Give an object of texts.",
}


def _field_errors(error: ValidationError) -> list[FieldError]:
    """Pydantic's errors in our sentences, one for each field; never with the value."""
    found: dict[str, FieldError] = {}
    for each in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in each["loc"]) or "body"
        context = each.get("ctx", {})
        if each["type"] == "value_error":
            detail = str(context["error"])
        elif each["type"] in ("string_too_long", "too_long"):
            detail = f"At most {context['max_length']} characters are taken."
        else:
            detail = _SENTENCES.get(each["type"], "This cannot be accepted.")
        found.setdefault(field, FieldError(field, detail))
    return list(found.values())
