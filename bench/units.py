"""What DynamoDB bills for what is written, where DynamoDB Local counts otherwise.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def size_of(item: Mapping[str, Any]) -> int:
    """Bytes of an item in DynamoDB's own notation, names included."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(attribute: Mapping[str, Any]) -> int:
    [(type_, value)] = attribute.items()
    match type_:
        case "N":
            return math.ceil(len(value.lstrip("-")) / 2) + 1
        case "L":
            return 3 + sum(1 + _size(each) for each in value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _size(each) for name, each in value.items())
        case "S":
            return len(value.encode())
    return 1


def of_transaction(request: Mapping[str, Any]) -> int:
    """Units that a TransactWriteItems takes of its table: two for each begun KB of each item.

    DynamoDB Local rounds up their sum instead. Of an update or deletion only the key is known here, so it counts as
    one KB.
    """
    members = [next(iter(each.values())) for each in request["TransactItems"]]
    return sum(2 * max(1, math.ceil(size_of(each.get("Item", {})) / 1024)) for each in members)
