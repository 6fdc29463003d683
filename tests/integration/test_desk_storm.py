"""A storm on the desk: many admins, clicks and webhooks at once, over the same payments, with a Stripe that fails.

Whoever acts and however often, no more goes back than was paid, and in the end the books are Stripe's.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any
from urllib.error import HTTPError

import pytest
import stripe

from payments.domain.erasure import READ_AGAIN_AFTER
from payments.domain.notices import NoticeKind
from stripe_double import StripeDouble
from tests.callers import GRACE
from tests.integration.clock import Clock
from tests.integration.system import AN_ORDER, Answer, System, local_aws

ADMINS = [{**GRACE, "sub": f"admin-{number}"} for number in range(3)]
ONE = "/admin/payments/{paymentId}"
PRICE = 9900
# What an answer of 5xx may be, each with what to do in its words.
NAMED = {"try_again", "stripe_unavailable", "stripe_refused"}
FAILURES = ["error500", "timeout_before", "timeout_after", "rate_limit"]
# So little that there is room for a refund that was made twice.
AMOUNTS = [100, 300, 700, 1100]
WORKERS, ACTS = 4, 45


class Storm:
    """Payments of one person, paid once or not at all, and what was answered about them."""

    def __init__(self, system: System, clock: Clock) -> None:
        self.system, self.clock = system, clock
        self.sessions: dict[str, str] = {}
        self.requests: dict[tuple[str, str, int], dict[str, Any]] = {}
        self.answers: Counter[tuple[str, int, str | None]] = Counter()
        self._lock = threading.Lock()
        for number, is_paid in enumerate((True, True, True, False, False)):
            person = {**AN_ORDER, "name": "Zebedee Quux", "email": f"zebedee-{number}@example.com"}
            ordered = system.order(person).body
            self.sessions[ordered["paymentId"]] = ordered["sessionId"]
            if is_paid:
                self.pays(ordered["paymentId"])
        self.hear(Random(0), 1)

    # Who does what

    def acts(self, seed: int) -> None:
        chance = Random(seed)
        for _ in range(ACTS):
            payment_id, by = chance.choice([*self.sessions]), chance.randrange(len(ADMINS))
            chance.choice(self._deeds(chance, payment_id, by))()

    def _deeds(self, chance: Random, payment_id: str, by: int) -> list[Callable[[], object]]:
        return [
            *[lambda: self.refunds(payment_id, by, f"key-{chance.randrange(6)}", chance.choice(AMOUNTS))] * 6,
            lambda: self.withdraws(payment_id, by, chance),
            lambda: self.desk(f"POST {ONE}/cancel", by, paymentId=payment_id),
            lambda: self.desk(f"POST {ONE}/refresh", by, paymentId=payment_id),
            lambda: self.desk(f"POST {ONE}/approval", by, {"amount": 1, "currency": "usd"}, paymentId=payment_id),
            lambda: self.desk(f"POST {ONE}/notices/resend", by, {"kind": "admin_notification"}, paymentId=payment_id),
            lambda: self.erases(chance.randrange(8)),
            lambda: self.disputes(payment_id),
            lambda: self.pays(payment_id),
            lambda: self.refunds_at_stripe(payment_id, chance),
            lambda: self.hear(chance, 0.2),
            lambda: self.reads(payment_id, by),
            lambda: self.system.invoke("Reconcile", {}),
            lambda: self.system.run_mailer(),
            *[
                lambda: self.system.control(
                    "outage", calls=chance.choice([1, 4]), kind=chance.choice(FAILURES), seconds=0.01
                )
            ]
            * 4,
        ]

    def desk(self, route: str, by: int, body: Any = None, *, key: str | None = None, **path: Any) -> Answer:
        headers = {"idempotency-key": key} if key else None
        answer = self.system.desk(route, by=ADMINS[by], body=body, headers=headers, **path)
        with self._lock:
            self.answers[route, answer.status, answer.body.get("code")] += 1
        return answer

    def refunds(self, payment_id: str, by: int, key: str, amount: int | None) -> Answer:
        """The same key is the same request: whoever clicks again sends the same body."""
        with self._lock:
            body = self.requests.setdefault((payment_id, key, by), {"amount": amount} if amount else {})
        return self.desk(f"POST {ONE}/refunds", by, body, key=key, paymentId=payment_id)

    def withdraws(self, payment_id: str, by: int, chance: Random) -> None:
        requests = self.refund_requests(payment_id)
        if requests:
            ref = chance.choice(requests)["ref"]
            self.desk(f"POST {ONE}/refunds/{{ref}}/withdraw", by, paymentId=payment_id, ref=ref)

    def erases(self, number: int) -> None:
        self.desk("POST /admin/erasures", 0, {"email": f"Zebedee-{number}@Example.com"})

    def disputes(self, payment_id: str) -> None:
        with suppress(HTTPError):
            self.system.control(f"charges/{self.charge_of(payment_id)}/dispute")

    def reads(self, payment_id: str, by: int) -> None:
        for route in ("GET /admin/attention", "GET /admin/payments", f"GET {ONE}"):
            self.desk(route, by, paymentId=payment_id)

    def refund_requests(self, payment_id: str) -> list[dict[str, Any]]:
        answer = self.system.desk(f"GET {ONE}", by=ADMINS[0], paymentId=payment_id)
        return answer.body["refundRequests"] if answer.status == 200 else []

    def pays(self, payment_id: str) -> None:
        with suppress(HTTPError):
            self.system.control(f"sessions/{self.sessions[payment_id]}/pay")

    def refunds_at_stripe(self, payment_id: str, chance: Random) -> None:
        """In Stripe's dashboard."""
        with suppress(stripe.StripeError):
            intent = self.intent_of(payment_id)
            if intent:
                self.system.stripe().v1.refunds.create({"payment_intent": intent, "amount": chance.choice([700, 3000])})

    def hear(self, chance: Random, share: float) -> None:
        """Some of what Stripe has to tell, again or late and in any order."""
        with self.system.double.state.acting() as state:
            events = json.loads(json.dumps([each for each in state.all("event") if chance.random() < share]))
        chance.shuffle(events)
        for event in events:
            assert self.system.hear(event).status in (200, 503)

    # The end of it

    def settles(self) -> None:
        """Stripe answers, everybody clicks once more before its news are heard, and reconcile comes by."""
        self.system.control("outage", calls=0, kind="error500")
        for wait in (timedelta(), READ_AGAIN_AFTER, timedelta(minutes=11), timedelta(hours=3), READ_AGAIN_AFTER):
            self.clock.offset += wait
            for (payment_id, key, by), body in self.requests.items():
                self.desk(f"POST {ONE}/refunds", by, body, key=key, paymentId=payment_id)
            self.hear(Random(1), 1)
            self.system.invoke("Reconcile", {})
            self.system.run_mailer()
        self.hear(Random(2), 1)

    def charge_of(self, payment_id: str) -> str | None:
        with self.system.double.state.acting() as state:
            found = [each for each in state.all("charge") if each["payment_intent"] == self.intent_of(payment_id)]
            return str(found[0]["id"]) if found else None

    def intent_of(self, payment_id: str) -> str | None:
        with self.system.double.state.acting() as state:
            intent = state.get("checkout.session", self.sessions[payment_id])["payment_intent"]
        return str(intent) if intent else None

    def refunds_of(self, payment_id: str) -> list[dict[str, Any]]:
        with self.system.double.state.acting() as state:
            found = [each for each in state.all("refund") if each["payment_intent"] == self.intent_of(payment_id)]
            return json.loads(json.dumps(found))  # type: ignore[no-any-return]


@pytest.fixture
def storm() -> Iterator[Storm]:
    with local_aws() as aws_url, StripeDouble() as double:
        system, clock = System(aws_url, double), Clock()
        for module in system.functions.values():
            clock.rule(module)
        yield Storm(system, clock)


def test_a_storm_of_admins_leaves_the_books_as_stripe_has_them(storm: Storm) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(storm.acts, range(WORKERS)))
    storm.settles()

    assert {code for _, status, code in storm.answers if status >= 500} <= NAMED
    for payment_id in storm.sessions:
        check(storm, payment_id)


def check(storm: Storm, payment_id: str) -> None:
    system = storm.system
    at_stripe = storm.refunds_of(payment_id)
    given = sum(each["amount"] for each in at_stripe if each["status"] not in ("failed", "canceled"))
    payment = system.desk(f"GET {ONE}", paymentId=payment_id).body
    received = sum(each["amount"] for each in payment["received"])
    assert received in (0, PRICE)
    assert given <= received
    # The books are Stripe's.
    assert sum(each["amount"] for each in payment["returned"]) == given
    facts = {each["ref"]: each["details"]["amount"] for each in payment["facts"] if each["kind"] == "refund"}
    assert facts == {each["id"]: each["amount"] for each in at_stripe}
    # A request is answered, once.
    made = Counter(each["metadata"].get("refund_request") for each in at_stripe)
    for request in payment["refundRequests"]:
        assert made[request["ref"]] == (request["state"] == "done")
        assert request["state"] != "open"
    # Each stands in the trail once, with who it was.
    trail = {each["id"]: each["by"] for each in payment["timeline"] if each["by"]}
    for request in payment["refundRequests"]:
        assert trail[f"adm_refund_{request['ref']}"] == request["by"]
    assert set(trail.values()) <= {each["sub"] for each in ADMINS}
    # Nobody is written to twice about one thing, and of who was erased nothing is left.
    mails = Counter(mail["to"] == "admin@example.com" for mail in system.mails(payment_id))
    sent = Counter(
        not NoticeKind(each["kind"]).is_to_customer for each in payment["notices"] if each["state"] == "sent"
    )
    resent = sum(each.startswith("adm_resend_") for each in trail)
    assert mails[False] == sent[False]
    assert sent[True] <= mails[True] <= sent[True] + resent
    if any(each.startswith("adm_era_") for each in trail):
        assert "zebedee" not in json.dumps(system.items(f"PAYMENT#{payment_id}")).lower()
