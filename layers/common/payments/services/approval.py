"""Accepting a sum that is not what was asked: a person's decision, and a fact like any other."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from payments.domain.actors import act_id, admin
from payments.domain.errors import NothingToApprove, PaymentNotFound
from payments.domain.facts import Approval
from payments.domain.money import Money, listed
from payments.domain.payment import Payment
from payments.services.acting import Acted
from payments.services.recording import Payments, postings_of, record


def approve(payment_id: str, accepted: Money, *, by: str, store: Payments, now: datetime) -> Acted:
    """The payment, accepted by someone although this sum was received and another asked; the mails of a payment follow.

    `by` names who decided. Not new if this sum was approved already, which changes nothing. Whatever comes later makes
    another sum, which is in review again. PaymentNotFound, or NothingToApprove if it is not in review at this sum, also
    where that came to be so just now; NewerRelease if it is to be left to newer code, TryAgain if too many others write
    at once.
    """
    payment = store.payment(payment_id)
    if payment is None:
        raise PaymentNotFound(f"There is no payment {payment_id}.")

    def decided(payment: Payment) -> Iterator[Approval]:
        balance, decision = payment.balance, Approval(ref=payment.balance.approval_of(accepted), by=by)
        if decision.key in payment.facts and balance.is_at(accepted):
            return
        if not payment.is_in_review:
            raise NothingToApprove(
                f"{payment_id} is not in review, but {payment.status}; received: {listed(balance.received_sums)}."
            )
        if accepted not in balance.unaccepted:
            raise NothingToApprove(f"{payment_id} is in review at {listed(balance.unaccepted)}, and not at {accepted}.")
        yield decision

    actor = admin(act_id("approval", by, payment.balance.approval_of(accepted)), "approval", by)
    payment, effects = record(store, payment, decided, actor=actor, now=now)
    postings = postings_of(payment.id, effects, timedelta())
    return Acted(payment, is_new=bool(effects.changes), status=effects.status, postings=postings)
