"""Asking Stripe for what a payment is paid by, once, and finding out what came of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from payments.domain.actors import ANSWER, LOOK
from payments.domain.errors import StripeRefused, StripeUnavailable, ValidationFailed
from payments.domain.facts import Asking, AskingState, Fact
from payments.domain.looking import REPEATABLE, SETTLED
from payments.domain.payment import Payment
from payments.services.recording import Payments, record


class AskingStore(Payments, Protocol):
    def ask_again(self, payment: Payment, now: datetime) -> Payment:
        """The payment, on record as asked of Stripe now."""


class Checkouts(Protocol):
    """Stripe, as far as a checkout needs it."""

    def create_checkout(self, payment: Payment) -> tuple[Fact, ...]:
        """What the payment is paid by: a Checkout Session, or an intent for a form on the page."""

    def find_checkout(self, payment: Payment) -> tuple[Fact, ...]:
        """The facts of what Stripe made for the payment without our hearing of it; none if there is nothing."""


type Renewal = Callable[[Payment], Payment]
"""Gives a payment another customer, in the place of one that Stripe has no more; durable."""


def ask_stripe(
    payment: Payment, store: AskingStore, stripe: Checkouts, now: datetime, renewed: Renewal | None = None
) -> Payment:
    """Have Stripe make what an unasked payment is paid by, or find out that it did; a no lapses it.

    Only an answer is a yes or a no. While the key may be repeated the same is asked again with it; afterwards, or if
    the key is of no use, Stripe's list says what came of it; nothing there is a no once that has had time to settle.
    Where Stripe has the customer no more it is asked for another that can be had. Raises what create_checkout raises.
    """
    if payment.is_key_spent or now - payment.created_at >= REPEATABLE:
        return find(payment, store, stripe, now)
    if now != payment.asked_at:
        payment = store.ask_again(payment, now)
    try:
        facts = stripe.create_checkout(payment)
    except (StripeRefused, ValidationFailed) as error:
        if renewed and isinstance(error, StripeRefused) and error.customer_gone:
            return ask_stripe(renewed(payment), store, stripe, now)
        asked_for = payment.customer_id
        payment, _ = record(store, payment, _word_on(payment, _lapsed(error.code)), actor=ANSWER, now=now)
        if payment.customer_id == asked_for:
            raise
        if not payment.is_asked:
            raise no_answer() from error
        return payment
    except StripeUnavailable as error:
        if not error.spent:
            raise
        spent = Asking(state=AskingState.SPENT, reason=error.code)
        payment, _ = record(store, payment, _word_on(payment, spent), actor=ANSWER, now=now)
        return find(payment, store, stripe, now)
    payment, _ = record(store, payment, facts, actor=ANSWER, now=now, looked=True)
    return payment


def find(payment: Payment, store: Payments, stripe: Checkouts, now: datetime) -> Payment:
    """The payment with what Stripe's list has for it, lapsed if there is nothing and was time enough.

    StripeUnavailable as long as it is not known.
    """
    found = stripe.find_checkout(payment)

    def concluded(payment: Payment) -> tuple[Fact, ...]:
        """By the payment as it stands in this turn: another may have asked again while the list was read."""
        if found or payment.is_asked:
            return found
        if now - payment.asked_at < SETTLED:
            raise no_answer()
        return (_lapsed("no_answer"),)

    payment, _ = record(store, payment, concluded, actor=LOOK, now=now, looked=True)
    return payment


def _word_on(asked: Payment, asking: Asking) -> Callable[[Payment], tuple[Asking, ...]]:
    """What came of asking for the payment as it was; no word on it where somebody has given it another customer
    meanwhile, for whom Stripe is asked with another key."""

    def word(payment: Payment) -> tuple[Asking, ...]:
        return (asking,) if payment.customer_id == asked.customer_id else ()

    return word


def no_answer() -> StripeUnavailable:
    return StripeUnavailable("The payment provider did not answer; send the same request again.")


def _lapsed(reason: str) -> Asking:
    return Asking(state=AskingState.LAPSED, reason=reason)
