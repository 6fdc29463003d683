"""Asking Stripe how one payment stands, and learning what it says."""

from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.actors import LOOK, Actor
from payments.domain.errors import StripeRefused, ValidationFailed
from payments.domain.facts import Fact
from payments.domain.learning import Effects
from payments.domain.looking import is_unanswered
from payments.domain.payment import Payment
from payments.services.asking import AskingStore, Checkouts, ask_stripe
from payments.services.recording import record


class Looks(Checkouts, Protocol):
    def look(self, payment: Payment) -> tuple[Fact, ...]:
        """All that Stripe knows of a payment's session, its intent and its charges."""


def look(
    payment: Payment,
    *,
    store: AskingStore,
    stripe: Looks,
    now: datetime,
    failure_delay: timedelta,
    actor: Actor = LOOK,
) -> tuple[Payment, Effects]:
    """The payment with what Stripe knows of it, and what followed; durable, and what is to be told is due.

    A way to pay whose request was not answered is asked for again, unless that has come to nothing. `actor` is who has
    Stripe asked. Raises what ask_stripe, Stripe's failures and `record` raise; what was due is so still.
    """
    if is_unanswered(payment):
        # The answer to a repeated request is the first one, and may be old.
        payment = ask_stripe(payment, store, stripe, now)
    # Of a lapsed one nobody waits for a way to pay any more, so it is sought and not asked for.
    news = stripe.find_checkout(payment) if payment.has_lapsed else stripe.look(payment)
    return record(store, payment, news, actor=actor, now=now, failure_delay=failure_delay, looked=True)


def known(
    payment: Payment, *, store: AskingStore, stripe: Looks, now: datetime, failure_delay: timedelta
) -> tuple[Payment, Effects]:
    """The same, for who only needs to know what there is: the payment, lapsed where Stripe refuses to make anything, as
    for a customer that is gone."""
    try:
        return look(payment, store=store, stripe=stripe, now=now, failure_delay=failure_delay)
    except (StripeRefused, ValidationFailed):
        found = store.payment(payment.id)
        if found is None or not found.has_lapsed:
            raise
        return found, Effects()
