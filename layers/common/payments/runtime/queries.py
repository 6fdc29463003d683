"""What the desk is asked for: the parameters of an address, checked before anything is read.

Pydantic would be a third of the function's start, for four texts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from payments.domain import addresses
from payments.domain.attention import Reason
from payments.domain.desk import (
    MOST_DAYS,
    USUAL_DAYS,
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
    Sought,
)
from payments.domain.errors import FieldError, ValidationFailed
from payments.domain.identifiers import PAYMENT_ID, is_payment_id, order_number
from payments.domain.payment import Status
from payments.domain.texts import Unusable
from payments.runtime.cursors import cursor_of, day_of, not_ours, parts_of
from payments.runtime.http import Request

# This millennium's, with room for a week before each.
DAY = re.compile(r"2\d{3}-\d\d-\d\d", re.ASCII)
STRIPE_ID = re.compile(r"(?:cs|pi|ch|py)_\w{1,250}", re.ASCII)
_USER = re.compile(r"[\x21-\x7e]{1,255}")
# As OpenID Connect has it, with spaces too.
_SUB = re.compile(r"[\x20-\x7e]{1,255}")
# Ids that nothing is found by; whoever looks for one would take an empty list for an answer.
_OF_OTHERS = ("pay_", "re_", "du_", "dp_", "evt_", "cus_", "pm_", "prv_", "issfr_")
_SEARCHED = (
    "Search for an order's number, a payment (pay_...), a session, an intent or a paid charge of Stripe's (cs_..., "
    "pi_..., ch_...), a mail address, or the sub of a user."
)
# The parts of places; what a place may lack is empty.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_REASON = re.compile("|".join(Reason))
_TIME_IF_ANY, _ID_IF_ANY = (re.compile(f"({each.pattern})?", re.ASCII) for each in (_TIME, PAYMENT_ID))
_NOTICE_IF_ANY = re.compile(r"[\w#+.-]{0,300}", re.ASCII)


@dataclass(frozen=True)
class Listing:
    """The payments of some days, after a place; its cursors belong to `query`."""

    query: Mapping[str, str]
    days: Days
    status: str | None
    after: InDays | None = None

    def cursor(self, place: InDays | None) -> str | None:
        if place is None:
            return None
        row = (place.row.created_at, place.row.payment_id) if place.row else ("", "")
        return cursor_of(self.query, [self.days.first.isoformat(), place.day.isoformat(), *row])


@dataclass(frozen=True)
class Search:
    """The payments that one field finds, after a place; its cursors belong to `query`."""

    query: Mapping[str, str]
    sought: Sought
    after: InRows | None = None

    def cursor(self, place: InRows | None) -> str | None:
        return cursor_of(self.query, [place.created_at, place.payment_id]) if place else None


def parameters(event: Request, *known: str) -> dict[str, str]:
    """The parameters that say something; ValidationFailed for one that is not known, which may be a misspelt filter."""
    given = event.get("queryStringParameters") or {}
    if set(given) - set(known):
        raise ValidationFailed(FieldError("query", f"The parameters known here are {', '.join(known)}."))
    return {name: value for name, value in given.items() if value}


def payments_asked(event: Request, today: date) -> Listing | Search:
    """ValidationFailed for what cannot be listed or searched for."""
    query = parameters(event, "q", "user", "from", "to", "status", "cursor")
    cursor = query.pop("cursor", None)
    for name, read in (("q", _sought), ("user", _user)):
        if name not in query:
            continue
        if len(query) > 1:
            raise ValidationFailed(FieldError(name, "It finds payments of every day and status; leave the others out."))
        place = _in_rows(*parts_of(cursor, query, _TIME, PAYMENT_ID)) if cursor else None
        return Search(query, read(query[name]), place)
    status = query.get("status")
    if status and status not in list(Status):
        raise ValidationFailed(FieldError("status", f"Give one of {', '.join(Status)}."))
    if not cursor:
        return Listing(query, _days(query, today), status)
    # Midnight may have passed: the first page said which days these are.
    first, day, created_at, payment_id = parts_of(cursor, query, DAY, DAY, _TIME_IF_ANY, _ID_IF_ANY)
    place_in_days = InDays(day_of(day), _in_rows(created_at, payment_id))
    return Listing(query, Days(day_of(first), place_in_days.day), status, place_in_days)


def days_of(event: Request, today: date) -> Days:
    """The days that statistics are asked for; ValidationFailed for too many, or none."""
    return _days(parameters(event, "from", "to"), today)


def attention_place(event: Request) -> InAttention | None:
    """Where to go on among what waits; None for the beginning."""
    cursor = parameters(event, "cursor").get("cursor")
    if cursor is None:
        return None
    patterns = (_REASON, _TIME_IF_ANY, _ID_IF_ANY, _NOTICE_IF_ANY)
    reason, waits_at, payment_id, notice = parts_of(cursor, {}, *patterns)
    if bool(waits_at) is not bool(payment_id):
        raise not_ours()
    return InAttention(Reason(reason), InWaiting(waits_at, payment_id, notice or None) if waits_at else None)


def attention_cursor(place: InAttention | None) -> str | None:
    if place is None:
        return None
    waiting = place.waiting
    parts = (waiting.waits_at, waiting.payment_id, waiting.notice or "") if waiting else ("", "", "")
    return cursor_of({}, [place.reason.value, *parts])


def _days(query: Mapping[str, str], today: date) -> Days:
    """Without a first day the last week of them, without a last one until today."""
    last = _day(query, "to") or today
    first = _day(query, "from") or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise ValidationFailed(FieldError("from", f"This day is after {last}, the last one; swap them."))
    if (last - first).days >= MOST_DAYS:
        raise ValidationFailed(FieldError("from", f"At most {MOST_DAYS} days are shown at once; take a later day."))
    return Days(first, last)


def _day(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text if DAY.fullmatch(text) else "")
    except ValueError:
        raise ValidationFailed(FieldError(name, "Give a day such as 2026-11-21.")) from None


def _sought(text: str) -> Sought:
    given = text.strip()
    if is_payment_id(given):
        return ByPayment(given)
    if STRIPE_ID.fullmatch(given):
        return ByStripe(given)
    if "@" in given:
        try:
            return ByEmail(addresses.normalised(addresses.usable(given)))
        except Unusable as error:
            raise ValidationFailed(FieldError("q", str(error))) from None
    if not _USER.fullmatch(given) or given.startswith(_OF_OTHERS):
        raise ValidationFailed(FieldError("q", _SEARCHED))
    number = order_number(given)
    return ByNumber(number, given) if number else ByUser(given)


def _user(sub: str) -> ByUser:
    """Whatever it looks like: a provider may call people by mail addresses."""
    if not _SUB.fullmatch(sub):
        raise ValidationFailed(FieldError("user", "Give the sub of a user as their provider has it."))
    return ByUser(sub)


def _in_rows(created_at: str, payment_id: str) -> InRows | None:
    if bool(created_at) is not bool(payment_id):
        raise not_ours()
    return InRows(created_at, payment_id) if created_at else None
