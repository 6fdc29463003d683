"""What waits for a person: a payment stands under its most urgent reason, with all of them beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from payments.domain.facts import DisputeState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payments.domain.payment import Payment


class Reason(StrEnum):
    """The most urgent first."""

    REVIEW = "review"
    DISPUTE = "dispute"
    SHORTAGE = "shortage"
    REFUND = "refund"
    MAIL = "mail"

    @property
    def urgency(self) -> int:
        """1 is the most urgent."""
        return list(type(self)).index(self) + 1


@dataclass(frozen=True)
class Attention:
    """`why` has every reason, the most urgent first; `since` when, and `deadline` until when, that one waits."""

    why: tuple[Reason, ...]
    since: datetime
    deadline: datetime | None = None


_TO_ANSWER = {
    DisputeState.WARNING_NEEDS_RESPONSE,
    DisputeState.NEEDS_RESPONSE,
    DisputeState.APPEAL_NEEDS_RESPONSE,
}


def attention_of(payment: Payment, now: datetime) -> Attention | None:
    """What of the payment waits for a person; since now, unless it did already. None if nothing does."""
    why = tuple(_reasons(payment))
    if not why:
        return None
    before = payment.attention
    since = before.since if before and before.why[0] is why[0] else now
    return Attention(why, since, _deadline(payment) if why[0] is Reason.DISPUTE else None)


def _reasons(payment: Payment) -> Iterator[Reason]:
    if payment.is_in_review:
        yield Reason.REVIEW
    if any(each.state in _TO_ANSWER for each in payment.disputes):
        yield Reason.DISPUTE


def _deadline(payment: Payment) -> datetime | None:
    """The first by which a dispute is to be answered."""
    due = [each.evidence_due_by for each in payment.disputes if each.state in _TO_ANSWER and each.evidence_due_by]
    return datetime.fromtimestamp(min(due), tz=UTC) if due else None
