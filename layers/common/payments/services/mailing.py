"""Sending a notice once: claim it, ask whether it is still true, send it, record it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from payments.domain.actors import LOOK
from payments.domain.errors import ClaimLost, NewerRelease, PublishFailed, TryAgain
from payments.domain.learning import calls_for
from payments.domain.mail import Letter, MailRejected, MailUnavailable
from payments.domain.notices import Notice, NoticeClaim, NoticeKind, NoticeState, Posting
from payments.domain.payment import Payment
from payments.domain.reservations import holds_over
from payments.domain.writes import Retract
from payments.services.issuing import Issuer, IssuingStore
from payments.services.letters import Business, letter
from payments.services.recording import Changed, record

# The function's timeout < the lease < the queue's visibility timeout; a test holds this against template.yaml.
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 12
# By now, a quarter of an hour in, it is no hiccup: someone should look while there is still time.
STUCK_ATTEMPT = 6
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)
# What the queue can hold a message back for; what is due later is published by reconcile.
LONGEST_DELAY = timedelta(seconds=900)
# The table keeps whole seconds.
ROUNDING = timedelta(seconds=1)


class MailOutcome(StrEnum):
    SENT = "sent"
    MOOT = "moot"
    REJECTED = "rejected"
    POSTPONED = "postponed"
    STUCK = "stuck"
    GAVE_UP = "gave_up"
    NOT_OURS = "not_ours"
    FOR_NEWER_CODE = "for_newer_code"

    @property
    def needs_attention(self) -> bool:
        """Someone goes without mail until a person does something, or is likely to."""
        return self in (MailOutcome.REJECTED, MailOutcome.STUCK, MailOutcome.GAVE_UP)


@dataclass(frozen=True)
class Delivery:
    """What became of a notice; `waited` is how long a mail that was sent had been due, `reason` why one was not."""

    outcome: MailOutcome
    waited: timedelta | None = None
    reason: str | None = None


class MailStore(IssuingStore, Protocol):
    def claim_notice(self, payment_id: str, notice: Notice, now: datetime, lease: timedelta) -> NoticeClaim | None: ...

    def settle_notice(
        self, payment_id: str, notice: Notice, attempt: int, state: NoticeState, now: datetime, note: str | None
    ) -> None: ...

    def postpone_notice(self, payment_id: str, notice: Notice, attempt: int, send_at: datetime, note: str) -> None: ...


class Mailer(Protocol):
    def send(self, letter: Letter) -> str:
        """The mail service's message id; MailRejected or MailUnavailable if it did not take the letter."""


class Outbox(Protocol):
    def publish(self, postings: Sequence[Posting]) -> None:
        """PublishFailed if not all were taken."""


def deliver(
    payment_id: str,
    notice: Notice,
    *,
    business: Business,
    store: MailStore,
    issuer: Issuer,
    mailer: Mailer,
    outbox: Callable[[], Outbox],
    clock: Callable[[], datetime],
) -> Delivery:
    """Send a notice that is due; NOT_OURS if it was sent, is not yet due, or another is at it.

    Sent once, but for one window: the mail service took the letter and this process died, or lost the answer,
    before that was recorded. A payment that is for newer code keeps its notice due, and loses but this message.
    What cannot be sent now is published again for when it is due; `outbox` is asked for only then. What the payment
    calls for is issued first, so that the mail can name it.
    """
    try:
        payment = store.payment(payment_id)
        if payment:
            # Reconcile issues it, should it be too busy for that now: the mail need not wait.
            with suppress(TryAgain):
                payment = issuer.issue(payment)
    except NewerRelease:
        return Delivery(MailOutcome.FOR_NEWER_CODE)
    claim = store.claim_notice(payment_id, notice, clock(), LEASE)
    if claim is None:
        return Delivery(MailOutcome.NOT_OURS)
    return _try(payment, _Claimed(payment_id, notice, claim, store, outbox, clock), business, mailer)


@dataclass(frozen=True)
class _Claimed:
    """A notice that this sender holds; each of its ends is recorded."""

    payment_id: str
    notice: Notice
    claim: NoticeClaim
    store: MailStore
    outbox: Callable[[], Outbox]
    clock: Callable[[], datetime]

    @property
    def attempt(self) -> int:
        return self.claim.attempt

    def sent(self, message_id: str) -> Delivery:
        self._settle(NoticeState.SENT, message_id)
        return Delivery(MailOutcome.SENT, waited=self.clock() - self.claim.due_since)

    def end(self, outcome: MailOutcome, reason: str) -> Delivery:
        """It will not be sent."""
        self._settle(NoticeState(outcome.value), reason)
        return Delivery(outcome, reason=reason)

    def postpone(self, pause: timedelta, reason: str) -> Delivery:
        self.store.postpone_notice(self.payment_id, self.notice, self.attempt, self.clock() + pause, reason)
        delay = pause + ROUNDING
        if delay <= LONGEST_DELAY:
            # Should the queue not take it, reconcile finds it overdue.
            with suppress(PublishFailed):
                self.outbox().publish([Posting(self.payment_id, self.notice, int(delay.total_seconds()))])
        return Delivery(MailOutcome.POSTPONED, reason=reason)

    def _settle(self, state: NoticeState, note: str) -> None:
        self.store.settle_notice(self.payment_id, self.notice, self.attempt, state, self.clock(), note)


def _try(payment: Payment | None, claimed: _Claimed, business: Business, mailer: Mailer) -> Delivery:
    """Send a claimed notice if it is true, and record how that ended."""
    notice = claimed.notice
    if claimed.attempt > MOST_ATTEMPTS:
        # Its senders died each time, before they could say why.
        return claimed.end(MailOutcome.GAVE_UP, "no attempt came to an end")
    if payment is None:
        return claimed.end(MailOutcome.MOOT, "there is no such payment")
    if notice.kind is NoticeKind.ADMIN_COPY and not business.wants_copies:
        return claimed.end(MailOutcome.MOOT, "copies are not wanted")
    if holds_over(payment, claimed.clock()):
        # Until that is learned it keeps quiet about what is true again.
        try:
            payment, _ = record(claimed.store, payment, (), actor=LOOK, now=claimed.clock())
        except TryAgain:
            return claimed.postpone(timedelta(), "the payment changed")
    if not calls_for(payment, notice):
        return _retracted(payment, claimed)
    try:
        message_id = mailer.send(letter(notice, payment, business))
    except MailRejected as error:
        return claimed.end(MailOutcome.REJECTED, str(error))
    except MailUnavailable as error:
        if claimed.attempt >= MOST_ATTEMPTS:
            return claimed.end(MailOutcome.GAVE_UP, str(error))
        postponed = claimed.postpone(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (claimed.attempt - 1)), str(error))
        return replace(postponed, outcome=MailOutcome.STUCK) if claimed.attempt == STUCK_ATTEMPT else postponed
    return claimed.sent(message_id)


class _TrueAgain(Exception):
    """Something was learned just now that makes the notice true."""


def _retracted(payment: Payment, claimed: _Claimed) -> Delivery:
    """Take back a notice that is not true, so that it is raised again should it become true."""
    notice, reason = claimed.notice, "no longer true"

    def retracted(payment: Payment) -> Changed:
        if calls_for(payment, notice):
            raise _TrueAgain
        return replace(payment, raised=payment.raised - {notice}), (Retract(notice, claimed.attempt, reason),)

    try:
        record(claimed.store, payment, (), actor=LOOK, now=claimed.clock(), change=retracted)
    except ClaimLost:
        return Delivery(MailOutcome.NOT_OURS)
    except (_TrueAgain, TryAgain):
        return claimed.postpone(timedelta(), "the payment changed")
    return Delivery(MailOutcome.MOOT, reason=reason)
