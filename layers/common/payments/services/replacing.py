"""One order in the place of another: who changes their mind, or orders in a second tab, pays once.

The one before is closed at Stripe first. Its stock is held meanwhile for the new one, which takes it over in the
transaction that makes it. What is learned on the way, and is to be told, is due in the table; reconcile has it told.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.actors import LOOK
from payments.domain.claims import Claim
from payments.domain.errors import (
    AlreadyPaid,
    BeingPaid,
    FieldError,
    Held,
    NothingLeft,
    OutOfStock,
    TryAgain,
    ValidationFailed,
)
from payments.domain.facts import Fact, Replacement, ReplacementState
from payments.domain.payment import Payment
from payments.domain.purchase import Replaced
from payments.domain.reservations import replaced, stock_changes
from payments.domain.writes import Begin
from payments.services.asking import AskingStore, no_answer
from payments.services.canceling import Closing, close_payment
from payments.services.looking import known
from payments.services.recording import Changed, record

# Of orders that replaced each other, so many are followed.
MOST_FOLLOWED = 20


class ReplacingStore(AskingStore, Protocol):
    def stock(self, skus: Iterable[str]) -> Mapping[str, int]:
        """What is left of those that have ever had stock."""

    def create(self, payment: Payment, claim: Claim | None, now: datetime) -> tuple[Claim | None, bool]:
        """(The claim that holds the key, created?); Conflict, NumberTaken or NothingLeft if nothing was written."""


class _Overtaken(Exception):
    """Another order has taken its place just now."""


@dataclass(frozen=True)
class Replacing:
    """What it takes to replace one; its stock is held for `hold` at most."""

    store: ReplacingStore
    stripe: Closing
    hold: timedelta
    failure_delay: timedelta
    now: datetime

    def begin(self, made: Payment, claim: Claim | None, replaced: Replaced) -> Claim | None:
        """Make a payment in another's place: the claim that holds its key, of another payment if that was faster.

        ValidationFailed if there is no such payment; AlreadyPaid or BeingPaid if it was, or is; OutOfStock if there is
        not enough even with what the one before has; NumberTaken; StripeUnavailable if it is not known whether that one
        can still be paid: the same may be sent again.
        """
        for _ in range(MOST_FOLLOWED):
            before = self._last(replaced, made)
            if self._is_same_order(before, made):
                # A click that was faster has the claim; where that one came to nothing, nothing is to be replaced.
                holder, _ = self.store.create(made, claim, self.now)
                return holder
            try:
                if not before.is_over:
                    before = self._closed(before, made)
                record(self.store, before, _done(made), actor=LOOK, now=self.now, change=_begin(made, claim))
            except Held as held:
                return held.claim
            except NothingLeft:
                # What was there when that was looked at may have been taken since.
                check_stock(made, self.store.stock(made.stock_taken), before.stock_taken)
                continue
            except _Overtaken:
                continue
            return claim
        raise TryAgain("This order is being replaced by too many others at once; send the same again.")

    def _is_same_order(self, payment: Payment, made: Payment) -> bool:
        """Whether an earlier request with the same key has made it, which still has the claim then."""
        return made.claim is not None and payment.claim == made.claim and self.now < payment.expires_at

    def _last(self, replaced: Replaced, made: Payment) -> Payment:
        """The payment, or what has taken its place; no further than to what the same request has made."""
        payment = self.store.payment(replaced.payment_id)
        if payment is None or not payment.opens_with(replaced.access_key):
            raise ValidationFailed(
                FieldError("replaces", "There is no payment with this id and accessKey; leave replaces out.")
            )
        for _ in range(MOST_FOLLOWED):
            following = self.store.payment(payment.replaced_by) if payment.replaced_by else None
            if following is None:
                break
            payment = following
            if self._is_same_order(payment, made):
                return payment
        check_replaceable(payment)
        return payment

    def _closed(self, before: Payment, made: Payment) -> Payment:
        """The payment once Stripe has closed it; its stock is held for the one that is made."""
        check_stock(made, self.store.stock(made.stock_taken), before.stock_taken)
        if not before.is_opened:
            # What Stripe has made for it is not known yet.
            before, _ = known(
                before, store=self.store, stripe=self.stripe, now=self.now, failure_delay=self.failure_delay
            )
        held = _held(made, self.now + self.hold)
        before, _ = record(
            self.store, before, held, actor=LOOK, now=self.now, failure_delay=self.failure_delay, change=_replaceable
        )
        before, _ = close_payment(
            before, store=self.store, stripe=self.stripe, failure_delay=self.failure_delay, now=self.now
        )
        check_replaceable(before)
        if not before.is_over:
            raise no_answer()
        return before


def check_replaceable(payment: Payment) -> None:
    """AlreadyPaid or BeingPaid for one in whose place nothing may come."""
    if payment.is_paid:
        raise AlreadyPaid(payment.id)
    if payment.is_processing:
        raise BeingPaid(payment.id)


def check_stock(made: Payment, left: Mapping[str, int], held: Mapping[str, int]) -> None:
    """OutOfStock if more is to be taken than is left, or held for it."""
    lacking = {
        sku: left.get(sku, 0) + held.get(sku, 0)
        for sku, more in stock_changes(held, made.stock_taken).items()
        if more > left.get(sku, 0)
    }
    if lacking:
        raise OutOfStock(lacking, {line.sku: line.name for line in made.order.lines})


def _held(made: Payment, until: datetime) -> Callable[[Payment], tuple[Fact, ...]]:
    hold = Replacement(ref=made.id, state=ReplacementState.HELD, until=int(until.timestamp()))

    def held(payment: Payment) -> tuple[Fact, ...]:
        """Of one that has ended meanwhile there is nothing to hold: its stock may be another's by now."""
        return () if payment.is_over else (hold,)

    return held


def _replaceable(payment: Payment) -> Changed:
    if payment.replaced_by:
        raise _Overtaken
    check_replaceable(payment)
    return payment, ()


def _done(made: Payment) -> Callable[[Payment], tuple[Fact, ...]]:
    def done(payment: Payment) -> tuple[Fact, ...]:
        return replaced(payment, made)

    return done


def _begin(made: Payment, claim: Claim | None) -> Callable[[Payment], Changed]:
    def begin(payment: Payment) -> Changed:
        if payment.replaced_by:
            raise _Overtaken
        check_replaceable(payment)
        return payment, (Begin(made, claim),)

    return begin
