"""When to do what about a payment, because nobody may have told us how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from payments.domain.facts import AttemptState, IntentState, SessionState
from payments.domain.notices import Notice
from payments.domain.payment import Payment

# A request whose outcome is unknown is asked about soon; a checkout that is open, after a while, then ever less often.
FIRST_LOOK_AT_REQUEST = timedelta(minutes=2)
FIRST_LOOK_AT_CHECKOUT = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(days=1)
# No payment method that Stripe has settles later.
LAST_LOOK = timedelta(days=30)


class DueReason(StrEnum):
    """Why something is due. A payment may be due for several; a notice is due for itself."""

    LOOK = "look"
    NOTICE = "notice"


@dataclass(frozen=True)
class Due:
    """Something that was due by `due_at`: a notice to publish, or, without one, the payment to look at."""

    payment_id: str
    notice: Notice | None
    due_at: datetime


def awaits_news(payment: Payment) -> bool:
    """Something may still happen at Stripe that changes what we tell, or has, and we do not know how it ended.

    A final status is not enough: a declined card leaves the checkout open, and that an intent was canceled or a charge
    failed may be all that was heard of a checkout's expiry or of a delayed payment's end.
    """
    if payment.is_paid:
        return False
    if not payment.is_asked:
        return not payment.has_lapsed
    if not payment.sessions:
        pending = any(each.state is AttemptState.PENDING for each in payment.attempts)
        return pending or any(each.state is IntentState.OPEN for each in payment.intents)
    states = {each.state for each in payment.sessions}
    return SessionState.OPEN in states or (SessionState.COMPLETE_UNPAID in states and not payment.is_canceled)


def next_look(payment: Payment, now: datetime) -> datetime | None:
    """When to look again: after as long as the payment is old, within bounds; None if there is nothing to wait for."""
    age = now - payment.created_at
    if not awaits_news(payment) or age > LAST_LOOK:
        return None
    first = FIRST_LOOK_AT_CHECKOUT if payment.is_asked else FIRST_LOOK_AT_REQUEST
    return now + min(max(age, first), LONGEST_PAUSE)


def rescheduled(payment: Payment, reason: DueReason, at: datetime | None) -> Mapping[str, datetime]:
    """What the payment is due by, with this reason's time in place of the one before; what others wait for stays."""
    others = {each: time for each, time in payment.due_by.items() if each != reason}
    return others | {reason.value: at} if at else others
