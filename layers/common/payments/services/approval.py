"""Accepting a sum that is not what was asked: a person's decision, and a fact like any other."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.actors import admin
from payments.domain.errors import PaymentNotFound
from payments.domain.facts import Approval
from payments.domain.money import Money
from payments.domain.notices import Posting
from payments.domain.payment import Payment
from payments.services.recording import Payments, postings_of, record


class NothingToApprove(Exception):
    """The payment is not in review at that sum: an approval in advance would accept what is still to come."""


class Outbox(Protocol):
    def publish(self, postings: Sequence[Posting]) -> None: ...


def approve(payment_id: str, accepted: Money, *, by: str, store: Payments, outbox: Outbox, now: datetime) -> Payment:
    """The payment, accepted by someone although this sum was received and another asked; the mails of a payment follow.

    `by` names who decided. Approving the same sum again changes nothing, another sum is in review again.
    PaymentNotFound, or NothingToApprove if it is not in review at this sum, also where that came to be so just now.
    PublishFailed if the queue did not take the mails: the approval stands, and reconcile publishes them.
    """
    payment = store.payment(payment_id)
    if payment is None:
        raise PaymentNotFound(f"There is no payment {payment_id}.")
    decision = Approval(ref=f"{accepted.amount}-{accepted.currency}", by=by)

    def decided(payment: Payment) -> Iterator[Approval]:
        if decision.key in payment.facts:
            return
        if not payment.is_in_review or not payment.balance.is_at(accepted):
            raise NothingToApprove(f"{payment_id} is {payment.status}, and not in review at {accepted}.")
        yield decision

    actor = admin(f"adm_approval_{decision.ref}", "approval", by)
    payment, effects = record(store, payment, decided, actor=actor, now=now)
    outbox.publish(postings_of(payment.id, effects, timedelta()))
    return payment
