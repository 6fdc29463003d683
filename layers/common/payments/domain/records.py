"""What is kept beside a payment: claims on Idempotency-Keys, the audit trail, and how notices stand."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from payments.domain.notices import Notice


class Conflict(Exception):
    """The payment was written since it was read: read it again and learn again."""


class Taken(Exception):
    """One of the news is about an object that belongs to another payment, for ever."""


class NoticeState(StrEnum):
    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    MOOT = "moot"
    REJECTED = "rejected"
    GAVE_UP = "gave_up"


@dataclass(frozen=True)
class Claim:
    """An Idempotency-Key's hold on the payment that its first request made, with a hash of that request's body."""

    key_hash: str
    body_hash: str
    payment_id: str
    expires_at: datetime


@dataclass(frozen=True)
class NoticeClaim:
    """A sender's hold on a notice: how often it was taken, this time included, and since when it may be sent."""

    attempt: int
    due_since: datetime


@dataclass(frozen=True)
class Overdue:
    """Something that was due by `due_at`: a notice to publish, or, without one, the payment to look at."""

    payment_id: str
    notice: Notice | None
    due_at: datetime


@dataclass(frozen=True)
class EventRecord:
    """One of Stripe's events: what it changed, or why it changed nothing."""

    id: str
    type: str
    outcome: tuple[str, ...]
    received_at: datetime
