"""Each function's role in template.yaml, compared with the calls that its handler makes.

Every call is permitted, and every permission is used: by a handler, or by Lambda itself on the function's behalf.
"""

import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import pytest
from botocore.client import BaseClient

from local.stripe_double import StripeDouble
from local.template import Template
from payments.adapters import secrets
from tests.integration.crash_scenarios import SCENARIOS, Act, order, unanswered_order
from tests.integration.fragile import KEY, FragileSystem
from tests.integration.system import ROOT, local_aws

FUNCTIONS = [*Template(ROOT / "template.yaml").functions]

_caller: ContextVar[str | None] = ContextVar("_caller", default=None)


@dataclass(frozen=True)
class Call:
    """What a function's call needs to be permitted, and what a policy's conditions can ask about."""

    function: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Grant:
    """One action on one resource, as a role allows it; conditions are of equality."""

    action: str
    resource: str
    condition: frozenset[tuple[str, str]] = frozenset()

    def permits(self, call: Call) -> bool:
        return (
            self.action == call.action
            and fnmatchcase(call.resource, self.resource)
            and all(call.context.get(key) == value for key, value in self.condition)
        )


class WatchedSystem(FragileSystem):
    """Knows which function is at work."""

    def invoke(self, logical_id: str, event: Mapping[str, Any]) -> Any:
        token = _caller.set(logical_id)
        try:
            return super().invoke(logical_id, event)
        finally:
            _caller.reset(token)


# What may be going on


def order_twice(system: FragileSystem) -> None:
    """The second gets the first one's checkout."""
    system.place_order()
    system.place_order()


def order_what_stripe_refuses(system: FragileSystem) -> None:
    """By its clock the checkout would expire at once; the payment lapses and its key is free."""
    ahead = timedelta(hours=23)
    system.double.state.advance(ahead.total_seconds())
    assert system.order(idempotency_key=KEY).status == 502
    system.clock.offset += ahead


def let_a_request_lapse(system: FragileSystem) -> None:
    """Stripe did not answer, nor when it was asked again, until the request could be repeated no more."""
    unanswered_order(system)
    system.clock_forward(timedelta(hours=24))
    system.reconcile()


STORIES: list[tuple[Act, ...]] = [
    (order_twice,),
    (order_what_stripe_refuses,),
    (let_a_request_lapse,),
    (order, FragileSystem.read),
    *((scenario.given, scenario.step, FragileSystem.heal) for scenario in SCENARIOS),
]


@pytest.fixture(scope="module")
def system() -> Iterator[FragileSystem]:
    with local_aws() as aws_url, StripeDouble(webhook_url="http://127.0.0.1:9/") as double:
        system = WatchedSystem(aws_url, double)
        double.webhooks.mode = "drop"
        system.clock.rule(secrets)
        yield system
        secrets.time = time  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def calls(system: FragileSystem) -> set[Call]:
    """All kinds of calls that functions make while the stories are played."""
    made: set[Call] = set()
    ask = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(self: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Any:
        if function := _caller.get():
            service = self.meta.service_model.service_name
            made.update(needed(function, service, operation, parameters, system.template))
        return ask(self, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", noted)
        for story in STORIES:
            system.reset()
            # Secrets have been in the cache for too long.
            system.clock_forward(timedelta(minutes=15))
            for act in story:
                act(system)
    return made


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_call_is_permitted_and_every_permission_is_used(
    system: FragileSystem, calls: set[Call], function: str
) -> None:
    made = {call for call in calls if call.function == function}
    grants = grants_of(system.template, function)
    assert made
    assert {call for call in made if not any(grant.permits(call) for grant in grants)} == set()
    unused = {grant for grant in grants if not any(grant.permits(call) for call in made)}
    assert unused == lambdas_own(system.template, function)


def needed(
    function: str, service: str, operation: str, parameters: Mapping[str, Any], template: Template
) -> Iterator[Call]:
    """What IAM asks for a call.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    """
    match service, operation:
        case "dynamodb", "TransactWriteItems":
            for write in parameters["TransactItems"]:
                [(kind, request)] = write.items()
                action = "ConditionCheckItem" if kind == "ConditionCheck" else f"{kind}Item"
                yield Call(function, f"dynamodb:{action}", table_arn(template, request))
        case "dynamodb", "BatchGetItem":
            for name in parameters["RequestItems"]:
                yield Call(function, f"dynamodb:{operation}", table_arn(template, {"TableName": name}))
        case "dynamodb", _:
            yield Call(function, f"dynamodb:{operation}", table_arn(template, parameters))
        case "sqs", _:
            [arn] = {queue.arn for queue in template.queues.values() if queue.url == parameters["QueueUrl"]}
            yield Call(function, f"sqs:{operation.removesuffix('Batch')}", arn)
        case "secretsmanager", _:
            yield Call(function, f"secretsmanager:{operation}", parameters["SecretId"])
        case "sesv2", "SendEmail":
            # A whole message is checked as version 1's action is, too.
            actions = ["SendEmail", *(["SendRawEmail"] if "Raw" in parameters["Content"] else [])]
            sender = parseaddr(parameters["FromEmailAddress"])[1]
            # The identity may have a configuration set by default, which is asked for as well.
            for resource in (f"identity/{sender}", "configuration-set/default"):
                arn = f"arn:aws:ses:us-east-1:123456789012:{resource}"
                yield from (Call(function, f"ses:{action}", arn, {"ses:FromAddress": sender}) for action in actions)
        case other:
            raise AssertionError(f"say here what IAM asks for {other}")


def table_arn(template: Template, request: Mapping[str, Any]) -> str:
    """Of the table, or of its index."""
    [arn] = {template.resolve({"Fn::GetAtt": [id_, "Arn"]}) for id_ in template.tables}
    assert arn.endswith(f"/{request['TableName']}")
    return f"{arn}/index/{request['IndexName']}" if "IndexName" in request else str(arn)


def grants_of(template: Template, function: str) -> set[Grant]:
    """What the role of a function allows."""
    role = template.resolve(template.document["Resources"][f"{function}Role"]["Properties"])
    statements = [each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]]
    grants = set()
    for statement in statements:
        assert statement["Effect"] == "Allow"
        condition = statement.get("Condition", {"StringEquals": {}})
        assert [*condition] == ["StringEquals"]
        for action, resource in product(listed(statement["Action"]), listed(statement["Resource"])):
            grants.add(Grant(action, resource, frozenset(condition["StringEquals"].items())))
    return grants


def lambdas_own(template: Template, function: str) -> set[Grant]:
    """What Lambda itself does with the role: it writes the logs, and takes messages from a queue that feeds it."""
    logs = template.resolve({"Fn::GetAtt": [f"{function}Logs", "Arn"]})
    grants = {Grant(f"logs:{action}", logs) for action in ("CreateLogStream", "PutLogEvents")}
    for event in template.functions[function].queue_events:
        actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
        grants |= {Grant(f"sqs:{action}", event.queue_arn) for action in actions}
    return grants


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
