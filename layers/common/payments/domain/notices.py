"""Notices: the things there are to tell, each with a name of its own so that it is told once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from payments.domain.facts import DisputeState

# How long a notice is left to the message that was published for it.
UNDER_WAY = timedelta(seconds=60)


class NoticeKind(StrEnum):
    PAYMENT_CONFIRMATION = "payment_confirmation"
    ADMIN_NOTIFICATION = "admin_notification"
    ADMIN_COPY = "admin_copy"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_FAILED_ADMIN = "payment_failed_admin"
    REFUND_CONFIRMATION = "refund_confirmation"
    REFUND_FAILED = "refund_failed"
    REFUND_FAILED_CUSTOMER = "refund_failed_customer"
    DISPUTE_ALERT = "dispute_alert"
    FRAUD_ALERT = "fraud_alert"
    REVIEW_ALERT = "review_alert"
    SHORTAGE_ALERT = "shortage_alert"

    @property
    def is_to_customer(self) -> bool:
        """All others are to the business."""
        return self in _TO_CUSTOMER


_TO_CUSTOMER = (
    NoticeKind.PAYMENT_CONFIRMATION,
    NoticeKind.PAYMENT_FAILED,
    NoticeKind.REFUND_CONFIRMATION,
    NoticeKind.REFUND_FAILED_CUSTOMER,
)


class DisputeStage(StrEnum):
    """What an admin has to know of a dispute's state; each stage is told once."""

    INQUIRY = "inquiry"
    INQUIRY_CLOSED = "inquiry_closed"
    OPEN = "open"
    LOST = "lost"
    APPEAL = "appeal"
    WON = "won"


DISPUTE_STAGES = {
    DisputeState.WARNING_NEEDS_RESPONSE: DisputeStage.INQUIRY,
    DisputeState.WARNING_UNDER_REVIEW: DisputeStage.INQUIRY,
    DisputeState.WARNING_CLOSED: DisputeStage.INQUIRY_CLOSED,
    DisputeState.PREVENTED: DisputeStage.INQUIRY_CLOSED,
    DisputeState.NEEDS_RESPONSE: DisputeStage.OPEN,
    DisputeState.UNDER_REVIEW: DisputeStage.OPEN,
    DisputeState.LOST: DisputeStage.LOST,
    DisputeState.APPEAL_NEEDS_RESPONSE: DisputeStage.APPEAL,
    DisputeState.APPEAL_UNDER_REVIEW: DisputeStage.APPEAL,
    DisputeState.WON: DisputeStage.WON,
}


@dataclass(frozen=True, order=True)
class Notice:
    """One thing to tell; `ref` tells apart several of a kind: a refund's id, a dispute's id and stage, a sku."""

    kind: NoticeKind
    ref: str = ""

    def __str__(self) -> str:
        return f"{self.kind}#{self.ref}" if self.ref else self.kind.value

    @classmethod
    def parse(cls, text: str) -> "Notice":
        """The inverse of str(); ValueError for a kind that is not one of ours."""
        kind, _, ref = text.partition("#")
        return cls(NoticeKind(kind), ref)


class NoticeState(StrEnum):
    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    MOOT = "moot"
    REJECTED = "rejected"
    GAVE_UP = "gave_up"

    @property
    def needs_attention(self) -> bool:
        """Someone goes without mail until a person does something."""
        return self in (NoticeState.REJECTED, NoticeState.GAVE_UP)

    @property
    def is_resendable(self) -> bool:
        """It was sent, or in vain; one that was taken back comes again by itself should it become true."""
        return self is NoticeState.SENT or self.needs_attention


@dataclass(frozen=True)
class NoticeStanding:
    """How a notice stands, and why so if it was not sent; `resent_at` is when somebody last had it sent again."""

    state: NoticeState
    note: str | None = None
    resent_at: datetime | None = None


@dataclass(frozen=True)
class NoticeClaim:
    """A sender's hold on a notice: how often it was taken, this time included, and since when it may be sent."""

    attempt: int
    due_since: datetime


@dataclass(frozen=True)
class Posting:
    """One notice of one payment, to be looked at by the mailer after some seconds (at most 900)."""

    payment_id: str
    notice: Notice
    delay_seconds: int = 0
