"""The Stripe double as the console sees and steers it: by its control interface, which an outage of its API and the
looks of a page leave alone."""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

type Json = dict[str, Any]

# The control interface as far as the page has buttons for it.
CONTROLS = re.compile(
    r"sessions/\w+/(pay|authenticate|settle|expire)|charges/\w+/dispute|disputes/\w+/(close|escalate)|refunds/\w+/settle"
    r"|events/\w+/resend|webhooks|webhooks/flush|outage|clock",
    re.ASCII,
)
_REFUND = re.compile(r"charges/(\w+)/refund", re.ASCII)

_KINDS = {
    "sessions": "checkout.session",
    "intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
}
# What tells the objects apart and what the buttons depend on; the rest is shown on demand.
_SHOWN = """
    id created status currency amount amount_total amount_refunded payment_status payment_intent charge customer_email
    reason failure_code disputed
""".split()

_LATEST_OBJECTS = 20
_LATEST_DELIVERIES = 40
_MOST_OF_A_PAYMENT = 100
_READ_TIMEOUT = 3.0
_CONTROL_TIMEOUT = 30.0


class Unreachable(Exception):
    """The double did not answer."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any


class Double:
    """A Stripe double at `url`."""

    def __init__(self, url: str, api_key: str) -> None:
        self._netloc = urlsplit(url).netloc
        self._api_key = api_key

    def state(self) -> Json:
        """How events travel, the latest deliveries with their attempts, how many calls are to fail, and the latest
        objects in short."""
        webhooks = self._read("webhooks", latest=_LATEST_DELIVERIES)
        shown = {name: webhooks[name] for name in ("mode", "duplicate", "shuffle", "held", "deliveries")}
        objects = self._read("objects", limit=_LATEST_OBJECTS)
        return shown | {"failing": self._read("outage")["calls"], "objects": _short(objects)}

    def deliveries(self, events: Iterable[str]) -> list[Json]:
        """The deliveries of some events, with their attempts."""
        wanted = list(events)
        deliveries: list[Json] = self._read("webhooks", event=wanted)["deliveries"] if wanted else []
        return deliveries

    def objects_of(self, names: Iterable[str]) -> Json:
        """The objects that have one of the names or belong to one that has, in short, by kind."""
        wanted = list(names)
        return _short(self._read("objects", of=wanted, limit=_MOST_OF_A_PAYMENT) if wanted else {})

    def object(self, id_: str) -> Json | None:
        """An object of any kind, whole."""
        reply = self._call("GET", f"/_control/objects/{quote(id_, safe='')}", timeout=_READ_TIMEOUT)
        return reply.body if reply.status == 200 else None

    def control(self, path: str, body: Json) -> Reply | None:
        """Passes a call to the control interface; None for one that the page has no button for."""
        if refund := _REFUND.fullmatch(path):
            form = {"charge": refund[1], **body}
            return self._call("POST", "/v1/refunds", urlencode(form), _CONTROL_TIMEOUT)
        if CONTROLS.fullmatch(path):
            return self._call("POST", f"/_control/{path}", json.dumps(body), _CONTROL_TIMEOUT)
        return None

    def _read(self, what: str, **query: int | list[str]) -> Json:
        reply = self._call("GET", f"/_control/{what}?{urlencode(query, doseq=True)}", timeout=_READ_TIMEOUT)
        if reply.status != 200:
            raise Unreachable(what)
        body: Json = reply.body
        return body

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


def _short(objects: Mapping[str, list[Json]]) -> Json:
    return {name: [_shown(each) for each in objects.get(kind, [])] for name, kind in _KINDS.items()}


def _shown(thing: Json) -> Json:
    return {name: thing[name] for name in _SHOWN if thing.get(name) is not None}
