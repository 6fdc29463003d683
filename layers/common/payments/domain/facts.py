"""Facts: what we have learned, each about one Stripe object (or one decision of ours).

Stripe repeats its events, swaps their order and loses some, so a fact is never "the latest event" but the furthest
state of an object that anyone has told us of. Two versions of a fact merge to the greater by a total order, which makes
merging commutative, associative and idempotent: the same facts in any order, any number of times, are the same payment.

The states of each fact are declared in rising order; that order is the one in which they can supersede each other.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import ClassVar, Self


class RequestState(StrEnum):
    OPEN = "open"
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


class FraudSignalState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class ApprovalState(StrEnum):
    GIVEN = "given"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One object's furthest known state; `ref` is the Stripe object's id."""

    kind: ClassVar[str]
    ref: str
    state: StrEnum

    @property
    def key(self) -> str:
        return f"{self.kind}#{self.ref}"

    @property
    def progress(self) -> int:
        """What only grows while the state stays the same, such as an amount captured in parts."""
        return 0

    def merge(self, other: Self) -> Self:
        """The greater of two versions of one fact."""
        return max(self, other, key=_order)


@dataclass(frozen=True, kw_only=True)
class MoneyFact(Fact):
    """A fact with an amount in ISO 4217 minor units."""

    amount: int
    currency: str

    @property
    def progress(self) -> int:
        return self.amount


@dataclass(frozen=True, kw_only=True)
class Request(Fact):
    """Our own request for a checkout; lapsed when Stripe refused it or it never came to be."""

    kind: ClassVar[str] = "request"
    ref: str = "checkout"
    state: RequestState
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Session(MoneyFact):
    """A Checkout Session; the amount is its `amount_total`. `expires_at` is in epoch seconds."""

    kind: ClassVar[str] = "session"
    state: SessionState
    url: str | None = None
    expires_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class Intent(MoneyFact):
    """A PaymentIntent; the amount is its `amount_received`."""

    kind: ClassVar[str] = "intent"
    state: IntentState


@dataclass(frozen=True, kw_only=True)
class Attempt(MoneyFact):
    """One try to pay: a charge, or `<intent>#<payment method>` where a failure made no charge.

    The amount is its `amount_captured`; an authorised charge that is not captured is pending with 0.
    `created` is in epoch seconds, where Stripe says it.
    """

    kind: ClassVar[str] = "attempt"
    state: AttemptState
    created: int | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    receipt_url: str | None = None

    @property
    def charge(self) -> str | None:
        """The charge's id, None where there is no charge."""
        return None if "#" in self.ref else self.ref


@dataclass(frozen=True, kw_only=True)
class Refund(MoneyFact):
    kind: ClassVar[str] = "refund"
    state: RefundState
    reason: str | None = None
    failure_reason: str | None = None


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
    """Our decision to accept an amount that is not what we asked; `ref` is who decided."""

    kind: ClassVar[str] = "approval"
    state: ApprovalState = ApprovalState.GIVEN


FACT_TYPES: Mapping[str, type[Fact]] = {
    each.kind: each for each in (Request, Session, Intent, Attempt, Refund, Dispute, FraudSignal, Approval)
}

type Facts = Mapping[str, Fact]


def merge(known: Facts, news: Iterable[Fact]) -> Facts:
    """What is known once the news are known too; neither is changed."""
    merged = dict(known)
    for fact in news:
        before = merged.get(fact.key)
        merged[fact.key] = before.merge(fact) if before else fact
    return merged


def _order(fact: Fact) -> tuple[int, int, int, str]:
    """Total: by rank of state, then progress, then how much is filled in, then canonical JSON as the tie-break."""
    details = asdict(fact)
    filled = sum(value is not None for value in details.values())
    rank = list(type(fact.state)).index(fact.state)
    return rank, fact.progress, filled, json.dumps(details, sort_keys=True, separators=(",", ":"))
