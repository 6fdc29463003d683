"""What a Stripe event tells us, in our own words."""

from dataclasses import dataclass
from datetime import datetime

from payments.domain.facts import Fact


@dataclass(frozen=True)
class Lesson:
    """What one Stripe object teaches, and by what its payment is found.

    `payment_id` is there where the object itself carries our id; otherwise the payment is the one that `intent`
    or `charge` belongs to. `says_whose` where an object of ours would carry it: without it, it is none of ours.
    """

    facts: tuple[Fact, ...]
    payment_id: str | None = None
    intent: str | None = None
    charge: str | None = None
    says_whose: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The Stripe ids to find the payment by, the likeliest first."""
        return tuple(each for each in (self.intent, self.charge) if each)


@dataclass(frozen=True)
class EventSet:
    """Events to read in Stripe's list by their types: `undelivered` ones alone, or whatever became of them."""

    name: str
    types: tuple[str, ...]
    undelivered: bool


@dataclass(frozen=True)
class Cursor:
    """Up to when the events of a set were read: once, and for good, after which none can come into the list."""

    once: datetime
    for_good: datetime


@dataclass(frozen=True)
class Event:
    """One event; `lesson` is None where its object is of a kind that payments have no part in.

    `thin` events (`v2.core.event`) carry no object at all. `livemode` and `created` are None where the event does not
    say.
    """

    id: str
    type: str
    livemode: bool | None
    api_version: str | None
    created: datetime | None = None
    thin: bool = False
    lesson: Lesson | None = None
