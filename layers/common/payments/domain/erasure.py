"""Erasing a person: from every payment of theirs, whatever is cut off meanwhile."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

# The index may be a little behind, and whoever was ordering just then has ordered.
READ_AGAIN_AFTER = timedelta(minutes=10)


class WhomKind(StrEnum):
    EMAIL = "email"
    USER = "user"
    PAYMENT = "payment"


@dataclass(frozen=True)
class Whom:
    """Whose payments: by mail address (normalised) or by the `sub` of a user; or one payment, by its id."""

    kind: WhomKind
    value: str


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """One request to erase somebody.

    `whom` is None once all is done: from then on only the id, a keyed hash, says who it was. `left` are the payments
    still to be erased, as far as they are known, `erased` counts those that were; `read_at` is when they were last
    sought. `version` counts writes.
    """

    id: str
    whom: Whom | None
    by: str
    requested_at: datetime
    read_at: datetime
    left: tuple[str, ...] = ()
    erased: int = 0
    done_at: datetime | None = None
    version: int = 1

    @classmethod
    def of(cls, whom: Whom, left: tuple[str, ...], *, by: str, salt: str, now: datetime) -> "Erasure":
        """`salt` is the deployment's."""
        return cls(id=erasure_id(whom, salt), whom=whom, by=by, requested_at=now, read_at=now, left=left)

    @property
    def due_at(self) -> datetime | None:
        """When to go on with it; None once it is done."""
        return None if self.done_at else self.read_at + READ_AGAIN_AFTER

    def read_again(self, found: tuple[str, ...], now: datetime) -> "Erasure":
        """With what else is there by now; done if there is nothing, and nothing was left."""
        more = self.with_more(found, now)
        return more if more.left else replace(more, whom=None, done_at=now)

    def with_more(self, found: tuple[str, ...], now: datetime) -> "Erasure":
        return replace(self, left=tuple(dict.fromkeys([*self.left, *found])), read_at=now)


def erasure_id(whom: Whom, salt: str) -> str:
    """The same for the same person, so that asking twice is asking once; nobody reads from it who that is."""
    digest = hmac.new(salt.encode(), f"{whom.kind}:{whom.value}".encode(), hashlib.sha256).hexdigest()
    return f"era_{digest[:32]}"
