"""Money back that somebody asked for: how much may be, and what becomes of a request that Stripe has not answered.

A request waits until a refund names it, or until it is closed: Stripe refused it, somebody withdrew it, or a refund
that nobody asked us for was made in its place, as in Stripe's dashboard. It is closed in place of another refund or
given up only when no answer can come any more, so that money is never given back twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from payments.domain.errors import PaymentsError
from payments.domain.facts import Refund, RefundRequest, RefundRequestState, RefundState
from payments.domain.looking import LAST_LOOK, REPEATABLE, SETTLED, pause_after
from payments.domain.payment import Asked, Payment
from payments.domain.refund_errors import RefundRefused

# The code of a request of which Stripe knows nothing, although it was asked.
NO_ANSWER = "no_answer"
# From so many askings in vain on somebody should know.
ASKED_IN_VAIN = 2

type Room = Mapping[tuple[str, str], int]
"""By intent and currency, in minor units."""


def request_of(payment: Payment, ref: str) -> RefundRequest | None:
    return next((each for each in payment.refund_requests if each.ref == ref), None)


def refund_of(payment: Payment, request: RefundRequest) -> Refund | None:
    """The refund that was made for a request, however it ended."""
    return next((each for each in payment.refunds if each.request == request.ref), None)


def refusal_of(request: RefundRequest) -> PaymentsError | None:
    """Why no money goes back by a request; None while that is open."""
    match request.state:
        case RefundRequestState.REFUSED if request.code == NO_ANSWER:
            words = "Stripe never answered and has no such refund; no money went back by it, ask with a new key."
        case RefundRequestState.REFUSED:
            words = f"Stripe refused: {request.message}"
        case RefundRequestState.OVERTAKEN:
            words = f"The refund {request.overtaken_by} was made elsewhere meanwhile; ask with a new key for another."
        case RefundRequestState.WITHDRAWN:
            words = "This refund was withdrawn; ask with a new key for another."
        case _:
            return None
    return RefundRefused(words, reason=request.code)


def pending(payment: Payment, intent: str | None = None) -> tuple[RefundRequest, ...]:
    """The requests, of one intent or of all, that are open and that no refund names, the oldest first."""
    named = {each.request for each in payment.refunds}
    found = (
        each
        for each in payment.refund_requests
        if each.state is RefundRequestState.OPEN and each.ref not in named and intent in (None, each.intent)
    )
    return tuple(sorted(found, key=lambda each: (each.requested_at, each.ref)))


def is_pending(payment: Payment, request: RefundRequest) -> bool:
    return any(each.ref == request.ref for each in pending(payment, request.intent))


def is_given(refund: Refund) -> bool:
    """The money went back, or is to."""
    return refund.state not in (RefundState.CANCELED, RefundState.FAILED)


def room(payment: Payment) -> Room:
    """What may still be asked for of each intent: received, less what goes back and what pending requests ask for.

    A refund that does not say which intent it is of may be of any. What came by an intent that is not known yet is not
    in it; what has no room left is 0.
    """
    given = [each for each in payment.refunds if is_given(each)]
    asked = pending(payment)
    left: dict[tuple[str, str], int] = {}
    for (intent, currency), received in payment.balance.received.items():
        if intent is not None:
            returned = sum(each.amount for each in given if each.currency == currency and _is_of(each, intent))
            held = sum(each.amount for each in asked if (each.intent, each.currency) == (intent, currency))
            left[intent, currency] = max(0, received - returned - held)
    return left


def known_refunds(payment: Payment, intent: str) -> str | None:
    """The refunds of an intent that nobody asked us for and that are known, as a request keeps them."""
    return " ".join(each.ref for each in _unasked(payment, intent)) or None


def may_be_asked(payment: Payment, request: RefundRequest, now: datetime) -> bool:
    """Whether Stripe may be asked for it, again with the same key.

    Not while a refund may have been made in its place, or in that of an older one: that is decided first.
    """
    return (
        is_pending(payment, request)
        and _is_key_of_use(payment, request, now)
        and not any(_came_after(request, each) for each in _unclaimed(payment, request.intent))
    )


def closings(payment: Payment, intent: str, now: datetime) -> Iterator[RefundRequest]:
    """Which pending requests of an intent are over, after Stripe has listed its refunds: these are among the facts.

    Each refund that nobody asked us for overtakes one, the oldest that was written before we knew of it.
    """
    overtaking = _overtaking(payment, intent)
    for request in pending(payment, intent):
        if not is_settled(payment, request, now):
            continue
        if refund := overtaking.get(request.ref):
            yield replace(request, state=RefundRequestState.OVERTAKEN, overtaken_by=refund.ref)
        elif not _is_key_of_use(payment, request, now):
            yield replace(request, state=RefundRequestState.REFUSED, code=NO_ANSWER)


def is_settled(payment: Payment, request: RefundRequest, now: datetime) -> bool:
    """Whatever Stripe was asked is in its list by now, if anything came of it."""
    return now - _asked(payment, request).at >= SETTLED


def asked_again(payment: Payment, ref: str, now: datetime) -> Payment:
    """The payment, on record as asking Stripe for a request now."""
    at = now.replace(microsecond=0)
    before = payment.refunds_asked.get(ref, Asked(at, times=0))
    return _with(payment, ref, replace(before, at=at, times=before.times + 1))


def sought_in_vain(payment: Payment, request: RefundRequest, now: datetime) -> Payment:
    """The payment after Stripe could not even be asked whether there is a refund for a request."""
    before = _asked(payment, request)
    return _with(payment, request.ref, replace(before, times=before.times + 1, missed_at=now.replace(microsecond=0)))


def with_spent_key(payment: Payment, request: RefundRequest) -> Payment:
    return _with(payment, request.ref, replace(_asked(payment, request), spent=True))


def _with(payment: Payment, ref: str, asked: Asked) -> Payment:
    return payment.but(refunds_asked={**payment.refunds_asked, ref: asked})


def needs_attention(payment: Payment, now: datetime) -> bool:
    """A request was asked in vain again, or a refund was made for one that we took for closed."""
    in_vain = (each for each in pending(payment) if _asked(payment, each).times >= ASKED_IN_VAIN)
    return any(in_vain) or any(now < _until(payment, each) for each in _in_spite_of_us(payment))


def next_finishing(payment: Payment, now: datetime) -> datetime | None:
    """When to find out next what came of its requests; None if all are over, or were open for too long."""
    times = [*_finishings(payment, now)]
    return min(times) if times else None


def _finishings(payment: Payment, now: datetime) -> Iterator[datetime]:
    for request in pending(payment):
        requested_at = _time_of(request)
        asked = _asked(payment, request)
        if now - requested_at > LAST_LOOK:
            continue
        again = may_be_asked(payment, request, asked.at)
        at = asked.at + (pause_after(asked.at - requested_at) if again else SETTLED)
        yield max(at, asked.missed_at + SETTLED) if asked.missed_at else at
    # It is no longer shown then.
    yield from (until for each in _in_spite_of_us(payment) if now < (until := _until(payment, each)))


def _unasked(payment: Payment, intent: str) -> list[Refund]:
    """The refunds of an intent that stand and that nobody asked us for."""
    ours = {each.ref for each in payment.refund_requests}
    return [each for each in payment.refunds if is_given(each) and _is_of(each, intent) and each.request not in ours]


def _unclaimed(payment: Payment, intent: str) -> list[Refund]:
    """Those that have overtaken no request yet."""
    claimed = {each.overtaken_by for each in payment.refund_requests}
    return [each for each in _unasked(payment, intent) if each.ref not in claimed]


def _overtaking(payment: Payment, intent: str) -> Mapping[str, Refund]:
    """Which refund is in the place of which pending request, by the request's ref."""
    found: dict[str, Refund] = {}
    for refund in _unclaimed(payment, intent):
        waiting = (each.ref for each in pending(payment, intent) if _came_after(each, refund) and each.ref not in found)
        if oldest := next(waiting, None):
            found[oldest] = refund
    return found


def _came_after(request: RefundRequest, refund: Refund) -> bool:
    """The payment did not know the refund when the request was written."""
    return refund.ref not in (request.known or "").split()


def _is_key_of_use(payment: Payment, request: RefundRequest, now: datetime) -> bool:
    return not _asked(payment, request).spent and now - _time_of(request) < REPEATABLE


def _in_spite_of_us(payment: Payment) -> list[Refund]:
    """The refunds that stand although the request that they name was closed."""
    closed = {each.ref for each in payment.refund_requests if each.state is not RefundRequestState.OPEN}
    return [each for each in payment.refunds if is_given(each) and each.request in closed]


def _until(payment: Payment, refund: Refund) -> datetime:
    """Until when somebody is to see it; by then they have, and there is nothing to be done about it here."""
    return payment.learned.get(refund.key, payment.updated_at) + LAST_LOOK


def _asked(payment: Payment, request: RefundRequest) -> Asked:
    """It is asked for the first time as it is written."""
    return payment.refunds_asked.get(request.ref) or Asked(_time_of(request))


def _time_of(request: RefundRequest) -> datetime:
    return datetime.fromtimestamp(request.requested_at, tz=UTC)


def _is_of(refund: Refund, intent: str) -> bool:
    return refund.intent in (None, intent)
