"""Each function's role in template.yaml, compared with the calls that its handler makes.

Every call is permitted, and every permission is used: by a handler, or by Lambda itself on the function's behalf. A
permission of the table is one of named partitions, by `dynamodb:LeadingKeys`, and each of these is used.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import parseaddr
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import pytest
from botocore.client import BaseClient

from local.template import Template
from payments.adapters import secrets
from payments.adapters.stripe import elements
from payments.adapters.table import catalogue, notices, payment_items, products, work
from payments.adapters.table.keys import first_day_key, payment_key
from payments.domain import learning, releases
from payments.domain.actors import ANSWER
from payments.domain.customers import UserCustomer
from payments.domain.erasure import READ_AGAIN_AFTER, Erasure, Whom, WhomKind
from payments.domain.facts import Shortage, ShortageState
from payments.domain.mail import MailUnavailable
from payments.domain.notices import NoticeKind
from payments.domain.payment import INTENT
from payments.domain.releases import LEVEL
from payments.services import recording
from payments.services.recording import record
from stripe_double import StripeDouble
from tests.callers import ADA
from tests.integration.crash_scenarios import (
    DECLINED,
    PAID,
    SCENARIOS,
    TICKET,
    WHO,
    Act,
    deliver_tickets,
    expire,
    later,
    order,
    order_tickets,
    pay,
    pay_now,
    refund,
    replacing,
    tickets_on_page,
    told,
)
from tests.integration.fragile import KEY, FragileSystem
from tests.integration.system import ROOT, local_aws

TEMPLATE = Template(ROOT / "template.yaml")
FUNCTIONS = [*TEMPLATE.functions]
# All that a role may do with the table: each names the partition of every item that it asks for.
READS = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
NAMELESS = ("Scan", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete")

_caller: ContextVar[str | None] = ContextVar("_caller", default=None)


@dataclass(frozen=True)
class Call:
    """What a function's call needs to be permitted, and what a policy's conditions can ask about.

    `leading_keys` are the partitions that it names.
    """

    function: str
    action: str
    resource: str
    leading_keys: frozenset[str] = frozenset()
    context: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Grant:
    """One action on one resource, as a role allows it; conditions are of equality, and of partitions (None: of all)."""

    action: str
    resource: str
    condition: frozenset[tuple[str, str]] = frozenset()
    partitions: frozenset[str] | None = None

    def permits(self, call: Call) -> bool:
        return (
            self.action == call.action
            and fnmatchcase(call.resource, self.resource)
            and all(call.context.get(key) == value for key, value in self.condition)
            and (self.partitions is None or self._is_within(call.leading_keys))
        )

    def _is_within(self, leading_keys: frozenset[str]) -> bool:
        """IAM's ForAllValues is true of a call without any key, too; here such a call is not permitted."""
        patterns = self.partitions or frozenset()
        return bool(leading_keys) and all(any(fnmatchcase(key, each) for each in patterns) for key in leading_keys)

    def unused(self, calls: set[Call]) -> "Iterator[Grant]":
        """What of it these calls do not need: all, or some of the partitions."""
        permitted = [call for call in calls if self.permits(call)]
        if not permitted:
            yield self
            return
        for pattern in self.partitions or ():
            if not any(fnmatchcase(key, pattern) for call in permitted for key in call.leading_keys):
                yield replace(self, partitions=frozenset({pattern}))


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


def order_until_stripe_answers(system: FragileSystem) -> None:
    system.control("outage", calls=1, kind="rate_limit")
    assert system.order(idempotency_key=KEY).status == 503
    system.place_order()


def order_what_stripe_refuses(system: FragileSystem) -> None:
    """By its clock the checkout would expire at once; the payment lapses and its key is free."""
    ahead = timedelta(hours=23)
    system.double.state.advance(ahead.total_seconds())
    assert system.order(idempotency_key=KEY).status == 502
    system.clock.offset += ahead


def order_on_page_twice(system: FragileSystem) -> None:
    """The second gets the first one's intent."""
    system.place_order_on_page()
    system.place_order_on_page()


def order_on_page_what_stripe_refuses(system: FragileSystem) -> None:
    parameters = elements._PARAMETERS[INTENT]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(elements._PARAMETERS, INTENT, lambda payment: {**parameters(payment), "currency": "xyz"})
        assert system.order_on_page(idempotency_key=KEY).status == 502
    assert system.order_on_page(user=ADA).status == 201


def let_a_request_lapse(system: FragileSystem) -> None:
    """Stripe did not answer, nor when it was asked again, until the request could be repeated no more."""
    system.control("outage", calls=1, kind="rate_limit")
    with system.watching({}, mortal=False):
        assert system.order(idempotency_key=KEY).status == 503
    system.clock_forward(timedelta(hours=24))
    system.reconcile()


def refresh_at_the_desk(system: FragileSystem) -> None:
    """An admin wants to know how the payment stands."""
    [payment] = system.payments()
    assert system.desk("POST /admin/payments/{paymentId}/refresh", paymentId=payment.id).status == 200


def refresh_what_has_no_answer(refresh: Act) -> Act:
    """Asked for anew while that can be repeated; later it lapses."""

    def act(system: FragileSystem) -> None:
        system.control("outage", calls=1, kind="rate_limit")
        with system.watching({}, mortal=False):
            assert system.order(idempotency_key=KEY).status == 503
        system.control("outage", calls=1, kind="rate_limit")
        refresh(system)
        system.clock_forward(timedelta(hours=24))
        refresh(system)

    return act


def refresh_what_is_for_newer_code(system: FragileSystem) -> None:
    [table], [payment] = system.template.tables.values(), system.payments()
    system.dynamodb.update_item(
        TableName=table.name,
        Key=payment_key(payment.id),
        UpdateExpression="SET needs = :needs",
        ExpressionAttributeValues={":needs": {"N": str(LEVEL + 2)}},
    )
    assert system.refresh(payment.id).status == 200
    assert system.desk("POST /admin/payments/{paymentId}/refresh", paymentId=payment.id).status == 503


def order_as_somebody(system: FragileSystem) -> None:
    """Who is signed in, and has the own payments shown."""
    assert system.order_of(ADA).status == 201
    assert system.payments_of(ADA).body["payments"]


def erase_whose_customer_was_not_answered(erase: Act) -> Act:
    """Stripe has made one, and nobody here knows it."""

    def erasing(system: FragileSystem) -> None:
        made = UserCustomer.begun(ADA["sub"], system.now())
        system.table.begin_customer(made, None)
        erase(system)
        assert system.table.customer(ADA["sub"]) is None

    return erasing


def look_at_the_desk(system: FragileSystem) -> None:
    """Each of its pages, and each thing that a payment is found by."""
    [payment] = system.payments()
    [session] = payment.sessions
    for q in (payment.id, session.ref, payment.customer.email, "ada-1", str(payment.order.number)):
        assert system.desk("GET /admin/payments", query={"q": q}).status == 200
    for route in ("attention", "payments", "payments/{paymentId}", "stats", "products"):
        assert system.desk(f"GET /admin/{route}", paymentId=payment.id).status == 200


def change_stock_at_the_desk(system: FragileSystem) -> None:
    """And have it shown, with what customers see of it."""
    for _ in range(2):
        route, body = "POST /admin/products/{sku}/stock", {"change": 5, "reason": "a delivery"}
        assert system.desk(route, sku="notebook", body=body, headers={"idempotency-key": KEY}).status == 200
    assert system.desk("GET /admin/products").status == system.products().status == 200
    assert system.desk("GET /admin/products/{sku}", sku="notebook").body["changes"]


def settle_at_the_desk(system: FragileSystem) -> None:
    [payment] = system.payments()
    missing = Shortage(ref="enamel-mug", state=ShortageState.OPEN, quantity=1)
    record(system.table, payment, [missing], actor=ANSWER, now=system.now())
    body = {"sku": "enamel-mug", "resolution": "supplied"}
    for _ in range(2):
        assert system.desk("POST /admin/payments/{paymentId}/shortages", paymentId=payment.id, body=body).status == 200


def cancel_as_customer(system: FragileSystem) -> None:
    [payment] = system.payments()
    assert system.cancel(payment.id, payment.access_key).status == 200


def let_a_hold_run_out(system: FragileSystem) -> None:
    """The order that was to come in its place never came; meanwhile the checkout expired."""
    [payment] = system.payments()
    system.control("outage", calls=1, kind="rate_limit")
    with system.watching({}, mortal=False):
        assert system.order(WHO | ONE_TICKET | replacing(system), idempotency_key="another").status == 503
    expire(system)
    system.hear_all()
    [payment] = system.payments()
    assert payment.is_over
    assert payment.stock_taken
    system.clock_forward(timedelta(minutes=46))


def find_stock_again(act: Act) -> Act:
    def finding(system: FragileSystem) -> None:
        act(system)
        assert not system.payments()[0].stock_taken

    return finding


def ask_what_it_costs(system: FragileSystem) -> None:
    assert system.quote({"items": [{"sku": "consulting-hour", "quantity": 2}]}).status == 200


def reconcile_a_refund(system: FragileSystem) -> None:
    """A refund names no payment of ours; its charge has a pointer."""
    refund(system)
    system.reconcile()


def erase_what_nobody_paid(system: FragileSystem) -> None:
    """By itself, some months after it expired."""
    system.clock_forward(timedelta(days=2))
    system.reconcile()
    system.clock_forward(timedelta(days=31))
    system.reconcile()
    system.clock_forward(timedelta(days=61))
    system.reconcile()
    assert system.payments()[0].erased_at


def withdraw_what_has_no_answer(system: FragileSystem) -> None:
    """Stripe did not answer; ten minutes later it has none such, and it is closed."""
    [payment] = system.payments()
    desk = "POST /admin/payments/{paymentId}/refunds"
    system.control("outage", calls=4, kind="rate_limit")
    asked = system.desk(desk, paymentId=payment.id, body={"amount": 100}, headers={"idempotency-key": KEY})
    assert asked.status == 202
    system.control("outage", calls=0, kind="rate_limit")
    system.clock_forward(timedelta(minutes=11))
    ref = asked.body["refundRequest"]["ref"]
    assert system.desk(f"{desk}/{{ref}}/withdraw", paymentId=payment.id, ref=ref).status == 200


def erase_at_the_desk(body: Mapping[str, str]) -> Act:
    """And again, while the first is still under way."""

    def erasing(system: FragileSystem) -> None:
        for _ in range(2):
            assert system.desk("POST /admin/erasures", body=body).status == 202

    return erasing


def go_on_erasing(kind: WhomKind, value: str) -> Act:
    """What an admin has begun to erase."""

    def going_on(system: FragileSystem) -> None:
        whom = Whom(kind, value)
        system.table.begin_erasure(Erasure.of(whom, (), by="grace-1", salt="s", now=system.clock.now()))
        system.clock_forward(READ_AGAIN_AFTER)
        system.reconcile()

    return going_on


def mail_what_ses_does_not_take(system: FragileSystem) -> None:
    """The mailer sends itself a message for later."""

    def refuse(_: object) -> str:
        raise MailUnavailable("SendingPausedException")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(system.functions["SendEmail"].mailer, "send", refuse)
        system.mail()


def ask_for_the_invoice(system: FragileSystem) -> None:
    [payment] = system.payments()
    event = {
        "headers": {},
        "pathParameters": {"paymentId": payment.id},
        "queryStringParameters": {"key": payment.access_key},
    }
    assert system.invoke("GetInvoice", event)["statusCode"] == 200


def decline_a_ticket(system: FragileSystem) -> None:
    order_tickets(1)(system)
    system.try_to_pay(DECLINED)


ONE_TICKET = {"items": [{"sku": TICKET, "quantity": 1}]}
DECLINED_TICKET = told(decline_a_ticket)
STORIES: list[tuple[Act, ...]] = [
    (order_twice,),
    (order_until_stripe_answers,),
    (order_what_stripe_refuses,),
    (order_on_page_twice,),
    (order_on_page_what_stripe_refuses,),
    (let_a_request_lapse,),
    (order, FragileSystem.read, look_at_the_desk),
    (order_as_somebody,),
    (change_stock_at_the_desk, ask_what_it_costs),
    (told(PAID), mail_what_ses_does_not_take),
    (told(PAID), reconcile_a_refund),
    (told(PAID), later, FragileSystem.reconcile, ask_for_the_invoice),
    (refresh_what_has_no_answer(FragileSystem.refresh_once),),
    (refresh_what_has_no_answer(refresh_at_the_desk),),
    (order, erase_what_nobody_paid),
    (told(PAID), settle_at_the_desk),
    (told(PAID), withdraw_what_has_no_answer),
    (order, erase_at_the_desk({"email": "ada@example.com"})),
    (told(PAID), erase_at_the_desk({"user": "ada-1"})),
    (order, go_on_erasing(WhomKind.EMAIL, "ada@example.com")),
    (order, go_on_erasing(WhomKind.USER, "ada-1")),
    (erase_whose_customer_was_not_answered(erase_at_the_desk({"user": "ada-1"})),),
    (erase_whose_customer_was_not_answered(go_on_erasing(WhomKind.USER, "ada-1")),),
    (order, refresh_what_is_for_newer_code),
    (deliver_tickets, order_tickets(1), find_stock_again(cancel_as_customer)),
    (deliver_tickets, order_tickets(1), expire, find_stock_again(FragileSystem.hear_all)),
    (deliver_tickets, order_tickets(1), let_a_hold_run_out, find_stock_again(FragileSystem.refresh_once)),
    (deliver_tickets, order_tickets(1), let_a_hold_run_out, find_stock_again(FragileSystem.reconcile)),
    (deliver_tickets, DECLINED_TICKET, let_a_hold_run_out, find_stock_again(FragileSystem.mail)),
    # What was declined is told of still, where code of its new level looks for it.
    (deliver_tickets, told(pay(DECLINED)), order_tickets(1, key="another", in_place=True)),
    (deliver_tickets, told(pay(DECLINED)), tickets_on_page),
    *((scenario.given, scenario.step, FragileSystem.heal) for scenario in SCENARIOS),
]


def new(act: Act) -> Act:
    """When it happens first there is nothing yet that says since when."""

    def forgetting(system: FragileSystem) -> None:
        [table] = system.template.tables.values()
        for key in (first_day_key(kind) for kind in NoticeKind):
            system.dynamodb.delete_item(TableName=table.name, Key=key)
        act(system)

    return forgetting


# What a release will do that brings something of its own.
WITH_THE_NEXT_RELEASE: list[tuple[Act, ...]] = [
    (order,),
    (PAID, new(FragileSystem.hear_all), refund, new(FragileSystem.hear_all)),
    (told(PAID), refund, new(FragileSystem.reconcile)),
    (PAID, new(FragileSystem.refresh_once), refund, later, new(FragileSystem.refresh_once)),
    (PAID, new(refresh_at_the_desk), refund, later, new(refresh_at_the_desk)),
    (told(pay(DECLINED)), told(pay_now), new(FragileSystem.mail)),
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
            play(system, story)
        bring_the_next_release(patch)
        for story in WITH_THE_NEXT_RELEASE:
            play(system, story)
    return made


def play(system: FragileSystem, story: tuple[Act, ...]) -> None:
    system.reset()
    # Secrets have been in the cache for too long.
    system.clock_forward(timedelta(minutes=15))
    for act in story:
        act(system)


def bring_the_next_release(patch: pytest.MonkeyPatch) -> None:
    """One that brings a notice which has a first day, and a state that older code must not touch."""
    for module in (payment_items, catalogue, products, notices, work):
        patch.setattr(module, "LEVEL", LEVEL + 1)
    for module in (learning, recording):
        patch.setattr(module, "CAME_LATER", frozenset({NoticeKind.FRAUD_ALERT}))
    patch.setitem(releases.CAME_WITH, "refund:succeeded", LEVEL + 1)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_call_is_permitted_and_every_permission_is_used(
    system: FragileSystem, calls: set[Call], function: str
) -> None:
    made = {call for call in calls if call.function == function}
    grants = grants_of(system.template, function)
    assert made
    assert {call for call in made if not any(grant.permits(call) for grant in grants)} == set()
    assert {each for grant in grants for each in grant.unused(made)} == lambdas_own(system.template, function)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_whatever_a_function_may_do_with_the_table_is_in_named_partitions(function: str) -> None:
    [table] = {TEMPLATE.resolve({"Fn::GetAtt": [id_, "Arn"]}) for id_ in TEMPLATE.tables}
    for grant in grants_of(TEMPLATE, function):
        if grant.action.startswith("dynamodb:"):
            assert grant.action in READS | WRITES
            # An index has partitions of its own.
            assert (grant.partitions is not None) == (grant.resource == table)
            if grant.action in WRITES:
                # Prices are the business's.
                assert not any(fnmatchcase("CATALOGUE", pattern) for pattern in grant.partitions or ())


def test_nobody_may_ask_in_a_way_that_names_no_partition() -> None:
    """ForAllValues is true where there is no key: a Scan or PartiQL would pass by every condition."""
    actions = [
        action
        for statement in statements_in(TEMPLATE.document["Resources"])
        for action in listed(statement.get("Action", "*"))
    ]
    assert "dynamodb:Query" in actions
    assert [action for action in actions for each in NAMELESS if fnmatchcase(f"dynamodb:{each}", action)] == []


@pytest.mark.parametrize(
    ("keys", "permitted"),
    [
        ({"PAYMENT#pay_1"}, True),
        ({"CATALOGUE", "PAYMENT#pay_1"}, True),
        ({"STRIPE#cs_1"}, False),
        ({"PAYMENT#pay_1", "STRIPE#cs_1"}, False),
        ({"CATALOGUE#2"}, False),
        (set(), False),
    ],
)
def test_a_grant_of_partitions_permits_a_call_that_names_these_alone(keys: set[str], permitted: bool) -> None:
    grant = Grant("dynamodb:BatchGetItem", "table", partitions=frozenset({"PAYMENT#*", "CATALOGUE"}))
    assert grant.permits(Call("", "dynamodb:BatchGetItem", "table", frozenset(keys))) is permitted


def needed(
    function: str, service: str, operation: str, parameters: Mapping[str, Any], template: Template
) -> Iterator[Call]:
    """What IAM asks for a call.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    """
    match service, operation:
        case "dynamodb", "TransactWriteItems":
            # Whether a condition sees the keys of one write or of all with the same action is written nowhere, so here
            # it sees all: then one statement must name them all, which is enough for either.
            keys: dict[tuple[str, str], set[str]] = {}
            for write in parameters["TransactItems"]:
                [(kind, request)] = write.items()
                action = "ConditionCheckItem" if kind == "ConditionCheck" else f"{kind}Item"
                keys.setdefault((action, table_arn(template, request)), set()).update(leading_keys(request, template))
            for (action, arn), some in keys.items():
                yield Call(function, f"dynamodb:{action}", arn, frozenset(some))
        case "dynamodb", "BatchGetItem":
            for name, request in parameters["RequestItems"].items():
                arn = table_arn(template, {"TableName": name})
                yield Call(function, f"dynamodb:{operation}", arn, leading_keys(request, template))
        case "dynamodb", _:
            arn = table_arn(template, parameters)
            yield Call(function, f"dynamodb:{operation}", arn, leading_keys(parameters, template))
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
                context = {"ses:FromAddress": sender}
                yield from (Call(function, f"ses:{action}", arn, context=context) for action in actions)
        case other:
            raise AssertionError(f"say here what IAM asks for {other}")


def table_arn(template: Template, request: Mapping[str, Any]) -> str:
    """Of the table, or of its index."""
    [arn] = {template.resolve({"Fn::GetAtt": [id_, "Arn"]}) for id_ in template.tables}
    assert arn.endswith(f"/{request['TableName']}")
    return f"{arn}/index/{request['IndexName']}" if "IndexName" in request else str(arn)


def leading_keys(request: Mapping[str, Any], template: Template) -> frozenset[str]:
    """The partitions that one request names: by its item, its key, its keys, or the condition of a query."""
    match request:
        case {"Item": item}:
            return frozenset({item["pk"]["S"]})
        case {"Key": key}:
            return frozenset({key["pk"]["S"]})
        case {"Keys": keys}:
            return frozenset(key["pk"]["S"] for key in keys)
        case {"KeyConditionExpression": condition, "ExpressionAttributeValues": values}:
            name = hash_key(template, request.get("IndexName"))
            for placeholder, attribute in request.get("ExpressionAttributeNames", {}).items():
                condition = condition.replace(placeholder, attribute)
            [value] = re.findall(rf"\b{name} = (:\w+)", condition)
            return frozenset({values[value]["S"]})
    return frozenset()


def hash_key(template: Template, index: str | None) -> str:
    """Of the table, or of its index."""
    [table] = template.tables.values()
    schemas = {each["IndexName"]: each["KeySchema"] for each in table.properties["GlobalSecondaryIndexes"]}
    schema = schemas[index] if index else table.properties["KeySchema"]
    [name] = (key["AttributeName"] for key in schema if key["KeyType"] == "HASH")
    return str(name)


def statements_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every statement that allows something, of every policy in some part of the template."""
    match value:
        case {"Effect": "Allow"}:
            yield value
        case dict():
            for each in value.values():
                yield from statements_in(each)
        case list():
            for each in value:
                yield from statements_in(each)


def grants_of(template: Template, function: str) -> set[Grant]:
    """What the role of a function allows."""
    role = template.resolve(template.document["Resources"][f"{function}Role"]["Properties"])
    statements = [each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]]
    grants = set()
    for statement in statements:
        assert statement["Effect"] == "Allow"
        condition = dict(statement.get("Condition", {}))
        equal = frozenset(condition.pop("StringEquals", {}).items())
        partitions = condition.pop("ForAllValues:StringLike", {"dynamodb:LeadingKeys": None})["dynamodb:LeadingKeys"]
        assert condition == {}
        for action, resource in product(listed(statement["Action"]), listed(statement["Resource"])):
            grants.add(Grant(action, resource, equal, frozenset(partitions) if partitions else None))
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
