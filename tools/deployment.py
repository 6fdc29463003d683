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
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

from tools.stages import SAMCONFIG, StageError, settings_of

_SENTENCES: Mapping[type[BotoCoreError], str] = {
    NoCredentialsError: "There are no AWS credentials here; `aws configure` or `aws sso login` gets them.",
    NoRegionError: "No AWS region is chosen; `aws configure` keeps one, AWS_DEFAULT_REGION names one for once.",
    EndpointConnectionError: "AWS cannot be reached; check the connection and the region's name.",
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
        session = boto3.Session(region_name=settings.get("region"), profile_name=settings.get("profile"))
        found = _describe(session, stack)
    return Deployment(
        stack,
        session,
        {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
        {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])},
    )


def _describe(session: boto3.Session, stack: str) -> dict[str, Any]:
    try:
        cloudformation: Any = session.client("cloudformation")
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        # CloudFormation has no code of its own for it.
        if "does not exist" in error.response["Error"]["Message"]:
            raise DeploymentError(
                f"There is no stack {stack} in {session.region_name}; `make deploy` makes it."
            ) from None
        raise
    return dict(found)


@contextmanager
def in_words() -> Iterator[None]:
    """Errors of AWS as DeploymentError."""
    try:
        yield
    except ClientError as error:
        said = error.response["Error"]
        raise DeploymentError(f"AWS refused {error.operation_name}: {said['Code']}, {said['Message']}") from None
    except ProfileNotFound as error:
        raise DeploymentError(f"{error}; `aws configure list-profiles` shows those that are here.") from None
    except BotoCoreError as error:
        raise DeploymentError(_SENTENCES.get(type(error), str(error))) from None
