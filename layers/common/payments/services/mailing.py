"""Sending a notice once: claim it, ask whether it is still true, send it, record it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from payments.domain.actors import LOOK
from payments.domain.errors import ClaimLost, NewerRelease, TryAgain
from payments.domain.learning import calls_for
from payments.domain.mail import Letter, MailRejected, MailUnavailable
from payments.domain.notices import Notice, NoticeClaim, NoticeKind, NoticeState
from payments.domain.payment import Payment
from payments.domain.writes import Retract
from payments.services.letters import Business, letter
from payments.services.recording import Changed, Payments, record

# The function's timeout < the lease < the queue's visibility timeout; a test holds this against template.yaml.
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 12
# By now, a quarter of an hour in, it is no hiccup: someone should look while there is still time.
STUCK_ATTEMPT = 6
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)


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
    """What became of a notice; `waited` is how long a mail that was sent had been due, `why` the reason for one that
    was not: the mail service's code, and never an address."""

    outcome: MailOutcome
    waited: timedelta | None = None
    why: str | None = None


class MailStore(Payments, Protocol):
    def claim_notice(self, payment_id: str, notice: Notice, now: datetime, lease: timedelta) -> NoticeClaim | None: ...

    def settle_notice(
        self, payment_id: str, notice: Notice, attempt: int, state: NoticeState, now: datetime, note: str | None
    ) -> None: ...

    def postpone_notice(self, payment_id: str, notice: Notice, attempt: int, send_at: datetime, note: str) -> None: ...


class Mailer(Protocol):
    def send(self, letter: Letter) -> str:
        """The mail service's message id; MailRejected or MailUnavailable if it did not take the letter."""


def deliver(
    payment_id: str,
    notice: Notice,
    *,
    business: Business,
    store: MailStore,
    mailer: Mailer,
    clock: Callable[[], datetime],
) -> Delivery:
    """Send a notice that is due; NOT_OURS if it was sent, is not yet due, or another is at it.

    Sent once, but for one window: the mail service took the letter and this process died, or lost the answer,
    before that was recorded. A payment that is for newer code keeps its notice due, and loses but this message.
    """
    try:
        payment = store.payment(payment_id)
    except NewerRelease:
        return Delivery(MailOutcome.FOR_NEWER_CODE)
    claim = store.claim_notice(payment_id, notice, clock(), LEASE)
    if claim is None:
        return Delivery(MailOutcome.NOT_OURS)
    outcome, why = _try(payment_id, payment, notice, claim.attempt, business, store, mailer, clock)
    return Delivery(outcome, clock() - claim.due_since if outcome is MailOutcome.SENT else None, why)


def _try(
    payment_id: str,
    payment: Payment | None,
    notice: Notice,
    attempt: int,
    business: Business,
    store: MailStore,
    mailer: Mailer,
    clock: Callable[[], datetime],
) -> tuple[MailOutcome, str | None]:
    """Send a claimed notice if it is true, and record how that ended: the outcome, and why it was not sent."""
    if attempt > MOST_ATTEMPTS:
        # Its senders died each time, before they could say why.
        why = "no attempt came to an end"
        store.settle_notice(payment_id, notice, attempt, NoticeState.GAVE_UP, clock(), why)
        return MailOutcome.GAVE_UP, why
    if payment is None:
        store.settle_notice(payment_id, notice, attempt, NoticeState.MOOT, clock(), "there is no such payment")
        return MailOutcome.MOOT, None
    if notice.kind is NoticeKind.ADMIN_COPY and not business.wants_copies:
        store.settle_notice(payment_id, notice, attempt, NoticeState.MOOT, clock(), "copies are not wanted")
        return MailOutcome.MOOT, None
    if not calls_for(payment, notice):
        return _retracted(payment, notice, attempt, store, clock), None
    try:
        message_id = mailer.send(letter(notice, payment, business))
    except MailRejected as error:
        store.settle_notice(payment_id, notice, attempt, NoticeState.REJECTED, clock(), str(error))
        return MailOutcome.REJECTED, str(error)
    except MailUnavailable as error:
        if attempt >= MOST_ATTEMPTS:
            store.settle_notice(payment_id, notice, attempt, NoticeState.GAVE_UP, clock(), str(error))
            return MailOutcome.GAVE_UP, str(error)
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
        store.postpone_notice(payment_id, notice, attempt, clock() + pause, str(error))
        return MailOutcome.STUCK if attempt == STUCK_ATTEMPT else MailOutcome.POSTPONED, str(error)
    store.settle_notice(payment_id, notice, attempt, NoticeState.SENT, clock(), message_id)
    return MailOutcome.SENT, None


class _TrueAgain(Exception):
    """Something was learned just now that makes the notice true."""


def _retracted(
    payment: Payment, notice: Notice, attempt: int, store: MailStore, clock: Callable[[], datetime]
) -> MailOutcome:
    """Take back a notice that is not true, so that it is raised again should it become true."""

    def retracted(payment: Payment) -> Changed:
        if calls_for(payment, notice):
            raise _TrueAgain
        return replace(payment, raised=payment.raised - {notice}), (Retract(notice, attempt, "no longer true"),)

    try:
        record(store, payment, (), actor=LOOK, now=clock(), change=retracted)
    except ClaimLost:
        return MailOutcome.NOT_OURS
    except (_TrueAgain, TryAgain):
        store.postpone_notice(payment.id, notice, attempt, clock(), "the payment changed")
        return MailOutcome.POSTPONED
    return MailOutcome.MOOT
