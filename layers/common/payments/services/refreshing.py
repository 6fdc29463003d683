"""A caller wants to know how a payment stands at Stripe, and not only what was heard of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.actors import LOOK, admin
from payments.domain.errors import NewerRelease, PaymentNotFound, PaymentsError, Taken, TryAgain
from payments.domain.notices import Posting
from payments.domain.payment import Status
from payments.domain.views import payment_view
from payments.services.asking import AskingStore
from payments.services.looking import Looks, look
from payments.services.recording import postings_of

# Stripe is asked about a payment at most once in so long, however many callers there are.
PAUSE = timedelta(seconds=10)


class RefreshStore(AskingStore, Protocol):
    def view(self, payment_id: str, now: datetime) -> Mapping[str, object] | None:
        """The payment as its customer reads it; of one that is for newer code, what that code last wrote."""

    def begin_check(self, payment_id: str, now: datetime, pause: timedelta) -> tuple[datetime | None, bool]:
        """(when Stripe last answered about the payment, whether this caller is to ask it now)."""

    def end_check(self, payment_id: str, began: datetime) -> None: ...

    def checked_at(self, payment_id: str) -> datetime | None: ...


@dataclass(frozen=True)
class Refreshed:
    """A payment as its customer reads it, with all that Stripe knew at `checked_at`; None where no such time is known.

    Where Stripe has answered this very request, `status` is the payment's, `new_status` too if it changed; the postings
    are recorded as due and are to be published.
    """

    view: Mapping[str, object]
    checked_at: datetime | None
    status: Status | None = None
    new_status: Status | None = None
    postings: tuple[Posting, ...] = ()


def refresh(
    payment_id: str,
    *,
    store: RefreshStore,
    stripe: Looks,
    failure_delay: timedelta,
    now: datetime,
    report: Callable[[Exception], None],
    by: str | None = None,
) -> Refreshed:
    """How the payment stands, after asking Stripe if nobody did so just now; what is stored if that cannot be done.

    `report` is told why it could not: the caller asks again anyhow. `by` names an admin, for the audit trail; of
    customers there is nothing in it. PaymentNotFound; TryAgain as a mere reader of the payment would be told so.
    """
    try:
        payment = store.payment(payment_id)
    except NewerRelease:
        # Only newer code may act on it.
        return _stored(payment_id, _last_checked(payment_id, store), store, now)
    if payment is None:
        raise PaymentNotFound
    view = payment_view(payment, now)
    try:
        checked_at, is_ours = store.begin_check(payment_id, now, PAUSE)
    except TryAgain as error:
        report(error)
        return Refreshed(view, None)
    if not is_ours:
        # Read again: who asked may have learned something since, which the time tells of.
        return _stored(payment_id, checked_at, store, now)
    # Nobody else asks in these seconds.
    actor = admin(f"adm_refresh_{now:%Y%m%dT%H%M%S}", "refresh", by) if by else LOOK
    try:
        payment, effects = look(payment, store=store, stripe=stripe, now=now, failure_delay=failure_delay, actor=actor)
    except (PaymentsError, Taken) as error:
        report(error)
        try:
            return _stored(payment_id, checked_at, store, now)
        except TryAgain:
            # Stripe has kept us waiting until no time was left to read it again.
            return Refreshed(view, None)
    try:
        store.end_check(payment_id, now)
    except TryAgain as error:
        report(error)
    postings = postings_of(payment_id, effects, failure_delay)
    return Refreshed(payment_view(payment, now), now, payment.status, effects.status, postings)


def _last_checked(payment_id: str, store: RefreshStore) -> datetime | None:
    try:
        return store.checked_at(payment_id)
    except TryAgain:
        return None


def _stored(payment_id: str, checked_at: datetime | None, store: RefreshStore, now: datetime) -> Refreshed:
    view = store.view(payment_id, now)
    if view is None:
        raise PaymentNotFound
    return Refreshed(view, checked_at)
