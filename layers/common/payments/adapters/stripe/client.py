"""Stripe's API: makes checkouts, answers whose an object is, and says which webhooks Stripe signed."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import stripe

from payments.adapters.stripe.objects import PAYMENT_ID, SERVICE_TYPE, Object, read_event, read_object
from payments.adapters.stripe.transport import StripeTransport
from payments.adapters.stripe.units import to_stripe
from payments.domain.errors import (
    FieldError,
    InvalidBody,
    InvalidSignature,
    NotConfigured,
    StripeRefused,
    StripeUnavailable,
    ValidationFailed,
)
from payments.domain.events import Event
from payments.domain.facts import Fact, Intent
from payments.domain.money import Money
from payments.domain.payment import Payment, is_payment_id

if TYPE_CHECKING:
    from stripe.params._event_list_params import EventListParamsCreated

# The one version that requests are made in, webhook endpoints are registered with and objects are read by.
API_VERSION = "2026-10-28.endive"

# (1 + retries) x timeout stays below the functions' own timeouts; a test holds this against template.yaml.
TIMEOUT_SECONDS = 6
RETRIES = 2

SIGNATURE_TOLERANCE_SECONDS = 300

# How far back undelivered events are looked for the first time, and how many.
FIRST_REACH = timedelta(days=3)
MOST_FIRST_EVENTS = 2000


class StripeApi:
    """`api_key` is asked for at the first call, so that a function that needs no call reads no secret.

    A key of the other mode than `livemode` is NotConfigured: it would take real money for a test, or none for real.
    """

    def __init__(self, api_key: Callable[[], str], api_base: str, *, livemode: bool) -> None:
        self._api_key = api_key
        self._api_base = api_base
        self._livemode = livemode

    @cached_property
    def _http(self) -> stripe.HTTPClient:
        return StripeTransport(TIMEOUT_SECONDS)

    def _client(self) -> stripe.StripeClient:
        """Made anew for each call, which is cheap, so that a rotated key is used; the connections are kept."""
        api_key = self._api_key()
        if ("_test_" if self._livemode else "_live_") in api_key:
            raise NotConfigured(
                f"Stripe's API key is of the other mode than StripeLivemode, {str(self._livemode).lower()}; "
                "make stripe changes the key, samconfig.toml the mode."
            )
        return stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": self._api_base},
            max_network_retries=RETRIES,
            http_client=self._http,
        )

    def check_chargeable(self, money: Money) -> None:
        """ValidationFailed for an amount that Stripe would not charge in that currency."""
        to_stripe(money)

    def create_checkout(self, payment: Payment) -> tuple[Fact, ...]:
        """The payment's Checkout Session; asked again, the same one.

        The parameters follow from the stored payment alone, so with its id as the idempotency key a repetition is
        a repetition. StripeRefused if there will be none, StripeUnavailable if it is not known, NotConfigured if Stripe
        does not take our key.
        """
        metadata = {**payment.metadata, PAYMENT_ID: payment.id, SERVICE_TYPE: payment.sku}
        result_url = f"{payment.return_url}?paymentId={payment.id}"
        with _translating():
            session = self._client().v1.checkout.sessions.create(
                {
                    "mode": "payment",
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": payment.asked.currency,
                                "unit_amount": to_stripe(payment.asked),
                                "product_data": {"name": payment.product_name},
                            },
                        }
                    ],
                    "customer_email": payment.customer.email,
                    "client_reference_id": payment.id,
                    "metadata": metadata,
                    "payment_intent_data": {"metadata": metadata},
                    "success_url": result_url,
                    "cancel_url": f"{result_url}&checkout=canceled",
                    "expires_at": int(payment.expires_at.timestamp()),
                    # What is received is to be what was asked, to the cent and in its currency.
                    "adaptive_pricing": {"enabled": False},
                    "allow_promotion_codes": False,
                    "automatic_tax": {"enabled": False},
                },
                {"idempotency_key": f"{payment.id}-checkout"},
            )
        lesson = read_object(session.to_dict())
        return lesson.facts if lesson else ()

    def payment_id_of(self, *, intent: str | None, charge: str | None) -> str | None:
        """Our payment that an intent, or a charge's intent, belongs to; None if it is not ours.

        StripeUnavailable if Stripe cannot be asked now, NotConfigured if our key may not, else StripeRefused.
        """
        try:
            if intent is None and charge is not None:
                found = self._client().v1.charges.retrieve(charge, {"expand": ["payment_intent"]}).to_dict()
                owner = found.get("payment_intent") or {}
            elif intent is not None:
                owner = self._client().v1.payment_intents.retrieve(intent).to_dict()
            else:
                return None
        except stripe.StripeError as error:
            if error.http_status == 404:
                return None
            raise _translated(error) from None
        carried = (owner.get("metadata") or {}).get(PAYMENT_ID)
        return carried if is_payment_id(carried) else None

    def look(self, payment: Payment) -> tuple[Fact, ...]:
        """All that Stripe knows of the payment's sessions, their intent, its charges, refunds and disputes.

        StripeUnavailable if Stripe cannot be asked now, NotConfigured if our key may not, else StripeRefused.
        """
        facts: list[Fact] = []
        with _translating():
            for session in payment.sessions:
                found = self._client().v1.checkout.sessions.retrieve(session.ref, {"expand": ["payment_intent"]})
                facts += _facts_of_session(found.to_dict())
            for intent in {fact.ref for fact in facts if isinstance(fact, Intent)}:
                facts += self._facts_of_charges(intent)
        return tuple(facts)

    def _facts_of_charges(self, intent: str) -> list[Fact]:
        client = self._client().v1
        charges = [each.to_dict() for each in client.charges.list({"payment_intent": intent, "limit": 100}).data]
        objects = list(charges)
        # Not by amount_refunded: of a refund that failed nothing is left there.
        if any(charge.get("status") == "succeeded" for charge in charges):
            objects += [each.to_dict() for each in client.refunds.list({"payment_intent": intent, "limit": 100}).data]
        if any(charge.get("disputed") for charge in charges):
            objects += [each.to_dict() for each in client.disputes.list({"payment_intent": intent, "limit": 100}).data]
        return [fact for each in objects if (lesson := read_object(each)) for fact in lesson.facts]

    def undelivered(self, after: str | None, now: datetime) -> Iterator[tuple[Event, datetime]]:
        """Events that an endpoint has not accepted yet, with their time, the oldest first.

        Those after the event `after`; without one, or if Stripe has forgotten it, those of the last three days.
        An event in our API version says itself what its object was; of another, the object is fetched.
        https://docs.stripe.com/api/events/list
        """
        with _translating():
            since = now - FIRST_REACH
            for raw in self._undelivered_after(after, since) if after else self._undelivered_since(since):
                event = self._readable(raw)
                if event:
                    yield event, datetime.fromtimestamp(raw["created"], tz=UTC)

    def _undelivered_after(self, after: str, since: datetime) -> Iterator[Object]:
        while True:
            try:
                page = self._client().v1.events.list({"delivery_success": False, "limit": 100, "ending_before": after})
            except stripe.InvalidRequestError:
                yield from self._undelivered_since(since)
                return
            for event in reversed(page.data):
                after = event.id
                yield event.to_dict()
            if not page.has_more:
                return

    def _undelivered_since(self, since: datetime) -> Iterator[Object]:
        """Stripe lists the newest first, so all must be read before the oldest is known."""
        found: list[Object] = []
        created: EventListParamsCreated = {"gte": int(since.timestamp())}
        page = self._client().v1.events.list({"delivery_success": False, "limit": 100, "created": created})
        for event in page.auto_paging_iter():
            found.append(event.to_dict())
            if len(found) >= MOST_FIRST_EVENTS:
                break
        yield from reversed(found)

    def _readable(self, raw: Object) -> Event | None:
        """The event in our words, None for one that says nothing to us."""
        if raw.get("api_version") != API_VERSION:
            raw = {**raw, "data": {"object": self._fetched(raw["data"]["object"])}}
        try:
            return read_event(raw)
        except InvalidBody:
            return None

    def _fetched(self, snapshot: Object) -> Object:
        """The object as it is now, in our API version; the snapshot itself where it is of no kind of ours.

        Also where Stripe will never show it: one such object must not hold up the events after it.
        """
        path = _PATHS.get(snapshot.get("object", ""))
        if not path:
            return snapshot
        try:
            answer = self._client().raw_request("get", path.format(snapshot["id"]))
        except stripe.StripeError as error:
            if error.http_status in (400, 403, 404):
                return snapshot
            raise
        fetched: Object = json.loads(answer.data)
        return fetched


def _facts_of_session(session: Object) -> list[Fact]:
    """A session with its intent expanded teaches both, and whether a delayed payment came to nothing."""
    intent = session.get("payment_intent")
    expanded = intent if isinstance(intent, Mapping) else {}
    unpaid = session.get("status") == "complete" and session.get("payment_status") == "unpaid"
    failed = unpaid and expanded.get("status") in ("requires_payment_method", "canceled")
    lessons = [read_object(session, failed=failed), read_object(expanded)]
    return [fact for lesson in lessons if lesson for fact in lesson.facts]


_PATHS = {
    "checkout.session": "/v1/checkout/sessions/{}",
    "payment_intent": "/v1/payment_intents/{}",
    "charge": "/v1/charges/{}",
    "refund": "/v1/refunds/{}",
    "dispute": "/v1/disputes/{}",
    "radar.early_fraud_warning": "/v1/radar/early_fraud_warnings/{}",
    "review": "/v1/reviews/{}",
}


def verify_signature(payload: bytes, header: str | None, secrets: Callable[[], Sequence[str]]) -> None:
    """InvalidSignature unless Stripe signed these very bytes with one of the secrets, lately.

    The secrets are asked for only where there is a signature to check.
    https://docs.stripe.com/webhooks/signature
    """
    for secret in secrets() if header else ():
        try:
            stripe.WebhookSignature.verify_header(payload, header, secret, SIGNATURE_TOLERANCE_SECONDS)
        except (stripe.SignatureVerificationError, ValueError, TypeError, OverflowError):
            # The last three: bytes that are no text, and headers with characters or numbers out of all bounds.
            continue
        return
    raise InvalidSignature("The Stripe-Signature header does not fit this body, this time or this endpoint's secret.")


@contextmanager
def _translating() -> Iterator[None]:
    """Stripe's errors become ours."""
    try:
        yield
    except stripe.StripeError as error:
        raise _translated(error) from None


def _translated(error: stripe.StripeError) -> Exception:
    """Stripe's error in our words: is it a definite no, and who can mend it?"""
    status = error.http_status
    if isinstance(error, stripe.InvalidRequestError) and error.code in _FIELD_OF_CODE:
        detail = error.user_message or "The payment provider refused it."
        return ValidationFailed(FieldError(_FIELD_OF_CODE[error.code], detail), reference=_reference(error))
    if status in (401, 403):
        return NotConfigured(
            "Stripe does not take the API key, or the key may not do this; make stripe changes it.",
            reference=_reference(error),
        )
    if status is None or status == 409 or status == 429 or status >= 500:
        # Stripe keeps a failure of its own under the idempotency key and would repeat it: another key is needed.
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        repeats = headers.get("idempotent-replayed") == "true" or headers.get("stripe-should-retry") == "false"
        return StripeUnavailable(
            "The payment provider did not answer; send the same request again.",
            spent=status == 500 and repeats,
            in_flight=error.code == "idempotency_key_in_use",
            reference=_reference(error),
        )
    return StripeRefused("The payment provider refused this checkout.", reference=_reference(error))


def _reference(error: stripe.StripeError) -> str:
    """What to look an error up by. Stripe's message is left out: it may repeat what a customer typed."""
    param = getattr(error, "param", None)
    known = {"status": error.http_status, "code": error.code, "param": param, "request": error.request_id}
    return " ".join([type(error).__name__, *(f"{name}={value}" for name, value in known.items() if value)])


_FIELD_OF_CODE = {
    "amount_too_small": "amount",
    "amount_too_large": "amount",
    "email_invalid": "email",
}
