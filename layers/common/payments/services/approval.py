"""Accepting an amount that is not what was asked: a person's decision, and a fact like any other."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.errors import PaymentNotFound
from payments.domain.facts import Approval
from payments.domain.notices import Posting
from payments.domain.payment import Payment
from payments.services.recording import Payments, postings_of, record


class NothingToApprove(Exception):
    """The payment is not in review: an approval in advance would accept any amount that is still to come."""


class Outbox(Protocol):
    def publish(self, postings: Sequence[Posting]) -> None: ...


def approve(payment_id: str, by: str, *, store: Payments, outbox: Outbox, now: datetime) -> Payment:
    """The payment, accepted by someone although something else was received than asked; the mails of a payment follow.

    `by` names who decided. Approving again changes nothing. PaymentNotFound, or NothingToApprove if it is not in
    review. PublishFailed if the queue did not take the mails: the approval stands, and reconcile publishes them.
    """
    payment = store.payment(payment_id)
    if payment is None:
        raise PaymentNotFound(f"There is no payment {payment_id}.")
    if not payment.is_in_review and not payment.is_approved:
        raise NothingToApprove(f"{payment_id} is {payment.status}; only a payment in review is approved.")
    payment, effects = record(store, payment, [Approval(ref=by)], now=now)
    outbox.publish(postings_of(payment.id, effects, timedelta()))
    return payment
