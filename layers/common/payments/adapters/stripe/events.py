"""Stripe's list of events: what no endpoint has accepted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import stripe

from payments.adapters.stripe.client import API_VERSION, StripeConnection
from payments.adapters.stripe.errors import translating
from payments.adapters.stripe.objects import Object, read_event
from payments.domain.errors import InvalidBody
from payments.domain.events import Event

if TYPE_CHECKING:
    from stripe.params._event_list_params import EventListParamsCreated

# How far back undelivered events are looked for the first time, and how many.
FIRST_REACH = timedelta(days=3)
MOST_FIRST_EVENTS = 2000

_PATHS = {
    "checkout.session": "/v1/checkout/sessions/{}",
    "payment_intent": "/v1/payment_intents/{}",
    "charge": "/v1/charges/{}",
    "refund": "/v1/refunds/{}",
    "dispute": "/v1/disputes/{}",
    "radar.early_fraud_warning": "/v1/radar/early_fraud_warnings/{}",
    "review": "/v1/reviews/{}",
}


class StripeEvents(StripeConnection):
    def undelivered(self, after: str | None, now: datetime) -> Iterator[tuple[Event, datetime]]:
        """Events that an endpoint has not accepted yet, with their time, the oldest first.

        Those after the event `after`; without one, or if Stripe has forgotten it, those of the last three days.
        An event in our API version says itself what its object was; of another, the object is fetched.
        https://docs.stripe.com/api/events/list
        """
        with translating():
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
