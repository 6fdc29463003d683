"""Each difference between the emulator and AWS is still there; when one of these fails, its patch can go.

What served.py changes is there as at AWS.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.shop import PATIENCE_SECONDS
from tests.rehearsal.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.rehearsal.emulator import Emulator

ACCOUNT = "000000000000"


@pytest.fixture
def outputs_of(emulator: Emulator) -> Callable[[str, dict[str, Any], dict[str, Any]], dict[str, str]]:
    """Makes a small stack, and gives its outputs."""

    def made(name: str, resources: dict[str, Any], outputs: dict[str, Any]) -> dict[str, str]:
        cloudformation = emulator.client("cloudformation")
        template = {"Resources": resources, "Outputs": {key: {"Value": value} for key, value in outputs.items()}}
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])

        def stack() -> Any:
            (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
            return found if found["StackStatus"] == "CREATE_COMPLETE" else None

        found = eventually(stack, PATIENCE_SECONDS)
        return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}

    return made


def test_ref_of_a_secret_is_its_name(outputs_of: Callable[..., dict[str, str]]) -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "probe", "SecretString": "replace-me"}}

    found = outputs_of("probe-secret", {"Secret": secret}, {"Ref": {"Ref": "Secret"}, "Id": _id_of("Secret")})

    assert found["Ref"] == "probe", "secrets_by_arn is needed no more"
    assert found["Id"].startswith("arn:aws:secretsmanager:")


def test_a_batch_of_messages_is_an_action_of_its_own(emulator: Emulator) -> None:
    queue = emulator.client("sqs").create_queue(QueueName="probe")["QueueUrl"]
    sqs = emulator.client_with("sqs", {"Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:*:{ACCOUNT}:probe"})
    sqs.send_message(QueueUrl=queue, MessageBody="one")

    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": "1", "MessageBody": "one"}])


@pytest.mark.parametrize(
    "narrowed",
    [
        {"Resource": f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/*"},
        {"Resource": "*", "Condition": {"StringEquals": {"ses:FromAddress": "payments@probe.example"}}},
    ],
    ids=["by identity", "by sender"],
)
def test_the_right_to_send_mail_cannot_be_narrowed(emulator: Emulator, narrowed: dict[str, Any]) -> None:
    actions = {"Action": ["ses:SendEmail", "ses:SendRawEmail"]}
    wide, narrow = (emulator.client_with("sesv2", actions | each) for each in ({"Resource": "*"}, narrowed))
    mail = {
        "FromEmailAddress": "payments@probe.example",
        "Destination": {"ToAddresses": ["ada@example.com"]},
        "Content": {"Raw": {"Data": b"Subject: probe\r\n\r\nprobe"}},
    }
    with suppress(ClientError):
        # The second time it is there.
        emulator.client("sesv2").create_email_identity(EmailIdentity="probe.example")
    wide.send_email(**mail)

    with pytest.raises(ClientError, match="AccessDenied"):
        narrow.send_email(**mail)


def test_the_body_of_an_api_is_left_unread(emulator: Emulator, outputs_of: Callable[..., dict[str, str]]) -> None:
    cors = {"allowOrigins": ["http://localhost"], "allowMethods": ["GET"]}
    answer = {
        "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "GET", "uri": "http://localhost/"}
    }
    body = {
        "openapi": "3.0.1",
        "info": {"title": "probe", "version": "1"},
        "paths": {"/probe": {"get": answer}},
        "x-amazon-apigateway-cors": cors,
    }
    api = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": body}}

    made = outputs_of("probe-api", {"Api": api}, {"Id": {"Ref": "Api"}})["Id"]

    gateway = emulator.client("apigatewayv2")
    assert gateway.get_routes(ApiId=made)["Items"] == [], "make_routes is needed no more"
    assert "CorsConfiguration" not in gateway.get_api(ApiId=made)


def test_a_function_url_is_a_name_of_awss_and_not_of_this_machine(
    outputs_of: Callable[..., dict[str, str]],
) -> None:
    url = {
        "Type": "AWS::Lambda::Url",
        "Properties": {"AuthType": "NONE", "TargetFunctionArn": {"Fn::GetAtt": ["Function", "Arn"]}},
    }

    found = outputs_of("probe-url", _a_function() | {"Url": url}, {"Url": {"Fn::GetAtt": ["Url", "FunctionUrl"]}})

    address = urlsplit(found["Url"])
    assert (address.hostname or "").endswith(".on.aws"), "names.py is needed no more"
    assert address.port is None


def test_the_concurrency_of_a_function_is_left_unread(
    emulator: Emulator, outputs_of: Callable[..., dict[str, str]]
) -> None:
    resources = _a_function(ReservedConcurrentExecutions=2)

    made = outputs_of("probe-concurrency", resources, {"Name": {"Ref": "Function"}})["Name"]

    reserved = emulator.client("lambda").get_function_concurrency(FunctionName=made)
    assert "ReservedConcurrentExecutions" not in reserved, "reserve_concurrency is needed no more"


def test_a_function_that_is_replaced_ends_what_it_has_begun(
    emulator: Emulator, outputs_of: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    functions, begun, may_end = emulator.client("lambda"), tmp_path / "begun", tmp_path / "may-end"
    code = f"""
import os, pathlib, time
def handler(event, context):
    pathlib.Path({str(begun)!r}).touch()
    while not os.path.exists({str(may_end)!r}):
        time.sleep(0.1)
    return "ended"
"""
    waits = _a_function(Code={"ZipFile": code}, Timeout=300)
    name = outputs_of("probe-replaced", waits, {"Name": {"Ref": "Function"}})["Name"]

    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(functions.invoke, FunctionName=name)
        eventually(begun.exists, PATIENCE_SECONDS)
        functions.update_function_configuration(FunctionName=name, MemorySize=256)
        may_end.touch()

        assert json.loads(answer.result()["Payload"].read()) == "ended"


def test_messages_are_not_moved_back(emulator: Emulator) -> None:
    with pytest.raises(ClientError):
        emulator.client("sqs").start_message_move_task(SourceArn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:probe")


def _a_function(**properties: Any) -> dict[str, Any]:
    """The resources of a function that does nothing."""
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    function = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "def handler(event, context):\n    return {}\n"},
        **properties,
    }
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
    }


def _id_of(secret: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [secret, "Id"]}
