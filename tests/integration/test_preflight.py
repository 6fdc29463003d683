"""What is looked at before a deployment, in a simulated AWS account."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import (
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from moto import mock_aws
from moto.cloudformation.models import cloudformation_backends
from moto.sesv2.models import sesv2_backends

from tests.integration.system import ROOT
from tools import preflight
from tools.deployment import DeploymentError, hindrance_of, in_words
from tools.preflight import Preflight
from tools.stages import overrides_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

REGION, ACCOUNT = "eu-central-1", "123456789012"
STAGING = {"Stage": "staging", "StripeLivemode": "false", "MailFrom": "pay@mail.shop.example"}
PRODUCTION = {
    "Stage": "production",
    "StripeLivemode": "true",
    "AllowedOrigins": "https://pay.shop.example",
    "BusinessName": "The Shop",
    "SellerAddress": "1 High Street, London",
    "MailFrom": "pay@mail.shop.example",
    "AdminEmail": "ada@shop.example",
    "AlarmEmail": "oncall@shop.example",
}

type Answers = dict[str, Any]


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One with nothing in it but a sender that SES has verified."""
    # Other tests' local AWS may still be running.
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        verify("pay@mail.shop.example")
        yield


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """What AWS answers to an operation instead of what the simulated one would; an exception is raised."""
    answers: Answers = {"GetAccount": {"ProductionAccessEnabled": True}}
    ask = BaseClient._make_api_call  # type: ignore[attr-defined]

    def answer(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Any:
        given = answers.get(operation)
        if isinstance(given, str):
            raise client.exceptions.ClientError({"Error": {"Code": given, "Message": "So it is."}}, operation)
        return ask(client, operation, parameters) if given is None else given

    monkeypatch.setattr(BaseClient, "_make_api_call", answer)
    return answers


def verify(identity: str) -> None:
    boto3.client("sesv2", region_name=REGION).create_email_identity(EmailIdentity=identity)
    sesv2_backends[ACCOUNT][REGION].get_email_identity(identity).verified_for_sending_status = True


def deploy(parameters: Mapping[str, str], status: str = "CREATE_COMPLETE") -> None:
    template = {
        "Parameters": {name: {"Type": "String"} for name in parameters},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    }
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    boto3.client("cloudformation").create_stack(StackName="shop", TemplateBody=json.dumps(template), Parameters=given)
    (stack,) = cloudformation_backends[ACCOUNT][REGION].stacks.values()
    stack.status = status


def looked_at(parameters: object, **settings: str) -> Preflight:
    found = Preflight("staging", {"stack_name": "shop", "parameter_overrides": parameters, **settings})
    found.run()
    return found


# Settings


def test_a_stage_that_fits_is_told_where_it_goes() -> None:
    found = looked_at(STAGING)
    assert (found.stops, found.notes) == ([], [])
    assert found.target == f"shop in account {ACCOUNT}, {REGION}, which is made anew"
    deploy(STAGING)
    again = looked_at(STAGING)
    assert (again.stops, again.notes, again.target) == ([], [], f"shop in account {ACCOUNT}, {REGION}")


def test_everything_that_is_wrong_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with monkeypatch.context() as nobody:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
            nobody.delenv(name, raising=False)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            nobody.setenv(name, str(tmp_path / "none"))
        nobody.setenv("AWS_EC2_METADATA_DISABLED", "true")

        # As it comes, with the examples.
        assert preflight.main(["production"]) == 1

    said = capsys.readouterr().err.splitlines()
    assert [line.split(";")[0] for line in said[:1]] == ["There are no AWS credentials here"]
    examples = ("MailFrom", "AdminEmail", "BusinessName", "SellerAddress", "AlarmEmail")
    for name in ("The parameter AllowedOrigins must be", *examples):
        assert [line for line in said if name in line], name
    assert said[-1].startswith("Nothing was built.")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"Mailfrom": "x@shop.example"}, "no parameter Mailfrom. Is MailFrom meant?"),
        ({"CheckoutMinutes": "30"}, "CheckoutMinutes must be from 45 to 1430, not 30."),
        ({"StripeLivemode": False}, "StripeLivemode must be one of true, false, not False."),
        ({"TimeZone": "Europe/Berlim"}, "TimeZone is Europe/Berlim, and there is no such time zone"),
        ({"AdminEmail": "ada@mün\u00a0chen.de"}, "to which no mail can be sent. Give an email address"),
        (
            PRODUCTION | {"AllowedOrigins": "https://a.example, http://localhost:1"},
            "http://localhost:1: production takes",
        ),
        (PRODUCTION | {"AlarmEmail": ""}, "Production needs AlarmEmail"),
    ],
)
def test_a_setting_that_cannot_be_deployed_is_refused(
    answers: Answers, wrong: dict[str, object], sentence: str
) -> None:
    (refused,) = looked_at(STAGING | wrong).stops
    assert sentence in refused


def test_production_takes_safe_pages_and_people_of_any_country(answers: Answers) -> None:
    given = PRODUCTION | {"AdminEmail": "ada@münchen.example", "TimeZone": "Asia/Kolkata"}
    assert looked_at(given).stops == []


@pytest.mark.parametrize(
    "written",
    [
        {"A": "1", "B": "x y", "C": "a,b"},
        {"A": 1, "B": "x y", "C": ["a", "b"]},
        "A=1 B='x y' C=a,b",
        ["A=1", "B=x y", "C=a,b"],
    ],
)
def test_settings_are_read_as_sam_reads_them(written: object) -> None:
    assert overrides_of({"parameter_overrides": written}) == {"A": "1", "B": "x y", "C": "a,b"}


# The account


def test_no_region_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert [each.split(";")[0] for each in looked_at(STAGING).stops] == ["No AWS region is chosen"]
    # One in samconfig.toml does.
    assert looked_at(STAGING, region=REGION).stops == []


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("ExpiredToken", "have expired"),
        ("InvalidClientTokenId", "does not know the credentials"),
        ("SignatureDoesNotMatch", "clock of this machine is wrong"),
        ("Throttling", "AWS refused GetCallerIdentity: Throttling, So it is."),
    ],
)
def test_credentials_that_aws_does_not_take_are_said_so(answers: Answers, code: str, sentence: str) -> None:
    answers["GetCallerIdentity"] = code
    (refused,) = looked_at(STAGING).stops
    assert sentence in refused


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (NoCredentialsError(), "There are no AWS credentials here; `aws configure`"),
        (PartialCredentialsError(provider="env", cred_var="x"), "incomplete; `aws configure`"),
        (CredentialRetrievalError(provider="sso", error_msg="x"), "`aws sso login`"),
        (UnauthorizedSSOTokenError(), "have expired; `aws sso login`"),
        (SSOTokenLoadError(error_msg="x"), "have expired; `aws sso login`"),
        (TokenRetrievalError(provider="sso", error_msg="x"), "have expired; `aws sso login`"),
        (EndpointConnectionError(endpoint_url="https://x"), "AWS cannot be reached; check"),
    ],
)
def test_what_keeps_from_asking_aws_is_a_sentence_that_says_what_to_do(error: Exception, sentence: str) -> None:
    with pytest.raises(DeploymentError, match=sentence), in_words():
        raise error


def test_rights_that_are_lacking_are_a_note(answers: Answers) -> None:
    answers |= {"DescribeStacks": "AccessDenied", "GetEmailIdentity": "AccessDeniedException"}
    found = looked_at(STAGING)
    assert found.stops == []
    stack, mail = found.notes
    assert stack == "These credentials may not DescribeStacks: how shop is now is not known."
    assert mail == "SES could not be asked whether it may send as pay@mail.shop.example: AccessDeniedException."


# The stack


@pytest.mark.parametrize(
    ("status", "what_to_do"),
    [
        ("ROLLBACK_COMPLETE", "aws cloudformation delete-stack --stack-name shop"),
        ("DELETE_FAILED", "aws cloudformation delete-stack --stack-name shop"),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name shop"),
        ("UPDATE_IN_PROGRESS", "run this again when that is done"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "run this again when that is done"),
    ],
)
def test_a_stack_that_cannot_be_updated_is_said_so_with_what_to_do(status: str, what_to_do: str) -> None:
    deploy(STAGING, status)
    (refused,) = looked_at(STAGING).stops
    assert what_to_do in refused
    assert status in refused


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_can_be_updated_is_not_hindered(status: str) -> None:
    assert hindrance_of("shop", status) == ""


def test_a_first_deployment_that_was_asked_about_and_not_made_may_be_repeated() -> None:
    deploy(STAGING, "REVIEW_IN_PROGRESS")
    found = looked_at(STAGING)
    assert (found.stops, found.target.endswith("which is made anew")) == ([], True)


def test_a_stack_of_another_stage_or_of_something_else_is_not_overwritten(answers: Answers) -> None:
    deploy(PRODUCTION)
    (refused,) = looked_at(STAGING).stops
    assert refused.startswith("The stack shop is deployed as production, and samconfig.toml would make it staging")
    boto3.client("cloudformation").delete_stack(StackName="shop")

    deploy({"Colour": "red"})
    (refused,) = looked_at({"MailFrom": "pay@mail.shop.example"}).stops
    assert refused.startswith("The stack shop is not Quittance's")


def test_what_is_no_longer_set_stays_as_it_is_deployed_and_that_is_said(answers: Answers) -> None:
    deploy(PRODUCTION | {"TimeZone": "Europe/Berlin", "LogLevel": "INFO"})
    less = {name: value for name, value in PRODUCTION.items() if name != "AlarmEmail"}
    found = looked_at(less)
    assert found.stops == []
    assert found.notes == [
        "TimeZone is not in samconfig.toml and stays as it is deployed: Europe/Berlin.",
        "AlarmEmail is not in samconfig.toml and stays as it is deployed: oncall@shop.example.",
    ]


def test_another_mode_of_stripe_is_a_note() -> None:
    deploy(STAGING)
    (note,) = looked_at(STAGING | {"StripeLivemode": "true"}).notes
    assert note.startswith("StripeLivemode was false: ")


# Mail


@pytest.mark.parametrize("verified", ["pay@elsewhere.example", "elsewhere.example", "example"])
def test_a_sender_is_verified_by_itself_or_by_a_domain(verified: str) -> None:
    sender = STAGING | {"MailFrom": "pay@elsewhere.example"}
    (note,) = looked_at(sender).notes
    assert note.startswith(f"SES in {REGION} has not verified pay@elsewhere.example")
    verify(verified)
    assert bool(looked_at(sender).notes) is (verified == "example")


def test_production_in_the_sandbox_is_a_note(answers: Answers) -> None:
    assert looked_at(PRODUCTION).notes == []
    answers["GetAccount"] = {"ProductionAccessEnabled": False}
    (note,) = looked_at(PRODUCTION).notes
    assert "sandbox" in note


# The make target


def test_everything_is_looked_at_before_anything_is_built() -> None:
    shown = subprocess.run(["make", "--dry-run", "deploy"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert shown.index("tools.preflight staging") < shown.index("sam build") < shown.index("sam deploy")
    # Deploying what is deployed already is no failure.
    assert "sam deploy --config-env staging --no-fail-on-empty-changeset" in shown


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Runs a command alone, in a folder of its own."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "alone.py", tmp_path / "tools")
    started: list[subprocess.Popen[str]] = []

    def start(*command: str) -> subprocess.Popen[str]:
        words = [sys.executable, "-m", "tools.alone", *command]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(words, cwd=tmp_path, stdin=pipe, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.communicate()


@pytest.mark.parametrize("is_killed", [False, True])
def test_of_two_deployments_at_once_the_second_waits_for_the_end_of_the_first(
    alone: Callable[..., subprocess.Popen[str]], tmp_path: Path, is_killed: bool
) -> None:
    first = alone("sh", "-c", "echo begun; read line; echo done >> order; exit 3")
    assert first.stdout
    assert first.stdout.readline() == "begun\n"
    second = alone("sh", "-c", "echo second >> order")
    assert second.stderr
    assert "runs in this folder; this one waits" in second.stderr.readline()
    assert not (tmp_path / "order").exists()
    if is_killed:
        first.kill()
    else:
        first.communicate("\n")
        assert first.returncode == 3
    assert second.wait(60) == 0
    assert (tmp_path / "order").read_text() == ("second\n" if is_killed else "done\nsecond\n")
