"""Having a mail sent again: the notice is due once more, if it was sent or in vain and is still true."""

from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.actors import LOOK, act_id
from payments.domain.errors import NoticeNotFound, NotResendable, PaymentNotFound
from payments.domain.learning import calls_for
from payments.domain.notices import Notice, NoticeStanding, NoticeState, Posting
from payments.domain.payment import Payment
from payments.domain.writes import AuditEntry, Note, Resend
from payments.services.acting import Acted
from payments.services.recording import Changed, Payments, postings_of, record

# Within so long a second request is the same one again, such as another click.
REPETITION = timedelta(minutes=1)


class ResendingStore(Payments, Protocol):
    def notice(self, payment_id: str, notice: Notice) -> NoticeStanding | None: ...


class _UnderWay(Exception):
    """It is due already, or was sent again just now."""


def resend(payment_id: str, notice: Notice, *, by: str, store: ResendingStore, now: datetime) -> Acted:
    """The payment with a notice due again, in one transaction with who wanted that; nothing if it is so already.

    PaymentNotFound or NoticeNotFound; NotResendable while the mailer holds it, and for what is not to be told any more.
    """
    payment = store.payment(payment_id)
    if payment is None:
        raise PaymentNotFound

    def due_again(payment: Payment) -> Changed:
        state = _checked(payment, notice, store.notice(payment.id, notice), now)
        id_ = act_id("resend", by, f"{notice}_{now:%Y%m%dT%H%M%S}")
        entry = AuditEntry(id_, "resend", (f"notice#{notice}: {state} -> {NoticeState.DUE}",), now, by)
        return payment, (Resend(notice), Note(entry))

    try:
        payment, effects = record(store, payment, (), actor=LOOK, now=now, change=due_again)
    except _UnderWay:
        return Acted(payment, is_new=False)
    postings = (Posting(payment.id, notice), *postings_of(payment.id, effects, timedelta()))
    return Acted(payment, is_new=True, status=effects.status, postings=postings)


def _checked(payment: Payment, notice: Notice, standing: NoticeStanding | None, now: datetime) -> NoticeState:
    """How the notice ended that can be sent again."""
    if standing is None:
        raise NoticeNotFound(f"The payment has no mail {notice}; its notices name those that there are.")
    if standing.state is NoticeState.DUE or (standing.resent_at and now - standing.resent_at < REPETITION):
        raise _UnderWay
    if standing.state is NoticeState.CLAIMED:
        raise NotResendable("This mail is being sent just now; look again in a minute.")
    if not standing.state.is_resendable:
        raise NotResendable(f"This mail was not to be sent: {standing.note}.")
    if not calls_for(payment, notice):
        raise NotResendable("What this mail says is no longer so, and is not told again.")
    return standing.state
