"""What the functions tell of themselves: ids on every line, and metrics embedded in the lines."""

import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments.adapters.stripe.client import API_VERSION
from payments.domain.errors import TryAgain
from payments.domain.identifiers import ORDER_NUMBER
from payments.runtime.observability import Metric
from tests.builders import a_charge, a_session, an_event
from tests.integration.system import System


def lines_of(logs: io.StringIO) -> list[dict[str, Any]]:
    """The lines since the last time."""
    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    logs.seek(0)
    logs.truncate()
    return lines


def metrics_of(line: dict[str, Any]) -> dict[str, float]:
    """What CloudWatch reads from a line."""
    return {
        metric["Name"]: line[metric["Name"]][0]
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", [])
        for metric in directive["Metrics"]
    }


def test_a_payments_life_is_counted_and_timed_and_every_line_carries_its_ids(system: System, logs: io.StringIO) -> None:
    payment_id = system.order().body["paymentId"]
    (line,) = lines_of(logs)
    assert (line["payment_id"], metrics_of(line)) == (payment_id, {"payment_created": 1})
    assert (line["products"], line["quantities"]) == (["consulting-hour"], [1])
    assert (line["amount"], line["currency"]) == (9900, "usd")
    assert ORDER_NUMBER.fullmatch(line["number"])

    system.status(payment_id)
    assert lines_of(logs) == []

    paid = an_event("checkout.session.completed", a_session_of(system, payment_id))
    system.hear(paid)
    (line,) = lines_of(logs)
    assert (line["payment_id"], line["event_id"], line["status"]) == (payment_id, paid["id"], "succeeded")
    assert metrics_of(line).keys() == {"payment_succeeded", "event_to_status"}
    assert line["event_to_status"][0] >= 0

    system.hear(paid)
    (line,) = lines_of(logs)
    assert (line["event_id"], metrics_of(line)) == (paid["id"], {"webhook_duplicate": 1})

    system.run_mailer()
    lines = lines_of(logs)
    assert [line["payment_id"] for line in lines] == [payment_id] * 3
    assert all(metrics_of(line).keys() == {"mail_sent", "status_to_mail"} for line in lines)


def test_a_lines_time_is_one_that_lambda_reads(system: System, logs: io.StringIO) -> None:
    before = datetime.now(UTC)
    system.order()
    system.deliver("{}", None)
    for line in lines_of(logs):
        # RFC 3339: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d)", line["timestamp"])
        assert timedelta(seconds=-1) < datetime.fromisoformat(line["timestamp"]) - before < timedelta(minutes=5)


def test_what_is_not_ours_or_not_stripes_is_counted(system: System, logs: io.StringIO) -> None:
    foreign = an_event("checkout.session.completed", a_session(None))
    system.hear(foreign)
    (line,) = lines_of(logs)
    assert (line["event_id"], metrics_of(line)) == (foreign["id"], {"webhook_foreign": 1})
    system.deliver("{}", "t=1,v1=00")
    (line,) = lines_of(logs)
    assert metrics_of(line) == {"webhook_forged": 1}


@pytest.mark.parametrize(
    ("changes", "metric"),
    [
        ({"livemode": True}, Metric.WEBHOOK_MISCONFIGURED),
        ({"api_version": "2020-08-27"}, Metric.WEBHOOK_MISCONFIGURED),
        ({"api_version": "2026-10-28.clover"}, Metric.WEBHOOK_MISCONFIGURED),
        ({"api_version": None}, Metric.WEBHOOK_MISCONFIGURED),
    ],
)
def test_an_endpoint_that_is_set_up_wrongly_is_counted(
    system: System, logs: io.StringIO, changes: dict[str, Any], metric: Metric
) -> None:
    payment_id = system.order().body["paymentId"]
    lines_of(logs)
    system.hear(an_event("checkout.session.completed", a_session_of(system, payment_id)) | changes)
    (line,) = lines_of(logs)
    assert metrics_of(line)[metric] == 1


def test_another_version_of_the_same_release_is_no_mistake(system: System, logs: io.StringIO) -> None:
    payment_id = system.order().body["paymentId"]
    lines_of(logs)
    release = API_VERSION.rpartition(".")[2]
    later = an_event("checkout.session.completed", a_session_of(system, payment_id)) | {
        "api_version": f"2026-12-16.{release}"
    }
    system.hear(later)
    (line,) = lines_of(logs)
    assert line["api_version"] == later["api_version"]
    assert Metric.WEBHOOK_MISCONFIGURED not in metrics_of(line)


def test_a_failure_names_the_payment_even_where_the_event_did_not(
    system: System, logs: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_id = system.order().body["paymentId"]
    session = a_session_of(system, payment_id)
    system.hear(an_event("checkout.session.completed", session))
    lines_of(logs)

    def too_busy(*_: object, **__: object) -> None:
        raise TryAgain("too many")

    handler = system.functions["StripeWebhook"]
    monkeypatch.setattr(type(handler.store), "save", too_busy)
    refunded = an_event("charge.updated", a_charge(None, payment_intent=session["payment_intent"]))
    assert system.hear(refunded).status == 503
    (line,) = lines_of(logs)
    assert (line["level"], line["code"]) == ("ERROR", "try_again")
    assert (line["payment_id"], line["event_id"]) == (payment_id, refunded["id"])


def test_ids_of_one_request_are_not_on_the_lines_of_the_next(system: System, logs: io.StringIO) -> None:
    payment_id = system.order().body["paymentId"]
    system.hear(an_event("checkout.session.completed", a_session_of(system, payment_id)))
    lines_of(logs)
    system.deliver("{}", None)
    (line,) = lines_of(logs)
    assert not {"payment_id", "event_id"} & line.keys()


def a_session_of(system: System, payment_id: str) -> dict[str, Any]:
    """The payment's session as paid, with an intent of its own."""
    (name,) = [
        key for key in system.items(f"PAYMENT#{payment_id}")["PAYMENT"]["facts"]["M"] if key.startswith("session")
    ]
    ref = name.removeprefix("session#")
    return a_session(
        payment_id,
        id=ref,
        status="complete",
        payment_status="paid",
        payment_intent=f"pi_{payment_id.removeprefix('pay_')}",
    )
