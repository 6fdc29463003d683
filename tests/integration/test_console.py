"""The console on the whole system: what it shows, and that its buttons reach what they name and nothing else."""

from __future__ import annotations

import http.client
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

import pytest

from local.stack import UNLIMITED, Ports, Stack
from tests.integration.system import AN_ORDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]


class Console:
    """The page's own requests."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(urlsplit(self.stack.console_url).netloc, timeout=30)
        named = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        try:
            connection.request(method, path, None if body is None else json.dumps(body), named)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text and "json" in answer.headers["content-type"] else text

    def post(self, path: str, body: Any = None) -> Any:
        status, answer = self.call("POST", path, body or {})
        assert status in (200, 201), answer
        return answer

    @property
    def state(self) -> Any:
        return self.call("GET", "/state.json")[1]

    def payment(self, id_: str) -> Any:
        status, answer = self.call("GET", f"/payments/{id_}.json")
        assert status == 200, answer
        return answer

    def found(self, words: str) -> list[str]:
        """The ids of the payments that a search finds."""
        found = self.call("GET", f"/payments.json?search={quote(words)}")[1]
        return [payment["id"] for payment in found["payments"]]

    def order(self) -> tuple[str, str]:
        """A new payment's id and its session's."""
        answer = self.post("/orders", AN_ORDER)
        return answer["paymentId"], answer["sessionId"]

    def paid(self) -> str:
        payment_id, session_id = self.order()
        self.post(f"/control/sessions/{session_id}/pay", {"card": "4242424242424242"})
        eventually(lambda: has_been_told(self.payment(payment_id)))
        return payment_id


def has_been_told(payment: Any) -> bool:
    return len(payment["notices"]) == 3 and {each["state"] for each in payment["notices"]} == {"sent"}


def eventually[T](look: Callable[[], T]) -> T:
    deadline = time.monotonic() + 20
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with Stack(ROOT, ports=Ports.free(), logs=tmp_path_factory.mktemp("logs"), parameters=UNLIMITED) as stack:
        yield Console(stack)


def test_a_paid_checkout_is_shown_with_all_that_followed(console: Console) -> None:
    payment_id = console.paid()

    state = console.state
    payment = console.payment(payment_id)
    assert payment["status"] == "succeeded"
    assert payment["asked"] == payment["received"] == {**payment["asked"], "amount": 9900, "text": "99.00 USD"}
    assert {fact["kind"]: fact["state"] for fact in payment["facts"]} == {
        "asking": "open",
        "session": "paid",
        "intent": "succeeded",
        "attempt": "succeeded",
    }
    assert {event["type"] for event in payment["events"]} >= {"checkout.session.completed", "charge.succeeded"}
    assert payment["lastEvent"] in {event["id"] for event in payment["events"]}
    assert len(payment["mails"]) == len(payment["notices"]) == 3
    assert AN_ORDER["email"] in {to for mail in payment["mails"] for to in mail["to"]}
    assert [mail for mail in reversed(state["mails"]) if mail["payment"] == payment_id] == payment["mails"]
    deliveries = {each["event"]: each for each in payment["stripe"]["deliveries"]}
    for event in payment["events"]:
        assert [attempt["status"] for attempt in deliveries[event["id"]]["attempts"]][-1] == 200
    assert {queue["name"]: queue["deadLetters"] for queue in state["queues"]} == {
        "MailQueue": False,
        "MailDeadLetterQueue": True,
        "ScheduleDeadLetterQueue": True,
    }
    assert state["broken"] == state["problems"] == {}


def test_stripes_objects_are_shown_in_short_and_whole_with_their_payment(console: Console) -> None:
    payment_id = console.paid()
    charge_id = next(fact["ref"] for fact in console.payment(payment_id)["facts"] if fact["kind"] == "attempt")
    refund = console.post(f"/control/charges/{charge_id}/refund", {"amount": 100})

    objects = console.payment(payment_id)["stripe"]["objects"]
    status, whole = console.call("GET", f"/stripe/{charge_id}.json")

    assert [(each["id"], each["status"], each["amount"]) for each in objects["charges"]] == [
        (charge_id, "succeeded", 9900)
    ]
    assert [each["id"] for each in objects["refunds"]] == [refund["id"]]
    assert (status, whole["payment"]) == (200, payment_id)
    assert whole["object"]["payment_method_details"]["card"]["last4"] == "4242"
    assert console.call("GET", f"/stripe/{refund['id']}.json")[1]["payment"] == payment_id
    assert console.found(refund["id"]) == [payment_id]
    assert console.call("GET", "/stripe/ch_unknown.json")[0] == 404


def test_a_payment_is_found_by_its_customer_and_has_an_address(console: Console) -> None:
    payment_id, _ = console.order()

    assert console.found(f"{AN_ORDER['email']} pending {payment_id}") == [payment_id]
    status, page = console.call("GET", f"/payments/{payment_id}")
    assert status == 200
    assert b'src="/console.js"' in page
    assert console.call("GET", "/payments/pay_none.json") == (
        404,
        {"error": {"message": "There is no payment pay_none."}},
    )


def test_open_in_stripe_leads_to_the_console(console: Console) -> None:
    payment_id = console.paid()

    with urlopen(f"{console.stack.mailbox_url}/messages?search={payment_id}+received") as messages:  # noqa: S310
        [mail] = [each for each in json.load(messages) if each["subject"].startswith("Payment received")]
    [link] = re.findall(r'href="([^"]*)"[^>]*>Open in Stripe', mail["html"])
    with urlopen(link) as page:  # noqa: S310 - the stack's own
        assert b"<title>Console</title>" in page.read()
    intent_id = link.rpartition("/")[2]
    assert page.url == f"{console.stack.console_url}/stripe/{intent_id}"
    assert console.call("GET", f"/stripe/{intent_id}.json")[1]["payment"] == payment_id


def test_a_charge_can_be_refunded_and_disputed(console: Console) -> None:
    payment_id = console.paid()
    charge_id = next(fact["ref"] for fact in console.payment(payment_id)["facts"] if fact["kind"] == "attempt")

    console.post(f"/control/charges/{charge_id}/refund", {"amount": 1000})
    dispute = console.post(f"/control/charges/{charge_id}/dispute", {"reason": "general"})
    eventually(lambda: console.payment(payment_id)["dispute"] == "open")
    console.post(f"/control/disputes/{dispute['id']}/close", {"status": "won"})

    eventually(lambda: console.payment(payment_id)["dispute"] == "won")
    payment = console.payment(payment_id)
    assert (payment["status"], payment["returned"]["amount"]) == ("partially_refunded", 1000)


def test_held_events_are_shown_and_flushed(console: Console) -> None:
    payment_id, session_id = console.order()
    console.post("/control/webhooks", {"mode": "hold"})
    try:
        console.post(f"/control/sessions/{session_id}/pay", {})
        held = console.state["stripe"]
    finally:
        console.post("/control/webhooks", {"mode": "deliver"})

    assert held["mode"] == "hold"
    assert held["held"] == sum(each["held"] for each in held["deliveries"]) > 0
    assert console.post("/control/webhooks/flush")["flushed"] == held["held"]
    eventually(lambda: console.payment(payment_id)["status"] == "succeeded")


def test_looking_does_not_use_up_an_outage(console: Console) -> None:
    # Reconcile may come by and have the failure; looking would have it each time.
    for _ in range(6):
        console.post("/control/outage", {"calls": 1, "kind": "error500"})
        shown = [console.state["stripe"] for _ in range(3)]
        status, _ = console.call("POST", "/orders", AN_ORDER)
        if status == 503:
            break
    assert status == 503
    assert all(each["failing"] == 1 for each in shown)
    console.post("/control/outage", {"calls": 0})
    assert console.state["stripe"]["failing"] == 0


def test_reconcile_runs_and_the_mailbox_is_emptied(console: Console) -> None:
    console.paid()

    assert console.call("POST", "/reconcile", {})[0] == 200
    assert console.state["mails"]
    assert console.call("DELETE", "/mails")[0] == 204
    assert console.state["mails"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/control/webhook_endpoints/we_1/roll",
        "/control/sessions/cs_1/steal",
        "/control/sessions/cs_1/../../outage",
        "/control/sessions/cs_1%3Fx/pay",
        "/control/../v1/refunds",
        "/control/outage/",
        "/control/",
    ],
)
def test_what_is_no_control_of_the_page_goes_nowhere(console: Console, path: str) -> None:
    before = console.state["stripe"]["mode"]

    status, _ = console.call("POST", path, {"calls": 99, "advance": 0})

    assert status == 404
    assert console.state["stripe"]["mode"] == before


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"host": "evil.example"}, 403),
    ],
)
def test_another_origins_page_can_do_nothing(console: Console, headers: dict[str, str], expected: int) -> None:
    status, _ = console.call("POST", "/control/webhooks", {"mode": "drop"}, **headers)

    assert status == expected
    assert console.state["stripe"]["mode"] == "deliver"


def test_the_page_may_run_its_own_files_only(console: Console) -> None:
    connection = http.client.HTTPConnection(urlsplit(console.stack.console_url).netloc, timeout=30)
    connection.request("GET", "/")
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<style" not in text
    assert " style=" not in text


def test_without_the_double_the_rest_is_shown(tmp_path: Path) -> None:
    with Stack(ROOT, ports=Ports.free(), logs=tmp_path, stripe_double=False) as stack:
        console = Console(stack)

        state = console.state
        _, found = console.call("GET", "/payments.json")
        status, _ = console.call("POST", "/control/outage", {"calls": 1})

    assert (state["stripe"], found["payments"], state["problems"]) == (None, [], {})
    assert len(state["queues"]) == 3
    assert status == 503
