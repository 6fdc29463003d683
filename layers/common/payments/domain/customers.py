"""A user's customer at Stripe, and the cards that Stripe keeps for it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from payments.domain.errors import FieldError, ValidationFailed

# What Stripe calls a card. Anything else is nobody's, and Stripe is not asked.
_CARD_ID = re.compile(r"pm_[0-9A-Za-z_]{1,97}", re.ASCII)


@dataclass(frozen=True)
class UserCustomer:
    """`user` is the `sub` of one who is signed in, `id` Stripe's, None as long as that has not answered.

    `n` tells a user's customers apart, and never comes again: a customer that was deleted is made anew with a greater
    one, and so is that of a user who was erased, of whom nobody remembers the one before. It is when the customer was
    begun, in milliseconds.
    """

    user: str
    n: int
    id: str | None = None

    @classmethod
    def begun(cls, user: str, now: datetime, *, before: "UserCustomer | None" = None) -> "UserCustomer":
        """The next one, whose making begins now."""
        return cls(user, max(int(now.timestamp() * 1000), before.n + 1 if before else 0))

    @property
    def begun_at(self) -> datetime:
        return datetime.fromtimestamp(self.n / 1000, tz=UTC)


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card at Stripe, and whose it is. `removed_from` is the customer that it was taken away from by us, which counts
    only once nobody has it: whoever makes a card in their browser may write such a note. What it looks like is for its
    owner's eyes."""

    id: str
    customer: str | None
    removed_from: str | None
    created: int
    fingerprint: str | None = field(repr=False)
    brand: str = field(repr=False)
    last4: str = field(repr=False)
    exp_month: int = field(repr=False)
    exp_year: int = field(repr=False)
    wallet: str | None = field(repr=False)

    @property
    def owner(self) -> str | None:
        """The customer who has it, or else had it last."""
        return self.customer or self.removed_from

    def has_expired(self, now: datetime) -> bool:
        """A card is good until the end of its month."""
        return (self.exp_year, self.exp_month) < (now.year, now.month)

    def is_twin_of(self, other: "Card") -> bool:
        """The same piece of plastic, saved another time."""
        return self.id != other.id and self.fingerprint is not None and self.fingerprint == other.fingerprint


def is_card_id(text: str) -> bool:
    return _CARD_ID.fullmatch(text) is not None


def each_once(cards: Iterable[Card]) -> list[Card]:
    """The newest first, and of those that are the same piece of plastic the newest."""
    found: dict[str, Card] = {}
    for card in sorted(cards, key=lambda each: each.created, reverse=True):
        found.setdefault(card.fingerprint or card.id, card)
    return list(found.values())


def not_ones_own(reference: str | None = None) -> ValidationFailed:
    """What whoever wants to pay with a card that they have not saved is told, whoever has it."""
    detail = "This is none of your saved cards; GET /me/payment-methods lists them."
    return ValidationFailed(FieldError("paymentMethodId", detail), reference=reference)
