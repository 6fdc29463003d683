"""When to ask Stripe for news of a payment, because nobody may have told us."""

from datetime import datetime, timedelta

from payments.domain.payment import Payment, Status

# A request whose outcome is unknown is asked about soon; a checkout that is open, after a while, then ever less often.
FIRST_LOOK_AT_REQUEST = timedelta(minutes=2)
FIRST_LOOK_AT_CHECKOUT = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(days=1)
# No payment method that Stripe has settles later.
LAST_LOOK = timedelta(days=30)


def awaits_news(payment: Payment) -> bool:
    """Something may still happen at Stripe that changes what we tell."""
    return payment.status in (Status.PENDING, Status.PROCESSING) or payment.checkout is not None


def next_look(payment: Payment, now: datetime) -> datetime | None:
    """When to look again: after as long as the payment is old, within bounds; None if there is nothing to wait for."""
    age = now - payment.created_at
    if not awaits_news(payment) or age > LAST_LOOK:
        return None
    first = FIRST_LOOK_AT_CHECKOUT if payment.sessions else FIRST_LOOK_AT_REQUEST
    return now + min(max(age, first), LONGEST_PAUSE)
