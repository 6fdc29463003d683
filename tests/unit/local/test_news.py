"""What a line in a log is to a person who looks on."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from hypothesis import given
from hypothesis import strategies as st

from local.news import News, Reporter, Weight
from local.terminal import line_of
from payments.domain.payment import Status
from payments.runtime.observability import Metric, metrics
from payments.services.mailing import MailOutcome
from payments.services.reconciliation import Summary
from payments.services.webhook import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

PAYMENT = "pay_01M8H28A7SQJSJTB4AWJY0D98Y"
PARTS = {
    "create_session": "CreateSession",
    "stripe_webhook": "StripeWebhook",
    "send_email": "SendEmail",
    "tend_payment": "TendPayment",
    "reconcile": "Reconcile",
}


def logged(service: str, level: str, message: str, extra: Mapping[str, object], error: Exception | None = None) -> str:
    """A line as the functions write it."""
    formatter = LambdaPowertoolsFormatter()
    formatter.append_keys(service=service)
    raised = error and (type(error), error, None)
    record = {"msg": message, "levelname": level.upper(), "exc_info": raised, **extra}
    return formatter.format(logging.makeLogRecord(record))


def shown(
    service: str, message: str, level: str = "info", error: Exception | None = None, /, **extra: object
) -> list[News]:
    return list(Reporter().news(PARTS[service], logged(service, level, message, extra, error)))


def texts(part: str, *lines: str) -> list[str]:
    reporter = Reporter()
    return ["".join(line_of(news)) for line in lines for news in reporter.news(part, line)]


def test_an_order_says_what_it_costs_and_what_for() -> None:
    order: dict[str, Any] = {"payment_id": PAYMENT, "status": "pending", "amount": 12000, "currency": "jpy"}
    order["products"] = ["online-course"]
    assert shown("create_session", "checkout", **order, **metrics({Metric.PAYMENT_CREATED: 1})) == [
        News("order", "12,000 JPY  online-course", PAYMENT)
    ]
    cart = order | {"number": "7K3M-9XQ2", "products": ["mug", "course"], "quantities": [2, 1]}
    assert shown("create_session", "checkout", **cart, **metrics({Metric.PAYMENT_CREATED: 1})) == [
        News("order", "12,000 JPY  7K3M-9XQ2  2 \N{MULTIPLICATION SIGN} mug, course", PAYMENT)
    ]
    assert shown("create_session", "checkout", **order) == [
        News("order", "the same once more, pending", PAYMENT, Weight.QUIET)
    ]


@pytest.mark.parametrize(
    ("status", "weight"),
    [(Status.SUCCEEDED, Weight.GOOD), (Status.IN_REVIEW, Weight.WARNING), (Status.FAILED, Weight.PLAIN)],
)
def test_an_event_says_which_status_was_reached(status: Status, weight: Weight) -> None:
    event: dict[str, Any] = {"payment_id": PAYMENT, "event_type": "charge.updated", "status": status}
    assert shown("stripe_webhook", "learned", **event, **metrics({Metric.of(status): 1})) == [
        News("webhook", f"charge.updated -> {status}", PAYMENT, weight)
    ]
    assert shown("stripe_webhook", "learned", **event) == [
        News("webhook", f"charge.updated, still {status}", PAYMENT, Weight.QUIET)
    ]
    assert shown("tend_payment", "refreshed", payment_id=PAYMENT, status=status) == [
        News("refresh", f"asked Stripe, still {status}", PAYMENT, Weight.QUIET)
    ]


@pytest.mark.parametrize("outcome", set(Outcome) - {Outcome.LEARNED})
def test_every_other_outcome_of_an_event_is_said_and_stands_out_where_it_should(outcome: Outcome) -> None:
    level = "error" if outcome.needs_attention else "info"
    (news,) = shown("stripe_webhook", outcome.value, level, event_type="charge.refunded", api_version="v")
    assert news.text == f"charge.refunded: {outcome.value.replace('_', ' ')}"
    assert news.weight is (Weight.ERROR if outcome.needs_attention else Weight.QUIET)


@pytest.mark.parametrize("outcome", MailOutcome)
def test_every_outcome_of_a_mail_is_said_with_its_reason(outcome: MailOutcome) -> None:
    level = "error" if outcome.needs_attention else "info"
    extra = {} if outcome is MailOutcome.SENT else {"reason": "not verified"}
    (news,) = shown("send_email", outcome.value, level, payment_id=PAYMENT, notice="payment_failed:1", **extra)
    assert (news.what, news.payment) == ("mail", PAYMENT)
    assert news.text.startswith(f"payment_failed:1 {outcome.value.replace('_', ' ')}")
    assert ("not verified" in news.text) is (outcome is not MailOutcome.SENT)
    expected = {MailOutcome.SENT: Weight.PLAIN, MailOutcome.POSTPONED: Weight.WARNING}
    assert news.weight is expected.get(outcome, Weight.ERROR if outcome.needs_attention else Weight.QUIET)


def test_a_run_of_reconcile_is_news_if_it_did_something() -> None:
    assert shown("reconcile", "reconciled", **asdict(Summary(events_read=7))) == []
    did = Summary(payments_looked_at=3, notices_published=1, missed=[PAYMENT], reached={Status.SUCCEEDED: 2})
    assert shown("reconcile", "reconciled", **asdict(did)) == [
        News("reconcile", "found at Stripe, no webhook had told of it", PAYMENT, Weight.WARNING),
        News("reconcile", "3 looked at, 1 published again, 2 succeeded"),
    ]


def test_a_failure_says_why_and_which_file_says_more() -> None:
    told = {"payment_id": PAYMENT, "code": "stripe_unavailable", "reference": "APIError status=500", "http_status": 503}
    assert shown("create_session", "refused", "error", ValueError("x"), **told, detail="Nobody answered.") == [
        News("order", "503: stripe_unavailable, APIError status=500", PAYMENT, Weight.ERROR, "CreateSession")
    ]
    assert shown("send_email", "failed", "error", KeyError("body")) == [
        News("mail", "failed: KeyError: 'body'", "", Weight.ERROR, "SendEmail")
    ]
    assert shown("stripe_webhook", "publish_failed", "warning")[0].weight is Weight.WARNING


def test_what_a_caller_did_wrong_is_told_once_and_with_its_address() -> None:
    assert shown("create_session", "refused", code="validation_failed", http_status=422) == []
    line = {"method": "POST", "path": "/checkout-sessions", "status": 422, "problem": "Some fields: name"}
    assert texts("api", json.dumps(line)) == ["request     POST /checkout-sessions  422 Some fields: name"]
    assert texts("api", json.dumps({"method": "GET", "path": f"/payments/{PAYMENT}", "status": 200})) == []


def test_a_line_of_an_unknown_kind_appears_shortened() -> None:
    (line,) = texts("Shelf", logged("shelf", "info", "stock_taken", {"payment_id": PAYMENT, "left": [1] * 99}))
    assert line.startswith(f"shelf       {PAYMENT}  stock taken: left=[1, 1, ")
    assert line.endswith("...")
    assert len(f"13:04:05  {line}") == 110
    assert texts("Shelf", "print() was here", '{"neither": 1}', "[1]", '{"half') == [
        "shelf       print() was here",
        'shelf       {"neither": 1}',
        "shelf       [1]",
        'shelf       {"half',
    ]


def test_a_traceback_is_its_last_line_and_the_file() -> None:
    traceback = [
        "Exception in thread Thread-1 (serve_forever):",
        "Traceback (most recent call last):",
        '  File "aws.py", line 3, in <module>',
        "    import moto",
        "ModuleNotFoundError: No module named 'moto'",
    ]
    assert texts("aws", *traceback, "and on") == [
        "aws         ModuleNotFoundError: No module named 'moto' (aws.log)",
        "aws         and on",
    ]


def test_what_lambda_says_of_an_invocation_stands_out() -> None:
    crash = {"level": "ERROR", "errorType": "KeyError", "errorMessage": "'x'", "stackTrace": ["..."]}
    not_loaded = crash | {"errorType": "Runtime.ImportModuleError"}
    assert texts("CreateSession", "RequestId: 1 Error: Task timed out after 2.00 seconds", json.dumps(crash)) == [
        "order       Task timed out after 2.00 seconds (CreateSession.log)",
        "order       KeyError: 'x' (CreateSession.log)",
    ]
    # The stack itself says why a function cannot be loaded.
    retried = {"level": "WARNING", "message": "LAMBDA_WARNING: Unhandled exception."}
    assert texts("CreateSession", json.dumps(not_loaded), json.dumps(retried)) == []


def test_nothing_reaches_the_terminal_that_it_could_take_for_a_command() -> None:
    (line,) = texts("stripe", "\x1b[31mred\x07 \x9b \N{SNOWMAN}")
    assert line == "stripe      \\x1b[31mred\\x07 \\x9b \N{SNOWMAN}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = (
    "service message level payment_id status notice event_type missed reached payments_looked_at amount currency "
    "products quantities number payment_created errorType method path problem exception http_status code detail reason"
).split()
MESSAGES = st.sampled_from(["checkout", "reconciled", "refreshed", "learned", "refused", "failed", "sent"])


@given(st.lists(st.text() | st.dictionaries(st.sampled_from(FIELDS), MESSAGES | JSON).map(json.dumps)))
def test_no_line_of_any_kind_is_an_error(lines: list[str]) -> None:
    for text in texts("CreateSession", *lines):
        assert text.isprintable()
