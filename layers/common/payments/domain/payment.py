"""A payment: what was asked, and everything that follows from the facts learned about it."""

import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from payments.domain.facts import (
    Approval,
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
    RefundState,
    Request,
    RequestState,
    Session,
    SessionState,
)
from payments.domain.money import Money
from payments.domain.notices import Notice

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PAYMENT_ID = re.compile(r"pay_[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII)


def new_payment_id() -> str:
    """`pay_` and a ULID: 48 bits of time, then 80 random bits, for the id is the right to read the status."""
    number = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    return "pay_" + "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def is_payment_id(text: object) -> bool:
    return isinstance(text, str) and PAYMENT_ID.fullmatch(text) is not None


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


class DisputeStatus(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True)
class Customer:
    name: str
    email: str


@dataclass(frozen=True)
class Failure:
    """Why the last attempt failed: Stripe's code, and a sentence that a customer may read."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Payment:
    """`asked` is what our record says is to be paid.

    `raised` are the notices that were sent or are to be; one that was no longer true when its time came is taken
    out, and so can be raised again. `look_at` is when to ask Stripe for news, `key_hash` the Idempotency-Key of the
    request that made it (hashed), `last_event` the last one that changed it. `version` counts writes, for the store's
    conditions.
    """

    id: str
    asked: Money
    sku: str
    product_name: str
    customer: Customer
    return_url: str
    created_at: datetime
    expires_at: datetime
    updated_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    raised: frozenset[Notice] = frozenset()
    look_at: datetime | None = None
    key_hash: str | None = None
    last_event: str | None = None
    version: int = 1

    @classmethod
    def request(
        cls,
        *,
        asked: Money,
        sku: str,
        product_name: str,
        customer: Customer,
        return_url: str,
        metadata: Mapping[str, str],
        key_hash: str | None = None,
        now: datetime,
        lifetime: timedelta,
    ) -> "Payment":
        """A payment that is about to be asked of Stripe."""
        request = Request(state=RequestState.OPEN)
        return cls(
            id=new_payment_id(),
            asked=asked,
            sku=sku,
            product_name=product_name,
            customer=customer,
            return_url=return_url,
            created_at=now,
            expires_at=now + lifetime,
            updated_at=now,
            metadata=dict(metadata),
            key_hash=key_hash,
            facts={request.key: request},
        )

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
    def disputes(self) -> tuple[Dispute, ...]:
        return self._of(Dispute)

    @property
    def fraud_signals(self) -> tuple[FraudSignal, ...]:
        return self._of(FraudSignal)

    @property
    def stripe_ids(self) -> frozenset[str]:
        """The sessions, intents and charges by which Stripe's other objects name this payment."""
        named = [fact.ref for fact in (*self.sessions, *self.intents)]
        return frozenset(named + [each.charge for each in self.attempts if each.charge])

    # Money

    @property
    def received(self) -> Money | None:
        """What Stripe says was paid, None if nothing was.

        Captured charges and succeeded intents say the same, so the greater of both counts (one may not have
        arrived yet); a paid session's total speaks only where neither is known. Money in a currency that we
        did not ask for outweighs, so that it shows.
        """
        captured = _total(each for each in self.attempts if each.state is AttemptState.SUCCEEDED)
        intents = _total(each for each in self.intents if each.state is IntentState.SUCCEEDED)
        sessions = _total(each for each in self.sessions if each.state is SessionState.PAID)
        known = {currency: max(captured.get(currency, 0), intents.get(currency, 0)) for currency in captured | intents}
        totals = known or sessions
        if not totals:
            return None
        foreign = sorted(currency for currency in totals if currency != self.asked.currency)
        currency = foreign[0] if foreign else self.asked.currency
        return Money(totals[currency], currency)

    @property
    def returned(self) -> int:
        """Refunds that are under way or done, in minor units of what was received."""
        under_way_or_done = (RefundState.PENDING, RefundState.SUCCEEDED)
        return sum(each.amount for each in self.refunds if each.state in under_way_or_done)

    @property
    def is_approved(self) -> bool:
        return bool(self._of(Approval))

    @property
    def is_accepted(self) -> bool:
        """Received is what was asked, or someone approved of the difference."""
        return self.received is not None and (self.received == self.asked or self.is_approved)

    @property
    def is_in_review(self) -> bool:
        """Something else than what was asked was received, and neither approved nor evened out by refunds."""
        if self.received is None or self.is_accepted:
            return False
        kept = self.received.amount - self.returned
        evened_out = kept == 0 or (kept == self.asked.amount and self.received.currency == self.asked.currency)
        return not evened_out

    # Status

    @property
    def is_canceled(self) -> bool:
        return bool(self.intents) and all(each.state is IntentState.CANCELED for each in self.intents)

    @property
    def has_lapsed(self) -> bool:
        """The request came to nothing: there is no session."""
        return not self.sessions and any(each.state is RequestState.LAPSED for each in self._of(Request))

    @property
    def is_expired(self) -> bool:
        return self.has_lapsed or any(each.state is SessionState.EXPIRED for each in self.sessions)

    @property
    def status(self) -> Status:
        """Follows from the facts alone, whatever the order in which they came."""
        if self.received is not None:
            return self._status_of_money(self.received)
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

    def _status_of_money(self, received: Money) -> Status:
        if self.is_in_review:
            return Status.IN_REVIEW
        if not self.returned:
            return Status.SUCCEEDED
        return Status.REFUNDED if self.returned >= received.amount else Status.PARTIALLY_REFUNDED

    @property
    def checkout(self) -> Session | None:
        """The session that can still be paid, None if there is none: retrying resumes it, never opens a second."""
        if self.status not in (Status.PENDING, Status.FAILED):
            return None
        return next((each for each in self.sessions if each.state is SessionState.OPEN), None)

    @property
    def settled_attempt(self) -> Attempt | None:
        """The attempt that was paid, else the one under way; None if there is neither."""
        for state in (AttemptState.SUCCEEDED, AttemptState.PENDING):
            found = [each for each in self.attempts if each.state is state]
            if found:
                return max(found, key=_recency)
        return None

    @property
    def transaction_id(self) -> str | None:
        """The charge's id once it is known, else the intent's; None before anyone tried to pay."""
        if self.settled_attempt and self.settled_attempt.charge:
            return self.settled_attempt.charge
        return self.intents[0].ref if self.intents else None

    @property
    def failure(self) -> Failure | None:
        """Why it failed, as the customer may read it; None for a payment that has not failed, or has succeeded since.

        Of a bank debit, Stripe tells the business what became of "the customer's" account.
        """
        if self.received is not None or self.status in (Status.PENDING, Status.PROCESSING):
            return None
        failed = [each for each in self.attempts if each.state is AttemptState.FAILED]
        if failed:
            last = max(failed, key=_recency)
            message = last.failure_message or "The payment failed."
            if "customer" in message.lower():
                message = "The bank did not make the payment."
            return Failure(last.failure_code or "payment_failed", message)
        if any(each.state is SessionState.ASYNC_FAILED for each in self.sessions):
            return Failure("async_payment_failed", "The payment was not completed by the bank.")
        return None

    @property
    def dispute(self) -> DisputeStatus | None:
        """Beside the status: open while any dispute or inquiry is, else how the last ended."""
        states = {each.state for each in self.disputes}
        if states - _CLOSED_DISPUTES:
            return DisputeStatus.OPEN
        if DisputeState.LOST in states:
            return DisputeStatus.LOST
        return DisputeStatus.WON if DisputeState.WON in states else None


_CLOSED_DISPUTES = {DisputeState.WARNING_CLOSED, DisputeState.PREVENTED, DisputeState.LOST, DisputeState.WON}


def _total(facts: Iterable[Attempt | Intent | Session]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for fact in facts:
        totals[fact.currency] = totals.get(fact.currency, 0) + fact.amount
    return totals


def _recency(attempt: Attempt) -> tuple[int, str]:
    return attempt.created or 0, attempt.ref
