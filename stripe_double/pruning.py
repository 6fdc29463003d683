"""What is forgotten, so that the double can stay up: events as old as Stripe forgets them, and the oldest of what has
ended, with all that belongs to it, once there is more than is kept."""

from collections.abc import Iterator

from .fields import Json
from .state import ENDS, State

# https://docs.stripe.com/api/events
EVENTS_KEPT_SECONDS = 30 * 24 * 3600
# Payments, checkouts that nobody paid included.
KEPT = 10_000
# So much more than is kept is let come together, for looking for it costs.
_SLACK = 0.1
_BELONGS_BY = ("payment_intent", "charge", "source", "id")
_BELONGING = (
    "charge",
    "refund",
    "dispute",
    "radar.early_fraud_warning",
    "review",
    "balance_transaction",
    "checkout.session",
    "payment_intent",
)


def prune(state: State, kept: int = KEPT) -> set[str]:
    """The ids of the events that are gone."""
    gone = {event["id"] for event in _outdated(state)}
    if (more := state.count("payment_intent") + state.count("checkout.session") - 2 * kept) > 2 * kept * _SLACK:
        names = _belonging(state, _oldest_that_ended(state, more))
        for kind in _BELONGING:
            state.forget(kind, names)
        _forget_methods(state, names)
        gone |= {event["id"] for event in state.newest("event") if event["data"]["object"].get("id") in names}
    state.forget("event", gone)
    return gone


def _outdated(state: State) -> Iterator[Json]:
    """Events come in the order of their time."""
    for event in state.oldest("event"):
        if event["created"] > state.now() - EVENTS_KEPT_SECONDS:
            return
        yield event


def _oldest_that_ended(state: State, most: int) -> set[str]:
    """Intents and sessions, the oldest first, together at most so many; of a session its intent goes with it."""
    found: set[str] = set()
    for kind in ("checkout.session", "payment_intent"):
        left = most - len(found)
        for thing in state.oldest(kind):
            if left <= 0:
                break
            if thing["status"] in ENDS[kind] and thing["id"] not in found and not _is_under_way(state, thing):
                found |= {thing["id"], *filter(None, [thing.get("payment_intent")])}
                left -= 2 if thing.get("payment_intent") else 1
    return found


def _is_under_way(state: State, thing: Json) -> bool:
    """A completed session's intent may still be processing, or open again."""
    intent = state.find("payment_intent", thing.get("payment_intent"))
    return intent is not None and intent["status"] not in ENDS["payment_intent"]


def _belonging(state: State, names: set[str]) -> set[str]:
    """With what belongs to one of these by a name of its own; charges come first, for others name those."""
    names = set(names)
    for kind in _BELONGING:
        for thing in state.newest(kind):
            if any(thing.get(by) in names for by in _BELONGS_BY):
                names.add(thing["id"])
    return names


def _forget_methods(state: State, names: set[str]) -> None:
    """Ways to pay that were used once and are nobody's."""
    used = {each["payment_method"] for each in state.newest("payment_intent")}
    used |= {each["payment_method"] for each in state.newest("setup_intent")}
    state.forget(
        "payment_method",
        {
            each["id"]
            for each in state.newest("payment_method")
            if each["customer"] is None and each["id"] not in used and state.private(each["id"]).get("used")
        },
    )
