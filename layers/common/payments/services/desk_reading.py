"""What the desk shows of many payments: page by page, and sums over days.

A page ends after so many calls, too, and may be empty; whoever goes on until there is no place any more has seen each
payment that was there all along once, whatever was written meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Protocol

from payments.domain.attention import Reason
from payments.domain.desk import (
    ByEmail,
    ByNumber,
    ByPayment,
    ByStripe,
    ByUser,
    Days,
    InAttention,
    InDays,
    InRows,
    InWaiting,
    PaymentRow,
    PaymentSums,
    Sought,
    Statistics,
    Tally,
    Waiting,
)

# A day of a thousand payments is one call, or two where it is no more and no less.
MOST_IN_A_CALL = 1000
ROWS_ENOUGH = 200
MOST_CALLS = 31
MOST_WAITING = 100
# What an index of keys finds is read beside it, and one call takes so many.
MOST_BY_KEYS = 100

_REASONS = list(Reason)


class Desk(Protocol):
    """The store; each page with the place after it, None at the end."""

    def waiting(
        self, reason: Reason, after: InWaiting | None, limit: int
    ) -> tuple[list[Waiting], InWaiting | None]: ...

    def day(
        self, day: date, status: str | None, after: InRows | None, limit: int
    ) -> tuple[list[PaymentRow], InRows | None]: ...

    def sums_of_day(self, day: date, after: InRows | None, limit: int) -> tuple[list[PaymentSums], InRows | None]: ...

    def of_user(self, user: str, after: InRows | None, limit: int) -> tuple[list[PaymentRow], InRows | None]: ...

    def of_email(self, email: str, after: InRows | None, limit: int) -> tuple[list[PaymentRow], InRows | None]: ...

    def rows(self, payment_ids: Iterable[str]) -> list[PaymentRow]: ...

    def payment_id_of(self, stripe_ids: Iterable[str]) -> str | None: ...

    def payment_id_of_order(self, number: str) -> str | None: ...


def attention(store: Desk, after: InAttention | None) -> tuple[list[Waiting], InAttention | None]:
    """What waits for a person, the most urgent first. What is written meanwhile may move it, and show it again."""
    found: list[Waiting] = []
    place = after or InAttention(_REASONS[0])
    while len(found) < MOST_WAITING:
        more, waiting = store.waiting(place.reason, place.waiting, MOST_WAITING)
        found += more
        if waiting:
            place = InAttention(place.reason, waiting)
        elif place.reason is _REASONS[-1]:
            return found, None
        else:
            place = InAttention(_REASONS[place.reason.urgency])
    return found, place


def payments_of(
    store: Desk, days: Days, status: str | None, after: InDays | None
) -> tuple[list[PaymentRow], InDays | None]:
    """The payments that were ordered on these days, the newest first, of one status or all."""
    found: list[PaymentRow] = []
    place = after or InDays(days.last)
    for _ in range(MOST_CALLS):
        more, row = store.day(place.day, status, place.row, MOST_IN_A_CALL)
        found += more
        if not row and place.day <= days.first:
            return found, None
        place = _after(place.day, row)
        if len(found) >= ROWS_ENOUGH:
            break
    return found, place


def _after(day: date, row: InRows | None) -> InDays:
    return InDays(day, row) if row else InDays(day - timedelta(days=1))


def search(store: Desk, sought: Sought, after: InRows | None) -> tuple[list[PaymentRow], InRows | None]:
    """The payments that one field finds, the newest first."""
    match sought:
        case ByPayment(payment_id):
            return store.rows([payment_id]), None
        case ByStripe(stripe_id):
            found = store.payment_id_of([stripe_id])
            return (store.rows([found]) if found else []), None
        case ByEmail(email):
            return store.of_email(email, after, MOST_BY_KEYS)
        case ByNumber(number, user):
            ordered = store.payment_id_of_order(number)
            return (store.rows([ordered]), None) if ordered else store.of_user(user, after, MOST_IN_A_CALL)
        case ByUser(user):
            return store.of_user(user, after, MOST_IN_A_CALL)


def statistics(store: Desk, days: Days) -> Statistics:
    """How many payments there are of each day, currency and status, and their sums.

    They are read and not counted: whatever is repeated or comes late, a payment is in it once, as it stands.
    """
    tallies: dict[tuple[str, str, str], Tally] = defaultdict(Tally)
    place = InDays(days.last)
    while True:
        found, row = store.sums_of_day(place.day, place.row, MOST_IN_A_CALL)
        for each in found:
            _count(each, tallies, place.day.isoformat())
        if not row and place.day <= days.first:
            return tallies
        place = _after(place.day, row)


def _count(payment: PaymentSums, tallies: Mapping[tuple[str, str, str], Tally], day: str) -> None:
    asked = tallies[day, payment.asked.currency, payment.status]
    asked.count += 1
    asked.amount += payment.asked.amount
    for sum_ in payment.received:
        tallies[day, sum_.currency, payment.status].received += sum_.amount
    for sum_ in payment.returned:
        tallies[day, sum_.currency, payment.status].returned += sum_.amount
