"""Deliveries: each event goes to each endpoint that wants it, signed, in the background, until it is acknowledged.

Stripe's scheme (https://docs.stripe.com/webhooks#verify-manually) with its delays shortened from days to a minute.
"""

import hashlib
import heapq
import hmac
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from .fields import Json
from .state import State

RETRY_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
TIMEOUT = 10.0
WORKERS = 12
SHUFFLE_WITHIN = 1.0
# A listener that takes nothing for so long is told nothing more.
DISABLED_AFTER_SECONDS = 3 * 24 * 3600
# Of deliveries that have come to an end so many are shown.
ENDED_KEPT = 50_000
USER_AGENT = "Stripe/1.0 (+https://stripe.com/docs/webhooks)"

type Mode = Literal["deliver", "hold", "drop"]


def signature(payload: bytes, secrets: Iterable[str], at: int) -> str:
    """The Stripe-Signature header: one v1 for each secret, so that during a roll both verify."""
    signed = f"{at}.".encode() + payload
    each = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={value}" for value in each)])


@dataclass
class Attempt:
    at: float
    status: int | None
    """None where nothing answered: refused, or too late."""


@dataclass
class Delivery:
    """One event on its way to one endpoint."""

    number: int
    event: str
    type: str
    endpoint: str
    attempts: list[Attempt] = field(default_factory=list)
    delivered: bool = False
    held: bool = False
    answered: threading.Event = field(default_factory=threading.Event)

    def shown(self) -> Json:
        return {
            "number": self.number,
            "event": self.event,
            "type": self.type,
            "endpoint": self.endpoint,
            "attempts": [{"at": round(a.at, 3), "status": a.status} for a in self.attempts],
            "delivered": self.delivered,
            "held": self.held,
        }


class Webhooks:
    """The post office. `mode` hold keeps new deliveries for `flush`, drop loses them for good. `in_order` sends one
    after the other, as the events came or as `flush` shuffled them; what is refused comes again later."""

    def __init__(
        self, state: State, *, retry_delays: tuple[float, ...] = RETRY_DELAYS, timeout: float = TIMEOUT
    ) -> None:
        self._state = state
        self._retry_delays = retry_delays
        self._timeout = timeout
        self._random = random.Random()  # noqa: S311 - order, not secrecy
        self._ready = threading.Condition()
        self._queue: list[tuple[float, int, Delivery]] = []
        self._sequence = self._numbered = 0
        self._sending = 0
        self._generation = 0
        self._stopped = False
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())
        self.deliveries: list[Delivery] = []
        self.mode: Mode = "deliver"
        self.duplicate = 0
        self.shuffle = False
        self.in_order = False
        for number in range(WORKERS):
            threading.Thread(target=self._work, name=f"webhooks-{number}", daemon=True).start()

    def accept(self, event: Json) -> None:
        """Take note of a new event, once for each endpoint that wants it. Called under the state's lock."""
        endpoints = [e for e in self._state.all("webhook_endpoint", status="enabled") if wants(e, event["type"])]
        event["pending_webhooks"] = len(endpoints)
        for endpoint in endpoints:
            with self._ready:
                self._numbered += 1
                delivery = Delivery(
                    self._numbered, event["id"], event["type"], endpoint["id"], held=self.mode == "hold"
                )
                self.deliveries.append(delivery)
            if self.mode == "deliver":
                self._post(delivery)

    def flush(self) -> int:
        """Send what was held, shuffled if shuffling is on; returns how many deliveries that were."""
        with self._ready:
            held = [d for d in self.deliveries if d.held]
        if self.shuffle:
            self._random.shuffle(held)
        for delivery in held:
            delivery.held = False
            self._post(delivery)
        return len(held)

    def resend(self, event_id: str) -> int:
        """Send one event once more to every endpoint that ever got it, whatever came of it before."""
        with self._ready:
            again = {d.endpoint: d for d in self.deliveries if d.event == event_id}
        for delivery in again.values():
            delivery.held = False
            self._schedule(delivery, 0)
        return len(again)

    def wait(self, event_id: str, timeout: float) -> bool:
        """Wait until every endpoint has acknowledged the event; False where that takes too long."""
        deadline = time.monotonic() + timeout
        with self._ready:
            waited = [d for d in self.deliveries if d.event == event_id]
        return all(d.answered.wait(max(0.0, deadline - time.monotonic())) for d in waited)

    def seed(self, seed: float) -> None:
        """What chance does from now on is the same each time."""
        self._random.seed(seed)

    def reset(self) -> None:
        """As new. Nothing of before is sent once this returns."""
        with self._ready:
            self._generation += 1
            self._queue.clear()
            self.deliveries.clear()
            self._numbered = 0
            self.mode, self.duplicate, self.shuffle, self.in_order = "deliver", 0, False, False
            self._ready.notify_all()
            self._ready.wait_for(lambda: self._sending == 0, self._timeout + 1)

    def prune(self, gone: Set[str]) -> None:
        """Forget the deliveries of events that are gone, and the oldest of more that have ended than are kept."""
        with self._ready:
            surplus = len(self.deliveries) - ENDED_KEPT
            if gone or surplus > 0:
                self.deliveries = [
                    each
                    for number, each in enumerate(self.deliveries)
                    if each.event not in gone and not (number < surplus and each.delivered)
                ]

    def stop(self) -> None:
        with self._ready:
            self._stopped = True
            self._ready.notify_all()

    def _post(self, delivery: Delivery) -> None:
        for _ in range(1 + self.duplicate):
            self._schedule(delivery, self._random.uniform(0, SHUFFLE_WITHIN) if self.shuffle else 0)

    def _schedule(self, delivery: Delivery, delay: float, generation: int | None = None) -> None:
        with self._ready:
            if generation not in (None, self._generation):
                return
            self._sequence += 1
            heapq.heappush(self._queue, (time.monotonic() + delay, self._sequence, delivery))
            self._ready.notify()

    def _work(self) -> None:
        while (following := self._next()) is not None:
            try:
                self._attempt(*following)
            finally:
                with self._ready:
                    self._sending -= 1
                    self._ready.notify_all()

    def _next(self) -> tuple[Delivery, int] | None:
        """What is to be sent now, and of which time between two resets."""
        with self._ready:
            while not self._stopped:
                if not self._queue or (self.in_order and self._sending):
                    self._ready.wait()
                elif (remaining := self._queue[0][0] - time.monotonic()) > 0:
                    self._ready.wait(remaining)
                else:
                    self._sending += 1
                    return heapq.heappop(self._queue)[2], self._generation
        return None

    def _attempt(self, delivery: Delivery, generation: int) -> None:
        with self._state.acting():
            event = self._state.find("event", delivery.event)
            endpoint = self._state.find("webhook_endpoint", delivery.endpoint)
            if event is None or endpoint is None or endpoint["status"] != "enabled":
                return
            told = event | {"api_version": endpoint["api_version"] or event["api_version"]}
            payload = json.dumps(told, indent=2, ensure_ascii=False).encode()
            secrets = signing_secrets(self._state, endpoint["id"])
            url = endpoint["url"]
        started = time.time()
        status = self._send(url, payload, secrets)
        with self._state.acting():
            delivery.attempts.append(Attempt(started, status))
            succeeded = status is not None and 200 <= status < 300
            self._note_health(delivery.endpoint, succeeded=succeeded)
            if succeeded and not delivery.delivered:
                delivery.delivered = True
                event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
                delivery.answered.set()
            elif not succeeded and not delivery.delivered and len(delivery.attempts) <= len(self._retry_delays):
                self._schedule(delivery, self._retry_delays[len(delivery.attempts) - 1], generation)

    def _note_health(self, endpoint_id: str, *, succeeded: bool) -> None:
        """An endpoint that has taken nothing for days is disabled, until somebody enables it again."""
        endpoint = self._state.find("webhook_endpoint", endpoint_id)
        if endpoint is None:
            return
        health, now = self._state.private(endpoint_id), self._state.now()
        if succeeded:
            health.pop("failing_since", None)
        elif now - health.setdefault("failing_since", now) >= DISABLED_AFTER_SECONDS:
            self._state.change(endpoint, status="disabled")

    def _send(self, url: str, payload: bytes, secrets: list[str]) -> int | None:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Cache-Control": "no-cache",
            "User-Agent": USER_AGENT,
            "Accept": "*/*; q=0.5, application/xml",
            "Stripe-Signature": signature(payload, secrets, int(time.time())),
        }
        request = urllib.request.Request(url, payload, headers, method="POST")  # noqa: S310 - the tester's own
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return int(response.status)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code
        except (OSError, ValueError):
            return None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is a failed delivery, as with Stripe."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def wants(endpoint: Json, type_: str) -> bool:
    return any(fnmatchcase(type_, pattern) for pattern in endpoint["enabled_events"])


def signing_secrets(state: State, endpoint_id: str) -> list[str]:
    """The endpoint's secret, newest first, and the ones it replaced that have not run out."""
    secret = state.private(endpoint_id)
    old = [value for value, until in secret.get("old_secrets", []) if until > state.now()]
    return [secret["secret"], *old]
