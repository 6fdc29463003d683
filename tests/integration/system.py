"""The real handlers in this process, a local AWS and the Stripe double; the test is Stripe's and SQS's hand."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from botocore.config import Config

from local.catalogue import seed_catalogue
from local.resources import CREDENTIALS, client, create_resources
from local.servers import listen
from local.template import REGION, Addresses, Function, Template
from payments.adapters import aws, secrets
from payments.adapters.table.table import Table
from stripe_double import StripeDouble
from tests.builders import SECRET, as_json, signed
from tests.callers import GRACE, verified

ROOT = Path(__file__).parents[2]
ORIGIN = "http://localhost:8000"
AN_ORDER = {"name": "Ada Lovelace", "email": "ada@example.com", "serviceType": "consulting-hour"}


@dataclass(frozen=True)
class Context:
    aws_request_id: str = "request-1"
    milliseconds_left: int = 30_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds_left


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]


class System:
    """Everything a deployment has, but for the front ends: events are handed to the handlers as AWS would.

    `dynamodb_url` is a DynamoDB to use instead of the local AWS's.
    """

    def __init__(self, aws_url: str, double: StripeDouble, dynamodb_url: str | None = None) -> None:
        self.double = double
        self.aws_url = aws_url
        self.dynamodb_url = dynamodb_url or aws_url
        self.calls: list[str] = []
        parameters = {
            "AllowedOrigins": f"{ORIGIN},https://shop.example",
            "StripeApiBase": double.url,
            "StripePublishableKey": double.publishable_key,
            "FailureNoticeDelaySeconds": "0",
        }
        self.template = Template(ROOT / "template.yaml", parameters, Addresses(aws=aws_url))
        create_resources(
            self.template,
            aws_url,
            {"StripeApiKey": double.api_key, "StripeWebhookSecret": f'["{SECRET}", "whsec_old"]'},
            dynamodb_url,
        )
        (table,) = self.template.tables.values()
        self.dynamodb = client("dynamodb", self.dynamodb_url)
        self.sqs = client("sqs", aws_url)
        self.table = Table(table.name, self.dynamodb)
        seed_catalogue(ROOT / "catalogue.yaml", self.table)
        aws.session.cache_clear()
        aws.session().register("before-call", self._note)
        self.functions = {
            id_: load_handler(id_, function, self.dynamodb_url) for id_, function in self.template.functions.items()
        }
        # A client's exceptions are made when they are first asked for, which two threads must not do at once.
        for module in self.functions.values():
            assert getattr(module, "store", self.table)._client.exceptions

    def _note(self, **call: Any) -> None:
        self.calls.append(call["model"].name)

    def invoke(self, logical_id: str, event: Mapping[str, Any]) -> Any:
        return self.functions[logical_id].handler(event, Context())

    def ask(self, logical_id: str, event: Mapping[str, Any]) -> Answer:
        answer = self.invoke(logical_id, event)
        return Answer(answer["statusCode"], answer["headers"], json.loads(answer["body"] or "{}"))

    # The HTTP API

    def order(self, body: Any = None, *, raw: str | None = None, **headers: str) -> Answer:
        """POST /checkout-sessions; header names are given with _ for -."""
        named = {"content-type": "application/json", "origin": ORIGIN}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        text = raw if raw is not None else json.dumps(AN_ORDER if body is None else body)
        event = {"routeKey": "POST /checkout-sessions", "headers": named, "body": text, "isBase64Encoded": False}
        return self.ask("CreateSession", event)

    def order_on_page(self, body: Any = None, *, user: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """POST /payment-intents, or its twin under /me."""
        named = {"content-type": "application/json", "origin": ORIGIN}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        event = verified(user) if user else {"headers": {}}
        event |= {"routeKey": "POST /me/payment-intents" if user else "POST /payment-intents"}
        event["headers"] |= named
        event |= {"body": json.dumps(AN_ORDER if body is None else body), "isBase64Encoded": False}
        return self.ask("CreateIntent", event)

    def confirm(self, intent: str, secret: str, card: str = "pm_card_visa") -> Any:
        """The page's Stripe.js confirms its intent; the error, where Stripe says no."""
        form = {"client_secret": secret, "payment_method": card, "return_url": f"{ORIGIN}/back"}
        return self.page_asks(f"payment_intents/{intent}/confirm", form)

    def page_asks(self, path: str, form: Mapping[str, str] | None = None) -> Any:
        """Stripe's answer to a page, which has the publishable key."""
        data = urlencode(form).encode() if form else None
        request = Request(f"{self.double.url}/v1/{path}", data)  # noqa: S310 - our own address
        request.add_header("Authorization", f"Bearer {self.double.publishable_key}")
        try:
            with urlopen(request) as answer:  # noqa: S310 - our own address
                return json.load(answer)
        except HTTPError as error:
            with error:
                return json.load(error)

    def order_of(self, user: Mapping[str, Any], body: Any = None, **headers: str) -> Answer:
        """POST /me/checkout-sessions by somebody whose token was verified."""
        named = {"content-type": "application/json", "origin": ORIGIN}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        event = verified(user) | {"routeKey": "POST /me/checkout-sessions", "isBase64Encoded": False}
        event["headers"] |= named
        return self.ask("CreateSession", event | {"body": json.dumps(AN_ORDER if body is None else body)})

    def payments_of(self, user: Mapping[str, Any], cursor: str | None = None) -> Answer:
        """GET /me/payments by somebody whose token was verified."""
        query = {"cursor": cursor} if cursor is not None else None
        return self.ask("MyPayments", verified(user) | {"queryStringParameters": query})

    def cards_of(self, user: Mapping[str, Any]) -> Answer:
        """GET /me/payment-methods by somebody whose token was verified."""
        return self._cards("GET", user)

    def add_card(self, user: Mapping[str, Any]) -> Answer:
        """POST /me/payment-methods."""
        return self._cards("POST", user)

    def remove_card(self, user: Mapping[str, Any], card_id: str) -> Answer:
        """DELETE /me/payment-methods/{paymentMethodId}."""
        return self._cards("DELETE", user, card_id)

    def _cards(self, method: str, user: Mapping[str, Any], card_id: str | None = None) -> Answer:
        path = "/me/payment-methods" + ("" if card_id is None else "/{paymentMethodId}")
        named = {} if card_id is None else {"pathParameters": {"paymentMethodId": card_id}}
        return self.ask("PaymentMethods", verified(user) | {"routeKey": f"{method} {path}"} | named)

    def save_card(self, user: Mapping[str, Any], card: str = "pm_card_visa") -> str:
        """A card that the user adds in a form on the page: what Stripe calls it."""
        secret = self.add_card(user).body["clientSecret"]
        intent = secret.partition("_secret_")[0]
        form = {"client_secret": secret, "payment_method": card, "return_url": f"{ORIGIN}/back"}
        return str(self.page_asks(f"setup_intents/{intent}/confirm", form)["payment_method"])

    def status(self, payment_id: str) -> Answer:
        return self.ask("GetStatus", {"headers": {}, "pathParameters": {"paymentId": payment_id}})

    def refresh(self, payment_id: str) -> Answer:
        return self._tend("refresh", payment_id)

    def cancel(self, payment_id: str, access_key: object) -> Answer:
        """POST /payments/{paymentId}/cancel by whoever ordered."""
        return self._tend("cancel", payment_id, {"accessKey": access_key})

    def _tend(self, what: str, payment_id: str, body: Any = None) -> Answer:
        event = {"routeKey": f"POST /payments/{{paymentId}}/{what}", "pathParameters": {"paymentId": payment_id}}
        sent = {} if body is None else {"body": json.dumps(body), "isBase64Encoded": False}
        return self.ask("TendPayment", event | {"headers": {}} | sent)

    def quote(self, body: Any) -> Answer:
        """POST /quotes."""
        headers = {"content-type": "application/json"}
        return self.ask("GetQuote", {"headers": headers, "body": json.dumps(body), "isBase64Encoded": False})

    def products(self) -> Answer:
        return self.ask("ListProducts", {"headers": {}})

    def desk(
        self,
        route: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        by: Mapping[str, Any] = GRACE,
        headers: Mapping[str, str] | None = None,
        **path: str,
    ) -> Answer:
        """A route of the desk, as an admin asks: `system.desk("GET /admin/payments/{paymentId}", paymentId=...)`."""
        event = verified(by) | {"routeKey": route, "pathParameters": path, "queryStringParameters": dict(query or {})}
        event["headers"] |= {"content-type": "application/json", **(headers or {})}
        if body is not None:
            event |= {"body": json.dumps(body), "isBase64Encoded": False}
        [function] = (each for each in self.template.functions.values() if route in {at.key for at in each.routes})
        return self.ask(function.logical_id, event)

    # Stripe's hand

    def hear(self, event: Mapping[str, Any], **signing: Any) -> Answer:
        """Deliver an event as Stripe does."""
        body = as_json(event)
        return self.deliver(body, signed(body, **signing))

    def deliver(self, body: str, signature: str | None, *, base64: bool = False) -> Answer:
        headers = {"content-type": "application/json; charset=utf-8"}
        if signature is not None:
            headers["stripe-signature"] = signature
        return self.ask("StripeWebhook", {"headers": headers, "body": body, "isBase64Encoded": base64})

    def events(self) -> list[dict[str, Any]]:
        """What the double has to tell so far, the oldest first."""
        return [event.to_dict() for event in reversed(self.stripe().v1.events.list({"limit": 100}).data)]

    def stripe(self) -> Any:
        import stripe

        return stripe.StripeClient(self.double.api_key, base_addresses={"api": self.double.url})

    def control(self, path: str, **body: Any) -> None:
        """Ask the double for something."""
        url = f"{self.double.url}/_control/{path}"
        headers = {"content-type": "application/json"}
        urlopen(Request(url, json.dumps(body).encode(), headers)).close()  # noqa: S310 - our own address

    # SQS's hand

    def run_mailer(self) -> list[dict[str, Any]]:
        """Deliver what is in the queue, in batches, as the event source mapping does: the handler's answers."""
        sqs, url = self.sqs, self.queue_url
        answers = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
            records = [{"messageId": each["MessageId"], "body": each["Body"]} for each in messages]
            answer = self.invoke("SendEmail", {"Records": records})
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            for each in messages:
                if each["MessageId"] not in failed:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
            answers.append(answer)
        return answers

    def post(self, body: str) -> None:
        """Put any message into the mailer's queue."""
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=body)

    @property
    def queue_url(self) -> str:
        return self.template.functions["StripeWebhook"].environment["MAIL_QUEUE_URL"]

    def mails(self, payment_id: str) -> list[EmailMessage]:
        """The mails about a payment, in the order of sending."""
        with urlopen(f"{self.aws_url}/_local/mails") as answer:  # noqa: S310 - our own address
            mails = [message_from_string(each["raw"], policy=default) for each in json.load(answer)["mails"]]
        return [mail for mail in mails if payment_id in mail.as_string()]

    def items(self, partition: str) -> dict[str, dict[str, Any]]:
        """The items of a partition as the table has them, by sort key."""
        (table,) = self.template.tables.values()
        found = self.dynamodb.query(
            TableName=table.name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
        )
        return {item["sk"]["S"]: dict(item) for item in found["Items"]}


def load_handler(logical_id: str, function: Function, dynamodb_url: str) -> ModuleType:
    """A handler as Lambda loads it: with its own environment, and with no other's."""
    with environment({**function.environment, "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url}), patience():
        spec = spec_from_file_location(f"handlers.{logical_id}", function.code_uri / "handler.py")
        assert spec
        assert spec.loader
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


@contextmanager
def patience() -> Iterator[None]:
    """Clients made meanwhile wait long for an answer, for the machine may be busy."""
    usual = aws.client.__defaults__
    aws.client.__defaults__ = (aws.CONFIG.merge(Config(read_timeout=15)),)
    try:
        yield
    finally:
        aws.client.__defaults__ = usual


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


_environments: list[dict[str, str]] = []


@contextmanager
def local_aws() -> Iterator[str]:
    """The stack's AWS in a process of its own; clients made meanwhile speak to it.

    Of several the latest that still runs is meant, whichever ends first: those of modules and of the whole session end
    in no order.
    """
    with listen(0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = _start_aws(listener)
    ours = CREDENTIALS | {"AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": url}
    _environments.append(ours)
    _mean_the_latest(ours)
    try:
        yield url
    finally:
        _environments.remove(ours)
        _mean_the_latest(ours)
        process.kill()
        process.wait()


def _mean_the_latest(names: Iterable[str]) -> None:
    for name in names:
        os.environ.pop(name, None)
    if _environments:
        os.environ.update(_environments[-1])
    # The one client that is made late and shared.
    secrets._client.cache_clear()


def _start_aws(listener: socket.socket) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "local.aws", "--fd", str(listener.fileno())],
        cwd=ROOT,
        pass_fds=[listener.fileno()],
        stderr=subprocess.DEVNULL,
    )
