"""What is to be issued of a payment: an invoice once its money is accepted, a credit note for each refund that
succeeded, and the cancellation of one whose refund failed after all.

It is what the facts call for, less what the payment says was issued. What was issued stays as it is, whatever is
learned later: money beyond an invoice's sums may go back without a credit note, however it came to be there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from payments.domain.documents import Counter, Document, DocumentKind, Draft, Seller
from payments.domain.facts import Refund, RefundState
from payments.domain.money import Currency, Money
from payments.domain.payment import Payment

_FAILED = (RefundState.FAILED, RefundState.CANCELED)


def next_draft(payment: Payment, first_day: datetime | None) -> Draft | None:
    """What is to be issued next; None if nothing is.

    A payment that was accepted before invoices were issued, on `first_day`, gets none, and so no credit notes; without
    a day none does.
    """
    if payment.invoice:
        return next(_corrections(payment), None)
    if not payment.is_accepted or first_day is None or _was_accepted_before(payment, first_day):
        return None
    return Draft(DocumentKind.INVOICE, "", payment.balance.accepted_sums)


def issued(payment: Payment, draft: Draft, counter: Counter, seller: Seller) -> Payment:
    """The payment with the document, under the number and of the day that `counter` stands at."""
    document = Document(counter.number, draft.kind, draft.ref, draft.sums, counter.day, seller)
    return payment.but(documents=(*payment.documents, document))


def year_of(counter: Counter | None, today: date) -> int:
    """Whose series goes on, given how that of today's year stands: once the next one is open, none of it is issued."""
    return today.year + 1 if counter and counter.is_closed else today.year


def _was_accepted_before(payment: Payment, day: datetime) -> bool:
    if payment.created_at >= day:
        return False
    facts = {key: fact for key, fact in payment.facts.items() if payment.learned.get(key, payment.created_at) < day}
    return replace(payment, facts=facts).is_accepted


def _corrections(payment: Payment) -> Iterator[Draft]:
    """Cancellations before credit notes: what they take back may be returned again."""
    refunds = {each.ref: each for each in payment.refunds}
    done = {(each.kind, each.ref) for each in payment.documents}
    for note in payment.documents:
        refund = refunds.get(note.ref)
        is_taken_back = (DocumentKind.CANCELLATION, note.ref) in done
        if note.kind is DocumentKind.CREDIT_NOTE and not is_taken_back and refund and refund.state in _FAILED:
            yield Draft(DocumentKind.CANCELLATION, note.ref, note.sums)
    waiting = [each for each in _succeeded(payment) if (DocumentKind.CREDIT_NOTE, each.ref) not in done]
    parts = _parts(payment, waiting)
    for refund in waiting:
        if refund.ref in parts:
            yield Draft(DocumentKind.CREDIT_NOTE, refund.ref, (parts[refund.ref],))


def _parts(payment: Payment, waiting: list[Refund]) -> Mapping[str, Money]:
    """What of each refund is to be credited, by its ref: what came in beyond the invoice went back with the first."""
    room = _uncredited(payment)
    parts: dict[str, Money] = {}
    for refund in reversed(waiting):
        part = min(refund.amount, room.get(refund.currency, 0))
        if part > 0:
            parts[refund.ref] = Money(part, refund.currency)
            room[refund.currency] -= part
    return parts


def _uncredited(payment: Payment) -> dict[Currency, int]:
    """By currency what went back beyond the excess, and beyond what credit notes say that were not taken back."""
    room: dict[Currency, int] = {}
    for refund in _succeeded(payment):
        room[refund.currency] = room.get(refund.currency, 0) + refund.amount
    for currency in room:
        received = sum(each.amount for each in payment.balance.received_sums if each.currency == currency)
        invoiced = _stated(payment, DocumentKind.INVOICE, currency)
        credited = _stated(payment, DocumentKind.CREDIT_NOTE, currency)
        taken_back = _stated(payment, DocumentKind.CANCELLATION, currency)
        room[currency] -= max(0, received - invoiced) + credited - taken_back
    return room


def _stated(payment: Payment, kind: DocumentKind, currency: Currency) -> int:
    sums = (each for document in payment.documents if document.kind is kind for each in document.sums)
    return sum(each.amount for each in sums if each.currency == currency)


def _succeeded(payment: Payment) -> list[Refund]:
    """In the order in which they were learned."""
    found = [each for each in payment.refunds if each.state is RefundState.SUCCEEDED]
    return sorted(found, key=lambda each: (payment.learned.get(each.key, payment.created_at), each.ref))
