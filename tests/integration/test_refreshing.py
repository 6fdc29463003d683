"""A customer checks again: through the real handlers, while no webhook comes."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments.domain.errors import PublishFailed
from payments.domain.releases import LEVEL
from payments.services.refreshing import PAUSE
from tests.integration.clock import Clock
from tests.integration.contract import Contract
from tests.integration.system import Answer, System

CONTRACT = Contract()
CONFIRMED = [
    "Payment received: 99.00 USD from Ada Lovelace for Consulting, one hour",
    "Your payment of 99.00 USD to Example Studio is complete",
    "[Copy] Your payment of 99.00 USD to Example Studio is complete",
]


@pytest.fixture
def clock(system: System, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """That of the function, which stands still."""
    clock = Clock()
    clock.stop()
    monkeypatch.setattr(system.functions["TendPayment"], "datetime", datetime)
    clock.rule(system.functions["TendPayment"])
    return clock


@contextmanager
def without_stripe(system: System) -> Iterator[None]:
    system.control("outage", calls=1000, kind="rate_limit")
    try:
        yield
    finally:
        system.control("outage", calls=0)


def a_checkout(system: System) -> tuple[str, str]:
    """Payment id and session id of a new order."""
    body = system.order().body
    return body["paymentId"], body["sessionId"]


def a_paid_one(system: System) -> str:
    """A payment that was paid, as nobody told us."""
    payment_id, session_id = a_checkout(system)
    system.control(f"sessions/{session_id}/pay")
    return payment_id


def refreshed(system: System, payment_id: str) -> dict[str, Any]:
    answer = system.refresh(payment_id)
    assert answer.status == 200, answer
    CONTRACT.judge("refreshPayment", answer.status, answer.headers["content-type"], answer.body)
    return answer.body


def test_a_paid_checkout_is_succeeded_and_told_though_no_webhook_came(system: System, clock: Clock) -> None:
    payment_id = a_paid_one(system)
    body = refreshed(system, payment_id)
    assert (body["status"], body["checkedAt"]) == ("succeeded", f"{clock.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    # It is what a poll shows, and a time.
    assert {name: value for name, value in body.items() if name != "checkedAt"} == system.status(payment_id).body
    system.run_mailer()
    assert subjects(system, payment_id) == CONFIRMED


def test_what_comes_late_changes_nothing(system: System) -> None:
    before = {event["id"] for event in system.events()}
    payment_id = a_paid_one(system)
    refreshed(system, payment_id)
    status = system.status(payment_id).body
    for event in system.events():
        if event["id"] not in before:
            assert system.hear(event).status == 200
    system.run_mailer()
    # The mailer has issued its invoice meanwhile.
    later = system.status(payment_id).body
    assert later | {name: status[name] for name in ("updatedAt", "invoiceNumber")} == status
    assert subjects(system, payment_id) == CONFIRMED


def test_stripe_is_asked_once_in_ten_seconds(system: System, clock: Clock, asked: list[str]) -> None:
    payment_id, session_id = a_checkout(system)
    first = refreshed(system, payment_id)
    assert (first["status"], asked) == ("pending", ["/v1/checkout/sessions/{id}"])
    system.control(f"sessions/{session_id}/pay")
    asked.clear()
    clock.offset = PAUSE - timedelta(milliseconds=1)
    assert refreshed(system, payment_id) == first
    assert asked == []
    clock.offset = PAUSE
    assert refreshed(system, payment_id)["status"] == "succeeded"
    assert asked == [
        "/v1/checkout/sessions/{id}",
        "/v1/charges",
        "/v1/refunds",
        "/v1/radar/early_fraud_warnings",
    ]


def test_a_refund_that_nobody_told_of_is_found(system: System, clock: Clock) -> None:
    payment_id = a_paid_one(system)
    charge = refreshed(system, payment_id)["transactionId"]
    system.stripe().v1.refunds.create({"charge": charge})
    clock.offset = PAUSE
    assert refreshed(system, payment_id)["status"] == "refunded"


def test_while_stripe_is_down_the_answer_is_what_is_stored(system: System, clock: Clock, logs: io.StringIO) -> None:
    payment_id, session_id = a_checkout(system)
    with without_stripe(system):
        never = refreshed(system, payment_id)
    assert (never["status"], never["checkedAt"]) == ("pending", None)
    clock.offset = PAUSE
    once = refreshed(system, payment_id)
    assert once["checkedAt"]
    system.control(f"sessions/{session_id}/pay")
    clock.offset = 2 * PAUSE
    logs.truncate(logs.seek(0))
    with without_stripe(system):
        # With the time of the last answer.
        assert refreshed(system, payment_id) == once
    (line,) = map(json.loads, logs.getvalue().splitlines())
    assert (line["level"], line["message"], line["code"]) == ("ERROR", "failed", "stripe_unavailable")
    assert (line["service"], line["payment_id"]) == ("tend_payment", payment_id)


def test_what_the_queue_does_not_take_is_published_by_reconcile(
    system: System, logs: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_id = a_paid_one(system)
    logs.truncate(logs.seek(0))

    def refuse(_: object) -> None:
        raise PublishFailed

    with monkeypatch.context() as patch:
        patch.setattr(system.functions["TendPayment"].queue, "publish", refuse)
        assert refreshed(system, payment_id)["status"] == "succeeded"
    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["publish_failed", "refreshed"]
    notices = [item for key, item in system.items(f"PAYMENT#{payment_id}").items() if key.startswith("NOTICE#")]
    assert len(notices) == len(CONFIRMED)
    assert all("due_at" in item for item in notices)


def test_what_was_learned_is_counted_and_a_line_is_written_where_stripe_answered(
    system: System, logs: io.StringIO
) -> None:
    payment_id = a_paid_one(system)
    logs.truncate(logs.seek(0))
    for _ in range(2):
        refreshed(system, payment_id)
    (line,) = map(json.loads, logs.getvalue().splitlines())
    assert (line["message"], line["payment_id"], line["status"]) == ("refreshed", payment_id, "succeeded")
    assert line["payment_succeeded"] == [1.0]


def test_a_payment_for_newer_code_is_shown_and_not_asked_about(system: System, asked: list[str]) -> None:
    payment_id = a_paid_one(system)
    (table,) = system.template.tables.values()
    system.dynamodb.update_item(
        TableName=table.name,
        Key={"pk": {"S": f"PAYMENT#{payment_id}"}, "sk": {"S": "PAYMENT"}},
        UpdateExpression="SET needs = :needs",
        ExpressionAttributeValues={":needs": {"N": str(LEVEL + 1)}},
    )
    asked.clear()
    before = system.items(f"PAYMENT#{payment_id}")
    body = refreshed(system, payment_id)
    assert (body["status"], body["checkedAt"]) == ("pending", None)
    assert (asked, system.items(f"PAYMENT#{payment_id}")) == ([], before)
    assert not system.items(f"RATE#refresh-{payment_id}")


@pytest.mark.parametrize("payment_id", ["pay_01KAJN5JR0Q4Y6B8C2D9E3F7GH", "pay_nobody", ""])
def test_a_payment_that_there_is_not_is_not_found_and_nothing_is_written(system: System, payment_id: str) -> None:
    answers: list[Answer] = [system.refresh(payment_id), system.status(payment_id)]
    assert [(answer.status, answer.body["code"]) for answer in answers] == [(404, "payment_not_found")] * 2
    assert len({answer.body["detail"] for answer in answers}) == 1
    assert not system.items(f"RATE#refresh-{payment_id}")


def subjects(system: System, payment_id: str) -> list[str]:
    return sorted(str(mail["subject"]) for mail in system.mails(payment_id))
