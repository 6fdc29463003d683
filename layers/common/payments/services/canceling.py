"""Calling an open payment off: Stripe closes its checkout, and what Stripe says of it is learned."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.actors import ANSWER, LOOK, act_id, admin
from payments.domain.errors import NotCancelable, PaymentNotFound, PaymentsError, StripeRefused, StripeUnavailable
from payments.domain.facts import Fact
from payments.domain.learning import Effects
from payments.domain.payment import Payment
from payments.domain.writes import AuditEntry, Note
from payments.services.acting import Acted
from payments.services.asking import AskingStore
from payments.services.looking import Looks, known, look
from payments.services.recording import Changed, postings_of, record

# Whoever ordered, in the audit trail.
CUSTOMER = "the customer"
# Should whoever cancels be cut off, reconcile looks at what came of it.
PATIENCE = timedelta(minutes=2)


class CancelingStore(AskingStore, Protocol):
    def has_event(self, payment_id: str, event_id: str) -> bool: ...


class Closing(Looks, Protocol):
    def close(self, payment: Payment) -> tuple[Fact, ...]:
        """StripeRefused if what it is paid by is not open any more, StripeUnavailable if that is not known."""


def cancel_own(
    payment_id: str, access_key: str, *, store: CancelingStore, stripe: Closing, failure_delay: timedelta, now: datetime
) -> Acted:
    """The same by whoever ordered; PaymentNotFound with another's key, too."""
    payment = store.payment(payment_id)
    if payment is None or not payment.opens_with(access_key):
        raise PaymentNotFound("There is no payment with this id and accessKey; whoever ordered was given both.")
    return cancel(payment_id, by=CUSTOMER, store=store, stripe=stripe, failure_delay=failure_delay, now=now)


def close_payment(
    payment: Payment, *, store: AskingStore, stripe: Closing, failure_delay: timedelta, now: datetime
) -> tuple[Payment, Effects]:
    """The payment, closed at Stripe, whoever wants that; as Stripe has it, if Stripe says no. What Stripe answers is
    told, and no webhook is missed for it.

    StripeUnavailable if it is not known whether it is closed; what `look` and `record` raise.
    """
    try:
        answer = stripe.close(payment)
    except StripeRefused:
        return look(payment, store=store, stripe=stripe, now=now, failure_delay=failure_delay)
    return record(store, payment, answer, actor=ANSWER, now=now, failure_delay=failure_delay, looked=True)


def cancel(
    payment_id: str, *, by: str, store: CancelingStore, stripe: Closing, failure_delay: timedelta, now: datetime
) -> Acted:
    """The payment, closed at Stripe; refused, with its status, if it was paid, is being paid, or was over before.

    That it is to be closed, and by whom, is durable before Stripe is asked. Without an answer, and after a no, Stripe
    is looked at: what it has done counts. PaymentNotFound; what Stripe's failures, `look` and `record` raise.
    """
    payment = store.payment(payment_id)
    if payment is None:
        raise PaymentNotFound
    id_, effects = act_id("cancel", by, "payment"), Effects()
    if payment.is_over and store.has_event(payment_id, id_):
        return Acted(payment, is_new=False)
    if payment.is_cancelable and not payment.is_opened:
        # What Stripe has made for it is not known yet.
        payment, effects = known(payment, store=store, stripe=stripe, now=now, failure_delay=failure_delay)
    try:
        payment, more = record(
            store, payment, (), actor=LOOK, now=now, look_by=now + PATIENCE, change=_wanted(id_, by, now)
        )
        payment, closed, error = _closed(payment, id_, by, store, stripe, failure_delay, now)
        effects, refusal = effects + more + closed, _refusal(payment, error)
    except NotCancelable as was_over:
        refusal = was_over
    postings = postings_of(payment.id, effects, failure_delay)
    return Acted(payment, is_new=refusal is None, status=effects.status, postings=postings, refusal=refusal)


def _wanted(id_: str, by: str, now: datetime) -> Callable[[Payment], Changed]:
    """Keeps who has it closed, if it can be; NotCancelable otherwise."""

    def wanted(payment: Payment) -> Changed:
        if not payment.is_cancelable:
            raise _not_cancelable(payment)
        return payment, (Note(AuditEntry(id_, "cancel", ("asked for",), now, by)),)

    return wanted


def _closed(
    payment: Payment,
    id_: str,
    by: str,
    store: CancelingStore,
    stripe: Closing,
    failure_delay: timedelta,
    now: datetime,
) -> tuple[Payment, Effects, PaymentsError | None]:
    """The payment with what came of asking Stripe to close it, and why Stripe did not say that it has."""
    try:
        answer = stripe.close(payment)
    except (StripeRefused, StripeUnavailable) as error:
        actor = admin(id_, "cancel", by)
        return *look(payment, store=store, stripe=stripe, now=now, failure_delay=failure_delay, actor=actor), error
    actor = admin(id_, "cancel", by, told=True)
    learned = record(store, payment, answer, actor=actor, now=now, failure_delay=failure_delay, looked=True)
    return *learned, None


def _refusal(payment: Payment, error: PaymentsError | None) -> PaymentsError | None:
    """What whoever asked is told of a payment that is not closed; of one that still can be, what Stripe said."""
    if payment.is_over:
        return None
    return error if error and payment.is_cancelable else _not_cancelable(payment)


def _not_cancelable(payment: Payment) -> NotCancelable:
    if payment.is_paid:
        return NotCancelable(f"This payment is {payment.status}: what was paid can only be refunded.")
    if payment.is_over:
        return NotCancelable(f"This payment is {payment.status} already; nobody can pay it any more.")
    return NotCancelable(f"This payment is {payment.status}; wait for its end, and refund what comes.")
