"""When to do what about a payment, because nobody may have told us how it stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from payments.domain.facts import (
    AttemptState,
    Dispute,
    Fact,
    IntentState,
    ReplacementState,
    SessionState,
    failed_attempts,
)
from payments.domain.notices import Notice
from payments.domain.payment import Payment, Way

# A request whose outcome is unknown is asked about soon, then ever less often; so is what a charge says of itself.
FIRST_LOOK = timedelta(minutes=2)
# Stripe closes what is past its time by itself, and tells us a moment later.
AFTER_EXPIRY = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(days=1)
# How long the person is kept of what nobody paid, at least: until then it may be paid after all, or asked about.
KEEP_UNPAID_AT_LEAST = timedelta(days=30)
# Stripe keeps an idempotency key for a day; later, a repetition would be a new request.
REPEATABLE = timedelta(hours=23)
# What a request led to that was never answered is in Stripe's lists by then, or nothing is.
SETTLED = timedelta(minutes=10)
# No payment method that Stripe has settles later.
LAST_LOOK = timedelta(days=30)


class DueReason(StrEnum):
    """Why something is due. A payment may be due for several; a notice is due for itself.

    To look at a payment it is due by what is known of it, or because something was heard that only a look can tell:
    that stays until somebody did. To be closed it is due where too many cards were declined, or when its time is over
    and Stripe does not see to that. For invoice it is due while one, or what corrects it, is to be issued; for refund
    while Stripe has not answered somebody's request for one. To be erased it is due where nobody paid it; an erasure is
    due for itself, too.
    """

    LOOK = "look"
    HEARD = "heard"
    CLOSE = "close"
    MISSED = "missed"
    INVOICE = "invoice"
    REFUND = "refund"
    ERASE = "erase"
    ERASURE = "erasure"
    NOTICE = "notice"


@dataclass(frozen=True)
class Due:
    """Something that was due by `due_at`: a notice to publish, or, without one, the payment to look at."""

    payment_id: str
    notice: Notice | None
    due_at: datetime


def awaits_news(payment: Payment) -> bool:
    """Something may still happen at Stripe that changes what we tell, or has, and we do not know how it ended."""
    waits = is_unanswered(payment) or is_open(payment) or payment.is_held
    return waits or bool(under_way(payment)) or says_more(payment)


def is_unanswered(payment: Payment) -> bool:
    """It is not known whether Stripe made a way to pay."""
    return not payment.is_paid and not payment.is_asked and not payment.has_lapsed


def is_open(payment: Payment) -> bool:
    """Stripe has not told us that it closed it.

    A final status is not enough: a declined card leaves the checkout open, and that an intent was canceled or a charge
    failed may be all that was heard of a checkout's expiry.
    """
    if payment.is_paid:
        return False
    if payment.sessions:
        return any(each.state is SessionState.OPEN for each in payment.sessions)
    return any(each.state is IntentState.OPEN for each in payment.intents)


def under_way(payment: Payment) -> tuple[Fact, ...]:
    """The facts that wait for an end which takes days: a delayed payment, a refund, a dispute."""
    return tuple(_under_way(payment))


def _under_way(payment: Payment) -> Iterator[Fact]:
    if not payment.is_paid:
        # That a charge failed may be all that was heard of a delayed payment's end.
        if not payment.is_canceled:
            yield from (each for each in payment.sessions if each.state is SessionState.COMPLETE_UNPAID)
        if not payment.is_over:
            yield from (each for each in payment.attempts if each.state is AttemptState.PENDING)
    yield from (each for each in payment.refunds if each.state.is_pending)
    yield from (each for each in payment.disputes if not each.state.is_closed)


def says_more(payment: Payment) -> bool:
    """A charge says itself that more was refunded, or disputed, than the refunds and disputes we know."""
    attempts = payment.attempts
    refunded = sum(each.refunded or 0 for each in attempts)
    # One that failed since may have been in the charge's word.
    known = sum(each.amount for each in payment.refunds)
    return refunded > known or (any(each.disputed for each in attempts) and not payment.disputes)


def close_at(payment: Payment, now: datetime) -> datetime | None:
    """When Stripe is to be asked to close it; None where it is not.

    At once where too many cards were declined. An intent for a form on the page ends by nothing else, and so at the end
    of its time, unless somebody is paying: then when that has failed. Later where it was put off.
    """
    if not (payment.is_opened and is_open(payment) and payment.is_cancelable):
        return None
    before = payment.due_by.get(DueReason.CLOSE)
    # In whole seconds, as it is kept.
    over = (payment.expires_at + timedelta(seconds=1)).replace(microsecond=0)
    is_declined = payment.most_declines is not None and len(failed_attempts(payment.facts)) >= payment.most_declines
    at = now if is_declined else over if payment.way is Way.EMBEDDED else None
    return at if at is None or before in (None, over) else before


def close_again_at(payment: Payment, now: datetime) -> datetime:
    """When to ask again where Stripe did not close it, and has it open all the same or no more: ever less often."""
    return (now + pause_after(now - payment.expires_at, AFTER_EXPIRY)).replace(microsecond=0)


def is_to_close(payment: Payment, now: datetime) -> bool:
    """Stripe is to be asked to close it now."""
    at = payment.due_by.get(DueReason.CLOSE)
    return at is not None and at <= now


def erase_at(payment: Payment) -> datetime | None:
    """When the person may be taken out of it at the earliest; None for one that was paid, or may be."""
    is_of_use = payment.is_paid or not (payment.is_over or payment.has_lapsed)
    return None if is_of_use or payment.erased_at else payment.expires_at + KEEP_UNPAID_AT_LEAST


def stalled(payment: Payment, now: datetime) -> tuple[Fact, ...]:
    """What has been under way for longer than any payment or refund takes; a bank may be that long about a dispute."""
    waiting = (each for each in under_way(payment) if not isinstance(each, Dispute))
    return tuple(each for each in waiting if now - _since(payment, each) >= LAST_LOOK)


def next_look(payment: Payment, now: datetime) -> datetime | None:
    """When to look at it next; None if there is nothing to wait for, or was for too long.

    An open one need be looked at only when it expires: the reader of Stripe's events hears what happens before.
    """
    times = [*_looks(payment, now)]
    return min(times) if times else None


def _looks(payment: Payment, now: datetime) -> Iterator[datetime]:
    if is_unanswered(payment) and now - payment.created_at <= LAST_LOOK:
        yield now + pause_after(now - payment.created_at)
    if is_open(payment) and now - payment.expires_at <= LAST_LOOK:
        at_expiry = payment.expires_at + AFTER_EXPIRY
        yield at_expiry if now < at_expiry else now + pause_after(now - payment.expires_at, AFTER_EXPIRY)
    for fact in under_way(payment):
        last = _since(payment, fact) + LAST_LOOK
        if now < last:
            yield min(now + LONGEST_PAUSE, last)
    for each in payment.replacements:
        if each.state is ReplacementState.HELD:
            yield datetime.fromtimestamp(each.until, tz=UTC)
    if says_more(payment) and now - payment.updated_at <= LAST_LOOK:
        yield now + pause_after(now - payment.updated_at)


def pause_after(waited: timedelta, first: timedelta = FIRST_LOOK) -> timedelta:
    """As long as it was waited already, within bounds."""
    return min(max(waited, first), LONGEST_PAUSE)


def _since(payment: Payment, fact: Fact) -> datetime:
    return payment.learned.get(fact.key, payment.updated_at)


def rescheduled(payment: Payment, reason: DueReason, at: datetime | None) -> Mapping[str, datetime]:
    """What the payment is due by, with this reason's time in place of the one before; what others wait for stays."""
    others = {each: time for each, time in payment.due_by.items() if each != reason}
    return others | {reason.value: at} if at else others
