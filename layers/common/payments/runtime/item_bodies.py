"""What orders and quotes say of products and addresses."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from payments.domain.countries import is_country
from payments.runtime.bodies import Body, tidied


def _quantity(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("Give a whole number of 1 or more.")
    return value


def _country(value: Any) -> str:
    code = value.strip().upper() if isinstance(value, str) else ""
    if not is_country(code):
        raise ValueError("Give a country's code of ISO 3166-1, such as US, DE or GB.")
    return code


class ItemBody(Body):
    """So many of a product."""

    sku: Annotated[str, Field(min_length=1, max_length=100)]
    quantity: Annotated[
        int,
        BeforeValidator(_quantity),
        Field(
            description="At most the product's `most`, those of equal skus added up.", json_schema_extra={"minimum": 1}
        ),
    ]


ItemBodies = Annotated[
    list[ItemBody], Field(min_length=1, description="At most 25 different products, of one currency.")
]

Country = Annotated[
    str,
    BeforeValidator(_country),
    Field(description="ISO 3166-1 alpha-2. Case does not matter.", json_schema_extra={"minLength": 2, "maxLength": 2}),
]

Part = Annotated[str, BeforeValidator(tidied), Field(min_length=1, max_length=200)]


def _none_if_empty(value: Any) -> Any:
    """A form sends what was left empty as an empty text."""
    return None if isinstance(value, str) and not value.strip() else value


OptionalPart = Annotated[
    Annotated[str, Field(max_length=200)] | None, BeforeValidator(tidied), BeforeValidator(_none_if_empty)
]
