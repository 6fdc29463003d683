"""Issuing invoices, credit notes and cancellations: the payment and the counter of the year in one write."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Protocol

from payments.domain.actors import LOOK
from payments.domain.documents import Counter, Seller
from payments.domain.invoice import issued, next_draft, year_of
from payments.domain.payment import Payment
from payments.domain.releases import CAME_LATER, INVOICE
from payments.domain.writes import Advance, Close, Write
from payments.services.recording import Changed, Payments, record


class IssuingStore(Payments, Protocol):
    def counter(self, year: int) -> Counter | None:
        """How far a year's series is; None if it was not opened."""


class _AllIssued(Exception):
    """Another has issued what there was."""

    def __init__(self, payment: Payment) -> None:
        self.payment = payment


@dataclass(frozen=True)
class Issuer:
    """`zone` is the business's: whose days and years documents have."""

    store: IssuingStore
    seller: Seller
    zone: tzinfo
    clock: Callable[[], datetime]

    def issue(self, payment: Payment) -> Payment:
        """The payment with everything issued that it calls for; a call or more only if there is something.

        TryAgain if too many issue at once: it stays due, for reconcile.
        """
        now = self.clock()
        first_day = self.store.first_days(CAME_LATER, now).get(INVOICE)
        if next_draft(payment, first_day) is None:
            return payment

        def issuing(payment: Payment) -> Changed:
            return self._issued(payment, first_day)

        try:
            payment, _ = record(self.store, payment, (), actor=LOOK, now=now, change=issuing)
        except _AllIssued as done:
            return done.payment
        return payment

    def _issued(self, payment: Payment, first_day: datetime | None) -> Changed:
        """The day is taken and the counter read anew each time: another may have issued, and midnight passed."""
        if next_draft(payment, first_day) is None:
            raise _AllIssued(payment)
        today = self.clock().astimezone(self.zone).date()
        year, read = today.year, self.store.counter(today.year)
        if year_of(read, today) != year:
            year += 1
            read = self.store.counter(year)
        counter = read or Counter(year, 0, today)
        while draft := next_draft(payment, first_day):
            counter = counter.next(today)
            payment = issued(payment, draft, counter, self.seller)
        writes: tuple[Write, ...] = (Advance(counter, read),)
        return payment, writes if read else (*writes, Close(year - 1))
