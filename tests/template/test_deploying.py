"""The template, deployed into a simulated AWS.

CloudFormation is simulated for half of the types. The others are created from their properties by the API that
CloudFormation would call, which refuses what it does not know; nothing is left out.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from moto.cloudformation.parsing import get_model_map

from local.intrinsics import Resolver
from tools.template import ROOT, expanded

STACK = "quittance-production"
STACK_UUID = "51af3dc0-da77-11e4-872e-1234567db123"
PARAMETERS = {
    "Stage": "production",
    "AllowedOrigins": "https://shop.example,https://www.shop.example",
    "AdminEmail": "ada@shop.example",
    "AlarmEmail": "oncall@shop.example",
    "WebhookConcurrency": "5",
}
# What the simulated CloudFormation does not make, but others there refer to.
FIRST = ("AWS::SecretsManager::Secret",)
# An empty archive.
CODE = b"PK\x05\x06" + bytes(18)

type Properties = dict[str, Any]


@dataclass
class Deployed:
    """What there is: the physical id of each resource, and the clients to look at it with."""

    document: Mapping[str, Any]
    ids: dict[str, str]

    def resolved(self, value: Any, where: str = "value") -> Any:
        """Intrinsic functions replaced by what was created."""
        return Resolver(self._reference, self._attribute, self.document["Conditions"]).resolve(value, where)

    def _reference(self, name: str) -> Any:
        pseudo = {
            "AWS::Region": "us-east-1",
            "AWS::Partition": "aws",
            "AWS::AccountId": "123456789012",
            "AWS::StackName": STACK,
            "AWS::StackId": f"arn:aws:cloudformation:us-east-1:123456789012:stack/{STACK}/{STACK_UUID}",
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.document["Parameters"]:
            parameter = self.document["Parameters"][name]
            value = str(PARAMETERS.get(name, parameter.get("Default")))
            if parameter["Type"] == "CommaDelimitedList":
                return value.split(",")
            # CloudFormation's parameters are texts, and properties are given the type that they have.
            return int(value) if parameter["Type"] == "Number" else value
        return self.ids[name]

    def _attribute(self, id_: str, attribute: str) -> str:
        type_, physical = self.document["Resources"][id_]["Type"], self.ids[id_]
        if type_ == "AWS::SQS::Queue":
            name = physical.rsplit("/", 1)[1]
            return name if attribute == "QueueName" else f"arn:aws:sqs:us-east-1:123456789012:{name}"
        if attribute == "ProviderURL":
            return f"https://cognito-idp.us-east-1.amazonaws.com/{physical}"
        kinds = {
            "AWS::Lambda::Function": "lambda:us-east-1:123456789012:function:",
            "AWS::Events::Rule": "events:us-east-1:123456789012:rule/",
            "AWS::Logs::LogGroup": "logs:us-east-1:123456789012:log-group:",
        }
        return f"arn:aws:{kinds[type_]}{physical}"


def policy(properties: Properties) -> str:
    return json.dumps(properties["PolicyDocument"])


def set_queue_policies(properties: Properties) -> str:
    for queue in properties["Queues"]:
        boto3.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(properties)})
    return ""


def set_topic_policy(properties: Properties) -> str:
    (topic,) = properties["Topics"]
    sns = boto3.client("sns")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(properties))
    return ""


def put_alarm(properties: Properties) -> str:
    boto3.client("cloudwatch").put_metric_alarm(AlarmName=properties["AlarmDescription"], **properties)
    return ""


def create_pool(properties: Properties) -> str:
    # CloudFormation sets these by other calls.
    properties |= {"PoolName": properties.pop("UserPoolName")}
    mfas = properties.pop("EnabledMfas")
    assert mfas == ["SOFTWARE_TOKEN_MFA"]
    return str(boto3.client("cognito-idp").create_user_pool(**properties)["UserPool"]["Id"])


def create_client(properties: Properties) -> str:
    made = boto3.client("cognito-idp").create_user_pool_client(ClientName="pages", **properties)
    return str(made["UserPoolClient"]["ClientId"])


def create_domain(properties: Properties) -> str:
    boto3.client("cognito-idp").create_user_pool_domain(**properties)
    return str(properties["Domain"])


def create_branding(properties: Properties) -> str:
    """The simulated AWS has none: that the API takes these properties is all that is seen."""
    cognito = boto3.client("cognito-idp")
    with Stubber(cognito) as stubber:
        stubber.add_response("create_managed_login_branding", {})
        cognito.create_managed_login_branding(**properties)
    return "branding"


def create_api(properties: Properties) -> str:
    """Without its routes: the simulated AWS cannot import a definition of an API."""
    body = properties["Body"]
    cors = {key[0].upper() + key[1:]: value for key, value in body["x-amazon-apigateway-cors"].items()}
    made = boto3.client("apigatewayv2").create_api(
        Name=body["info"]["title"], ProtocolType="HTTP", CorsConfiguration=cors
    )
    return str(made["ApiId"])


def create_url(properties: Properties) -> str:
    name = properties.pop("TargetFunctionArn")
    url: str = boto3.client("lambda").create_function_url_config(FunctionName=name, **properties)["FunctionUrl"]
    return url


# In an order in which nothing refers to what comes after it.
CREATE: dict[str, Callable[[Properties], str]] = {
    "AWS::Cognito::UserPool": create_pool,
    "AWS::Cognito::UserPoolClient": create_client,
    "AWS::Cognito::UserPoolDomain": create_domain,
    "AWS::Cognito::ManagedLoginBranding": create_branding,
    "AWS::Cognito::UserPoolGroup": lambda p: boto3.client("cognito-idp").create_group(**p)["Group"]["GroupName"],
    "AWS::ApiGatewayV2::Api": create_api,
    "AWS::ApiGatewayV2::Stage": lambda p: boto3.client("apigatewayv2").create_stage(**p)["StageName"],
    "AWS::CloudWatch::Alarm": put_alarm,
    "AWS::Lambda::EventInvokeConfig": lambda p: str(
        boto3.client("lambda").put_function_event_invoke_config(**p)["FunctionArn"]
    ),
    "AWS::Lambda::Url": create_url,
    "AWS::SNS::Subscription": lambda p: boto3.client("sns").subscribe(**p)["SubscriptionArn"],
    "AWS::SNS::TopicPolicy": set_topic_policy,
    "AWS::SQS::QueuePolicy": set_queue_policies,
    "AWS::SecretsManager::Secret": lambda p: boto3.client("secretsmanager").create_secret(**p)["ARN"],
}


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    document = expanded(ROOT / "template.yaml", PARAMETERS)
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        # Other tests' local AWS may still be running.
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        boto3.client("s3").create_bucket(Bucket="artefacts")
        boto3.client("s3").put_object(Bucket="artefacts", Key="code.zip", Body=CODE)
        resources = document["Resources"]
        others = [id_ for id_, each in resources.items() if each["Type"] not in get_model_map()]
        others.sort(key=lambda id_: [*CREATE].index(resources[id_]["Type"]))
        made = Deployed(document, {})
        for id_ in [id_ for id_ in others if resources[id_]["Type"] in FIRST]:
            made.ids[id_] = create(made, id_)
        made.ids |= create_stack(document, {id_: made.ids.get(id_, id_) for id_ in others})
        for id_ in [id_ for id_ in others if resources[id_]["Type"] not in FIRST]:
            made.ids[id_] = create(made, id_)
        yield made


def create(made: Deployed, id_: str) -> str:
    resource = made.document["Resources"][id_]
    return CREATE[resource["Type"]](made.resolved(resource["Properties"], id_))


def create_stack(document: Mapping[str, Any], others: Mapping[str, str]) -> dict[str, str]:
    """What CloudFormation makes of the template without the others, each of which is known by its id."""
    template = {
        "Parameters": document["Parameters"]
        | {id_: {"Type": "String", "Default": name} for id_, name in others.items()},
        "Conditions": document["Conditions"],
        "Resources": {
            id_: without_attributes_of(others, each) for id_, each in document["Resources"].items() if id_ not in others
        },
    }
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in PARAMETERS.items()],
    )
    found = cloudformation.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    assert {each["ResourceStatus"] for each in found} == {"CREATE_COMPLETE"}
    return {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in found}


def without_attributes_of(others: Mapping[str, str], value: Any) -> Any:
    """The value with their ids instead: there is nothing yet that has the attributes."""
    if isinstance(value, list):
        return [without_attributes_of(others, each) for each in value]
    if not isinstance(value, dict):
        return value
    id_, _ = value.get("Fn::GetAtt", ("", ""))
    return others.get(id_) or {name: without_attributes_of(others, each) for name, each in value.items()}


def test_every_resource_is_created(deployed: Deployed) -> None:
    assert set(deployed.ids) == set(deployed.document["Resources"])


def test_a_functions_role_and_surroundings_are_there(deployed: Deployed) -> None:
    roles = {role["Arn"] for role in boto3.client("iam").list_roles()["Roles"]}
    tables = boto3.client("dynamodb").list_tables()["TableNames"]
    queues = boto3.client("sqs").list_queues()["QueueUrls"]
    secrets = {secret["ARN"] for secret in boto3.client("secretsmanager").list_secrets()["SecretList"]}
    functions = boto3.client("lambda").list_functions()["Functions"]
    declared = [each for each in deployed.document["Resources"].values() if each["Type"] == "AWS::Lambda::Function"]
    assert len(functions) == len(declared) > 0
    for function in functions:
        assert function["Role"] in roles
        variables = function["Environment"]["Variables"]
        assert variables["TABLE_NAME"] in tables
        assert variables.get("MAIL_QUEUE_URL", queues[0]) in queues
        assert {
            value for name, value in variables.items() if name.startswith("STRIPE_") and "SECRET" in name
        } <= secrets


def test_the_queue_and_the_schedule_reach_their_functions(deployed: Deployed) -> None:
    (mapping,) = boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["EventSourceArn"] == deployed.resolved({"Fn::GetAtt": ["MailQueue", "Arn"]})
    assert mapping["FunctionArn"].endswith(deployed.ids["SendEmail"])
    (target,) = boto3.client("events").list_targets_by_rule(Rule=deployed.ids["ReconcileSchedule"])["Targets"]
    assert target["Arn"].endswith(deployed.ids["Reconcile"])
    assert target["DeadLetterConfig"]["Arn"] == deployed.resolved({"Fn::GetAtt": ["ScheduleDeadLetterQueue", "Arn"]})


def test_alarms_watch_what_there_is_and_tell_whoever_is_asked_to_look(deployed: Deployed) -> None:
    alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    (subscription,) = boto3.client("sns").list_subscriptions()["Subscriptions"]
    assert subscription["Endpoint"] == PARAMETERS["AlarmEmail"]
    assert len(alarms) == sum(id_.endswith("Alarm") for id_ in deployed.ids)
    names = {name.rsplit("/", 1)[-1] for name in deployed.ids.values()}
    for alarm in alarms:
        assert alarm["AlarmActions"] == [subscription["TopicArn"]]
        assert {dimension["Value"] for dimension in alarm["Dimensions"]} <= names


def test_the_pages_of_each_origin_may_call_the_api(deployed: Deployed) -> None:
    cors = boto3.client("apigatewayv2").get_api(ApiId=deployed.ids["Api"])["CorsConfiguration"]
    assert cors["AllowOrigins"] == PARAMETERS["AllowedOrigins"].split(",")
    assert set(cors["AllowMethods"]) == {"GET", "POST", "DELETE"}


def test_people_sign_in_at_the_pool_and_come_back_to_the_account_or_the_desk(deployed: Deployed) -> None:
    cognito = boto3.client("cognito-idp")
    pool, client = deployed.ids["UserPool"], deployed.ids["UserPoolClient"]
    pages = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    assert pages["CallbackURLs"] == [
        "https://shop.example/account.html",
        "https://www.shop.example/account.html",
        "https://shop.example/admin/index.html",
        "https://www.shop.example/admin/index.html",
    ]
    assert "ClientSecret" not in pages
    domain = cognito.describe_user_pool_domain(Domain=f"quittance-{STACK_UUID}")["DomainDescription"]
    assert domain["UserPoolId"] == pool
    assert [each["GroupName"] for each in cognito.list_groups(UserPoolId=pool)["Groups"]] == ["admin"]
    schemes = deployed.document["Resources"]["Api"]["Properties"]["Body"]["components"]["securitySchemes"]
    authorizer = deployed.resolved(schemes["SignedIn"]["x-amazon-apigateway-authorizer"])
    assert authorizer["jwtConfiguration"] == {
        "issuer": f"https://cognito-idp.us-east-1.amazonaws.com/{pool}",
        "audience": [client],
    }


def test_the_webhook_answers_strangers_within_its_limit(deployed: Deployed) -> None:
    name = deployed.ids["StripeWebhook"]
    lambda_ = boto3.client("lambda")
    assert lambda_.get_function_url_config(FunctionName=name)["AuthType"] == "NONE"
    assert lambda_.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 5
    statements = json.loads(lambda_.get_policy(FunctionName=name)["Policy"])["Statement"]
    assert {each["Action"] for each in statements} == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}


def test_the_table_is_protected_in_production(deployed: Deployed) -> None:
    table = boto3.client("dynamodb").describe_table(TableName=deployed.ids["Table"])["Table"]
    assert table["DeletionProtectionEnabled"] is True
    declared = deployed.document["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"]
    assert {index["IndexName"]: index["Projection"] for index in table["GlobalSecondaryIndexes"]} == {
        index["IndexName"]: index["Projection"] for index in declared
    }
