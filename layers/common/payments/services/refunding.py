"""Giving money back on somebody's request: it is durable before Stripe is asked, and finished whatever becomes of that.

Only an answer is a yes or a no. Until there is one the request holds its money; before Stripe is asked again, with the
same key, its list of the intent's refunds is read, which shows what was made of the request and what was made in its
place.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from payments.domain.actors import ANSWER, LOOK, Actor, admin
from payments.domain.claims import Claimant
from payments.domain.errors import (
    IdempotencyKeyReused,
    PaymentNotFound,
    PaymentsError,
    StripeUnavailable,
    TryAgain,
    concerning,
)
from payments.domain.facts import Fact, RefundRequest, RefundRequestState, merge
from payments.domain.learning import Effects
from payments.domain.looking import SETTLED
from payments.domain.money import Money
from payments.domain.notices import Posting
from payments.domain.payment import Payment
from payments.domain.refund_errors import (
    IntentRequired,
    NothingToRefund,
    NotWithdrawable,
    RefundExceeds,
    RefundRefused,
    RefundRequestNotFound,
)
from payments.domain.refund_requests import (
    asked_again,
    closings,
    is_pending,
    is_settled,
    known_refunds,
    may_be_asked,
    pending,
    refund_of,
    refusal_of,
    request_of,
    room,
    sought_in_vain,
    with_spent_key,
)
from payments.services.recording import Changed, News, Payments, postings_of, record


class Refunds(Protocol):
    """Stripe, as far as giving back needs it."""

    def check_refundable(self, money: Money) -> None: ...

    def create_refund(self, payment_id: str, request: RefundRequest) -> tuple[Fact, ...]: ...

    def refunds_of(self, intent: str) -> tuple[Fact, ...]: ...


@dataclass(frozen=True)
class Wanted:
    """What is to go back: all that is refundable where `amount` (in minor units) is None, of the one intent that was
    paid where `intent` is."""

    amount: int | None = None
    reason: str | None = None
    intent: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a request; the postings are recorded as due and are to be published.

    `is_answered` once a refund names it or it is closed. `refusal` where no money goes back by it: it is to be raised.
    `failure` is why Stripe's answer is not known; it ends here, and reconcile goes on.
    """

    payment: Payment
    request: RefundRequest
    postings: tuple[Posting, ...] = ()
    failure: PaymentsError | None = None

    @property
    def is_answered(self) -> bool:
        return not is_pending(self.payment, self.request)

    @property
    def refusal(self) -> PaymentsError | None:
        if refund_of(self.payment, self.request):
            return None
        return refusal_of(self.request)


@dataclass(frozen=True)
class Finished:
    """A payment with what came of its requests, and why one of them has no answer yet."""

    payment: Payment
    effects: Effects = field(default_factory=Effects)
    failure: PaymentsError | None = None

    def after(self, recorded: tuple[Payment, Effects]) -> "Finished":
        payment, effects = recorded
        return replace(self, payment=payment, effects=self.effects + effects)


def claimant_of(payment_id: str, caller: str, key: str, body: Mapping[str, object]) -> Claimant:
    """Who asks for a refund of a payment with which Idempotency-Key: the hash of that names the request, for ever."""
    return Claimant.of(f"refund {payment_id}", caller, key, body)


@dataclass(frozen=True)
class Refunding:
    """Somebody's act, or reconcile's, at one moment."""

    store: Payments
    stripe: Refunds
    failure_delay: timedelta
    now: datetime

    def request(self, payment_id: str, wanted: Wanted, *, claimant: Claimant, by: str) -> Outcome:
        """Give money back, once for a key of a caller, however often it is asked for.

        `by` names who asks. PaymentNotFound, NothingToRefund, IntentRequired, RefundExceeds and ValidationFailed say
        what cannot be asked for, IdempotencyKeyReused that the key came with another body before; then nothing is
        written.
        """
        with concerning(payment_id):
            payment = self._found(payment_id)
            try:
                payment, effects = self._record(
                    payment,
                    lambda payment: self._new(payment, wanted, claimant, by),
                    actor=admin(f"adm_refund_{claimant.key_hash}", "refund_requested", by),
                    change=lambda payment: (asked_again(payment, claimant.key_hash, self.now), ()),
                )
            except _ThereIsOne as one:
                if one.request.body_hash != claimant.body_hash:
                    raise IdempotencyKeyReused(
                        "This Idempotency-Key was used for another refund. Use a new key for each new refund."
                    ) from None
                finished = self._finished(one.payment, one.request)
            else:
                finished = self._answered(Finished(payment, effects), _known(payment, claimant.key_hash))
            return self._outcome(finished, claimant.key_hash)

    def withdraw(self, payment_id: str, ref: str, *, by: str) -> Outcome:
        """Close a request that Stripe did not answer; again, it changes nothing.

        PaymentNotFound, RefundRequestNotFound; NotWithdrawable if it was answered, or an answer may still come, which
        says when to try again. Stripe's refunds are listed before: what it cannot say is raised.
        """
        with concerning(payment_id):
            payment = self._found(payment_id)
            request = _known(payment, ref)
            if request.state is RefundRequestState.WITHDRAWN:
                return Outcome(payment, request)
            self._check_withdrawable(payment, request)
            learning = self._learning(self.stripe.refunds_of(request.intent), request.intent)

            def withdrawn(payment: Payment) -> tuple[Fact, ...]:
                # Somebody may have asked again while the list was read.
                self._check_withdrawable(payment, request)
                news = learning(payment)
                closed = replace(request, state=RefundRequestState.WITHDRAWN, closed_by=by)
                return (*news, closed) if is_pending(_with(payment, news), request) else news

            actor = admin(f"adm_withdraw_{ref}", "refund_withdrawn", by)
            outcome = self._outcome(Finished(payment).after(self._record(payment, withdrawn, actor=actor)), ref)
            if refund_of(outcome.payment, request):
                raise _answered_already()
            return outcome

    def finish(self, payment: Payment) -> Finished:
        """Find out what came of all its pending requests, and ask for them again where that can be done.

        What Stripe does not answer is no error here, and stays pending.
        """
        # What time alone changes: a person's attention, and when to come again.
        finished = Finished(payment).after(self._record(payment, (), actor=LOOK))
        for intent in sorted({each.intent for each in pending(finished.payment)}):
            finished = self._finished_of(finished, intent)
        return finished

    def _finished(self, payment: Payment, only: RefundRequest) -> Finished:
        finished = Finished(payment)
        return self._finished_of(finished, only.intent, only) if is_pending(payment, only) else finished

    def _finished_of(self, finished: Finished, intent: str, only: RefundRequest | None = None) -> Finished:
        """The same of one intent, or of one request alone."""
        try:
            listed = self.stripe.refunds_of(intent)
        except PaymentsError as error:
            change = partial(_sought_in_vain, intent, self.now)
            recorded = self._record(finished.payment, (), actor=LOOK, change=change)
            return replace(finished.after(recorded), failure=error)
        finished = finished.after(self._record(finished.payment, self._learning(listed, intent), actor=LOOK))
        for request in pending(finished.payment, intent):
            if only is None or request.ref == only.ref:
                finished = self._asked(finished, request)
        return finished

    def _asked(self, finished: Finished, request: RefundRequest) -> Finished:
        """Ask Stripe for it once more, which is on record before; not if it was answered or closed meanwhile, or a
        refund may be in its place."""

        def asking(payment: Payment) -> Changed:
            if not may_be_asked(payment, request, self.now):
                raise _NotToBeAsked(payment)
            return asked_again(payment, request.ref, self.now), ()

        try:
            finished = finished.after(self._record(finished.payment, (), actor=LOOK, change=asking))
        except _NotToBeAsked as stop:
            return replace(finished, payment=stop.payment)
        return self._answered(finished, request)

    def _answered(self, finished: Finished, request: RefundRequest) -> Finished:
        """The payment with Stripe's answer to a request that is on record as asked just now."""
        payment = finished.payment
        try:
            facts: Iterable[Fact] = self.stripe.create_refund(payment.id, request)
        except RefundRefused as error:
            refused = replace(request, state=RefundRequestState.REFUSED, code=error.reason, message=error.detail)
            news = partial(_unless_answered, refused)
            return finished.after(self._record(payment, news, actor=ANSWER))
        except PaymentsError as error:
            if isinstance(error, StripeUnavailable) and error.spent:
                spent = self._record(payment, (), actor=LOOK, change=lambda each: (with_spent_key(each, request), ()))
                finished = finished.after(spent)
            return replace(finished, failure=error)
        return finished.after(self._record(payment, facts, actor=ANSWER))

    def _new(self, payment: Payment, wanted: Wanted, claimant: Claimant, by: str) -> tuple[RefundRequest]:
        """By the payment as it stands in this turn: what is left of it, and whether another was faster."""
        if known := request_of(payment, claimant.key_hash):
            raise _ThereIsOne(payment, known)
        money, intent = _money_of(payment, wanted)
        self.stripe.check_refundable(money)
        request = RefundRequest(
            ref=claimant.key_hash,
            state=RefundRequestState.OPEN,
            amount=money.amount,
            currency=money.currency,
            intent=intent,
            requested_at=int(self.now.timestamp()),
            body_hash=claimant.body_hash,
            by=by,
            reason=wanted.reason,
            known=known_refunds(payment, intent),
        )
        return (request,)

    def _learning(self, listed: Iterable[Fact], intent: str) -> Callable[[Payment], tuple[Fact, ...]]:
        """What Stripe's list says, and which requests are over by it."""
        return lambda payment: (*listed, *closings(_with(payment, listed), intent, self.now))

    def _check_withdrawable(self, payment: Payment, request: RefundRequest) -> None:
        if not is_pending(payment, request):
            raise _answered_already()
        if not is_settled(payment, request, self.now):
            at = payment.refunds_asked[request.ref].at + SETTLED
            raise NotWithdrawable(f"Stripe was asked just now and may still answer; try again at {at:%H:%M:%S} UTC.")

    def _found(self, payment_id: str) -> Payment:
        payment = self.store.payment(payment_id)
        if payment is None:
            raise PaymentNotFound
        return payment

    def _record(
        self, payment: Payment, news: News, *, actor: Actor, change: Callable[[Payment], Changed] | None = None
    ) -> tuple[Payment, Effects]:
        return record(
            self.store, payment, news, actor=actor, now=self.now, failure_delay=self.failure_delay, change=change
        )

    def _outcome(self, finished: Finished, ref: str) -> Outcome:
        payment = finished.payment
        postings = postings_of(payment.id, finished.effects, self.failure_delay)
        return Outcome(payment, _known(payment, ref), postings, finished.failure)


class _ThereIsOne(Exception):
    """The key has led to a request already."""

    def __init__(self, payment: Payment, request: RefundRequest) -> None:
        super().__init__()
        self.payment = payment
        self.request = request


class _NotToBeAsked(Exception):
    def __init__(self, payment: Payment) -> None:
        super().__init__()
        self.payment = payment


def _known(payment: Payment, ref: str) -> RefundRequest:
    request = request_of(payment, ref)
    if request is None:
        raise RefundRequestNotFound
    return request


def _with(payment: Payment, news: Iterable[Fact]) -> Payment:
    return replace(payment, facts=merge(payment.facts, news))


def _unless_answered(closed: RefundRequest, payment: Payment) -> tuple[Fact, ...]:
    return (closed,) if is_pending(payment, closed) else ()


def _sought_in_vain(intent: str, now: datetime, payment: Payment) -> Changed:
    """Stripe's list could not be read: that counts as an asking in vain of each request of the intent."""
    for each in pending(payment, intent):
        payment = sought_in_vain(payment, each, now)
    return payment, ()


def _money_of(payment: Payment, wanted: Wanted) -> tuple[Money, str]:
    """What is to go back and of which intent; the errors say what is there."""
    left = room(payment)
    if not left:
        if payment.balance.received:
            raise TryAgain("Stripe has not told yet how this was paid; send the same request again in a moment.")
        raise NothingToRefund("Nothing was received for this payment, so there is nothing to refund.")
    keys = {intent: (intent, currency) for intent, currency in sorted(left)}
    if wanted.intent is None and len(keys) > 1:
        raise IntentRequired(f"This was paid {len(keys)} times; name the intent to refund: {', '.join(keys)}.")
    intent, currency = keys.get(wanted.intent or next(iter(keys)), (None, ""))
    if intent is None:
        raise NothingToRefund("Nothing was received by this intent; the payment lists what is refundable.")
    refundable = Money(left[intent, currency], currency)
    if not refundable.amount:
        raise NothingToRefund("All of it went back already, or is asked for by another refund.")
    if wanted.amount is not None and wanted.amount > refundable.amount:
        raise RefundExceeds(f"At most {refundable} can be refunded; ask for less.", refundable.amount)
    return Money(refundable.amount if wanted.amount is None else wanted.amount, currency), intent


def _answered_already() -> NotWithdrawable:
    return NotWithdrawable("This refund was answered already; reload the payment, it shows how.")
