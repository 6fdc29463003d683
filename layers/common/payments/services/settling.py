"""Settling a shortage: what was not there when it was paid is taken from stock after all, or will not be delivered."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.actors import act_id, admin
from payments.domain.errors import NothingLeft, NothingToSettle, PaymentNotFound, StockTooLow
from payments.domain.facts import Shortage, ShortageState
from payments.domain.payment import Payment
from payments.services.acting import Acted
from payments.services.recording import Payments, postings_of, record


class SettlingStore(Payments, Protocol):
    def stock(self, skus: list[str]) -> dict[str, int]: ...


def settle(
    payment_id: str, sku: str, resolution: ShortageState, *, by: str, store: SettlingStore, now: datetime
) -> Acted:
    """The payment with a product's shortage supplied, which takes it from stock in the same transaction, or waived.

    Not new if that was done already. What was waived may be supplied later; what was supplied stays so.
    PaymentNotFound, NothingToSettle, StockTooLow if so many are not there; NewerRelease if it is to be left to newer
    code, TryAgain if too many others write at once.
    """
    payment = store.payment(payment_id)
    if payment is None:
        raise PaymentNotFound

    def settled(payment: Payment) -> Iterator[Shortage]:
        shortage = _missing(payment, sku)
        if shortage.state is resolution:
            return
        if shortage.state is ShortageState.SUPPLIED:
            raise NothingToSettle("This was taken from stock already; put it back there if it is not delivered.")
        yield replace(shortage, state=resolution, by=by)

    actor = admin(act_id(f"shortage_{resolution}", by, sku), f"shortage_{resolution}", by)
    try:
        payment, effects = record(store, payment, settled, actor=actor, now=now)
    except NothingLeft:
        raise StockTooLow(sku, store.stock([sku]).get(sku, 0)) from None
    postings = postings_of(payment.id, effects, timedelta())
    return Acted(payment, is_new=bool(effects.changes), status=effects.status, postings=postings)


def _missing(payment: Payment, sku: str) -> Shortage:
    found = next((each for each in payment.shortages if each.ref == sku), None)
    # Taken before it is paid, nothing would be there to take from once it is, and the money could not be learned.
    if found is None or not payment.is_paid:
        raise NothingToSettle("Nothing that was paid for is missing of this product; see the payment's shortages.")
    return found
