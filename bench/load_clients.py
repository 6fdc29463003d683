"""Customers, and a forger: what they ask of the system, how long it takes, and how each of them left."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bench.load_check import Ending, Visit
from bench.load_figures import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.stack import Stack

# Of twenty customers.
_ENDINGS = [
    *[Ending.PAID] * 11,
    *[Ending.DECLINED] * 3,
    *[Ending.DECLINED_THEN_PAID] * 2,
    *[Ending.DECLINED_THEN_EXPIRED] * 2,
    *[Ending.ABANDONED] * 2,
]
_PAYS, _IS_DECLINED = "4242424242424242", "4000000000000002"
# A page polls every two seconds while it waits; here it does not wait.
_POLLS = 10
_REPLAYS_OF_TEN = 3
_FORGERIES_OF_TEN = 3
# A person has less patience than this, Stripe more.
_MOST_REPETITIONS = 20
_LONGEST_ANSWER = 60.0


class UnexpectedError(Exception):
    """An answer that nobody should get; the message says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any


class Ledger:
    """What all clients together have seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.samples: list[Sample] = []
        self.visits: list[Visit] = []
        self.unexpected: list[str] = []

    def note(self, sample: Sample) -> None:
        with self._lock:
            self.samples.append(sample)

    def leave(self, visit: Visit) -> None:
        with self._lock:
            self.visits.append(visit)

    def complain(self, what: str) -> None:
        with self._lock:
            self.unexpected.append(what)


class Client:
    """Visits the shop again and again, one customer after the other; the choices follow from `seed`."""

    def __init__(self, stack: Stack, ledger: Ledger, seed: str) -> None:
        self._stack = stack
        self._ledger = ledger
        self._random = random.Random(seed)  # noqa: S311 - choices, not secrecy

    def visit_until(self, deadline: float) -> None:
        """Visits until `deadline` of the monotonic clock; the last visit is brought to its end."""
        while time.monotonic() < deadline:
            try:
                self._visit()
            except Exception as error:
                # Whatever goes wrong with a visit is told of, and the next begins.
                self._ledger.complain(f"{type(error).__name__}: {error}")

    def _visit(self) -> None:
        products = self._expect(200, "GET /products", "GET", f"{self._stack.api_url}/products").body["products"]
        product = self._random.choice(
            [each for each in products if "amount" in each["price"] and not each["ships"] and each["left"] is None]
        )
        visit, session_id = self._order(product)
        # Whatever happens now, this payment must be accounted for.
        self._ledger.leave(visit)
        match visit.ending:
            case Ending.PAID:
                self._pay(session_id, _PAYS)
            case Ending.DECLINED:
                self._pay(session_id, _IS_DECLINED)
            case Ending.DECLINED_THEN_PAID:
                self._pay(session_id, _IS_DECLINED)
                self._pay(session_id, _PAYS)
            case Ending.DECLINED_THEN_EXPIRED:
                self._pay(session_id, _IS_DECLINED)
                control(self._stack, f"sessions/{session_id}/expire")
        if self._random.randrange(10) < _FORGERIES_OF_TEN:
            self._forge(visit.payment_id)
        self._poll(visit)

    def _order(self, product: Mapping[str, Any]) -> tuple[Visit, str]:
        key = str(uuid.uuid4())
        email = f"customer-{key[:18]}@example.com"
        order = {"name": "Ada Lovelace", "email": email, "serviceType": product["sku"]}
        made = self._create("POST /checkout-sessions", order, key)
        if self._random.randrange(10) < _REPLAYS_OF_TEN:
            again = self._create("POST /checkout-sessions, same key", order, key)
            if again["paymentId"] != made["paymentId"]:
                self._ledger.complain(
                    f"{made['paymentId']}: the same Idempotency-Key was answered {again['paymentId']}"
                )
        amount, currency = product["price"]["amount"], product["currency"]
        ending = self._random.choice(_ENDINGS)
        return Visit(made["paymentId"], key, email, ending, amount, currency), made["sessionId"]

    def _create(self, route: str, order: Mapping[str, Any], key: str) -> Any:
        return self._expect(
            201, route, "POST", f"{self._stack.api_url}/checkout-sessions", order, {"idempotency-key": key}
        ).body

    def _pay(self, session_id: str, card: str) -> None:
        control(self._stack, f"sessions/{session_id}/pay", {"card": card})

    def _poll(self, visit: Visit) -> None:
        for _ in range(_POLLS):
            url = f"{self._stack.api_url}/payments/{visit.payment_id}"
            view = self._expect(200, "GET /payments/{id}", "GET", url).body
            if view["final"] and visit.ending is not Ending.DECLINED_THEN_PAID:
                return

    def _forge(self, payment_id: str) -> None:
        session = {"object": "checkout.session", "metadata": {"payment_id": payment_id}}
        event = {"object": "event", "type": "checkout.session.completed", "data": {"object": session}}
        signature = {"stripe-signature": f"t={int(time.time())},v1={'0' * 64}"}
        self._expect(400, "webhook, forged", "POST", self._stack.webhook_url, event, signature)

    def _expect(self, status: int, route: str, method: str, url: str, *sent: Mapping[str, Any]) -> Answer:
        """The answer, with that status; what was answered 503 is sent again after as long as the answer says."""
        for _ in range(_MOST_REPETITIONS):
            began = time.monotonic()
            try:
                answer = call(method, url, *sent)
            except (OSError, http.client.HTTPException):
                self._ledger.note(Sample(route, began, time.monotonic(), None))
                continue
            wanted = answer.status == status
            code = None if wanted else str(answer.body.get("code") or answer.body.get("message"))
            # A refusal that is wanted is no error.
            noted = 200 if wanted else answer.status
            self._ledger.note(Sample(route, began, time.monotonic(), noted, code))
            if wanted:
                return answer
            if answer.status != 503:
                raise UnexpectedError(f"{route}: answered {answer.status} {code}")
            time.sleep(float(answer.headers.get("retry-after", "1")))
        raise UnexpectedError(f"{route}: no answer of use after {_MOST_REPETITIONS} times")


def call(
    method: str, url: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """One JSON request to the local stack; OSError or HTTPException if nothing answers."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=_LONGEST_ANSWER)
    sent = {"content-type": "application/json", **(headers or {})}
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path, None if body is None else json.dumps(body).encode(), sent)
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    answered: Any = {}
    with suppress(ValueError):
        answered = json.loads(content)
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, answered)


def control(stack: Stack, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """Has the Stripe double do something; a declined card (402) is an outcome like another."""
    answer = call("POST", f"{stack.stripe_url}/_control/{path}", body or {})
    if answer.status not in (200, 402):
        raise UnexpectedError(f"the Stripe double answered {answer.status} to {path}")
    return answer.body
