"""What whoever runs a deployment relies on: logs, roles, failure paths, alarms, tags and profiles."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest

from local.parameters import refusals
from local.template import Template
from payments.adapters.secrets import PLACEHOLDER
from payments.domain.addresses import usable
from payments.domain.texts import Unusable
from payments.runtime.observability import Metric

ROOT = Path(__file__).parents[2]
TEMPLATE = Template(ROOT / "template.yaml")
OURS = {"Fn::Sub": "Quittance/${AWS::StackName}"}

type Resources = dict[str, Any]


def of_type(resources: Resources, type_: str) -> Resources:
    """The properties of all resources of a type, by logical id."""
    return {id_: each["Properties"] for id_, each in resources.items() if each["Type"] == type_}


# Logs


@pytest.mark.parametrize("function", TEMPLATE.functions)
def test_every_function_logs_to_a_group_of_its_own_that_is_not_kept_for_ever(
    resources: Resources, function: str
) -> None:
    logging = resources[function]["Properties"]["LoggingConfig"]
    assert logging["LogGroup"] == {"Ref": f"{function}Logs"}
    # Metrics are lines of level INFO.
    assert logging["ApplicationLogLevel"] == {"Ref": "LogLevel"}
    assert TEMPLATE.document["Parameters"]["LogLevel"]["AllowedValues"] == ["DEBUG", "INFO"]
    assert f"{function}Logs" in of_type(resources, "AWS::Logs::LogGroup")


def test_all_logs_are_kept_as_long_as_the_parameter_says(resources: Resources) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")
    assert len(groups) == len(TEMPLATE.functions) + 1
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())
    assert len({str(group["LogGroupName"]) for group in groups.values()}) == len(groups)


def test_the_access_log_is_json_and_says_nothing_of_people(resources: Resources) -> None:
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    variables = json.loads(stage["AccessLogSettings"]["Format"]).values()
    allowed = "requestId requestTime routeKey status responseLatency integrationLatency integrationErrorMessage"
    assert set(variables) == {f"$context.{name}" for name in allowed.split()}


# Roles


@pytest.mark.parametrize("function", TEMPLATE.functions)
def test_every_function_has_a_role_of_its_own_that_names_each_action_and_resource(
    resources: Resources, function: str
) -> None:
    assert resources[function]["Properties"]["Role"] == {"Fn::GetAtt": [f"{function}Role", "Arn"]}
    role = resources[f"{function}Role"]["Properties"]
    assert role["ManagedPolicyArns"] == [{"Ref": "TracingPolicy"}]
    for statement in role["Policies"][0]["PolicyDocument"]["Statement"]:
        assert "*" not in json.dumps(statement["Action"])
        # The resources that are not known beforehand are SES's: recipients in its sandbox, an identity's configuration
        # set. The sender is.
        if "*" in json.dumps(statement["Resource"]):
            assert statement["Action"] == ["ses:SendEmail", "ses:SendRawEmail"]
            assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}


def test_what_all_functions_may_is_to_write_traces(resources: Resources) -> None:
    assert len(of_type(resources, "AWS::IAM::Role")) == len(TEMPLATE.functions)
    (policy,) = of_type(resources, "AWS::IAM::ManagedPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    functions = of_type(resources, "AWS::Lambda::Function").values()
    assert all(function["TracingConfig"] == {"Mode": "Active"} for function in functions)


# Failure paths


def test_every_queue_that_is_read_and_every_schedule_has_a_dead_letter_queue(resources: Resources) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    rules = of_type(resources, "AWS::Events::Rule").values()
    fed_from = [mapping["EventSourceArn"]["Fn::GetAtt"][0] for mapping in mappings]
    dead_letters = [queues[id_]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for id_ in fed_from]
    dead_letters += [target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] for rule in rules for target in rule["Targets"]]
    assert fed_from
    assert rules
    assert set(fed_from) | set(dead_letters) == set(queues)
    for id_ in dead_letters:
        assert queues[id_]["MessageRetentionPeriod"] > max(queues[fed]["MessageRetentionPeriod"] for fed in fed_from)


def test_a_function_that_is_invoked_by_events_is_not_tried_again_in_the_next_ones_time(resources: Resources) -> None:
    scheduled = {id_ for id_, function in TEMPLATE.functions.items() if function.schedules}
    configured = of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
    assert {config["FunctionName"]["Ref"] for config in configured} == scheduled
    for config in configured:
        (every,) = TEMPLATE.functions[config["FunctionName"]["Ref"]].schedules
        assert config["MaximumRetryAttempts"] == 0
        assert config["MaximumEventAgeInSeconds"] <= every
    for rule in of_type(resources, "AWS::Events::Rule").values():
        assert all(target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= every for target in rule["Targets"])


def test_queues_and_topic_take_tls_only_and_are_encrypted(resources: Resources) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())
    policies = of_type(resources, "AWS::SQS::QueuePolicy").values()
    # A queue has one policy: a second would replace the first.
    assert sorted(queue["Ref"] for policy in policies for queue in policy["Queues"]) == sorted(queues)
    (topics,) = of_type(resources, "AWS::SNS::TopicPolicy").values()
    for policy in [*policies, topics]:
        denied = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
        assert [each["Condition"] for each in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]
        assert [each["Principal"] for each in denied] == ["*"]


# Alarms


@pytest.mark.parametrize("function", TEMPLATE.functions)
def test_every_function_that_fails_rings_one_alarm(resources: Resources, function: str) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    watched = [(alarm["MetricName"], each["Value"]) for alarm in alarms for each in alarm.get("Dimensions", [])]
    declared = TEMPLATE.functions[function]
    own = {metric for metric, of in watched if of == {"Ref": function}} & {"Errors", "Url5xxCount"}
    # A Function URL answers 502 for a function that failed, and the API 500 or 503.
    assert own == (set() if declared.routes else {"Url5xxCount"} if declared.has_url else {"Errors"})
    assert [
        ("5xx", {"Ref": route.api}) for route in declared.routes if ("5xx", {"Ref": route.api}) not in watched
    ] == []


def test_which_function_behind_the_api_failed_is_found_by_the_query_that_the_alarm_names(resources: Resources) -> None:
    description = resources["ApiFailuresAlarm"]["Properties"]["AlarmDescription"]["Fn::Sub"]
    query = description.partition("${ApiLogs}: ")[2]
    document = (ROOT / "docs" / "operating.md").read_text()
    assert f"\n    {query}\n" in document

    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    assert stage["AccessLogSettings"]["DestinationArn"] == {"Fn::GetAtt": ["ApiLogs", "Arn"]}
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    fields = set(re.findall(r"[a-z]+", query, re.IGNORECASE)) - {"filter", "stats", "count", "by"}
    assert {field: logged.get(field) for field in fields} == {"status": "$context.status", "route": "$context.routeKey"}

    section = document.partition("### Which function answers 5xx\n")[2].partition("\n#")[0]
    assert set(re.findall(r"^\| `(.+)` \| (\w+) \|$", section, re.MULTILINE)) == {
        (route.key, function.code_uri.name) for function in TEMPLATE.functions.values() for route in function.routes
    }


def test_the_alarms_are_as_many_as_the_cost_says(resources: Resources) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    assert f"| alarms on one metric for a month | {len(alarms)} | " in (ROOT / "docs" / "cost.md").read_text()


def watched_queues(resources: Resources, metric: str) -> dict[str, Any]:
    """The alarms on that metric of queues, by the queue."""
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    return {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]: alarm
        for alarm in alarms
        if (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", metric)
    }


def test_every_dead_letter_queue_rings_an_alarm(resources: Resources) -> None:
    watched = watched_queues(resources, "ApproximateNumberOfMessagesVisible")
    assert set(watched) == {"MailDeadLetterQueue", "ScheduleDeadLetterQueue"}


def test_a_queue_that_nobody_empties_rings_an_alarm_within_the_hour_and_none_that_is_emptied(
    resources: Resources,
) -> None:
    fed_from = {
        mapping["EventSourceArn"]["Fn::GetAtt"][0]
        for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    }
    watched = watched_queues(resources, "ApproximateAgeOfOldestMessage")
    assert set(watched) == fed_from
    for id_, alarm in watched.items():
        queue = resources[id_]["Properties"]
        held_back = TEMPLATE.document["Parameters"]["FailureNoticeDelaySeconds"]["MaxValue"]
        failing = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
        assert max(held_back, failing) < alarm["Threshold"]
        assert alarm["Threshold"] + alarm["Period"] * alarm["EvaluationPeriods"] <= 3600
        assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Maximum", "GreaterThanOrEqualToThreshold")


def test_alarms_ring_for_metrics_that_are_emitted_and_all_to_the_topic(resources: Resources) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms)
    assert {alarm["MetricName"] for alarm in alarms if alarm["Namespace"] == OURS} == {
        Metric.WEBHOOK_FORGED,
        Metric.WEBHOOK_MISCONFIGURED,
        Metric.WEBHOOK_CONFLICT,
        Metric.WEBHOOK_MISSED,
        Metric.PAYMENT_IN_REVIEW,
        Metric.MAIL_UNDELIVERABLE,
        Metric.RECONCILE_FAILED,
    }
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == OURS


def test_silence_is_an_alarm_for_what_runs_by_the_clock_and_for_nothing_else(resources: Resources) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    breaching = {id_ for id_, alarm in alarms.items() if alarm["TreatMissingData"] == "breaching"}
    assert breaching == {"ReconcileSilentAlarm"}
    silent = alarms["ReconcileSilentAlarm"]
    assert (silent["MetricName"], silent["ComparisonOperator"], silent["Threshold"]) == (
        "Invocations",
        "LessThanThreshold",
        1,
    )
    (every,) = TEMPLATE.functions["Reconcile"].schedules
    assert silent["Period"] >= 2 * every


# What a release must not change


def test_a_release_never_writes_over_the_secrets_that_were_filled_in(resources: Resources) -> None:
    # CloudFormation sets a secret's value anew only if the template's differs from the one that was deployed before.
    secrets = of_type(resources, "AWS::SecretsManager::Secret")
    assert {id_: (each["Name"], each["SecretString"]) for id_, each in secrets.items()} == {
        "StripeApiKey": (secret_name("stripe-api-key"), PLACEHOLDER),
        "StripeWebhookSecret": (secret_name("stripe-webhook-secret"), PLACEHOLDER),
    }
    assert PLACEHOLDER == "replace-me"
    assert not any("GenerateSecretString" in each for each in secrets.values())


def secret_name(of: str) -> dict[str, str]:
    """Another name would be another secret, which begins empty."""
    return {"Fn::Sub": f"quittance/${{Stage}}/${{AWS::StackName}}/{of}"}


# Limits


def test_whatever_anyone_can_call_is_limited(resources: Resources) -> None:
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": {"Ref": "ApiRateLimit"},
        "ThrottlingBurstLimit": {"Ref": "ApiBurstLimit"},
    }
    # New accounts have no concurrency to reserve.
    unlimited = {"Fn::If": ["LimitsWebhook", {"Ref": "WebhookConcurrency"}, {"Ref": "AWS::NoValue"}]}
    assert resources["StripeWebhook"]["Properties"]["ReservedConcurrentExecutions"] == unlimited
    assert TEMPLATE.resolve({"Condition": "LimitsWebhook"}) is False
    assert Template(TEMPLATE.path, {"WebhookConcurrency": "5"}).resolve({"Condition": "LimitsWebhook"}) is True


# Deploying

PROFILES = ["staging", "production"]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_is_of_its_stage(profile: str) -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())[profile]
    deploy = config["deploy"]["parameters"]
    assert deploy["parameter_overrides"]["Stage"] == profile
    assert deploy["parameter_overrides"]["StripeLivemode"] == ("true" if profile == "production" else "false")
    assert deploy["tags"] == ["project=quittance", f"stage={profile}"]
    assert config["build"]["parameters"]["build_in_source"] is True


def test_production_refuses_to_deploy_with_what_are_examples(document: dict[str, Any]) -> None:
    rule = document["Rules"]["ProductionIsConfigured"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Stage"}, "production"]}
    refused = {}
    for assertion in rule["Assertions"]:
        [[(_, (ref, value))]] = (each.items() for each in assertion["Assert"]["Fn::Not"])
        refused[ref["Ref"]] = value
        assert ref["Ref"] in assertion["AssertDescription"]
    assert set(refused) == {"AllowedOrigins", "MailFrom", "AdminEmail", "BusinessName", "SellerAddress", "AlarmEmail"}
    assert {name: TEMPLATE.parameters[name] for name in refused} == refused | {
        "AllowedOrigins": [refused["AllowedOrigins"]]
    }


# What is taken and what is refused, by parameter.
VALUES = {
    "AllowedOrigins": (
        ["https://pay.example.com", "https://xn--mnchen-3ya.example:8443", "http://localhost:8000", "http://127.0.0.1"],
        [
            "",
            "*",
            "pay.example.com",
            "https://pay.example.com/",
            "https://example.com/pay",
            "https://Pay.example.com",
            "https://münchen.example",
            "https://pay.example.com:443",
            "http://localhost:80",
            "http://pay.example.com",
            "http://localhost.example.com",
        ],
    ),
    "OidcIssuer": (
        ["", "https://login.example/realms/shop", "https://shop.eu.auth0.com/", "http://localhost:8027"],
        ["login.example", "http://login.example", "https://", "https://login.example/?a=1", "https://login.example/ "],
    ),
    "PaymentPath": (
        ["/", "/pay.html", "/shop/pay"],
        ["", "pay.html", "/pay?x=1", "/pay#x", "/a b", "https://x.example"],
    ),
    "ResultPath": (["/result.html", "/shop/"], ["", "result.html", "/result.html?a=b", "/\n", "/dankeschön"]),
    "MailFrom": (["ada+pay@example.com", "pay@xn--mnchen-3ya.de"], ["", "pay@münchen.de", "Ada <ada@example.com>"]),
    "AdminEmail": (
        ["ada@example.com", "ada+pay@münchen.de", "ada@例え。テスト", "ada@i❤.ws"],
        ["", "Ada <ada@x.example>"],
    ),
    "AlarmEmail": (["", "ada@example.com"], [" ", "oncall@münchen.de", "a@b.c d@e.f"]),
    "StripeApiBase": (
        ["https://api.stripe.com", "http://localhost:12111"],
        ["", "api.stripe.com", "https://x.example/"],
    ),
}


@pytest.mark.parametrize("parameter", VALUES)
def test_what_could_not_work_is_refused_before_anything_is_deployed(document: dict[str, Any], parameter: str) -> None:
    taken, refused = VALUES[parameter]
    assert [each for each in taken if refusals(document, {parameter: each})] == []
    for each in refused:
        (sentence,) = refusals(document, {parameter: each})
        assert sentence.startswith(f"The parameter {parameter} must be"), each


@pytest.mark.parametrize("parameter", ["MailFrom", "AdminEmail", "AlarmEmail"])
@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com",
        "o'hara+pay=1@mail.example.co.uk",
        f"{'a' * 64}@{'b' * 63}.example",
        "ada@xn--mnchen-3ya.de",
        "ada",
        "ada@example",
        "ada@@example.com",
        "a b@example.com",
        "adä@example.com",
        "ada@example..com",
        "ada@.example.com",
        "ada@example.com.",
        "ada@-example.com",
        "ada@example-.com",
        "ada@exa_mple.com",
        ".ada@example.com",
        "ada.@example.com",
        "a..da@example.com",
        "=?utf-8?q?ada?=@example.com",
        f"{'a' * 65}@example.com",
        f"ada@{'b' * 64}.example",
        f"{'a' * 64}@{'b' * 63}.{'b' * 63}.{'b' * 63}",
        "a@b.example, c@d.example",
    ],
)
def test_an_address_that_the_mailer_takes_is_one_for_the_template_and_no_other(
    document: dict[str, Any], parameter: str, address: str
) -> None:
    assert bool(refusals(document, {parameter: address})) is not is_usable(address)


def is_usable(address: str) -> bool:
    try:
        usable(address)
    except Unusable:
        return False
    return True


def test_every_time_zone_that_there_is_may_be_the_businesss(document: dict[str, Any]) -> None:
    pattern = document["Parameters"]["TimeZone"]["AllowedPattern"]
    zones = available_timezones() | {"UTC", "Europe/Berlin", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "GB-Eire"}
    assert [zone for zone in sorted(zones) if not re.fullmatch(pattern, zone)] == []


@pytest.mark.parametrize(
    "mistake", ["", "+02:00", "2", "Europe/", "Europe/Berlin ", "Europe Berlin", "/etc/localtime", "Europe/../UTC"]
)
def test_what_names_no_time_zone_is_refused(document: dict[str, Any], mistake: str) -> None:
    assert not re.fullmatch(document["Parameters"]["TimeZone"]["AllowedPattern"], mistake)


def test_every_output_and_parameter_is_described(document: dict[str, Any]) -> None:
    described = document["Outputs"] | document["Parameters"]
    assert [name for name, each in described.items() if not each.get("Description")] == []
    assert set(document["Outputs"]) == {
        "ApiUrl",
        "SignInIssuer",
        "SignInClientId",
        "SignInUrl",
        "UserPoolId",
        "WebhookUrl",
        "TableName",
        "StripeApiKeySecret",
        "StripeWebhookSecretName",
        "MailQueueUrl",
        "MailDeadLetterQueueArn",
    }
