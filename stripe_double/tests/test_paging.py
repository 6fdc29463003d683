"""A page of a list costs what is on it and before it, however much is older."""

from collections.abc import Iterator
from typing import Any

import pytest

from stripe_double.resources.routing import paged

NEWEST = 1_800_000_000


def events() -> Iterator[dict[str, Any]]:
    for number in range(10):
        yield {"id": f"evt_{number}", "created": NEWEST - number}
    pytest.fail("The list was read further than the page needs.")


@pytest.mark.parametrize(
    ("asked", "first", "last", "has_more"),
    [
        ({"limit": 3}, 0, 2, True),
        ({"limit": 3, "starting_after": "evt_4"}, 5, 7, True),
        ({"limit": 3, "ending_before": "evt_2"}, 0, 1, False),
        ({"limit": 3, "ending_before": "evt_9"}, 6, 8, True),
        ({"limit": 10, "created": {"gte": NEWEST - 5}}, 0, 5, False),
        ({"limit": 10, "created": {"gt": NEWEST - 5, "lte": NEWEST - 2}}, 2, 4, False),
        ({"limit": 2, "starting_after": "evt_2", "created": {"gte": NEWEST - 5}}, 3, 4, True),
    ],
)
def test_a_page_is_answered_without_a_look_at_what_is_older(
    asked: dict[str, Any], first: int, last: int, has_more: bool
) -> None:
    page = paged("/v1/events", events(), asked, "event")
    assert [each["id"] for each in page["data"]] == [f"evt_{number}" for number in range(first, last + 1)]
    assert page["has_more"] is has_more
