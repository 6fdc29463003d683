"""Facts: what we have learned, each about one Stripe object (or one decision of ours).

Stripe repeats its events, swaps their order and loses some, so a fact is never "the latest event" but the furthest
state of an object that anyone has told us of. Two versions of a fact merge to the greater by a total order, which makes
merging commutative, associative and idempotent: the same facts in any order, any number of times, are the same payment.

The states of each fact are declared in rising order; that order is the one in which they can supersede each other.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import ClassVar, Self

# Of attempts that failed so many are kept: an item has room for some thousand, and a success must always fit.
MOST_FAILED_ATTEMPTS = 20


class AskingState(StrEnum):
    OPEN = "open"
    SPENT = "spent"
    LAPSED = "lapsed"


class SessionState(StrEnum):
    OPEN = "open"
    COMPLETE_UNPAID = "complete_unpaid"
    EXPIRED = "expired"
    ASYNC_FAILED = "async_failed"
    PAID = "paid"


class IntentState(StrEnum):
    OPEN = "open"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


class AttemptState(StrEnum):
    PENDING = "pending"
    FAILED = "failed"
    SUCCEEDED = "succeeded"


class RefundState(StrEnum):
    REQUIRES_ACTION = "requires_action"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    FAILED = "failed"

    @property
    def is_pending(self) -> bool:
        return self in (RefundState.REQUIRES_ACTION, RefundState.PENDING)


class DisputeState(StrEnum):
    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    PREVENTED = "prevented"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    LOST = "lost"
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response"
    APPEAL_UNDER_REVIEW = "appeal_under_review"
    WON = "won"

    @property
    def is_closed(self) -> bool:
        return self in (DisputeState.WARNING_CLOSED, DisputeState.PREVENTED, DisputeState.LOST, DisputeState.WON)


class FraudSignalState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class ApprovalState(StrEnum):
    GIVEN = "given"


class RefundRequestState(StrEnum):
    OPEN = "open"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"
    WITHDRAWN = "withdrawn"


class ShortageState(StrEnum):
    OPEN = "open"
    WAIVED = "waived"
    SUPPLIED = "supplied"


class ReplacementState(StrEnum):
    HELD = "held"
    RELEASED = "released"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One object's furthest known state; `ref` is the Stripe object's id.

    `unknown` are details that a newer release wrote and this one cannot read: they are kept, and they count.
    """

    kind: ClassVar[str]
    ref: str
    state: StrEnum
    unknown: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> str:
        return f"{self.kind}#{self.ref}"

    @property
    def details(self) -> dict[str, object]:
        """Everything that is filled in, by name; the same whichever release reads it."""
        own = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "unknown"}
        return {name: value for name, value in own.items() if value is not None} | dict(self.unknown)

    @property
    def progress(self) -> tuple[int, ...]:
        """What only grows while the state stays the same, such as an amount captured in parts."""
        return ()

    def merge(self, other: Self) -> Self:
        """The greater of two versions of one fact."""
        return max(self, other, key=_order)


@dataclass(frozen=True, kw_only=True)
class MoneyFact(Fact):
    """A fact with an amount in ISO 4217 minor units."""

    amount: int
    currency: str

    @property
    def progress(self) -> tuple[int, ...]:
        return (self.amount,)


@dataclass(frozen=True, kw_only=True)
class Asking(Fact):
    """Our asking Stripe for a way to pay.

    Spent when its idempotency key is of no use any more and nobody knows what came of it, lapsed when Stripe refused it
    or nothing came of it.
    """

    kind: ClassVar[str] = "asking"
    ref: str = "stripe"
    state: AskingState
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Session(MoneyFact):
    """A Checkout Session and the intent that it pays by; the amount is its `amount_total`.

    `expires_at` is in epoch seconds.
    """

    kind: ClassVar[str] = "session"
    state: SessionState
    intent: str | None = None
    url: str | None = None
    expires_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class Intent(MoneyFact):
    """A PaymentIntent; the amount is its `amount_received`."""

    kind: ClassVar[str] = "intent"
    state: IntentState


@dataclass(frozen=True, kw_only=True)
class Attempt(MoneyFact):
    """One try to pay an intent: a charge, or `<intent>#<payment method>` where a failure made no charge.

    The amount is its `amount_captured`; an authorised charge that is not captured is pending with 0.
    `created` is in epoch seconds: the charge's, or where there is none that of the event which told of the failure.
    `refunded` and `disputed` are the charge's own word: what was refunded of it, and that a dispute of it was opened.
    """

    kind: ClassVar[str] = "attempt"
    state: AttemptState
    intent: str | None = None
    created: int | None = None
    failure_code: str | None = None
    decline_code: str | None = None
    failure_message: str | None = None
    refunded: int | None = None
    disputed: bool | None = None
    receipt_url: str | None = None

    @property
    def progress(self) -> tuple[int, ...]:
        return self.amount, self.created or 0, self.refunded or 0, int(self.disputed or False)

    @property
    def recency(self) -> tuple[int, str]:
        """Attempts of one payment in the order of time, as far as it is known."""
        return self.created or 0, self.ref

    @property
    def charge(self) -> str | None:
        """The charge's id, None where there is no charge."""
        return None if "#" in self.ref else self.ref


@dataclass(frozen=True, kw_only=True)
class Refund(MoneyFact):
    """`request` is the ref of the request of ours that it was made for, None if it was made by others."""

    kind: ClassVar[str] = "refund"
    state: RefundState
    intent: str | None = None
    reason: str | None = None
    failure_reason: str | None = None
    request: str | None = None


@dataclass(frozen=True, kw_only=True)
class Dispute(MoneyFact):
    """A dispute or an inquiry; `evidence_due_by` is in epoch seconds."""

    kind: ClassVar[str] = "dispute"
    state: DisputeState
    reason: str | None = None
    evidence_due_by: int | None = None


@dataclass(frozen=True, kw_only=True)
class FraudSignal(Fact):
    """An early fraud warning of a card network, or a review that Radar asks for."""

    kind: ClassVar[str] = "fraud_signal"
    state: FraudSignalState
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Approval(Fact):
    """Our decision to accept a sum that is not what we asked; `ref` is that sum, such as `5000-usd`, and of another
    currency what had come in the asked one beside it, if anything had: `9200-eur+9900-usd`.
    """

    kind: ClassVar[str] = "approval"
    state: ApprovalState = ApprovalState.GIVEN
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class RefundRequest(MoneyFact):
    """Somebody's wish to give money back, durable before Stripe is asked; a refund that names it ends it.

    `ref` is the hash of payment, operation, caller and Idempotency-Key, for ever; `body_hash` that of the body it came
    with. `by` names who asked, `closed_by` who withdrew it; `requested_at` is in epoch seconds. `known` are the refunds
    that no request had asked for and that were known then, with spaces between: any other may have been made in its
    place, as `overtaken_by` was. `code` and `message` are Stripe's words where it refused.
    """

    kind: ClassVar[str] = "refund_request"
    state: RefundRequestState
    intent: str
    requested_at: int
    body_hash: str
    by: str
    reason: str | None = None
    known: str | None = None
    overtaken_by: str | None = None
    closed_by: str | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class Shortage(Fact):
    """Something that was ordered was not there any more when it was paid; `ref` is its sku, `quantity` how many.

    Nothing is taken from stock for it while it is open, nor once it was waived: an admin said that it will not be
    delivered from there. Supplied, it was taken after all. `by` is who settled it.
    """

    kind: ClassVar[str] = "shortage"
    state: ShortageState
    quantity: int
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Replacement(Fact):
    """Another order is to take this one's place; `ref` is its payment's id.

    Until then this one's stock is held for it, at most until `until`, in epoch seconds; then it is released.
    """

    kind: ClassVar[str] = "replacement"
    state: ReplacementState
    until: int


FACT_TYPES: Mapping[str, type[Fact]] = {
    each.kind: each
    for each in (
        Asking,
        Session,
        Intent,
        Attempt,
        Refund,
        Dispute,
        FraudSignal,
        Approval,
        RefundRequest,
        Shortage,
        Replacement,
    )
}

type Facts = Mapping[str, Fact]


def merge(known: Facts, news: Iterable[Fact]) -> Facts:
    """What is known once the news are known too; neither is changed."""
    merged = dict(known)
    for fact in news:
        before = merged.get(fact.key)
        merged[fact.key] = before.merge(fact) if before else fact
    return merged


def adds(facts: Facts, news: Iterable[Fact]) -> bool:
    """Whether one of the news is about something unknown, or tells of something further than what is known."""
    return any(
        fact.key not in facts or (rank(fact), fact.progress) > (rank(facts[fact.key]), facts[fact.key].progress)
        for fact in news
    )


def failed_attempts(facts: Facts) -> list[Attempt]:
    """The latest first."""
    failed = (each for each in facts.values() if isinstance(each, Attempt) and each.state is AttemptState.FAILED)
    return sorted(failed, key=lambda attempt: attempt.recency, reverse=True)


def bounded(facts: Facts) -> Facts:
    """Without the failed attempts that are older than the latest twenty.

    Dropping commutes with merging: versions of an attempt rise with `created`, and a charge that failed never succeeds,
    so one that was dropped could not have come back among the latest.
    """
    dropped = {attempt.key for attempt in failed_attempts(facts)[MOST_FAILED_ATTEMPTS:]}
    return {key: fact for key, fact in facts.items() if key not in dropped} if dropped else facts


def rank(fact: Fact) -> int:
    """How far its state is along the order in which states supersede each other."""
    return list(type(fact.state)).index(fact.state)


def rank_told(told: str | None, fact: Fact) -> int:
    """How far a state that was told of a fact is along that order: -1 without one; one that only newer code knows is
    further than any of ours."""
    if told is None:
        return -1
    states = list(type(fact.state))
    return states.index(type(fact.state)(told)) if told in states else len(states)


def _order(fact: Fact) -> tuple[int, tuple[int, ...], int, str]:
    """Total: by rank of state, then progress, then how much is filled in, then canonical JSON as the tie-break.

    What a newer release fills in counts here too, so that every release takes the same version for the greater.
    """
    details = fact.details
    return rank(fact), fact.progress, len(details), json.dumps(details, sort_keys=True, separators=(",", ":"))
