"""Radar: warnings of fraud from the card networks, and payments held up for a person's review."""

from ..errors import StripeError
from ..fields import Json
from ..forms import text
from ..state import State
from .routing import Route, listing, retrieve

FRAUD_TYPES = frozenset(
    """card_never_received fraudulent_card_application made_with_counterfeit_card made_with_lost_card
    made_with_stolen_card misc unauthorized_use_of_card""".split()
)
CLOSED = frozenset("approved refunded refunded_as_fraud disputed canceled acknowledged".split())


def warn(state: State, charge: Json, *, fraud_type: str = "made_with_stolen_card") -> Json:
    """The issuer suspects fraud. Nothing happens to the money."""
    if fraud_type not in FRAUD_TYPES:
        raise StripeError(f"fraud_type must be one of {', '.join(sorted(FRAUD_TYPES))}", param="fraud_type")
    warning = state.add(
        "radar.early_fraud_warning",
        actionable=not charge["refunded"] and not charge["disputed"],
        charge=charge["id"],
        fraud_type=fraud_type,
        payment_intent=charge["payment_intent"],
    )
    state.emit("radar.early_fraud_warning.created", warning)
    return warning


def settle_warnings(state: State, charge: Json) -> None:
    """A charge that was refunded in full or disputed needs no more action."""
    for warning in state.all("radar.early_fraud_warning", charge=charge["id"], actionable=True):
        previous = state.change(warning, actionable=False)
        state.emit("radar.early_fraud_warning.updated", warning, previous)


def open_review(state: State, charge: Json) -> Json:
    """A rule puts the payment before a person."""
    if charge["review"]:
        raise StripeError(f"Charge {charge['id']} is under review already.")
    intent = state.find("payment_intent", charge["payment_intent"])
    review = state.add("review", charge=charge["id"], payment_intent=charge["payment_intent"])
    state.change(charge, review=review["id"])
    if intent:
        state.change(intent, review=review["id"])
    state.emit("review.opened", review)
    return review


def close_review(state: State, review: Json, reason: str) -> Json:
    if not review["open"]:
        raise StripeError(f"This review is closed already: {review['closed_reason']}.")
    if reason not in CLOSED:
        raise StripeError(f"reason must be one of {', '.join(sorted(CLOSED))}", param="reason")
    for kind in ("charge", "payment_intent"):
        if thing := state.find(kind, review[kind]):
            state.change(thing, review=None)
    state.change(review, open=False, closed_reason=reason, reason=reason)
    state.emit("review.closed", review)
    return review


def after_reversal(state: State, charge: Json, reason: str) -> None:
    """What a full refund or a dispute means for warnings and reviews."""
    settle_warnings(state, charge)
    if review := state.find("review", charge["review"]):
        close_review(state, review, reason)


def approve(state: State, p: Json) -> Json:
    return close_review(state, state.get("review", p["id"]), "approved")


ROUTES = [
    retrieve("radar.early_fraud_warning"),
    listing("radar.early_fraud_warning", {"charge": text(), "payment_intent": text()}),
    retrieve("review"),
    listing("review"),
    Route("POST", "/v1/reviews/{id}/approve", approve),
]
