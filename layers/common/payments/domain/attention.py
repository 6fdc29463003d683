"""What waits for a person: a payment stands under its most urgent reason, with all of them beside it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
