"""Paying in a form on the page: an intent instead of a Checkout Session, and the secret that a page confirms it with.

The secret is Stripe's to give out: it is answered and never kept, so whoever asks again has Stripe asked again, and
gets the payment as it is now with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from payments.domain.actors import LOOK
from payments.domain.claims import Claimant
from payments.domain.conditions import Conditions
from payments.domain.errors import PaymentsError, concerning
from payments.domain.facts import Fact
from payments.domain.learning import Effects
from payments.domain.payment import Payment, Status, Way
from payments.domain.purchase import Purchase
from payments.services.canceling import Closing
from payments.services.checkout import CheckoutStore, open_checkout
from payments.services.customers import Customers
from payments.services.ordering import Units
from payments.services.recording import record


class PageIntent(Protocol):
    """What Stripe says of an intent."""

    @property
    def facts(self) -> tuple[Fact, ...]: ...

    @property
    def client_secret(self) -> str: ...

    @property
    def payment_method(self) -> str | None:
        """The saved card that it would be paid with as it is."""


class Intents(Closing, Protocol):
    def create_intent(self, payment: Payment) -> PageIntent: ...

    def retrieve_intent(self, payment: Payment) -> PageIntent: ...

    def open_customer_session(self, payment: Payment) -> str:
        """The client secret by which a page shows the saved cards of the payment's customer."""


type Report = Callable[[Exception], None]
"""Is told why saved cards cannot be shown; the payment goes on."""


@dataclass(frozen=True)
class OpenedOnPage:
    """A payment with its intent's secret, None once it can no longer be paid; `is_new` if this very request made it,
    `new_status` what it reached by what this request learned. `payment_method` is the saved card that the intent can be
    confirmed with as it is.

    `customer_secret` is that of a session for its customer's saved cards: None where there is no customer, or no
    session to be had.
    """

    payment: Payment
    client_secret: str | None = field(repr=False)
    customer_secret: str | None = field(repr=False)
    payment_method: str | None
    is_new: bool
    new_status: Status | None = None


def open_intent(
    purchase: Purchase,
    *,
    claimant: Claimant | None,
    conditions: Conditions,
    store: CheckoutStore,
    stripe: Intents,
    customers: Customers,
    units: Units,
    now: datetime,
    report: Report,
) -> OpenedOnPage:
    """The payment for a purchase, to be paid on the page; for a repeated key the one there is, as it stands.

    Raises what `open_checkout` does; ValidationFailed for an order that costs nothing.
    """
    listening = _Listening(stripe)
    opened = open_checkout(
        purchase,
        claimant=claimant,
        conditions=conditions,
        store=store,
        stripe=listening,
        customers=customers,
        units=units,
        now=now,
    )
    payment, intent = opened.payment, listening.made.get(opened.payment.id)
    effects = Effects()
    if intent is None:
        with concerning(payment.id):
            intent = stripe.retrieve_intent(payment)
            payment, effects = record(
                store, payment, intent.facts, actor=LOOK, now=now, failure_delay=conditions.failure_delay
            )
    if not payment.is_payable(now):
        return OpenedOnPage(payment, None, None, None, opened.is_new, effects.status)
    return OpenedOnPage(
        payment,
        intent.client_secret,
        _customer_secret(payment, stripe, report),
        intent.payment_method,
        opened.is_new,
        effects.status,
    )


def _customer_secret(payment: Payment, stripe: Intents, report: Report) -> str | None:
    if payment.customer_id is None:
        return None
    try:
        with concerning(payment.id):
            return stripe.open_customer_session(payment)
    except PaymentsError as error:
        report(error)
        return None


class _Listening:
    """Stripe, and the intents that it answers with where they are made."""

    def __init__(self, stripe: Intents) -> None:
        self._stripe = stripe
        self.made: dict[str, PageIntent] = {}
        self.find_checkout = stripe.find_checkout
        self.look = stripe.look
        self.close = stripe.close

    def create_checkout(self, payment: Payment) -> tuple[Fact, ...]:
        if payment.way is not Way.EMBEDDED:
            # What it replaces is asked for, too, where that was never answered.
            return self._stripe.create_checkout(payment)
        intent = self.made[payment.id] = self._stripe.create_intent(payment)
        return intent.facts
