"""What callers send, read: a body by its model, and the Idempotency-Key. Bad ones are answered in our sentences."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from payments.domain import texts
from payments.domain.claims import Claimant
from payments.domain.errors import (
    FieldError,
    IdempotencyKeyRequired,
    InvalidIdempotencyKey,
    UnsupportedMediaType,
    ValidationFailed,
)
from payments.runtime.http import Request, header, json_object, raw_body

MOST_BODY_BYTES = 16 * 1024
KEY = re.compile(r"[\x21-\x7e]{1,255}")


def tidied(value: Any) -> Any:
    """For a field's BeforeValidator: a text as `texts.tidy` has it, anything else as it came."""
    return texts.tidy(value) if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


Amount = Annotated[int, Field(ge=0, le=10**15)]
Currency = Annotated[str, BeforeValidator(_lower), Field(pattern="^[a-z]{3}$")]


class Body(BaseModel):
    # Built when it is first read by: a function has models for several routes, and a start pays for none.
    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, frozen=True, defer_build=True)


def json_body(event: Request) -> dict[str, Any]:
    """The JSON object that was sent; InvalidBody, BodyTooLarge or UnsupportedMediaType if there is none."""
    content_type = (header(event, "content-type") or "application/json").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise UnsupportedMediaType("Send JSON, with the header Content-Type: application/json.")
    return json_object(raw_body(event, MOST_BODY_BYTES))


def read[Model: Body](model: type[Model], values: Mapping[str, Any]) -> Model:
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
        raise IdempotencyKeyRequired("Send an Idempotency-Key, the same with each repetition: by it this is done once.")
    return key


_SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is not known here.",
    "string_type": "Give a text.",
    "bool_type": "Give true or false.",
    "string_too_short": "This field may not be empty.",
    "too_short": "This field may not be empty.",
    "string_pattern_mismatch": "Give a currency code of three letters, such as usd.",
    "int_type": "Give a whole number of minor units, such as 9900 for 99.00.",
    "greater_than_equal": "An amount is never negative.",
    "greater_than": "Give at least 1, the smallest unit of the currency.",
    "less_than_equal": "This amount is too large.",
    "list_type": "Give a list.",
    "model_type": "Give an object.",
    "model_attributes_type": "Give an object.",
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
        elif each["type"] == "literal_error":
            detail = f"Give one of these: {context['expected']}."
        else:
            detail = _SENTENCES.get(each["type"], "This cannot be accepted.")
        found.setdefault(field, FieldError(field, detail))
    return list(found.values())
