"""What is forgotten, so that the double can stay up: events as old as Stripe forgets them, and the oldest of what has
ended, with all that belongs to it, once there is more than is kept."""

from collections.abc import Iterator
from itertools import islice

from .fields import Json
from .state import ENDS, State

# https://docs.stripe.com/api/events
DAY = 24 * 3600
EVENTS_KEPT_SECONDS = 30 * DAY
# What is of use for a moment.
_SHORT_LIVED = ("token", "confirmation_token", "customer_session")
# Checkout Sessions, and intents.
KEPT = 10_000
# So much more than is kept is let come together, for looking for it costs.
_SLACK = 0.1
_REFUND_OPEN = {"pending", "requires_action"}
_DISPUTE_CLOSED = {"won", "lost", "warning_closed"}
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
    for kind in _SHORT_LIVED:
        state.forget(kind, {each["id"] for each in _older(state, kind, DAY)})
    gone = {event["id"] for event in _older(state, "event", EVENTS_KEPT_SECONDS)}
    if ended := {name for kind in ENDS for name in _oldest_that_ended(state, kind, kept)} - _moving(state):
        names = _belonging(state, ended)
        for kind in _BELONGING:
            state.forget(kind, names)
        _forget_methods(state)
        gone |= {event["id"] for event in state.newest("event") if event["data"]["object"].get("id") in names}
    state.forget("event", gone)
    return gone


def _older(state: State, kind: str, seconds: int) -> Iterator[Json]:
    """Those of a kind that are so old; they stand in the order of their time."""
    for thing in state.oldest(kind):
        if thing["created"] > state.now() - seconds:
            return
        yield thing


def _oldest_that_ended(state: State, kind: str, kept: int) -> Iterator[str]:
    """Those of a kind that are more than are kept; with a session goes its intent."""
    surplus = state.count(kind) - kept
    if surplus <= kept * _SLACK:
        return
    ended = (each for each in state.oldest(kind) if each["status"] in ENDS[kind] and not _is_under_way(state, each))
    for thing in islice(ended, surplus):
        yield thing["id"]
        if intent := thing.get("payment_intent"):
            yield intent


def _moving(state: State) -> set[str]:
    """The intents whose money may still go back, and their sessions."""
    intents = {each["payment_intent"] for each in state.newest("refund") if each["status"] in _REFUND_OPEN}
    intents |= {each["payment_intent"] for each in state.newest("dispute") if each["status"] not in _DISPUTE_CLOSED}
    return intents | {each["id"] for each in state.newest("checkout.session") if each["payment_intent"] in intents}


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


def _forget_methods(state: State) -> None:
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
