"""Stripe's events: whose each is, what it teaches, and what must be told because of it.

An answer of success means that what the event taught is durable. Nothing hangs on the event itself: the same news by
another event, or fetched by reconcile, leads to the same payment and the same notices.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from payments.domain.actors import Actor, webhook
from payments.domain.errors import PaymentsError, StripeRefused, Taken, ValidationFailed, concerning
from payments.domain.events import Event, Lesson
from payments.domain.facts import Attempt, Session
from payments.domain.looking import is_to_close, is_unanswered
from payments.domain.notices import Posting
from payments.domain.payment import Payment, Status, Way
from payments.services.asking import AskingStore, ask_stripe
from payments.services.canceling import Closing, close_payment
from payments.services.recording import audit_entry, postings_of, record


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
    """What became of an event; `status` is the payment's, and `new_status` too if it changed. `failure` is why it could
    not be closed after too many declines."""

    outcome: Outcome
    payment_id: str | None = None
    status: Status | None = None
    new_status: Status | None = None
    postings: tuple[Posting, ...] = ()
    failure: Exception | None = None


class WebhookStore(AskingStore, Protocol):
    def payment_id_of(self, stripe_ids: Iterable[str]) -> str | None: ...


class Owners(Protocol):
    """Stripe, as far as finding an object's payment needs it."""

    def payment_id_of(self, *, intent: str | None, charge: str | None) -> str | None: ...


class WebhookStripe(Owners, Closing, Protocol): ...


def receive(
    event: Event,
    *,
    livemode: bool,
    failure_delay: timedelta,
    store: WebhookStore,
    stripe: WebhookStripe,
    now: datetime,
) -> Receipt:
    """Learn from one event; the receipt's postings are recorded as due and are to be published.

    StripeUnavailable or TryAgain if that cannot be done now: nothing is lost, for Stripe repeats it. NewerRelease is
    such a TryAgain: the payment is for newer code to act on.
    """
    if event.thin:
        return Receipt(Outcome.THIN)
    if event.livemode is not livemode:
        return Receipt(Outcome.WRONG_LIVEMODE)
    if event.lesson is None:
        return Receipt(Outcome.NOT_FOR_PAYMENTS)
    actor = webhook(event.id, event.type)
    payment_id = owner_of(event.lesson, store, stripe)
    if payment_id is None:
        return Receipt(Outcome.FOREIGN)
    with concerning(payment_id):
        payment = store.payment(payment_id)
        if payment is None:
            return Receipt(Outcome.FOREIGN)
        if payment.way is Way.EMBEDDED and is_unanswered(payment):
            # Nobody can pay an intent of ours before we have handed out its secret: so whose is it?
            payment = _asked(payment, store, stripe, now)
        return _learned(payment, event.lesson, actor, failure_delay, store, stripe, now)


def _asked(payment: Payment, store: WebhookStore, stripe: WebhookStripe, now: datetime) -> Payment:
    """The payment with the intent that our own request is answered with, if it is; StripeUnavailable if that is not
    known."""
    try:
        return ask_stripe(payment, store, stripe, now)
    except (StripeRefused, ValidationFailed):
        return store.payment(payment.id) or payment


def _learned(
    payment: Payment,
    lesson: Lesson,
    actor: Actor,
    failure_delay: timedelta,
    store: WebhookStore,
    stripe: WebhookStripe,
    now: datetime,
) -> Receipt:
    if _is_of_another_checkout(lesson, payment):
        store.audit(payment.id, audit_entry(actor, (f"refused: not the {_MADE[payment.way]} that we made",), now))
        return Receipt(Outcome.OTHER_SESSION, payment.id)
    try:
        learned, effects = record(store, payment, lesson.facts, actor=actor, now=now, failure_delay=failure_delay)
    except Taken:
        store.audit(payment.id, audit_entry(actor, ("refused: it names an object of another payment",), now))
        return Receipt(Outcome.OTHER_PAYMENT, payment.id)
    outcome = Outcome.LEARNED if effects else Outcome.NOTHING_NEW
    failure: Exception | None = None
    if is_to_close(learned, now):
        try:
            learned, closed = close_payment(learned, store=store, stripe=stripe, failure_delay=failure_delay, now=now)
            effects += closed
        except (PaymentsError, Taken) as error:
            # It stays due to be closed, and what the event taught is durable.
            failure = error
    postings = postings_of(payment.id, effects, failure_delay)
    return Receipt(outcome, payment.id, learned.status, effects.status, postings, failure)


_MADE = {Way.HOSTED: "session", Way.EMBEDDED: "intent"}


def owner_of(lesson: Lesson, store: WebhookStore, stripe: Owners) -> str | None:
    """The payment that the object is about; None if it is none of ours.

    Stripe is asked about one that carries no name and outran its payment's first event, or is foreign.
    """
    known = lesson.payment_id or store.payment_id_of(lesson.names)
    if known or lesson.says_whose:
        return known
    return stripe.payment_id_of(intent=lesson.intent, charge=lesson.charge)


def _is_of_another_checkout(lesson: Lesson, payment: Payment) -> bool:
    """What has our payment's id and belongs to a session or an intent that is not the one we made."""
    if payment.way is Way.EMBEDDED:
        is_session = any(isinstance(each, Session) for each in lesson.facts)
        # What came of a charge may not say whose it is, and was found by that; a charge and an intent always say it.
        named = {each.intent for each in lesson.facts if isinstance(each, Attempt)} | ({lesson.intent} - {None})
        return is_session or (payment.is_opened and not named <= {each.ref for each in payment.intents})
    sessions = {each.ref for each in payment.sessions}
    foreign = [each for each in lesson.facts if isinstance(each, Session) and each.ref not in sessions]
    return bool(foreign) and payment.is_asked and (bool(sessions) or not _share_an_intent(foreign, payment))


def _share_an_intent(sessions: Iterable[Session], payment: Payment) -> bool:
    intents = {each.ref for each in payment.intents}
    return any(each.intent in intents for each in sessions)
