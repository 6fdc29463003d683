"""Setup attempts: what became of each try to save a method."""

from typing import Any

from ..fields import Json
from ..forms import text
from ..instruments import DELAYED_TYPE, challenged
from ..state import State
from .routing import listing

OF_CARD = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "wallet")


def begin(state: State, intent: Json, method: Json) -> None:
    """A new attempt of the intent's, in the place of one that still waits."""
    abandon(state, intent)
    attempt = state.add(
        "setup_attempt",
        customer=intent["customer"],
        payment_method=method["id"],
        payment_method_details=_details(method),
        setup_intent=intent["id"],
        usage=intent["usage"],
    )
    state.change(intent, latest_attempt=attempt["id"])


def abandon(state: State, intent: Json) -> None:
    """Nobody will answer the challenge of the latest attempt, if it waits for that."""
    waiting = state.find("setup_attempt", intent["latest_attempt"])
    if waiting and waiting["status"] == "requires_action":
        state.change(waiting, status="abandoned")


def end(state: State, intent: Json, status: str, *, passed: bool | None = None, **values: Any) -> None:
    """How the latest attempt stands. `passed`: the customer was asked to authenticate, and how that went."""
    attempt = state.get("setup_attempt", intent["latest_attempt"])
    if passed is not None and attempt["payment_method_details"]["type"] == "card":
        secure = challenged() if passed else challenged("failed", "rejected")
        card = {**attempt["payment_method_details"]["card"], "three_d_secure": secure}
        values["payment_method_details"] = {**attempt["payment_method_details"], "card": card}
    state.change(attempt, status=status, **values)


def _details(method: Json) -> Json:
    if method["type"] == DELAYED_TYPE:
        return {"type": DELAYED_TYPE, DELAYED_TYPE: {}}
    facts = {name: method["card"][name] for name in OF_CARD}
    return {"type": "card", "card": {**facts, "network": facts["brand"], "three_d_secure": None}}


ROUTES = [listing("setup_attempt", {"setup_intent": text()}, required=("setup_intent",))]
