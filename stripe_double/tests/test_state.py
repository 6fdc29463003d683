"""What the double looks at each second are the objects that have not ended."""

import pytest

from stripe_double.state import State


@pytest.mark.parametrize(
    ("kind", "waits", "ends"),
    [
        ("checkout.session", "open", ["complete", "expired"]),
        ("payment_intent", "requires_capture", ["succeeded", "canceled"]),
    ],
)
def test_what_has_ended_is_looked_at_no_more(kind: str, waits: str, ends: list[str]) -> None:
    state = State()
    with state.acting():
        first, second, *ending = (
            state.add(kind, status=status) for status in [waits, "processing", *([waits] * len(ends))]
        )
    assert state.not_ended(kind, waits) == [*reversed(ending), first]
    with state.acting():
        for thing, status in zip(ending, ends, strict=True):
            state.change(thing, status=status)
    assert state.not_ended(kind, waits) == [first]
    with state.acting():
        state.change(second, status=waits)
    assert state.not_ended(kind, waits) == [second, first]
    for thing in ending:
        # It does not come back: so it is not even looked at.
        thing["status"] = waits
    assert state.not_ended(kind, waits) == [second, first]


def test_what_is_taken_back_is_not_looked_at() -> None:
    state = State()

    def refused() -> None:
        with state.acting():
            state.add("checkout.session", status="open")
            raise RuntimeError("refused")

    with pytest.raises(RuntimeError, match="refused"):
        refused()
    assert state.not_ended("checkout.session", "open") == []
