"""Asking for a payment: record it, then have Stripe make its checkout; once, however often it is asked."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.catalogue import Product
from payments.domain.errors import (
    FieldError,
    IdempotencyKeyReused,
    StripeRefused,
    StripeUnavailable,
    TryAgain,
    ValidationFailed,
    concerning,
)
from payments.domain.facts import Fact, Request, RequestState
from payments.domain.looking import next_look
from payments.domain.money import Money
from payments.domain.payment import Customer, Payment
from payments.domain.records import Claim, Conflict
from payments.services.recording import ATTEMPTS, Payments, pause, record

KEY_LIFETIME = timedelta(hours=24)

# How long one caller waits for another with the same key; with Stripe's own retries it fits the function's timeout.
AWAITED_READS = 20
AWAITED_PAUSE_SECONDS = 0.5


class CheckoutStore(Payments, Protocol):
    def offer(self, sku: str, key_hash: str | None, now: datetime) -> tuple[Product | None, Claim | None]:
        """The product, and the claim that holds the key, if one does."""

    def create(self, payment: Payment, claim: Claim | None, now: datetime) -> tuple[Claim | None, bool]: ...


class Checkouts(Protocol):
    """Stripe, as far as a checkout needs it."""

    def check_chargeable(self, money: Money) -> None: ...

    def create_checkout(self, payment: Payment) -> tuple[Fact, ...]: ...


@dataclass(frozen=True)
class Order:
    """What a caller asks for; `amount` in minor units, absent where the price is fixed."""

    name: str
    email: str
    sku: str
    amount: int | None
    currency: str | None
    metadata: Mapping[str, str]

    @property
    def hash(self) -> str:
        """The same for the same order, whatever the order of its fields."""
        return _hash(json.dumps(asdict(self), sort_keys=True))


@dataclass(frozen=True)
class Opened:
    """A payment with its checkout; `is_new` if this very request made it."""

    payment: Payment
    is_new: bool


def open_checkout(
    order: Order,
    *,
    idempotency_key: str | None,
    return_url: str,
    lifetime: timedelta,
    store: CheckoutStore,
    stripe: Checkouts,
    now: datetime,
) -> Opened:
    """The payment for an order, with its checkout; for a repeated key the one there is.

    ValidationFailed names what cannot be ordered so; IdempotencyKeyReused if the key came with another order;
    StripeRefused if Stripe said no: the payment has lapsed and the key is free; StripeUnavailable if it is not
    known: the same request may be repeated and will find its checkout.
    """
    key_hash = _hash(idempotency_key) if idempotency_key else None
    product, holder = store.offer(order.sku, key_hash, now)
    if holder:
        payment, is_new = _held(holder, order, store), False
    else:
        if product is None:
            raise ValidationFailed(FieldError("serviceType", "There is no such service; GET /products lists them."))
        asked = product.charge(order.amount, order.currency)
        stripe.check_chargeable(asked)
        made = Payment.request(
            asked=asked,
            sku=product.sku,
            product_name=product.name,
            customer=Customer(order.name, order.email),
            return_url=return_url,
            metadata=order.metadata,
            key_hash=key_hash,
            now=now,
            lifetime=lifetime,
        )
        payment = _recorded(replace(made, look_at=next_look(made, now)), order, store, now)
        is_new = payment.id == made.id
    if payment.sessions:
        return Opened(payment, is_new)
    with concerning(payment.id):
        try:
            return Opened(ask_stripe(payment, store, stripe, now), is_new)
        except StripeUnavailable as error:
            found = _awaited(payment.id, store) if error.in_flight else None
            if found is None:
                raise
            return Opened(found, is_new)


def _recorded(payment: Payment, order: Order, store: CheckoutStore, now: datetime) -> Payment:
    """The new payment, or that of another caller who was faster with the same key."""
    claim = Claim(payment.key_hash, order.hash, payment.id, now + KEY_LIFETIME) if payment.key_hash else None
    for attempt in range(ATTEMPTS):
        try:
            holder, created = store.create(payment, claim, now)
        except Conflict:
            # A second click: the first one's claim is being written just now.
            time.sleep(pause(attempt))
        else:
            return payment if created or holder is None else _held(holder, order, store)
    raise TryAgain("Too many requests with this Idempotency-Key came at once; send the same again.")


def _awaited(payment_id: str, store: Payments) -> Payment | None:
    """The payment once another caller, whom Stripe is answering, has recorded its checkout; None if that takes long."""
    for _ in range(AWAITED_READS):
        time.sleep(AWAITED_PAUSE_SECONDS)
        payment = store.payment(payment_id)
        if payment and payment.sessions:
            return payment
    return None


def _held(holder: Claim, order: Order, store: CheckoutStore) -> Payment:
    """The payment that an earlier request with this key made."""
    if holder.body_hash != order.hash:
        raise IdempotencyKeyReused("This Idempotency-Key was used for another order. Use a new key for each new order.")
    payment = store.payment(holder.payment_id)
    if payment is None or payment.has_lapsed:
        # It lapsed, or was erased, between our two reads; its key is free again.
        raise TryAgain("An earlier request with this Idempotency-Key has just failed; send the same again.")
    return payment


def ask_stripe(payment: Payment, store: Payments, stripe: Checkouts, now: datetime) -> Payment:
    """Have Stripe make the checkout of a payment that has none, or find out that it did; a definite no lapses it.

    Raises what create_checkout raises.
    """
    try:
        facts = stripe.create_checkout(payment)
    except (StripeRefused, ValidationFailed, StripeUnavailable) as error:
        if isinstance(error, StripeUnavailable) and not error.spent:
            raise
        record(store, payment, [Request(state=RequestState.LAPSED, reason=error.code)], now=now)
        raise
    payment, _ = record(store, payment, facts, now=now)
    return payment


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
