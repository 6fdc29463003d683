"""How values and times are written in the table.

Times are ISO 8601 text where people read them or an index is sorted by them (`created_at`), and epoch seconds where
conditions, the `due` index or DynamoDB's own expiry compare them (`due_at`, `lease_until`, `delete_after`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

type Item = dict[str, Any]
type Key = dict[str, Any]


def encoded(values: Mapping[str, object]) -> Item:
    """Texts, whole numbers, truths, and lists and maps of them as DynamoDB writes them; what is None is left out."""
    return {name: _encoded(value) for name, value in values.items() if value is not None}


def _encoded(value: object) -> Item:
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case list():
            return {"L": [_encoded(each) for each in value]}
        case dict():
            return {"M": {name: _encoded(each) for name, each in value.items()}}
        case None:
            return {"NULL": True}
    raise TypeError(f"an item cannot hold a {type(value).__name__}")


def decoded(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item's plain values."""
    return {name: _decoded(value) for name, value in item.items()}


def _decoded(attribute: Mapping[str, Any]) -> Any:
    """ValueError for what could not be written back as it is: a fraction, a set, bytes."""
    [(type_, value)] = attribute.items()
    match type_:
        case "S" | "BOOL":
            return value
        case "N":
            return int(value)
        case "L":
            return [_decoded(each) for each in value]
        case "M":
            return decoded(value)
        case "NULL":
            return None
    raise ValueError(f"a {type_} is nothing that this release writes")


def shown(attribute: Mapping[str, Any]) -> Any:
    """A value of any type that JSON has, fractions too, for one who only passes it on."""
    [(type_, value)] = attribute.items()
    match type_:
        case "N":
            return float(value) if set(value) & set(".eE") else int(value)
        case "L":
            return [shown(each) for each in value]
        case "M":
            return {name: shown(each) for name, each in value.items()}
    return _decoded(attribute)


def iso(time: datetime) -> str:
    """UTC with milliseconds, in one form so that text order is time order: 2026-11-21T09:00:00.000Z."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(time: datetime) -> int:
    return int(time.timestamp())


def from_epoch(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
