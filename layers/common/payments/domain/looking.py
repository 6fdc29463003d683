"""When to ask Stripe for news of a payment, because nobody may have told us."""

from datetime import datetime, timedelta

from payments.domain.facts import SessionState
from payments.domain.payment import Payment

# A request whose outcome is unknown is asked about soon; a checkout that is open, after a while, then ever less often.
FIRST_LOOK_AT_REQUEST = timedelta(minutes=2)
FIRST_LOOK_AT_CHECKOUT = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(days=1)
# No payment method that Stripe has settles later.
LAST_LOOK = timedelta(days=30)


def awaits_news(payment: Payment) -> bool:
    """Something may still happen at Stripe that changes what we tell, or has, and we do not know how it ended.

    A final status is not enough: a declined card leaves the checkout open, and that an intent was canceled or a charge
    failed may be all that was heard of a checkout's expiry or of a delayed payment's end.
    """
    if payment.received is not None:
        return False
    if not payment.sessions:
        return not payment.has_lapsed
    states = {each.state for each in payment.sessions}
    return SessionState.OPEN in states or (SessionState.COMPLETE_UNPAID in states and not payment.is_canceled)


def next_look(payment: Payment, now: datetime) -> datetime | None:
    """When to look again: after as long as the payment is old, within bounds; None if there is nothing to wait for."""
    age = now - payment.created_at
    if not awaits_news(payment) or age > LAST_LOOK:
        return None
    first = FIRST_LOOK_AT_CHECKOUT if payment.sessions else FIRST_LOOK_AT_REQUEST
    return now + min(max(age, first), LONGEST_PAUSE)
