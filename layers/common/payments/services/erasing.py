"""Taking a person out of payments: what is open is closed at Stripe first; the books stay.

Whose payments go, their customer at Stripe goes with them, and with that their saved cards.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.actors import ANSWER
from payments.domain.erasure import Erasure, Whom, WhomKind
from payments.domain.errors import Conflict, PaymentNotFound, StripeRefused, TryAgain, concerning
from payments.domain.facts import Fact
from payments.domain.looking import is_open, is_unanswered
from payments.domain.payment import Payment
from payments.domain.writes import AuditEntry, Note
from payments.services.asking import AskingStore
from payments.services.canceling import Closing
from payments.services.customers import Customers, CustomersAtStripe, CustomerStore
from payments.services.looking import known
from payments.services.recording import Changed, record

# How far it is, is written down after so many.
PORTION = 20
# After so many that cannot be erased now the others are left for another time, too.
PATIENCE = 3

type Report = Callable[[str, Exception], None]
"""Is told which payment, or of which erasure the customer, could not be erased yet, and why; it stays on the list."""


class ErasingStripe(Closing, CustomersAtStripe, Protocol):
    """Closes what is open, and has customers."""


class ErasureStore(AskingStore, CustomerStore, Protocol):
    def payments_of(self, whom: Whom) -> Sequence[str]:
        """Their ids, some thousand at most; those erased already are not among them."""

    def begin_erasure(self, erasure: Erasure) -> Erasure:
        """The erasure as it is stored: the one under way, if one is."""

    def save_erasure(self, erasure: Erasure) -> Erasure:
        """Conflict if another has written it since it was read."""


def erase(
    whom: Whom,
    *,
    by: str,
    salt: str,
    store: ErasureStore,
    stripe: ErasingStripe,
    now: datetime,
    report: Report,
) -> Erasure:
    """Begin to erase somebody, or go on with it. What cannot be erased now is later, by reconcile, and so is what was
    ordered in this very moment.

    `by` names who asks. The list is durable before the first payment is touched. PaymentNotFound where there is no
    payment by that id; TryAgain, NewerRelease and Stripe's failures end at `report`.
    """
    left = tuple(store.payments_of(whom))
    if not left and whom.kind is WhomKind.PAYMENT and store.payment(whom.value) is None:
        raise PaymentNotFound
    erasure = _begun(Erasure.of(whom, left, by=by, salt=salt, now=now), store)
    for further in _proceed(erasure, store, stripe, now, report):
        erasure = further
    # Whoever has cards and no payment has a customer, too; what is left here goes when it is gone on with.
    _is_forgotten(whom, erasure, store, stripe, now, report)
    return erasure


def _begun(erasure: Erasure, store: ErasureStore) -> Erasure:
    """The erasure as it is stored; of one that is under way, what was ordered since is on its list, too."""
    begun = store.begin_erasure(erasure)
    if set(erasure.left) <= set(begun.left):
        return begun
    try:
        return store.save_erasure(begun.with_more(erasure.left, erasure.read_at))
    except (Conflict, TryAgain):
        # Another is at it as well. It finds the same when it seeks again.
        return begun


def go_on(
    erasure: Erasure, *, store: ErasureStore, stripe: ErasingStripe, now: datetime, report: Report
) -> Iterator[Erasure]:
    """Do what is left of it and of what is found by now: the erasure after each portion; done when that is nothing."""
    if erasure.whom is None:
        return
    found = tuple(store.payments_of(erasure.whom))
    # A card may have been added since.
    if not (erasure.left or found) and not _is_forgotten(erasure.whom, erasure, store, stripe, now, report):
        return
    erasure = store.save_erasure(erasure.read_again(found, now))
    yield erasure
    yield from _proceed(erasure, store, stripe, now, report)


def _proceed(
    erasure: Erasure, store: ErasureStore, stripe: ErasingStripe, now: datetime, report: Report
) -> Iterator[Erasure]:
    """What cannot be erased now goes to the end of the list, and holds up nothing the next time."""
    waiting, failed = deque(erasure.left), list[str]()
    while waiting and len(failed) < PATIENCE:
        erased = 0
        while waiting and erased < PORTION and len(failed) < PATIENCE:
            payment_id = waiting.popleft()
            try:
                with concerning(payment_id):
                    _erase_payment(payment_id, erasure, store, stripe, now)
                erased += 1
            except Exception as error:
                report(payment_id, error)
                failed.append(payment_id)
        try:
            erasure = store.save_erasure(replace(erasure, left=(*waiting, *failed), erased=erasure.erased + erased))
        except (Conflict, TryAgain):
            # Another is at it as well, or no time is left; what is erased by then is passed over.
            return
        yield erasure


def _is_forgotten(
    whom: Whom, erasure: Erasure, store: ErasureStore, stripe: ErasingStripe, now: datetime, report: Report
) -> bool:
    """Have the customer forgotten of a user who is to be erased, whatever they ordered: whether none is left."""
    if whom.kind is not WhomKind.USER:
        return True
    try:
        Customers(store, stripe, now).forget(whom.value)
    except Exception as error:
        report(erasure.id, error)
        return False
    return True


def _erase_payment(
    payment_id: str, erasure: Erasure, store: ErasureStore, stripe: ErasingStripe, now: datetime
) -> None:
    payment = store.payment(payment_id)
    if payment is None or payment.erased_at:
        return
    if is_unanswered(payment) or (is_open(payment) and not payment.is_opened):
        # Asking again takes the person's address, and what is not known cannot be closed.
        payment, _ = known(payment, store=store, stripe=stripe, now=now, failure_delay=timedelta())
    news = _closed(payment, stripe) if is_open(payment) else ()
    if payment.user and erasure.whom and erasure.whom.kind is not WhomKind.PAYMENT:
        # Before the payment: afterwards nothing says whose it was. It is the user's who ordered with the address.
        Customers(store, stripe, now).forget(payment.user)
    entry = AuditEntry(f"adm_{erasure.id}", "erasure", ("the person was erased",), now, erasure.by)
    without_person(payment, news, entry, store=store, now=now)


def _closed(payment: Payment, stripe: Closing) -> tuple[Fact, ...]:
    try:
        return stripe.close(payment)
    except StripeRefused:
        # It was paid or closed meanwhile.
        return stripe.look(payment)


def without_person(
    payment: Payment, news: Sequence[Fact], entry: AuditEntry, *, store: AskingStore, now: datetime
) -> Payment:
    """The payment with the person taken out, and what was learned meanwhile, in one write."""

    def erased(payment: Payment) -> Changed:
        return payment.erased(now), (Note(entry),)

    payment, _ = record(store, payment, news, actor=ANSWER, now=now, change=erased)
    return payment
