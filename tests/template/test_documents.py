"""What the documents promise in figures and words is what template and code have."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.site import HEADERS
from local.template import Template
from payments.adapters.secrets import CACHED_SECONDS
from payments.adapters.stripe.signature import SIGNATURE_TOLERANCE_SECONDS
from payments.domain.claims import CLAIM_LIFETIME
from payments.domain.facts import MOST_FAILED_ATTEMPTS
from payments.runtime.bodies import MOST_BODY_BYTES
from payments.runtime.order_bodies import MOST_METADATA_KEYS
from payments.services.mailing import FIRST_PAUSE, LONGEST_PAUSE, MOST_ATTEMPTS, STUCK_ATTEMPT, MailOutcome
from payments.services.reconciliation import Summary
from payments.services.webhook import Outcome

ROOT = Path(__file__).parents[2]
TEMPLATE = Template(ROOT / "template.yaml")
PARAMETERS = TEMPLATE.document["Parameters"]
RESOURCES = TEMPLATE.document["Resources"]
NUMBERS = {"half a": 0.5, "an": 1, "a": 1, "two": 2, "four": 4, "five": 5, "six": 6, "ten": 10, "twenty": 20}
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
    (SECURITY, r"a signature is good for (.+?);", SIGNATURE_TOLERANCE_SECONDS),
    ("docs/events-and-facts.md", r"It waits (.+?) \(`Fail", PARAMETERS["FailureNoticeDelaySeconds"]["Default"]),
    (OPERATING, r"in 14 hours, first after (.+?), then", FIRST_PAUSE.total_seconds()),
    (OPERATING, r"twice as long each time, at\s+most (.+?);", LONGEST_PAUSE.total_seconds()),
    (OPERATING, r"can be paid for (.+?) \(`CheckoutMinutes`\)", PARAMETERS["CheckoutMinutes"]["Default"] * 60),
    (OPERATING, r"an Idempotency-Key \| is remembered for (.+?) \|", CLAIM_LIFETIME.total_seconds()),
]
NUMBERS_OF_THINGS = [
    (OPERATING, r"at least (\d+) webhooks in", of("WebhookForgedAlarm")["Threshold"]),
    (SECURITY, r"with an alarm at (\d+) in", of("WebhookForgedAlarm")["Threshold"]),
    (SECURITY, r"a body may have (\d+) KiB", MOST_BODY_BYTES / 1024),
    ("docs/api.md", r"A body may have ([\d,]+) bytes", MOST_BODY_BYTES),
    ("docs/api.md", r"at most (\d+) texts by key", MOST_METADATA_KEYS),
    ("docs/events-and-facts.md", r"that failed the latest (\w+) are kept", MOST_FAILED_ATTEMPTS),
    (OPERATING, r"is tried (\d+) times in 14 hours", MOST_ATTEMPTS),
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
    assert {NUMBERS.get(each) or int(each.replace(",", "")) for each in found} == {number}


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


def test_the_readme_costs_what_the_cost_document_says() -> None:
    cost, readme = (ROOT / "docs" / "cost.md").read_text(), text_of("README.md")
    (idle,) = re.findall(r"^## An idle month: \$([\d.]+)$", cost, re.MULTILINE)
    rows = re.findall(
        r"^\| [\w ]+ \| ([\w ]+) \| [\d.,e-]+ \| \$([\d.]+) \|", cost.partition("## An idle month")[2], re.MULTILINE
    )
    sums = [float(usd) for line, usd in rows if line in ("alarms on one metric for a month", "secrets for a month")][:2]
    assert f"a month in which nobody buys, {idle} USD, of which alarms and secrets are {sum(sums):.2f}" in readme
    one, many = (
        100 * float(usd)
        for usd in (*re.findall(r"## One payment: \$([\d.]+)", cost), *re.findall(r"\$([\d.]+) for each", cost)[:1])
    )
    least, most = re.findall(r"A payment costs ([\d.]+) to ([\d.]+) cents", readme)[0]
    assert float(least) == pytest.approx(min(one, many), abs=0.005)
    assert float(most) == pytest.approx(max(one, many), abs=0.005)


def test_the_readme_has_every_field_that_the_api_takes_and_answers() -> None:
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    section = text_of("README.md").partition("## The API")[2].partition("Amounts are")[0]
    told = [set(re.findall(r'"(\w+)"', each)) for each in re.findall(r"{(.*?)}(?:\]})?(?= |$)", section)]
    products = schemas["ProductsView"]["properties"]
    asked = [set(schemas[name]["properties"]) for name in ("CheckoutBody", "CheckoutView", "IntentView", "PaymentView")]
    asked.append(set(schemas["RefreshedView"]["properties"]) - asked[-1])
    asked.append(set(schemas["CancelBody"]["properties"]))
    asked.append(set(schemas["ProductView"]["properties"]) | set(products))
    assert [each for each in told if each] == asked


def test_what_is_secret_is_read_and_mail_is_sent_by_those_that_the_document_names() -> None:
    may: dict[str, set[str]] = {}
    for id_, function in TEMPLATE.functions.items():
        for statement in of(f"{id_}Role")["Policies"][0]["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            for action in actions:
                if action == "secretsmanager:GetSecretValue":
                    named = (
                        statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
                    )
                    for resource in named:
                        may.setdefault(resource["Ref"], set()).add(function.code_uri.name)
                elif action.startswith("ses:"):
                    may.setdefault("mail", set()).add(function.code_uri.name)
    assert may == {
        "StripeApiKey": {
            "create_session",
            "create_intent",
            "payment_methods",
            "tend_payment",
            "admin_act",
            "stripe_webhook",
            "reconcile",
        },
        "StripeWebhookSecret": {"stripe_webhook"},
        "mail": {"send_email"},
    }
    sentence = (
        "Only create_session, create_intent, payment_methods, tend_payment, admin_act, stripe_webhook and reconcile "
        "may read the API key, only stripe_webhook"
    )
    assert f"{sentence} the signing secret, only send_email may send" in text_of(SECURITY)


def test_what_the_document_quotes_for_something_that_is_not_set_up_is_said_somewhere() -> None:
    section = (ROOT / DEPLOYING).read_text(encoding="utf-8").partition("## When something is not set up")[2]
    by_others = {"blocked by CORS policy", "Pending confirmation"}
    sources = [*ROOT.glob("frontend/*.js"), *ROOT.glob("layers/common/payments/**/*.py")]
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    quoted = set(re.findall(r'"([^"]+)"', section)) - by_others
    assert len(quoted) >= 2
    assert [each for each in sorted(quoted) if each not in text] == []


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


def test_the_queries_ask_for_fields_that_lines_have() -> None:
    text = (ROOT / OPERATING).read_text(encoding="utf-8")
    section = text.partition("### More queries")[2].partition("\n## ")[0]
    queries = [*re.findall(r"^    (.+)$", section, re.MULTILINE), *re.findall(r"--query-string '(.+?)'", section)]
    words = {word for query in queries for word in re.findall(r"@?[a-zA-Z_]+", re.sub(r'"[^"]*"', "", query))}
    language = set("fields filter sort stats count by bin h desc pct max ispresent".split())
    rows = text.partition("## Logs")[2].partition("\n##")[0]
    told = {name for row in re.findall(r"^\| (`.+?) \|", rows, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    access_log = of("Api")["AccessLogSettings"]["Format"]
    assert queries
    assert words - language - {"@timestamp"} <= told | set(re.findall(r'"(\w+)":', access_log))


def test_make_run_sends_the_headers_that_the_document_says() -> None:
    section = text_of("docs/pages.md").partition("## What the host should send")[2]
    asked = {name: section.partition(f"{name}: ")[2] for name in HEADERS}
    assert {"Content-Security-Policy", "X-Content-Type-Options"} <= asked.keys()
    assert all(asked[name].startswith(HEADERS[name]) for name in ("Content-Security-Policy", "X-Content-Type-Options"))
