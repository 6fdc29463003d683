"""What an admin is shown of one payment: everything that is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payments.domain.attention import Attention
from payments.domain.payment import Payment
from payments.domain.writes import AuditEntry


@dataclass(frozen=True, kw_only=True)
class KeptFact:
    """A fact as it is kept, also one of a kind that newer code has; times in `details` are in epoch seconds."""

    kind: str
    ref: str
    state: str
    learned_at: datetime | None
    details: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class KeptNotice:
    """A notice as it stands, by its name: `dispute_alert#du_1#open`."""

    name: str
    state: str
    due_since: datetime
    attempts: int
    settled_at: datetime | None
    note: str | None


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """All that is known of one payment. `view` is what its customer reads, `trail` has the oldest first.

    `payment` is None for one that is for newer code to act on: what follows from its facts is then not known here.
    """

    payment: Payment | None
    view: Mapping[str, Any]
    name: str | None
    email: str | None
    user: str | None
    metadata: Mapping[str, str]
    day: str
    expires_at: datetime
    attention: Attention | None
    facts: tuple[KeptFact, ...]
    notices: tuple[KeptNotice, ...] = ()
    trail: tuple[AuditEntry, ...] = ()
