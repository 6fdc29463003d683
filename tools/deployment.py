"""A deployed stack: the one that samconfig.toml names for a stage, and what AWS says of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from tools.stages import SAMCONFIG, StageError, settings_of

_LOG_IN = "`aws sso login` or `aws configure` gets new ones."
_SENTENCES: Mapping[type[BotoCoreError], str] = {
    NoCredentialsError: "There are no AWS credentials here; `aws configure` or `aws sso login` gets them.",
    PartialCredentialsError: "The AWS credentials here are incomplete; `aws configure` sets both of their parts.",
    CredentialRetrievalError: f"The AWS credentials here cannot be had any more; {_LOG_IN}",
    TokenRetrievalError: f"The AWS credentials here have expired; {_LOG_IN}",
    SSOError: f"The AWS credentials here have expired; {_LOG_IN}",
    NoRegionError: "No AWS region is chosen; `aws configure` keeps one, AWS_DEFAULT_REGION names one for once.",
    EndpointConnectionError: "AWS cannot be reached; check the connection and the region's name.",
}
# Services call one thing by several names.
_CREDENTIALS: Mapping[str, str] = {
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "RequestExpired"),
        f"The AWS credentials here have expired; {_LOG_IN}",
    ),
    **dict.fromkeys(
        (
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "InvalidAccessKeyId",
        ),
        f"AWS does not know the credentials here, or the clock of this machine is wrong; {_LOG_IN}",
    ),
}
_ENDS: Mapping[str, str] = {
    "ROLLBACK_COMPLETE": "could not be made",
    "ROLLBACK_FAILED": "could not be made",
    "DELETE_FAILED": "could not be deleted",
}


class DeploymentError(Exception):
    """AWS, Stripe or a setting is not as it must be; a sentence that says what to change."""


@dataclass(frozen=True)
class Deployment:
    stack: str
    session: boto3.Session
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    def client(self, service: str) -> Any:
        return self.session.client(service)  # type: ignore[call-overload]

    def output(self, name: str) -> str:
        try:
            return self.outputs[name]
        except KeyError:
            raise DeploymentError(f"The stack {self.stack} has no output {name}; deploy it anew.") from None


def deployment(stage: str, samconfig: Path = SAMCONFIG) -> Deployment:
    """The stack of a stage: `staging`, `production` or whatever else samconfig.toml has; DeploymentError if none is."""
    try:
        settings = settings_of(stage, samconfig)
    except StageError as error:
        raise DeploymentError(str(error)) from None
    stack = settings["stack_name"]
    with in_words():
        session = session_of(settings)
        found = described(session, stack)
    if found is None:
        raise DeploymentError(f"There is no stack {stack} in {session.region_name}; `make deploy` makes it.")
    if not found.get("Outputs") and (hindrance := hindrance_of(stack, found["StackStatus"])):
        raise DeploymentError(hindrance)
    return Deployment(
        stack,
        session,
        {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
        parameters_of(found),
    )


def session_of(settings: Mapping[str, Any]) -> boto3.Session:
    """Where a stage's settings lead, else where AWS's own do; without a region its clients raise NoRegionError."""
    return boto3.Session(region_name=settings.get("region"), profile_name=settings.get("profile"))


def described(session: boto3.Session, stack: str) -> dict[str, Any] | None:
    """CloudFormation's description of a stack; None if there is none, or no more than the question for its first."""
    cloudformation: Any = session.client("cloudformation")
    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        # CloudFormation has no code of its own for it.
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    return None if found["StackStatus"] == "REVIEW_IN_PROGRESS" else dict(found)


def parameters_of(described: Mapping[str, Any]) -> dict[str, str]:
    return {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}


def hindrance_of(stack: str, status: str) -> str:
    """What must be done before a stack in this state can be updated; empty if nothing must.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
    """
    if status.endswith("_IN_PROGRESS"):
        return f"The stack {stack} is being changed just now ({status}); run this again when that is done."
    if status in _ENDS:
        command = f"aws cloudformation delete-stack --stack-name {stack}"
        return f"The stack {stack} {_ENDS[status]} ({status}); delete it with `{command}` and run this again."
    if status == "UPDATE_ROLLBACK_FAILED":
        command = f"aws cloudformation continue-update-rollback --stack-name {stack}"
        return f"The stack {stack} is between two versions ({status}); `{command}` ends that, then run this again."
    return ""


@contextmanager
def in_words() -> Iterator[None]:
    """Errors of AWS as DeploymentError."""
    try:
        yield
    except ClientError as error:
        said = error.response["Error"]
        refused = f"AWS refused {error.operation_name}: {said['Code']}, {said['Message']}"
        raise DeploymentError(_CREDENTIALS.get(said["Code"], refused)) from None
    except ProfileNotFound as error:
        raise DeploymentError(f"{error}; `aws configure list-profiles` shows those that are here.") from None
    except BotoCoreError as error:
        known = (sentence for kind, sentence in _SENTENCES.items() if isinstance(error, kind))
        raise DeploymentError(next(known, str(error))) from None
