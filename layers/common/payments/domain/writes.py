"""What is written together with a payment, in one transaction: either all of it is durable or none of it is."""

from dataclasses import dataclass
from datetime import datetime

from payments.domain.claims import Claim
from payments.domain.documents import Counter
from payments.domain.notices import Notice
from payments.domain.payment import Payment


@dataclass(frozen=True)
class AuditEntry:
    """What one of Stripe's events, or a person's act, changed, or why it changed nothing; `by` names the person."""

    id: str
    type: str
    outcome: tuple[str, ...]
    at: datetime
    by: str | None = None


@dataclass(frozen=True)
class Raise:
    """A notice that may be sent from `send_at` on."""

    notice: Notice
    send_at: datetime


@dataclass(frozen=True)
class Retract:
    """A claimed notice that is not true: it is raised again should it become true. `note` says why."""

    notice: Notice
    attempt: int
    note: str


@dataclass(frozen=True)
class Resend:
    """A notice that was sent, or in vain, is due again."""

    notice: Notice


@dataclass(frozen=True)
class Point:
    """One of Stripe's ids, which now names this payment, for ever."""

    stripe_id: str


@dataclass(frozen=True)
class Free:
    """The claim of a payment that lapsed: its Idempotency-Key may be used again."""

    claim: str


@dataclass(frozen=True)
class Take:
    """So many are taken from stock, or given back where that is negative."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class Begin:
    """A new payment, with its order's number, what it takes from stock, and the claim of its Idempotency-Key."""

    payment: Payment
    claim: Claim | None


@dataclass(frozen=True)
class Note:
    """An entry of the audit trail."""

    entry: AuditEntry


@dataclass(frozen=True)
class Advance:
    """A series of documents goes on from where it was read (None: it is opened now), unless it has gone on since."""

    counter: Counter
    read: Counter | None


@dataclass(frozen=True)
class Close:
    """A year's series has its last document, whether it has any or not."""

    year: int


type Write = Raise | Retract | Resend | Point | Free | Take | Begin | Note | Advance | Close
