"""Finding in Stripe's lists what was made without our hearing of it: its search lags."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from payments.adapters.stripe.objects import Object

if TYPE_CHECKING:
    from payments.adapters.stripe.library import stripe

# Our clock and Stripe's may differ, and an answer may have come long after its request.
_AROUND = timedelta(minutes=15)


def around(first_asked: datetime, last_asked: datetime) -> tuple[int, int]:
    """Between which times Stripe made what it was asked for then, in its seconds."""
    return int((first_asked - _AROUND).timestamp()), int((last_asked + _AROUND).timestamp())


def noted(page: "stripe.ListObject[Any]", note: Mapping[str, str]) -> Iterator[Object]:
    """Of a list, however many pages that takes, the objects that have all this in their metadata."""
    for each in page.auto_paging_iter():
        body: Object = each.to_dict()
        if note.items() <= (body.get("metadata") or {}).items():
            yield body
