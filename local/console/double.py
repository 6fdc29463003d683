"""The Stripe double as the console sees and steers it, over HTTP as anyone would."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

type Json = dict[str, Any]

# The control interface as far as the page has buttons for it.
CONTROLS = re.compile(
    r"sessions/\w+/(pay|authenticate|settle|expire)|charges/\w+/dispute|disputes/\w+/(close|escalate)|refunds/\w+/settle"
    r"|events/\w+/resend|webhooks|webhooks/flush|outage|clock",
    re.ASCII,
)
_REFUND = re.compile(r"charges/(\w+)/refund", re.ASCII)

_LISTS = {
    "sessions": "/v1/checkout/sessions",
    "intents": "/v1/payment_intents",
    "charges": "/v1/charges",
    "refunds": "/v1/refunds",
    "disputes": "/v1/disputes",
}
# What tells the objects apart and what the buttons depend on; the rest is shown on demand.
_SHOWN = """
    id created status currency amount amount_total amount_refunded payment_status payment_intent charge customer_email
    reason failure_code disputed
""".split()

_READ_TIMEOUT = 3.0
_CONTROL_TIMEOUT = 30.0
_PAUSE_AFTER_FAILURE = 10.0


class Unreachable(Exception):
    """The double did not answer."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any


class Double:
    """A Stripe double at `url`.

    Its control interface is always answered. Its API is not, in an outage that someone asked for: so it is read only
    when something has changed, and not at all during an outage that began here, which would be used up by reading.
    """

    def __init__(self, url: str, api_key: str) -> None:
        self._netloc = urlsplit(url).netloc
        self._api_key = api_key
        self._lock = threading.Lock()
        self._objects: dict[str, list[Json]] = {name: [] for name in _LISTS}
        self._as_of: Hashable = None
        self._steps = 0
        self._paused_until = 0.0
        self._outage = False

    def webhooks(self) -> Json:
        """How events travel, and each delivery with its attempts."""
        reply = self._call("GET", "/_control/webhooks", timeout=_READ_TIMEOUT)
        return {name: reply.body[name] for name in ("mode", "duplicate", "shuffle", "deliveries")}

    def objects(self, changed: Hashable) -> Json:
        """Stripe's objects in short, read anew if `changed` is not what it was; `stale` if they could not be."""
        with self._lock:
            as_of = (changed, self._steps)
            if as_of != self._as_of and not self._outage and time.monotonic() >= self._paused_until:
                try:
                    self._objects = {name: self._list(path) for name, path in _LISTS.items()}
                    self._as_of = as_of
                except Unreachable:
                    self._paused_until = time.monotonic() + _PAUSE_AFTER_FAILURE
            shown = {name: [_short(each) for each in things] for name, things in self._objects.items()}
            return {"objects": shown, "stale": as_of != self._as_of, "outage": self._outage}

    def object(self, id_: str) -> Json | None:
        """An object as it was last read, whole."""
        with self._lock:
            return next((each for things in self._objects.values() for each in things if each["id"] == id_), None)

    def control(self, path: str, body: Json) -> Reply | None:
        """Passes a call to the control interface; None for one that the page has no button for."""
        if refund := _REFUND.fullmatch(path):
            form = {"charge": refund[1], **body}
            reply = self._call("POST", "/v1/refunds", urlencode(form), _CONTROL_TIMEOUT)
        elif CONTROLS.fullmatch(path):
            reply = self._call("POST", f"/_control/{path}", json.dumps(body), _CONTROL_TIMEOUT)
        else:
            return None
        with self._lock:
            self._steps += 1
            if path == "outage" and reply.status == 200:
                self._outage = reply.body["calls"] > 0
                self._paused_until = 0.0
        return reply

    def _list(self, path: str) -> list[Json]:
        reply = self._call("GET", f"{path}?limit=100", timeout=_READ_TIMEOUT)
        if reply.status != 200:
            raise Unreachable(path)
        things: list[Json] = reply.body["data"]
        return things

    def _call(self, method: str, path: str, body: str | None = None, timeout: float = _READ_TIMEOUT) -> Reply:
        headers: Mapping[str, str] = {
            "Authorization": f"Bearer {self._api_key}",
            **({"Content-Type": "application/x-www-form-urlencoded"} if path.startswith("/v1/") else {}),
        }
        connection = http.client.HTTPConnection(self._netloc, timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Reply(response.status, json.loads(response.read()))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(path) from error
        finally:
            connection.close()


def _short(thing: Json) -> Json:
    return {name: thing[name] for name in _SHOWN if thing.get(name) is not None}
