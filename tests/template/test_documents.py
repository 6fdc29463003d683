"""What the documents promise in figures and words is what template and code have."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.template import Template
from payments.adapters.secrets import CACHED_SECONDS
from payments.domain.claims import CLAIM_LIFETIME
from payments.services.mailing import FIRST_PAUSE, LONGEST_PAUSE, MOST_ATTEMPTS, STUCK_ATTEMPT, MailOutcome
from payments.services.reconciliation import Summary
from payments.services.webhook import Outcome

ROOT = Path(__file__).parents[2]
TEMPLATE = Template(ROOT / "template.yaml")
PARAMETERS = TEMPLATE.document["Parameters"]
RESOURCES = TEMPLATE.document["Resources"]
NUMBERS = {"half a": 0.5, "an": 1, "a": 1, "two": 2, "four": 4, "five": 5, "six": 6, "ten": 10}
UNITS = {"minute": 60, "hour": 3600, "day": 86400}


def text_of(document: str) -> str:
    """The document on one line, for sentences go over the ends of lines."""
    return " ".join((ROOT / document).read_text(encoding="utf-8").split())


def seconds_in(words: str) -> float:
    """`a quarter of an hour`, `five minutes`, `14 days`."""
    if words == "a quarter of an hour":
        return 900
    number, unit = words.replace("half an hour", "half a hour").rsplit(" ", 1)
    return (NUMBERS.get(number) or float(number)) * UNITS[unit.removesuffix("s")]


def of(resource: str) -> Any:
    return RESOURCES[resource]["Properties"]


def watched(alarm: str) -> int:
    """How long something must last until the alarm rings, in seconds."""
    return int(of(alarm)["Period"] * of(alarm)["EvaluationPeriods"])


OPERATING, DEPLOYING, SECURITY = "docs/operating.md", "docs/deploying.md", "docs/security.md"
DURATIONS = [
    (OPERATING, r"a message has been in the mail queue for (.+?) \|", of("MailQueueAgeAlarm")["Threshold"]),
    (OPERATING, r"what the queue forgets after (.+?) is published", of("MailQueue")["MessageRetentionPeriod"]),
    (OPERATING, r"lies in the dead-letter queue for (.+?)\. ", of("MailDeadLetterQueue")["MessageRetentionPeriod"]),
    (OPERATING, r"webhooks in (.+?) bear no valid signature", watched("WebhookForgedAlarm")),
    (SECURITY, r"alarm at 20 in (.+?)\. ", watched("WebhookForgedAlarm")),
    (OPERATING, r"Alarm` \| for ([^|]+?), some things could not be done", watched("ReconcileFailedAlarm")),
    (OPERATING, r"reconcile has not run for (.+?);", watched("ReconcileSilentAlarm")),
    (OPERATING, r"The next run is in (.+?) \|", TEMPLATE.functions["Reconcile"].schedules[0]),
    (OPERATING, r"read their secrets anew every (.+?) at the latest", CACHED_SECONDS),
    (DEPLOYING, r"Functions read a changed secret within (.+?)\.", CACHED_SECONDS),
    (SECURITY, r"keep them in memory for (.+?), so", CACHED_SECONDS),
    (OPERATING, r"with pauses from (.+?) to", FIRST_PAUSE.total_seconds()),
    (OPERATING, r"with pauses from half a minute to (.+?);", LONGEST_PAUSE.total_seconds()),
    (OPERATING, r"can be paid for (.+?) \(`CheckoutMinutes`\)", PARAMETERS["CheckoutMinutes"]["Default"] * 60),
    (OPERATING, r"an Idempotency-Key \| is remembered for (.+?) \|", CLAIM_LIFETIME.total_seconds()),
]
NUMBERS_OF_THINGS = [
    (OPERATING, r"at least (\d+) webhooks in", of("WebhookForgedAlarm")["Threshold"]),
    (SECURITY, r"with an alarm at (\d+) in", of("WebhookForgedAlarm")["Threshold"]),
    (OPERATING, r"is tried (\d+) times, with pauses", MOST_ATTEMPTS),
    (OPERATING, r"requests to the API \| (\d+) a second", PARAMETERS["ApiRateLimit"]["Default"]),
    (OPERATING, r"a second, (\d+) at once", PARAMETERS["ApiBurstLimit"]["Default"]),
    (
        OPERATING,
        r"A message of the mail queue that failed (\w+) times",
        of("MailQueue")["RedrivePolicy"]["maxReceiveCount"],
    ),
    (OPERATING, r"a message failed (\w+) times", of("MailQueue")["RedrivePolicy"]["maxReceiveCount"]),
    (
        OPERATING,
        r"At most (\w+) mailers work at once",
        of("SendEmail")["Events"]["Mail"]["Properties"]["ScalingConfig"]["MaximumConcurrency"],
    ),
]


@pytest.mark.parametrize(("document", "sentence", "seconds"), DURATIONS)
def test_a_time_that_a_document_promises_is_the_one_there_is(document: str, sentence: str, seconds: float) -> None:
    found = re.findall(sentence, text_of(document))
    assert found, f"{document} does not say {sentence}"
    assert {seconds_in(each) for each in found} == {float(seconds)}


@pytest.mark.parametrize(("document", "sentence", "number"), NUMBERS_OF_THINGS)
def test_a_number_that_a_document_promises_is_the_one_there_is(document: str, sentence: str, number: int) -> None:
    found = re.findall(sentence, text_of(document))
    assert found, f"{document} does not say {sentence}"
    assert {NUMBERS.get(each) or int(each) for each in found} == {number}


def test_a_mail_that_is_stuck_is_told_of_after_the_time_that_the_document_says() -> None:
    text = text_of(OPERATING)
    assert "could not be sent for a quarter of an hour (the sixth attempt), or was given up after the twelfth" in text
    assert (STUCK_ATTEMPT, MOST_ATTEMPTS) == (6, 12)
    waited = sum((min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt) for attempt in range(STUCK_ATTEMPT - 1)), timedelta())
    assert timedelta(minutes=15) <= waited < timedelta(minutes=20)


def test_the_readme_has_every_parameter_and_its_default() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("### Configuration")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    told = {name: row[1] for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert told.keys() == PARAMETERS.keys()
    for name in ("CheckoutMinutes", "FailureNoticeDelaySeconds", "ApiRateLimit", "ApiBurstLimit", "LogRetentionDays"):
        assert re.search(rf"\b{PARAMETERS[name]['Default']}\b", told[name]), name
    for name in ("CheckoutMinutes", "FailureNoticeDelaySeconds"):
        assert re.search(rf"\b{PARAMETERS[name]['MaxValue']}\b", told[name]), name


# What the log says


def said(code: ast.AST) -> Iterator[str]:
    """The words that log calls begin with, where they stand in the code."""
    for node in ast.walk(code):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "logger"
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


def row_of(field: str) -> list[str]:
    """The names in a row of the table of a log line's fields, those of the field itself first."""
    (row,) = [line for line in (ROOT / OPERATING).read_text().splitlines() if line.startswith(f"| `{field}`")]
    return re.findall(r"`(\w+)`", row)


def test_the_document_has_every_word_that_a_log_line_begins_with() -> None:
    sources = [*ROOT.glob("functions/*/handler.py"), *ROOT.glob("layers/common/payments/runtime/*.py")]
    words = {word for source in sources for word in said(ast.parse(source.read_text()))}
    assert "refused" in words
    assert set(row_of("message")[1:]) == words | {each.value for each in Outcome} | {each.value for each in MailOutcome}


def test_the_document_has_everything_that_a_run_of_reconcile_tells() -> None:
    assert set(row_of("notices_published")) == {each.name for each in fields(Summary)}
