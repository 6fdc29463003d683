"""A payment: what was asked, and everything that follows from the facts learned about it."""

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from payments.domain.attention import Attention
from payments.domain.balance import Balance
from payments.domain.documents import Document, DocumentKind
from payments.domain.facts import (
    Asking,
    AskingState,
    Attempt,
    AttemptState,
    Dispute,
    DisputeState,
    Fact,
    Facts,
    FraudSignal,
    Intent,
    IntentState,
    Refund,
    RefundRequest,
    Replacement,
    ReplacementState,
    Session,
    SessionState,
    Shortage,
    ShortageState,
    failed_attempts,
)
from payments.domain.failures import Failure, told_to_business, told_to_customer
from payments.domain.identifiers import new_order_number, new_payment_id
from payments.domain.money import Money
from payments.domain.notices import Notice
from payments.domain.order import Order


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELED = "canceled"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially_refunded"
    IN_REVIEW = "in_review"

    @property
    def final(self) -> bool:
        """Nothing more is expected; a failed payment may still succeed by a later attempt."""
        return self not in (Status.PENDING, Status.PROCESSING)


class Way(StrEnum):
    """How a payment is paid: on Stripe's page, or in a form on ours."""

    HOSTED = "hosted"
    EMBEDDED = "embedded"


class DisputeStatus(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True)
class Customer:
    name: str
    email: str


# The versions of our request to Stripe: for one service, for an order's lines, and for a form on the page; and for a
# user, whose cards Stripe keeps, on the page and at Stripe's.
ONE_SERVICE, LINES, INTENT, USERS_INTENT, USERS_LINES = 1, 2, 3, 4, 5

# Whose payment it was, once that is erased; mails to the business read it as a name.
ERASED = Customer("(a customer who was erased)", "")


@dataclass(frozen=True)
class Asked:
    """When Stripe was last asked for something, and how often that was or its outcome was sought in vain.

    `spent` if asking again with the same idempotency key is of no use; `missed_at` when Stripe could last not even be
    asked what came of it.
    """

    at: datetime
    times: int = 1
    spent: bool = False
    missed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Payment:
    """`asked` is what our record says is to be paid, `way` how, `day` the order's day in the business's time zone.

    `raised` are the notices that were sent or are to be; one that was no longer true when its time came is taken out,
    and so can be raised again. `told` is, of each fact, the furthest state that Stripe itself told us of, and `learned`
    when its present state was learned. `more_failed` says that attempts failed which are not kept.

    `due_by` is when to do what, by its reason; `asked_at` when Stripe was last asked for a way to pay, in the version
    `parameters` of our request, and `refunds_asked` when for a refund, by the request's ref. `access_key` is the right
    to act on the payment, for whoever ordered; `claim` the hash of the Idempotency-Key that its request bore;
    `last_event` the last one that changed it.

    `customer_id` is what Stripe calls the user's customer; `payment_method` the saved card that it is to be paid with,
    and `save_method` whether one that is new is to be saved, None if that is for the form to ask.

    `stock_taken` is how many of each sku were taken from stock for it and not given back. `most_declines` is after how
    many of them it is closed. `documents` are what was issued of it, the invoice first.

    `erased_at` is when the person was taken out of it: what stays is what was bought, the money, and the ids.

    `needs` is the level of code that reading it rightly takes, `version` counts writes, for the store's conditions.
    `standing` and `stored` are what the store has of it: what had followed from the facts, and the item as it is.
    """

    id: str
    asked: Money
    order: Order
    customer: Customer
    return_url: str
    created_at: datetime
    expires_at: datetime
    updated_at: datetime
    day: str
    access_key: str = field(repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict)
    way: Way = Way.HOSTED
    user: str | None = None
    customer_id: str | None = None
    payment_method: str | None = None
    save_method: bool | None = None
    claim: str | None = None
    parameters: int = 1
    asked_at: datetime
    refunds_asked: Mapping[str, Asked] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    learned: Mapping[str, datetime] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    more_failed: bool = False
    raised: frozenset[Notice] = frozenset()
    due_by: Mapping[str, datetime] = field(default_factory=dict)
    attention: Attention | None = None
    stock_taken: Mapping[str, int] = field(default_factory=dict)
    most_declines: int | None = None
    documents: tuple[Document, ...] = ()
    erased_at: datetime | None = None
    last_event: str | None = None
    needs: int = 1
    version: int = 1
    standing: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)
    stored: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def new(
        cls,
        *,
        asked: Money,
        order: Order,
        customer: Customer,
        return_url: str,
        metadata: Mapping[str, str],
        claim: str | None = None,
        user: str | None = None,
        customer_id: str | None = None,
        payment_method: str | None = None,
        save_method: bool | None = None,
        day: str | None = None,
        most_declines: int | None = None,
        way: Way = Way.HOSTED,
        parameters: int = ONE_SERVICE,
        now: datetime,
        lifetime: timedelta,
    ) -> "Payment":
        """A payment that is about to be asked of Stripe, for an order that gets a number by it. What of it is stocked
        is taken with the first write."""
        asking = Asking(state=AskingState.OPEN)
        return cls(
            id=new_payment_id(),
            asked=asked,
            order=order if order.number else replace(order, number=new_order_number()),
            customer=customer,
            return_url=return_url,
            created_at=now,
            expires_at=now + lifetime,
            updated_at=now,
            day=day or f"{now:%Y-%m-%d}",
            access_key=secrets.token_urlsafe(16),
            metadata=dict(metadata),
            way=way,
            claim=claim,
            user=user,
            customer_id=customer_id,
            payment_method=payment_method,
            save_method=save_method,
            parameters=parameters,
            stock_taken=order.stocked,
            most_declines=most_declines,
            asked_at=now,
            facts={asking.key: asking},
            learned={asking.key: now},
        )

    def but(self, **changes: Any) -> "Payment":
        """The payment with something else than its facts changed; what was worked out from those stays known."""
        changed = replace(self, **changes)
        changed.__dict__.update({name: self.__dict__[name] for name in _WORKED_OUT if name in self.__dict__})
        return changed

    def erased(self, now: datetime) -> "Payment":
        """The payment without the person."""
        return self.but(
            customer=ERASED,
            user=None,
            customer_id=None,
            payment_method=None,
            save_method=None,
            metadata={},
            return_url="",
            order=self.order.erased(),
            erased_at=self.erased_at or now,
        )

    def opens_with(self, access_key: str) -> bool:
        """Whether that is the right to act on it; in a time that tells nothing of how much of it is right."""
        return hmac.compare_digest(self.access_key.encode(), access_key.encode(errors="replace"))

    @property
    def sku(self) -> str:
        return self.order.lines[0].sku

    @property
    def product_name(self) -> str:
        return self.order.name

    # The facts, by kind

    def _of[F: Fact](self, kind: type[F]) -> tuple[F, ...]:
        return tuple(fact for _, fact in sorted(self.facts.items()) if isinstance(fact, kind))

    @property
    def sessions(self) -> tuple[Session, ...]:
        return self._of(Session)

    @property
    def intents(self) -> tuple[Intent, ...]:
        return self._of(Intent)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return self._of(Attempt)

    @property
    def refunds(self) -> tuple[Refund, ...]:
        return self._of(Refund)

    @property
    def refund_requests(self) -> tuple[RefundRequest, ...]:
        return self._of(RefundRequest)

    @property
    def disputes(self) -> tuple[Dispute, ...]:
        return self._of(Dispute)

    @property
    def fraud_signals(self) -> tuple[FraudSignal, ...]:
        return self._of(FraudSignal)

    @property
    def replacements(self) -> tuple[Replacement, ...]:
        return self._of(Replacement)

    @property
    def shortages(self) -> tuple[Shortage, ...]:
        return self._of(Shortage)

    @property
    def open_shortages(self) -> tuple[Shortage, ...]:
        """What was paid for and is not there, as long as nobody has settled it."""
        return tuple(each for each in self.shortages if self.is_paid and each.state is ShortageState.OPEN)

    @property
    def stripe_ids(self) -> frozenset[str]:
        """The sessions, intents and charges by which Stripe's other objects name this payment.

        A charge that failed names it in its own metadata, and nothing else ever names that charge.
        """
        named = [fact.ref for fact in (*self.sessions, *self.intents)]
        live = (each for each in self.attempts if each.state is not AttemptState.FAILED)
        return frozenset(named + [each.charge for each in live if each.charge])

    # What takes its place

    @property
    def is_held(self) -> bool:
        """Its stock waits for an order that is about to take its place."""
        return any(each.state is ReplacementState.HELD for each in self.replacements)

    @property
    def replaced_by(self) -> str | None:
        """The payment that took its place."""
        return next((each.ref for each in self.replacements if each.state is ReplacementState.DONE), None)

    # What was issued

    @property
    def invoice(self) -> Document | None:
        return next(iter(self.documents), None)

    def document(self, kind: DocumentKind, ref: str) -> Document | None:
        """What of a kind was issued for a refund."""
        return next((each for each in self.documents if (each.kind, each.ref) == (kind, ref)), None)

    # Money

    @cached_property
    def balance(self) -> Balance:
        return Balance.of(self.asked, self.facts.values())

    @property
    def is_paid(self) -> bool:
        return self.balance.is_paid

    @property
    def is_accepted(self) -> bool:
        return self.balance.is_accepted

    @property
    def is_in_review(self) -> bool:
        return self.balance.is_in_review

    # Status

    @property
    def is_asked(self) -> bool:
        """Stripe has made a way to pay: a session, or an intent for a form on the page."""
        return bool(self.sessions or self.intents)

    @property
    def is_opened(self) -> bool:
        """What Stripe made to pay it by is known, and can be closed: of a session its intent may be all that was heard
        so far."""
        return bool(self.intents if self.way is Way.EMBEDDED else self.sessions)

    @property
    def is_canceled(self) -> bool:
        return bool(self.intents) and all(each.state is IntentState.CANCELED for each in self.intents)

    @property
    def is_key_spent(self) -> bool:
        """Asking Stripe again with the same idempotency key is of no use."""
        return any(each.state is AskingState.SPENT for each in self._of(Asking))

    @property
    def has_lapsed(self) -> bool:
        """The asking came to nothing."""
        return not self.is_asked and any(each.state is AskingState.LAPSED for each in self._of(Asking))

    @property
    def is_expired(self) -> bool:
        return self.has_lapsed or any(each.state is SessionState.EXPIRED for each in self.sessions)

    @property
    def is_over(self) -> bool:
        """It ended for good without money. An intent whose delayed payment failed is open again, and is not over."""
        gave_up = any(each.state is SessionState.ASYNC_FAILED for each in self.sessions)
        return not self.is_paid and (self.is_expired or self.is_canceled or gave_up)

    @property
    def is_processing(self) -> bool:
        return self.status is Status.PROCESSING

    def is_payable(self, now: datetime) -> bool:
        """Whether the customer can pay it now. Stripe may not have closed what is past its time."""
        return (
            self.is_asked and not self.is_over and not self.is_paid and not self.is_processing and now < self.expires_at
        )

    @property
    def is_cancelable(self) -> bool:
        """Stripe may be asked to close it: nothing was paid, nobody is paying, and it is not over."""
        return not (self.is_over or self.is_paid or self.is_processing)

    @cached_property
    def status(self) -> Status:
        """Follows from the facts alone, whatever the order in which they came."""
        if self.is_paid:
            return self._status_of_money()
        sessions = {each.state for each in self.sessions}
        attempts = {each.state for each in self.attempts}
        # Stripe cancels the intent of a session that expires after an attempt: expiry is the cause, and is told.
        if self.is_expired:
            return Status.EXPIRED
        if self.is_canceled:
            return Status.CANCELED
        if SessionState.ASYNC_FAILED in sessions:
            return Status.FAILED
        # A session completes by an attempt that is accepted, whatever was declined before and whether we know it yet.
        if SessionState.COMPLETE_UNPAID in sessions or AttemptState.PENDING in attempts:
            return Status.PROCESSING
        if AttemptState.FAILED in attempts:
            return Status.FAILED
        return Status.PENDING

    def _status_of_money(self) -> Status:
        if self.is_in_review:
            return Status.IN_REVIEW
        if self.balance.is_returned:
            return Status.REFUNDED
        return Status.PARTIALLY_REFUNDED if self.balance.given_back else Status.SUCCEEDED

    @property
    def checkout(self) -> Session | None:
        """The session that is open, None if there is none: retrying resumes it, never opens a second."""
        if self.is_over or self.is_paid or self.is_processing:
            return None
        return next((each for each in self.sessions if each.state is SessionState.OPEN), None)

    @property
    def settled_attempt(self) -> Attempt | None:
        """The attempt that was paid, else the one under way; None if there is neither."""
        for state in (AttemptState.SUCCEEDED, AttemptState.PENDING):
            found = [each for each in self.attempts if each.state is state]
            if found:
                return max(found, key=lambda attempt: attempt.recency)
        return None

    @property
    def transaction_id(self) -> str | None:
        """The charge's id once it is known, else the intent's; None before anyone tried to pay."""
        if self.settled_attempt and self.settled_attempt.charge:
            return self.settled_attempt.charge
        return self.intents[0].ref if self.intents else None

    @property
    def paid_at(self) -> datetime | None:
        """When the money was taken: the charge's time; None before, and as long as Stripe has not said it."""
        attempt = self.settled_attempt
        if attempt is None or attempt.state is not AttemptState.SUCCEEDED or attempt.created is None:
            return None
        return datetime.fromtimestamp(attempt.created, tz=UTC)

    @property
    def cause(self) -> Failure | None:
        """Why the last attempt failed, as Stripe tells the business; None for a payment that has not failed, or has
        succeeded since."""
        return self._why(told_to_business)

    @property
    def failure(self) -> Failure | None:
        """The same, as the customer may read it."""
        return self._why(told_to_customer)

    @property
    def is_cause_secret(self) -> bool:
        """The customer reads another code than the business."""
        return self.cause is not None and self.failure is not None and self.cause.code != self.failure.code

    def _why(self, told: Callable[[Attempt], Failure]) -> Failure | None:
        if self.is_paid or self.status in (Status.PENDING, Status.PROCESSING):
            return None
        if failed := failed_attempts(self.facts):
            return told(failed[0])
        if any(each.state is SessionState.ASYNC_FAILED for each in self.sessions):
            return Failure("async_payment_failed", "The payment was not completed by the bank.")
        return None

    @property
    def dispute(self) -> DisputeStatus | None:
        """Beside the status: open while any dispute or inquiry is, else how the last ended."""
        states = {each.state for each in self.disputes}
        if any(not state.is_closed for state in states):
            return DisputeStatus.OPEN
        if DisputeState.LOST in states:
            return DisputeStatus.LOST
        return DisputeStatus.WON if DisputeState.WON in states else None


# Depends on facts and on what was asked alone, and costs most where there are many.
_WORKED_OUT = ("balance", "status")
