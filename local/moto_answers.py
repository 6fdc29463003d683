"""DynamoDB's items in moto's answers as they are, not asked member by member what they might have been called.

That was half of what a call cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.serialize import BaseJSONSerializer

if TYPE_CHECKING:
    from moto.core.model import StructureShape

_serialize_structure = BaseJSONSerializer._serialize_type_structure


def serialize_structure(
    serializer: BaseJSONSerializer, serialized: dict[str, Any], value: Any, shape: StructureShape, key: str
) -> None:
    if shape.name == "AttributeValue" and not _is_binary(value):
        serialized[key] = value
    else:
        _serialize_structure(serializer, serialized, value, shape, key)


def _is_binary(value: Any) -> bool:
    """Whether an attribute's value has to be encoded for JSON, or one within it; it has one member, its type."""
    [(type_, inner)] = value.items()
    match type_:
        case "M":
            return any(map(_is_binary, inner.values()))
        case "L":
            return any(map(_is_binary, inner))
    return type_ in ("B", "BS")
