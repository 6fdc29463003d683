"""Stripe's events: whose each is, what it teaches, and what must be told because of it.

An answer of success means that what the event taught is durable. Nothing hangs on the event itself: the same news by
another event, or fetched by reconcile, leads to the same payment and the same notices.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from payments.domain.errors import concerning
from payments.domain.events import Event, Lesson
from payments.domain.facts import Session
from payments.domain.notices import Posting
from payments.domain.payment import Payment, Status
from payments.domain.records import Taken
from payments.services.recording import Payments, audit, postings_of, record


class Outcome(StrEnum):
    LEARNED = "learned"
    NOTHING_NEW = "nothing_new"
    NOT_FOR_PAYMENTS = "not_for_payments"
    FOREIGN = "foreign"
    OTHER_SESSION = "other_session"
    OTHER_PAYMENT = "other_payment"
    WRONG_LIVEMODE = "wrong_livemode"
    THIN = "thin"

    @property
    def needs_attention(self) -> bool:
        """Something is set up wrongly at Stripe, or someone meddled with its objects behind our back."""
        return self in (Outcome.OTHER_SESSION, Outcome.OTHER_PAYMENT, Outcome.WRONG_LIVEMODE, Outcome.THIN)


@dataclass(frozen=True)
class Receipt:
    """What became of an event; `status` is the payment's, and `new_status` too if it changed."""

    outcome: Outcome
    payment_id: str | None = None
    status: Status | None = None
    new_status: Status | None = None
    postings: tuple[Posting, ...] = ()


class WebhookStore(Payments, Protocol):
    def payment_id_of(self, stripe_ids: Iterable[str]) -> str | None: ...


class Owners(Protocol):
    """Stripe, as far as finding an object's payment needs it."""

    def payment_id_of(self, *, intent: str | None, charge: str | None) -> str | None: ...


def receive(
    event: Event,
    *,
    livemode: bool,
    failure_delay: timedelta,
    store: WebhookStore,
    stripe: Owners,
    now: datetime,
) -> Receipt:
    """Learn from one event; the receipt's postings are recorded as due and are to be published.

    StripeUnavailable or TryAgain if that cannot be done now: nothing of the event is kept, and Stripe repeats it.
    """
    if event.thin:
        return Receipt(Outcome.THIN)
    if event.livemode is not livemode:
        return Receipt(Outcome.WRONG_LIVEMODE)
    if event.lesson is None:
        return Receipt(Outcome.NOT_FOR_PAYMENTS)
    payment = _payment_of(event.lesson, store, stripe)
    if payment is None:
        return Receipt(Outcome.FOREIGN)
    with concerning(payment.id):
        if _is_of_other_session(event.lesson, payment):
            store.record(payment.id, audit(event, ("refused: not the session that we made",), now))
            return Receipt(Outcome.OTHER_SESSION, payment.id)
        try:
            learned, effects = record(
                store, payment, event.lesson.facts, now=now, event=event, failure_delay=failure_delay
            )
        except Taken:
            store.record(payment.id, audit(event, ("refused: it names an object of another payment",), now))
            return Receipt(Outcome.OTHER_PAYMENT, payment.id)
    outcome = Outcome.LEARNED if effects else Outcome.NOTHING_NEW
    postings = postings_of(payment.id, effects, failure_delay)
    return Receipt(outcome, payment.id, learned.status, effects.status, postings)


def _payment_of(lesson: Lesson, store: WebhookStore, stripe: Owners) -> Payment | None:
    """The payment that the object is about; None if it is none of ours."""
    payment_id = (
        lesson.payment_id
        or store.payment_id_of(lesson.names)
        # It outran its payment's first event, or is foreign: only Stripe knows.
        or stripe.payment_id_of(intent=lesson.intent, charge=lesson.charge)
    )
    return store.payment(payment_id) if payment_id else None


def _is_of_other_session(lesson: Lesson, payment: Payment) -> bool:
    """A session with our payment's id that is not the one we made, or not the one we know."""
    known = {each.ref for each in payment.sessions}
    return any(isinstance(fact, Session) and known and fact.ref not in known for fact in lesson.facts)
