"""What an admin is shown of many payments: what the table's indexes hold, and where a page of them ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from payments.domain.attention import Attention, Reason
from payments.domain.money import Money

MOST_DAYS = 93
USUAL_DAYS = 7


@dataclass(frozen=True)
class Days:
    """Days of orders in the business's time zone, `first` and `last` included."""

    first: date
    last: date


# What one field finds payments by.


@dataclass(frozen=True)
class ByPayment:
    payment_id: str


@dataclass(frozen=True)
class ByStripe:
    """By a session, an intent, or a charge that was paid or is pending."""

    stripe_id: str


@dataclass(frozen=True)
class ByEmail:
    """By a mail address, normalised."""

    email: str


@dataclass(frozen=True)
class ByUser:
    """By the `sub` of somebody who was signed in."""

    user: str


@dataclass(frozen=True)
class ByNumber:
    """By the number of an order, else by the `sub` that is written the same."""

    number: str
    user: str


type Sought = ByPayment | ByStripe | ByEmail | ByUser | ByNumber


@dataclass(frozen=True, kw_only=True)
class PaymentSums:
    """What counts of a payment. `status` is a text, for newer code may have written one of its own."""

    status: str
    asked: Money
    received: tuple[Money, ...]
    returned: tuple[Money, ...]


@dataclass(frozen=True, kw_only=True)
class PaymentRow(PaymentSums):
    """A payment in a list; `dispute` is a text as `status` is."""

    payment_id: str
    created_at: datetime
    paid_at: datetime | None
    sku: str | None
    number: str | None
    dispute: str | None


@dataclass(frozen=True)
class Waiting:
    """What waits for a person: a payment, or with `notice` one of its mails; `status` is that one's."""

    payment_id: str
    status: str
    attention: Attention
    notice: str | None = None


@dataclass
class Tally:
    """Payments of a day, a currency and a status: how many, what was asked, what came and went back, in minor units.

    Money counts in the currency that it came in, and so there may be a sum where no payment was asked for in it.
    """

    count: int = 0
    amount: int = 0
    received: int = 0
    returned: int = 0


type Statistics = Mapping[tuple[str, str, str], Tally]
"""By day, currency and status."""


# Where a page ended, for the next one to go on there; none of it changes while a payment is what it is.


@dataclass(frozen=True)
class InRows:
    """A place among payments by the time of their order, as the table has it."""

    created_at: str
    payment_id: str


@dataclass(frozen=True)
class InDays:
    """A place in a list by day; without `row` at the beginning of the day."""

    day: date
    row: InRows | None = None


@dataclass(frozen=True)
class InWaiting:
    """A place among what waits for one reason; `waits_at` as the table has it."""

    waits_at: str
    payment_id: str
    notice: str | None


@dataclass(frozen=True)
class InAttention:
    """A place among all that waits; without `waiting` at the beginning of what waits for the reason."""

    reason: Reason
    waiting: InWaiting | None = None
