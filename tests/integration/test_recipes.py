"""What docs/operating.md says to type does what it says: its blocks run in a shell, and then the system is asked."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import boto3
import pytest

from payments.domain.mail import MailRejected
from tests.builders import a_charge, an_event, as_json, signed
from tests.integration.clock import Clock
from tests.integration.system import ROOT, System

DOCUMENT = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
PAYMENT_ID = re.compile(r"pay_[0-9A-Z]{26}")
CONFIRMED = {"payment_confirmation", "admin_notification", "admin_copy"}


def blocks(heading: str) -> list[str]:
    """The `sh` blocks of a section."""
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


class Operator:
    """Someone who types a block, after the one at the document's beginning; `aws` is the one of aws_command.py."""

    def __init__(self, system: System, folder: Path) -> None:
        self.system = system
        (folder / "aws").write_text(
            f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("aws_command.py")} "$@"\n'
        )
        (folder / "aws").chmod(0o755)
        template = system.template
        resources = {id_: table.name for id_, table in template.tables.items()}
        resources |= {id_: queue.url for id_, queue in template.queues.items()}
        resources["StripeWebhookSecret"] = template.functions["StripeWebhook"].environment["STRIPE_WEBHOOK_SECRET"]
        (folder / "resources.json").write_text(json.dumps(resources))
        self._environment = os.environ | {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "STACK_RESOURCES": str(folder / "resources.json"),
            "AWS_ENDPOINT_URL_DYNAMODB": system.dynamodb_url,
        }

    def types(self, block: str, *, payment: str = "", typed: str = "") -> str:
        (beginning, *_) = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
        script = "set -euo pipefail\n" + beginning + PAYMENT_ID.sub(payment, block)
        done = subprocess.run(
            ["bash", "-c", script], cwd=ROOT, env=self._environment, input=typed, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def operator(system: System, tmp_path: Path) -> Operator:
    return Operator(system, tmp_path)


@pytest.fixture
def payment(system: System) -> str:
    return str(system.order().body["paymentId"])


def pays(system: System, payment: str) -> None:
    charge = a_charge(payment, id=f"ch_{payment}", payment_intent=f"pi_{payment}")
    assert system.hear(an_event("charge.succeeded", charge)).status == 200


def test_a_mail_that_was_given_up_is_sent_when_its_notice_is_made_due_again(
    system: System, operator: Operator, payment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise MailRejected("BadRequestException")

    pays(system, payment)
    with monkeypatch.context() as patch:
        patch.setattr(system.functions["SendEmail"].mailer, "send", refuse)
        system.run_mailer()
    look, again = blocks("Mails that were given up")
    assert "BadRequestException" in operator.types(look, payment=payment)
    rejected = system.items(f"PAYMENT#{payment}")["NOTICE#payment_confirmation"]
    assert rejected["attention"] == {"S": "OPEN#5"}

    operator.types(again, payment=payment)

    clock = Clock()
    clock.offset = timedelta(minutes=2)
    for function in ("Reconcile", "SendEmail"):
        monkeypatch.setattr(system.functions[function], "datetime", clock._datetime)
    system.invoke("Reconcile", {})
    system.run_mailer()
    sent = system.items(f"PAYMENT#{payment}")["NOTICE#payment_confirmation"]
    assert sent["state"] == {"S": "sent"}
    assert "attention" not in sent
    (mail,) = system.mails(payment)
    assert mail["To"] == "ada@example.com"
    # Once sent, it is not sent again by the same words.
    with pytest.raises(AssertionError, match="ConditionalCheckFailed"):
        operator.types(again, payment=payment)


def test_dead_letters_are_looked_at_and_the_schedules_are_emptied(system: System, operator: Operator) -> None:
    queues = system.template.queues
    dead = {id_: queues[id_].url for id_ in ("MailDeadLetterQueue", "ScheduleDeadLetterQueue")}
    for id_, url in dead.items():
        system.sqs.send_message(QueueUrl=url, MessageBody=f"a letter of {id_}")
    mail, schedule = blocks("Dead letters")
    # The local AWS moves no messages.
    assert "a letter of MailDeadLetterQueue" in operator.types(mail.partition("aws sqs start-message-move-task")[0])
    assert "a letter of ScheduleDeadLetterQueue" in operator.types(schedule)
    assert "Messages" not in system.sqs.receive_message(QueueUrl=dead["ScheduleDeadLetterQueue"], WaitTimeSeconds=0)
    system.sqs.purge_queue(QueueUrl=dead["MailDeadLetterQueue"])


def test_while_a_signing_secret_changes_both_verify_and_after_it_the_new_one_alone(
    system: System, operator: Operator, payment: str
) -> None:
    name = system.template.functions["StripeWebhook"].environment["STRIPE_WEBHOOK_SECRET"]
    secrets = boto3.client("secretsmanager")
    before = secrets.get_secret_value(SecretId=name)["SecretString"]
    secret = system.functions["StripeWebhook"].secret
    both, new = blocks("Changing the webhook's signing secret")

    def verifies(signing: str) -> bool:
        secret._read_at = float("-inf")
        body = as_json(
            an_event("charge.succeeded", a_charge(payment, id=f"ch_{payment}", payment_intent=f"pi_{payment}"))
        )
        return system.deliver(body, signed(body, secret=signing)).status == 200

    try:
        operator.types(both, typed="whsec_rolled\nwhsec_before\n")
        assert (verifies("whsec_rolled"), verifies("whsec_before")) == (True, True)
        operator.types(new, typed="whsec_rolled\n")
        assert (verifies("whsec_rolled"), verifies("whsec_before")) == (True, False)
    finally:
        secrets.put_secret_value(SecretId=name, SecretString=before)
        secret._read_at = float("-inf")
