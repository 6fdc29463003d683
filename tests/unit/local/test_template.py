"""template.yaml as the local stack reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.template import Addresses, Cors, QueueEvent, Route, Template, TemplateError

ROOT = Path(__file__).resolve().parents[3]

SMALL = """
Parameters:
  Origins: {Type: CommaDelimitedList, Default: "http://a.example, http://b.example"}
  Domain: {Type: String, Default: ""}
  Level: {Type: String, Default: INFO, AllowedValues: [DEBUG, INFO]}
  Minutes: {Type: Number, Default: 30, MinValue: 10, MaxValue: 60}
Conditions:
  HasDomain: !Not [!Equals [!Ref Domain, ""]]
Globals:
  Function:
    Handler: handler.handler
    Timeout: 7
    Environment: {Variables: {SHARED: yes please, OWN: global}}
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/worker
      Environment:
        Variables:
          OWN: VALUE
      Events:
        Post: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: post, Path: "/orders/{id}"}}
        Rest: {Type: HttpApi}
        Jobs:
          Type: SQS
          Properties:
            Queue: !GetAtt Jobs.Arn
            BatchSize: 3
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: {MaximumConcurrency: 2}
        Tick: {Type: Schedule, Properties: {Schedule: rate(2 hours)}}
  Api:
    Type: AWS::Serverless::HttpApi
    Properties: {CorsConfiguration: {AllowOrigins: !Ref Origins, AllowHeaders: [X-One], MaxAge: 5}}
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 9, RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2}}
  Dead: {Type: AWS::SQS::Queue}
  Person: {Type: AWS::IAM::Role}
  Diary: {Type: AWS::Logs::LogGroup}
  Password:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: !Sub "shop/${AWS::StackName}", SecretString: hush}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def template(folder: Path, value: str = "value", **parameters: str) -> Template:
    path = folder / "template.yaml"
    path.write_text(SMALL.replace("VALUE", value))
    return Template(path, parameters, Addresses("http://aws", "http://api", "http://hook"), stack_name="shop")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!Ref Level", "INFO"),
        ("{Ref: Minutes}", "30"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref Worker", "shop-Worker"),
        ("!Ref Jobs", "http://aws/123456789012/shop-Jobs"),
        ("!GetAtt Jobs.Arn", "arn:aws:sqs:us-east-1:123456789012:shop-Jobs"),
        ("!GetAtt [Jobs, QueueName]", "shop-Jobs"),
        ("{'Fn::GetAtt': [Api, ApiEndpoint]}", "http://api"),
        ("!GetAtt WorkerTick.Arn", "arn:aws:events:us-east-1:123456789012:rule/shop-WorkerTick"),
        ("!GetAtt Person.Arn", "arn:aws:iam::123456789012:role/shop-Person"),
        ("!GetAtt Diary.Arn", "arn:aws:logs:us-east-1:123456789012:log-group:shop-Diary"),
        ("!GetAtt WorkerUrl.FunctionUrl", "http://hook/"),
        ("!Ref Password", "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/shop"),
        ('!Sub "${Worker}/${Jobs.Arn}/${!Kept}"', "shop-Worker/arn:aws:sqs:us-east-1:123456789012:shop-Jobs/${Kept}"),
        ('!Sub ["${First}!", {First: !Select [0, !Ref Origins]}]', "http://a.example!"),
        ('!Join [",", !Ref Origins]', "http://a.example,http://b.example"),
        ('!Select [1, !Split ["-", a-b-c]]', "b"),
        ("!If [HasDomain, !Ref Domain, nobody]", "nobody"),
        ('!If [HasDomain, !Ref Nothing, "the other branch is not read"]', "the other branch is not read"),
        ("true", "true"),
        ("12", "12"),
    ],
)
def test_an_intrinsic_function_gives_the_local_value(folder: Path, value: str, expected: str) -> None:
    assert template(folder, value).functions["Worker"].environment["OWN"] == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("!Ref Wroker", "OWN refers to Wroker: the template has no parameter or resource of this name."),
        ("!GetAtt Wroker.Arn", "OWN refers to Wroker.Arn: the template has no resource of this name."),
        ("!GetAtt Jobs.Colour", "OWN refers to Jobs.Colour: the local stack does not know this attribute"),
        ('!Sub "${Worker.Colour}"', "OWN refers to Worker.Colour: the local stack does not know"),
        ("!Cidr [a, b]", "OWN uses Fn::Cidr, which the local stack does not know."),
        ("!If [HasDomian, a, b]", "names the condition HasDomian, which the template does not define."),
        ("!Select [7, !Ref Origins]", "OWN: Fn::Select does not fit its arguments"),
        ("!Join [a]", "OWN: Fn::Join takes a list of 2."),
    ],
)
def test_what_is_not_understood_is_named_with_its_place(folder: Path, value: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        _ = template(folder, value).functions

    assert f"Resources.Worker.Environment.Variables.{message}" in str(caught.value) or message in str(caught.value)


def test_a_function_is_what_globals_and_its_own_properties_say(folder: Path) -> None:
    function = template(folder).functions["Worker"]

    assert function.code_uri == folder / "functions" / "worker"
    assert function.timeout == 7
    assert function.environment == {"SHARED": "yes please", "OWN": "value"}
    assert function.routes == (
        Route("Api", "POST", "/orders/{id}", "Worker"),
        Route("ServerlessHttpApi", None, None, "Worker"),
    )
    assert function.queue_events == (QueueEvent("arn:aws:sqs:us-east-1:123456789012:shop-Jobs", 3, True, 2),)
    assert function.schedules == (7200,)
    assert not function.has_url


def test_queues_secrets_and_cors_are_resolved(folder: Path) -> None:
    small = template(folder)

    assert small.queues["Jobs"].attributes["VisibilityTimeout"] == "9"
    assert small.queues["Jobs"].redrives_to == small.queues["Dead"].arn
    assert small.secrets["Password"].name == "shop/shop"
    assert small.secrets["Password"].value == "hush"
    assert small.http_apis["Api"].cors == Cors(
        allow_origins=("http://a.example", "http://b.example"), allow_headers=("x-one",), max_age=5
    )


def test_parameters_override_the_defaults(folder: Path) -> None:
    small = template(folder, "!If [HasDomain, !Ref Domain, nobody]", Domain="shop.example")

    assert small.functions["Worker"].environment["OWN"] == "shop.example"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Levle": "INFO"}, "The template has no parameter Levle."),
        ({"Level": "LOUD"}, "The parameter Level must be one of DEBUG, INFO, not LOUD."),
        ({"Minutes": "5"}, "The parameter Minutes must be from 10 to 60, not 5."),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(folder: Path, parameters: dict[str, str], message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        template(folder, **parameters)


def test_an_event_that_the_stack_does_not_run_is_refused(folder: Path) -> None:
    path = folder / "template.yaml"
    path.write_text(SMALL.replace("Type: Schedule", "Type: S3"))

    with pytest.raises(TemplateError, match=r"Resources.Worker.Events.Tick is of type S3"):
        _ = Template(path).functions


def test_a_built_layer_is_used_from_its_python_folder(folder: Path) -> None:
    path = folder / "template.yaml"
    path.write_text(
        "Resources:\n"
        "  Common: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: Common}}\n"
        "  F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, CodeUri: F, Layers: [!Ref Common]}}\n"
    )
    source = Template(path).functions["F"].layers
    (folder / "Common" / "python").mkdir(parents=True)

    assert source == (folder / "Common",)
    assert Template(path).functions["F"].layers == (folder / "Common" / "python",)


def test_the_projects_template_is_understood_as_a_whole() -> None:
    real = Template(ROOT / "template.yaml")

    resolved: dict[str, Any] = real.resolve(real.document["Resources"], "Resources")
    outputs = {name: real.output(name) for name in real.document["Outputs"]}

    assert resolved["MailQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"] > 0
    assert outputs["WebhookUrl"] == "http://localhost:3001/"
    assert {function.code_uri.name for function in real.functions.values()} <= {
        folder.name for folder in (ROOT / "functions").iterdir()
    }
