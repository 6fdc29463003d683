"""Asking for a payment: record it, then have Stripe make its checkout; once, however often it is asked."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from payments.domain.actors import ANSWER
from payments.domain.claims import Claim, Claimant
from payments.domain.conditions import Conditions
from payments.domain.errors import (
    Conflict,
    FieldError,
    IdempotencyKeyReused,
    NothingLeft,
    NumberTaken,
    StripeUnavailable,
    TryAgain,
    ValidationFailed,
    concerning,
)
from payments.domain.identifiers import new_order_number
from payments.domain.looking import DueReason, next_look
from payments.domain.payment import INTENT, LINES, ONE_SERVICE, USERS_INTENT, USERS_LINES, Customer, Payment, Way
from payments.domain.pricing import Offer
from payments.domain.purchase import Items, Purchase, Replaced
from payments.domain.releases import needed
from payments.services.asking import Checkouts, Renewal, ask_stripe, find, no_answer
from payments.services.canceling import Closing
from payments.services.customers import Customers
from payments.services.ordering import Units, ordered
from payments.services.recording import ATTEMPTS, Changed, Payments, pause, record
from payments.services.replacing import Replacing, ReplacingStore, check_stock

# How long one caller waits for another with the same key; with Stripe's own retries it fits the function's timeout.
AWAITED_READS = 20
AWAITED_PAUSE_SECONDS = 0.5


class CheckoutStore(ReplacingStore, Protocol):
    def offer(self, skus: Iterable[str], key_hash: str | None, now: datetime, *, with_terms: bool) -> Offer:
        """The products that there are of these, the terms if they count, and the claim that holds the key."""

    def create(self, payment: Payment, claim: Claim | None, now: datetime) -> tuple[Claim | None, bool]:
        """(The claim that holds the key, created?); Conflict, NumberTaken or NothingLeft if nothing was written."""


@dataclass(frozen=True)
class Opened:
    """A payment with its checkout; `is_new` if this very request made it."""

    payment: Payment
    is_new: bool


def open_checkout(
    purchase: Purchase,
    *,
    claimant: Claimant | None,
    conditions: Conditions,
    store: CheckoutStore,
    stripe: Closing,
    customers: Customers,
    units: Units,
    now: datetime,
) -> Opened:
    """The payment for a purchase, with its checkout; for a repeated key the one there is.

    ValidationFailed names what cannot be ordered so, OutOfStock what is not there, PriceChanged what it costs now;
    AlreadyPaid or BeingPaid if what it replaces is; IdempotencyKeyReused if the key came with another body;
    StripeRefused if Stripe said no: the payment has lapsed and the key is free; StripeUnavailable if it is not
    known: the same request may be repeated and will find its checkout.
    """
    wanted = purchase.wanted
    offer = store.offer(wanted.skus, claimant.key_hash if claimant else None, now, with_terms=isinstance(wanted, Items))
    if claimant and offer.claim:
        payment, is_new = _held(offer.claim, claimant, store), False
    else:
        made = _made(purchase, offer, customers, units, conditions, now)
        replacing = Replacing(store, stripe, conditions.hold, conditions.failure_delay, now)
        payment = _recorded(made, purchase.replaces, claimant, store, replacing, now)
        is_new = payment.id == made.id
    if payment.is_opened:
        return Opened(payment, is_new)
    with concerning(payment.id):
        # Where it is asked, its intent was heard of before our request was answered.
        try:
            if payment.is_asked:
                payment = find(payment, store, stripe, now)
            else:
                payment = _asked(payment, store, stripe, now, _renewal(customers, store, now))
        except ValidationFailed as error:
            # Some sums Stripe alone knows to be too small.
            raise error.of_sum(purchase.wanted.of_sum) from error
        if not payment.is_opened:
            raise no_answer()
    return Opened(payment, is_new)


def _made(
    purchase: Purchase, offer: Offer, customers: Customers, units: Units, conditions: Conditions, now: datetime
) -> Payment:
    order, asked = ordered(purchase.wanted, offer, units)
    if conditions.way is Way.EMBEDDED and not asked.amount:
        nothing = FieldError("amount", "This costs nothing, and a card form takes no 0; order by checkout.")
        raise ValidationFailed(nothing).of_sum(purchase.wanted.of_sum)
    customer_id = customers.of(purchase.user) if purchase.user else None
    if customer_id and purchase.payment_method:
        customers.check_own(purchase.payment_method, customer_id)
    made = Payment.new(
        asked=asked,
        order=replace(order, billing_address=purchase.billing_address, note=purchase.note),
        customer=Customer(purchase.name, purchase.email),
        return_url=conditions.return_url,
        metadata=purchase.metadata,
        user=purchase.user,
        customer_id=customer_id,
        payment_method=purchase.payment_method,
        save_method=purchase.save_method,
        day=conditions.day,
        most_declines=conditions.most_declines,
        way=conditions.way,
        parameters=_parameters(conditions.way, purchase),
        now=now,
        lifetime=conditions.hold if order.stocked else conditions.lifetime,
    )
    made = replace(made, needs=needed(made))
    at = next_look(made, now)
    return replace(made, due_by={DueReason.LOOK.value: at}) if at else made


def _parameters(way: Way, purchase: Purchase) -> int:
    """In which version of its parameters Stripe is asked."""
    if way is Way.EMBEDDED:
        return USERS_INTENT if purchase.user else INTENT
    if purchase.user:
        return USERS_LINES
    return LINES if isinstance(purchase.wanted, Items) else ONE_SERVICE


def _renewal(customers: Customers, store: CheckoutStore, now: datetime) -> Renewal:
    def renewed(payment: Payment) -> Payment:
        gone, user = payment.customer_id, payment.user
        if gone is None or user is None:
            return payment
        customer_id = customers.anew(user, gone)

        def another(payment: Payment) -> Changed:
            """By the payment as it stands in this turn: of two callers the first says which, and only in the place of
            the customer that Stripe refused. Else a payment that was asked could be asked for another, too."""
            return (payment.but(customer_id=customer_id) if payment.customer_id == gone else payment), ()

        return record(store, payment, (), actor=ANSWER, now=now, change=another)[0]

    return renewed


def _asked(payment: Payment, store: CheckoutStore, stripe: Checkouts, now: datetime, renewed: Renewal) -> Payment:
    try:
        return ask_stripe(payment, store, stripe, now, renewed)
    except StripeUnavailable as error:
        found = _awaited(payment.id, store) if error.in_flight else None
        if found is None:
            raise
        return found


def _recorded(
    made: Payment,
    replaces: Replaced | None,
    claimant: Claimant | None,
    store: CheckoutStore,
    replacing: Replacing,
    now: datetime,
) -> Payment:
    """The new payment, or that of another caller who was faster with the same key."""
    made = replace(made, claim=claimant.key_hash) if claimant else made
    claim = claimant.claim(made.id, now) if claimant else None
    for attempt in range(ATTEMPTS):
        try:
            if replaces:
                holder = replacing.begin(made, claim, replaces)
            else:
                holder, _ = store.create(made, claim, now)
        except NumberTaken:
            made = replace(made, order=replace(made.order, number=new_order_number()))
        except NothingLeft:
            # What was there by the time that this is read may be had at the next turn.
            check_stock(made, store.stock(made.stock_taken), {})
        except Conflict:
            # A second click, whose first one's claim is being written just now, or another who takes of the same.
            time.sleep(pause(attempt))
        else:
            return made if holder == claim or holder is None or claimant is None else _held(holder, claimant, store)
    raise TryAgain("Too many are ordering the same at once; send the same again.")


def _awaited(payment_id: str, store: Payments) -> Payment | None:
    """The payment once another caller, whom Stripe is answering, has recorded its checkout; None if that takes long."""
    for _ in range(AWAITED_READS):
        time.sleep(AWAITED_PAUSE_SECONDS)
        payment = store.payment(payment_id)
        if payment and payment.is_opened:
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
