"""Accepting a sum that is not what was asked: a person's decision, and a fact like any other."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.actors import admin
from payments.domain.errors import PaymentNotFound
from payments.domain.facts import Approval
from payments.domain.money import Money, listed
from payments.domain.notices import Posting
from payments.domain.payment import Payment
from payments.services.recording import Payments, postings_of, record


class NothingToApprove(Exception):
    """The payment is not in review at that sum: an approval in advance would accept what is still to come."""


class Outbox(Protocol):
    def publish(self, postings: Sequence[Posting]) -> None: ...


def approve(
    payment_id: str, accepted: Money, *, by: str, store: Payments, outbox: Outbox, now: datetime
) -> tuple[Payment, bool]:
    """The payment, accepted by someone although this sum was received and another asked; the mails of a payment follow.

    `by` names who decided. False beside it if this sum was approved already, which changes nothing. Whatever comes
    later makes another sum, which is in review again. PaymentNotFound, or NothingToApprove if it is not in review at
    this sum, also where that came to be so just now; NewerRelease if it is to be left to newer code, TryAgain if too
    many others write at once. PublishFailed if the queue did not take the mails: the approval stands, and reconcile
    publishes them.
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

    actor = admin(f"adm_approval_{payment.balance.approval_of(accepted)}", "approval", by)
    payment, effects = record(store, payment, decided, actor=actor, now=now)
    outbox.publish(postings_of(payment.id, effects, timedelta()))
    return payment, bool(effects.changes)
