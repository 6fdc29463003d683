"""A Stripe account's events for a webhook that Stripe cannot reach: polled, and delivered as Stripe would.

https://docs.stripe.com/api/events/list
"""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import stripe

from local.background import Background
from local.ports import StackError
from stripe_double.webhooks import signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.stripe_account import StripeAccount

type Json = dict[str, Any]

POLL_SECONDS = 2.0
# An event may come into the list so late, in seconds.
_LATE = 60
_PAGE = 100
_REQUEST_SECONDS = 20.0
# Between tries, in seconds, of a list that fails and of a delivery that was not accepted.
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 60.0


@dataclass
class _Delivery:
    event: Json
    at: float = 0.0
    failures: int = 0


@dataclass(frozen=True)
class Webhook:
    """Where events go, and the secret that they are signed with."""

    url: str
    secret: str


class StripeEvents(Background):
    """Every event from `begin` on, of whatever type, goes to the webhook, and again for as long as it is not answered
    with 2xx.

    `tell` gets lines for people; `is_readable` says whether objects of an API version are what the functions expect.
    """

    def __init__(
        self,
        account: StripeAccount,
        version: str,
        webhook: Webhook,
        tell: Callable[[str], None],
        is_readable: Callable[[str | None], bool],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        super().__init__()
        self._client = stripe.StripeClient(
            account.api_key,
            stripe_version=version,
            base_addresses={"api": account.api_base},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=_REQUEST_SECONDS),
        )
        self._webhook = webhook
        self._tell = tell
        self._is_readable = is_readable
        self._poll_seconds = poll_seconds
        self._since = 0
        self._seen: dict[str, int] = {}
        self._waiting: list[_Delivery] = []
        self._poll_at = 0.0
        self._failures = 0
        self._told_of_version = False

    def begin(self) -> None:
        """Take what has happened so far for known; StackError if the account cannot be read."""
        try:
            page = self._page({})
        except stripe.AuthenticationError:
            raise StackError("Stripe does not know this API key; copy it once more.") from None
        except stripe.PermissionError:
            raise StackError(
                "This key may not read events: give it 'Read' on All events resources, or take another."
            ) from None
        except stripe.StripeError as error:
            raise StackError(
                f"Stripe could not be asked ({type(error).__name__}): see whether you are online, and try again."
            ) from None
        self._note(page["data"])

    def _run(self) -> None:
        while not self._stopping.wait(self._poll_seconds):
            if time.monotonic() >= self._poll_at:
                self._poll()
            for delivery in [each for each in self._waiting if each.at <= time.monotonic()]:
                if self._stopping.is_set():
                    return
                self._deliver(delivery)

    def _poll(self) -> None:
        try:
            events = self._new_events()
        except stripe.StripeError as error:
            if not self._failures:
                reason = error.http_status or type(error).__name__
                self._tell(f"Stripe's events cannot be read ({reason}); they are asked for until they can.")
            self._poll_at = time.monotonic() + _pause_after(self._failures)
            self._failures += 1
            return
        if self._failures:
            self._tell("Stripe's events can be read again.")
        self._failures = 0
        self._note(events)
        self._waiting += [_Delivery(event) for event in reversed(events)]
        self._tell_of_version(events)

    def _new_events(self) -> list[Json]:
        """The newest first, as Stripe lists them."""
        found: list[Json] = []
        query: Json = {"created": {"gte": self._since}}
        while True:
            page = self._page(query)
            found += page["data"]
            if not page["has_more"]:
                return [event for event in found if event["id"] not in self._seen]
            query["starting_after"] = found[-1]["id"]

    def _page(self, query: Json) -> Json:
        # As it is sent: the library's objects are made to be read, not to be passed on.
        page: Json = self._client.raw_request("get", "/v1/events", limit=_PAGE, **query).data
        return page

    def _note(self, events: list[Json]) -> None:
        """Remember these, and forget those that are listed no more."""
        self._seen |= {event["id"]: event["created"] for event in events}
        self._since = max([self._since, *(created - _LATE for created in self._seen.values())])
        self._seen = {id_: created for id_, created in self._seen.items() if created >= self._since}

    def _tell_of_version(self, events: list[Json]) -> None:
        version = next((each["api_version"] for each in events if not self._is_readable(each["api_version"])), None)
        if version and not self._told_of_version:
            self._told_of_version = True
            self._tell(
                f"The account's API version is {version}, another than a webhook endpoint of ours has: its events are "
                "read as far as they can be, and what they leave open is asked of Stripe within seconds."
            )

    def _deliver(self, delivery: _Delivery) -> None:
        status = self._answer(json.dumps(delivery.event, indent=2, ensure_ascii=False).encode())
        if status is not None and 200 <= status < 300:
            self._waiting.remove(delivery)
            return
        if not delivery.failures:
            self._tell(f"{delivery.event['id']} was answered {status or 'nothing'}; it comes again until it is taken.")
        delivery.at = time.monotonic() + _pause_after(delivery.failures)
        delivery.failures += 1

    def _answer(self, payload: bytes) -> int | None:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(payload, [self._webhook.secret], int(time.time())),
        }
        connection = http.client.HTTPConnection(urlsplit(self._webhook.url).netloc, timeout=_REQUEST_SECONDS)
        try:
            connection.request("POST", "/", payload, headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def _pause_after(failures: int) -> float:
    return min(_FIRST_PAUSE * 2.0 ** min(failures, 10), _LONGEST_PAUSE)
