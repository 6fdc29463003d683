"""Stripe's objects, read into our facts: the one place that knows their shapes.

Facts are read from the object, whether an event carried it or we fetched it, never from the event's name, but for one:
only `checkout.session.async_payment_failed` tells a delayed payment that failed from one still under way.
https://docs.stripe.com/api is the source of every field name.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from payments.adapters.stripe.units import from_stripe
from payments.domain.errors import InvalidBody
from payments.domain.events import Event, Lesson
from payments.domain.facts import (
    Attempt,
    AttemptState,
    Dispute,
    DisputeState,
    Fact,
    FraudSignal,
    FraudSignalState,
    Intent,
    IntentState,
    Refund,
    RefundState,
    Session,
    SessionState,
)
from payments.domain.identifiers import is_payment_id

# Ours, on sessions and intents (Stripe copies an intent's metadata to its charges), and on refunds that we ask for.
PAYMENT_ID = "payment_id"
SERVICE_TYPE = "service_type"
REFUND_REQUEST = "refund_request"
RESERVED_METADATA = frozenset({PAYMENT_ID, SERVICE_TYPE})

type Object = Mapping[str, Any]

# What no object of Stripe's exceeds. Beyond it an item, a key or a date of ours could not hold what it says.
_ID = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_HASH = re.compile(r"[0-9a-f]{64}")
_CURRENCY = re.compile(r"[a-z]{3}")
_WEB_ADDRESS = re.compile(r"https?://[\x21-\x7e]{1,4000}")
_LARGEST_AMOUNT = 10**15
_LAST_TIME = 253402300799
_LONGEST_TEXT = 500


class UnreadableObject(InvalidBody):
    """An object or event that lacks what every version of it has, such as an id."""


def read_event(event: Object) -> Event:
    """An event's JSON in our words; UnreadableObject if it is no event at all."""
    event_type = event.get("type")
    if not isinstance(event_type, str) or not event_type:
        raise UnreadableObject("no type")
    thin = event.get("object") == "v2.core.event"
    data = event.get("data")
    body = data.get("object") if isinstance(data, Mapping) else None
    created = _time(event, "created")
    lesson = None
    if not thin:
        if not isinstance(body, Mapping):
            raise UnreadableObject("the event has no data.object")
        lesson = _read_body(body, event_type, created)
    livemode = event.get("livemode")
    api_version = event.get("api_version")
    return Event(
        id=_own_id(event),
        type=event_type[:_LONGEST_TEXT],
        livemode=livemode if isinstance(livemode, bool) else None,
        api_version=api_version if isinstance(api_version, str) else None,
        created=datetime.fromtimestamp(created, tz=UTC) if created is not None else None,
        thin=thin,
        lesson=lesson,
    )


def read_listed_event(event: Object) -> Event | None:
    """An event as Stripe lists it, in whatever version the account had: if it cannot be read, at least whose it is.

    None if it names nobody.
    """
    try:
        return read_event(event)
    except InvalidBody:
        data = event.get("data")
        body = data.get("object") if isinstance(data, Mapping) else None
        if not isinstance(body, Mapping):
            return None
    itself = {"payment_intent": "intent", "charge": "charge"}.get(str(body.get("object")))
    names = {"intent": _id(body.get("payment_intent")), "charge": _id(body.get("charge"))}
    if itself:
        names[itself] = _id(body.get("id"))
    lesson = Lesson((), payment_id=_payment_id(body), says_whose=itself is not None and _has_metadata(body), **names)
    return Event(id=str(event.get("id")), type=str(event.get("type")), livemode=None, api_version=None, lesson=lesson)


def _read_body(body: Object, event_type: str, created: int | None) -> Lesson | None:
    """An event's object. Two things only the event says: that a session's delayed payment failed, and when an attempt
    failed that left no charge."""
    if event_type == "payment_intent.payment_failed" and body.get("object") == "payment_intent":
        return _read_intent(body, failed_at=created)
    return read_object(body, failed=event_type == "checkout.session.async_payment_failed")


def read_object(body: Object, *, failed: bool = False) -> Lesson | None:
    """What an object teaches; None for a kind that payments have no part in.

    `failed` says that a session's delayed payment failed.
    """
    kind = body.get("object")
    if kind == "checkout.session":
        return _read_session(body, failed)
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    return reader(body) if reader else None


def _read_session(body: Object, failed: bool) -> Lesson | None:
    if body.get("currency") is None:
        return None  # A session that takes no payment, such as one in setup mode.
    status, payment_status = body.get("status"), body.get("payment_status")
    if failed:
        state = SessionState.ASYNC_FAILED
    elif status == "open":
        state = SessionState.OPEN
    elif status == "expired":
        state = SessionState.EXPIRED
    elif payment_status in ("paid", "no_payment_required"):
        state = SessionState.PAID
    else:
        state = SessionState.COMPLETE_UNPAID
    intent = _id(body.get("payment_intent"))
    currency, amount = _money(body, "amount_total")
    session = Session(
        ref=_own_id(body),
        state=state,
        amount=amount,
        currency=currency,
        intent=intent,
        url=_web_address(body, "url"),
        expires_at=_time(body, "expires_at"),
    )
    facts: list[Fact] = [session]
    if intent:
        facts.append(Intent(ref=intent, state=IntentState.OPEN, amount=0, currency=currency))
    return Lesson(tuple(facts), payment_id=_payment_id(body), intent=intent, says_whose=_has_metadata(body))


def _read_intent(body: Object, *, failed_at: int | None = None) -> Lesson:
    ref, status = _own_id(body), body.get("status")
    currency, received = _money(body, "amount_received")
    state = {"succeeded": IntentState.SUCCEEDED, "canceled": IntentState.CANCELED}.get(str(status), IntentState.OPEN)
    facts: list[Fact] = [Intent(ref=ref, state=state, amount=received, currency=currency)]

    charge = _id(body.get("latest_charge"))
    if charge and status in ("processing", "requires_capture"):
        facts.append(Attempt(ref=charge, state=AttemptState.PENDING, amount=0, currency=currency, intent=ref))
    if charge and status == "succeeded":
        paid = Attempt(ref=charge, state=AttemptState.SUCCEEDED, amount=received, currency=currency, intent=ref)
        facts.append(paid)

    told = body.get("last_payment_error")
    error: Object = told if isinstance(told, Mapping) else {}
    failed_charge, method = _id(error.get("charge")), _id(error.get("payment_method"))
    # An error that names neither is about a request, not about an attempt to pay.
    if failed_charge or method:
        facts.append(
            Attempt(
                ref=failed_charge or f"{ref}#{method}",
                state=AttemptState.FAILED,
                amount=0,
                currency=currency,
                intent=ref,
                # A charge has a time of its own.
                created=None if failed_charge else failed_at,
                failure_code=_text(error, "code"),
                decline_code=_text(error, "decline_code"),
                failure_message=_text(error, "message"),
            )
        )
    # Versions before 2022-11-15 list the charges instead of naming the latest.
    facts += [fact for each in _listed(body, "charges") for fact in _read_charge(each).facts]
    return Lesson(tuple(facts), payment_id=_payment_id(body), intent=ref, charge=charge, says_whose=_has_metadata(body))


def _read_charge(body: Object) -> Lesson:
    ref, status = _own_id(body), body.get("status")
    captured = body.get("captured") is not False
    # Versions of 2019 have no amount_captured.
    currency, amount = _money(body, "amount" if body.get("amount_captured") is None else "amount_captured")
    if status == "failed":
        state = AttemptState.FAILED
    elif status == "succeeded" and captured:
        state = AttemptState.SUCCEEDED
    else:
        state = AttemptState.PENDING
    intent, told = _id(body.get("payment_intent")), body.get("outcome")
    outcome: Object = told if isinstance(told, Mapping) else {}
    _, refunded = _money(body, "amount_refunded")
    attempt = Attempt(
        ref=ref,
        state=state,
        amount=amount if state is AttemptState.SUCCEEDED else 0,
        currency=currency,
        intent=intent,
        created=_time(body, "created"),
        failure_code=_text(body, "failure_code"),
        decline_code=_text(outcome, "reason") if state is AttemptState.FAILED else None,
        failure_message=_text(body, "failure_message"),
        refunded=refunded or None,
        disputed=True if body.get("disputed") is True else None,
        receipt_url=_web_address(body, "receipt_url"),
    )
    # Versions before 2022-11-15 have the refunds in their charge, and no events of their own for most.
    refunds = [fact for each in _listed(body, "refunds") for fact in _read_refund(each, intent).facts]
    return Lesson(
        (attempt, *refunds),
        payment_id=_payment_id(body),
        intent=intent,
        charge=ref,
        says_whose=_has_metadata(body),
    )


def _read_refund(body: Object, intent: str | None = None) -> Lesson:
    currency, amount = _money(body, "amount")
    refund = Refund(
        ref=_own_id(body),
        state=_state(RefundState, body.get("status"), RefundState.PENDING),
        amount=amount,
        currency=currency,
        intent=_id(body.get("payment_intent")) or intent,
        reason=_text(body, "reason"),
        failure_reason=_text(body, "failure_reason"),
        request=_request(body),
    )
    return _found_by_charge(body, refund)


def _read_dispute(body: Object) -> Lesson:
    currency, amount = _money(body, "amount")
    evidence = body.get("evidence_details")
    dispute = Dispute(
        ref=_own_id(body),
        state=_state(DisputeState, body.get("status"), DisputeState.NEEDS_RESPONSE),
        amount=amount,
        currency=currency,
        reason=_text(body, "reason"),
        evidence_due_by=_time(evidence, "due_by") if isinstance(evidence, Mapping) else None,
    )
    return _found_by_charge(body, dispute)


def _read_fraud_warning(body: Object) -> Lesson:
    state = FraudSignalState.OPEN if body.get("actionable") else FraudSignalState.CLOSED
    return _found_by_charge(body, FraudSignal(ref=_own_id(body), state=state, reason=_text(body, "fraud_type")))


def _read_review(body: Object) -> Lesson:
    state = FraudSignalState.OPEN if body.get("open") else FraudSignalState.CLOSED
    return _found_by_charge(body, FraudSignal(ref=_own_id(body), state=state, reason=_text(body, "reason")))


_READERS: Mapping[str, Callable[[Object], Lesson]] = {
    "payment_intent": _read_intent,
    "charge": _read_charge,
    "refund": _read_refund,
    "dispute": _read_dispute,
    "radar.early_fraud_warning": _read_fraud_warning,
    "review": _read_review,
}


def _found_by_charge(body: Object, fact: Fact) -> Lesson:
    return Lesson((fact,), intent=_id(body.get("payment_intent")), charge=_id(body.get("charge")))


def _payment_id(body: Object) -> str | None:
    metadata = body.get("metadata")
    carried = metadata.get(PAYMENT_ID) if isinstance(metadata, Mapping) else None
    for candidate in (carried, body.get("client_reference_id")):
        if is_payment_id(candidate):
            return str(candidate)
    return None


def _request(body: Object) -> str | None:
    """Of a refund, the request of ours that it was made for."""
    metadata = body.get("metadata")
    carried = metadata.get(REFUND_REQUEST) if isinstance(metadata, Mapping) else None
    return carried if isinstance(carried, str) and _HASH.fullmatch(carried) else None


def _has_metadata(body: Object) -> bool:
    return isinstance(body.get("metadata"), Mapping)


def _own_id(body: Object) -> str:
    found = _id(body.get("id"))
    if found is None:
        raise UnreadableObject("no id")
    return found


def _listed(body: Object, field: str) -> list[Object]:
    """The objects of a list inside another object; none where there is no such list."""
    found = body.get(field)
    data = found.get("data") if isinstance(found, Mapping) else None
    return [each for each in data if isinstance(each, Mapping)] if isinstance(data, list) else []


def _id(value: object) -> str | None:
    """The id of a reference, which is the object itself where it was expanded."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _money(body: Object, field: str) -> tuple[str, int]:
    """Currency and ISO minor units."""
    currency, amount = body.get("currency"), body.get(field)
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise UnreadableObject(f"{body.get('object')} has no currency")
    if amount is None:
        return currency, 0
    if isinstance(amount, bool) or not isinstance(amount, int) or not 0 <= amount <= _LARGEST_AMOUNT:
        raise UnreadableObject(f"{body.get('object')}.{field} is not an amount")
    return currency, from_stripe(amount, currency)


def _state[S: (RefundState, DisputeState)](states: type[S], value: object, otherwise: S) -> S:
    """A state that this version does not know is read as the least that is sure."""
    return states(value) if isinstance(value, str) and value in list(states) else otherwise


def _text(body: Object, field: str) -> str | None:
    value = body.get(field)
    return value[:_LONGEST_TEXT] if isinstance(value, str) and value else None


def _web_address(body: Object, field: str) -> str | None:
    value = body.get(field)
    return value if isinstance(value, str) and _WEB_ADDRESS.fullmatch(value) else None


def _time(body: Object, field: str) -> int | None:
    """Epoch seconds."""
    value = body.get(field)
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LAST_TIME
    return value if usable else None
