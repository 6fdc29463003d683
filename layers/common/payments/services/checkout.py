"""Asking for a payment: record it, then have Stripe make its checkout; once, however often it is asked."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.catalogue import Product
from payments.domain.claims import Claim, Claimant
from payments.domain.errors import (
    Conflict,
    FieldError,
    IdempotencyKeyReused,
    StripeUnavailable,
    TryAgain,
    ValidationFailed,
    concerning,
)
from payments.domain.looking import DueReason, next_look
from payments.domain.payment import Customer, Payment
from payments.services.asking import AskingStore, Checkouts, ask_stripe, find, no_answer
from payments.services.recording import ATTEMPTS, Payments, pause

# How long one caller waits for another with the same key; with Stripe's own retries it fits the function's timeout.
AWAITED_READS = 20
AWAITED_PAUSE_SECONDS = 0.5


class CheckoutStore(Payments, Protocol):
    def offer(self, sku: str, key_hash: str | None, now: datetime) -> tuple[Product | None, Claim | None]:
        """The product, and the claim that holds the key, if one does."""

    def create(self, payment: Payment, claim: Claim | None, now: datetime) -> tuple[Claim | None, bool]: ...


@dataclass(frozen=True)
class Purchase:
    """What a caller wants to pay for; `amount` in minor units, absent where the price is fixed; `user` is the `sub` of
    one who is signed in."""

    name: str
    email: str
    sku: str
    amount: int | None
    currency: str | None
    metadata: Mapping[str, str]
    user: str | None = None


@dataclass(frozen=True)
class Terms:
    """What holds for every checkout of this deployment: where the customer comes back to, how long it can be paid, and
    the day that it is now where the business is."""

    return_url: str
    lifetime: timedelta
    day: str


@dataclass(frozen=True)
class Opened:
    """A payment with its checkout; `is_new` if this very request made it."""

    payment: Payment
    is_new: bool


class OpeningStore(CheckoutStore, AskingStore, Protocol): ...


def open_checkout(
    purchase: Purchase,
    *,
    claimant: Claimant | None,
    terms: Terms,
    store: OpeningStore,
    stripe: Checkouts,
    now: datetime,
) -> Opened:
    """The payment for a purchase, with its checkout; for a repeated key the one there is.

    ValidationFailed names what cannot be ordered so; IdempotencyKeyReused if the key came with another body;
    StripeRefused if Stripe said no: the payment has lapsed and the key is free; StripeUnavailable if it is not
    known: the same request may be repeated and will find its checkout.
    """
    product, holder = store.offer(purchase.sku, claimant.key_hash if claimant else None, now)
    if claimant and holder:
        payment, is_new = _held(holder, claimant, store), False
    else:
        if product is None:
            raise ValidationFailed(FieldError("serviceType", "There is no such service; GET /products lists them."))
        asked = product.charge(purchase.amount, purchase.currency)
        stripe.check_chargeable(asked)
        made = Payment.new(
            asked=asked,
            sku=product.sku,
            product_name=product.name,
            customer=Customer(purchase.name, purchase.email),
            return_url=terms.return_url,
            metadata=purchase.metadata,
            claim=claimant.key_hash if claimant else None,
            user=purchase.user,
            day=terms.day,
            now=now,
            lifetime=terms.lifetime,
        )
        payment = _recorded(_scheduled(made, now), claimant, store, now)
        is_new = payment.id == made.id
    if payment.sessions:
        return Opened(payment, is_new)
    with concerning(payment.id):
        # Where it is asked, its intent was heard of before our request was answered.
        payment = (find if payment.is_asked else _asked)(payment, store, stripe, now)
        if not payment.sessions:
            raise no_answer()
    return Opened(payment, is_new)


def _asked(payment: Payment, store: OpeningStore, stripe: Checkouts, now: datetime) -> Payment:
    try:
        return ask_stripe(payment, store, stripe, now)
    except StripeUnavailable as error:
        found = _awaited(payment.id, store) if error.in_flight else None
        if found is None:
            raise
        return found


def _scheduled(payment: Payment, now: datetime) -> Payment:
    at = next_look(payment, now)
    return replace(payment, due_by={DueReason.LOOK.value: at}) if at else payment


def _recorded(payment: Payment, claimant: Claimant | None, store: CheckoutStore, now: datetime) -> Payment:
    """The new payment, or that of another caller who was faster with the same key."""
    claim = claimant.claim(payment.id, now) if claimant else None
    for attempt in range(ATTEMPTS):
        try:
            holder, created = store.create(payment, claim, now)
        except Conflict:
            # A second click: the first one's claim is being written just now.
            time.sleep(pause(attempt))
        else:
            return payment if created or holder is None or claimant is None else _held(holder, claimant, store)
    raise TryAgain("Too many requests with this Idempotency-Key came at once; send the same again.")


def _awaited(payment_id: str, store: Payments) -> Payment | None:
    """The payment once another caller, whom Stripe is answering, has recorded its checkout; None if that takes long."""
    for _ in range(AWAITED_READS):
        time.sleep(AWAITED_PAUSE_SECONDS)
        payment = store.payment(payment_id)
        if payment and payment.sessions:
            return payment
    return None


def _held(holder: Claim, claimant: Claimant, store: Payments) -> Payment:
    """The payment that an earlier request with this key made."""
    if holder.body_hash != claimant.body_hash:
        raise IdempotencyKeyReused("This Idempotency-Key was used for another order. Use a new key for each new order.")
    payment = store.payment(holder.led_to)
    if payment is None or payment.has_lapsed:
        # It lapsed, or was erased, between our two reads; its key is free again.
        raise TryAgain("An earlier request with this Idempotency-Key has just failed; send the same again.")
    return payment
