"""What is said of a flood is what was counted, and whether others notice it is judged."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.flood import Bill, Flood, document, is_unmoved

ORDER = Bill(Counter({201: 1}), 1, 23, 1, ["UpdateItem", "POST /v1/checkout/sessions"])
FLOOD = Flood(
    orders=1000,
    a_second=50,
    limit=60,
    limited=Bill(Counter({201: 60, 429: 940}), 60, 1381, 60),
    unlimited=Bill(Counter({201: 20}), 20, 440, 20).times(50),
    another_before=ORDER,
    another_amid=ORDER,
)


def test_the_figures_are_the_counts() -> None:
    text = document(FLOOD, "abc")
    assert "| without a limit | 1,000 | 1,000 | 0 | 1,000 | 22,000 | 1,000 |" in text
    assert "| `ClientRateLimit=60` | 1,000 | 60 | 940 | 60 | 1,381 | 60 |" in text
    assert "makes the same calls as before it" in text


@pytest.mark.parametrize(
    "amid",
    [
        replace(ORDER, answers=Counter({429: 1})),
        replace(ORDER, calls=["UpdateItem", "UpdateItem"]),
        replace(ORDER, written=24),
    ],
)
def test_an_order_that_is_held_up_is_noticed(amid: Bill) -> None:
    held_up = replace(FLOOD, another_amid=amid)
    assert not is_unmoved(held_up)
    assert "does not make the same calls" in document(held_up, "abc")
