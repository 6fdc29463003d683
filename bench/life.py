"""One payment's whole life on the real handlers, everything that they ask of AWS and Stripe recorded.

As a program: `python -m bench.life FILE` lives it in the project of the current directory and writes what was recorded
as JSON. The table is on DynamoDB Local where that runs, for moto counts no capacity units.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from bench.exchanges import recorded
from bench.units import size_of
from local.dynamodb_local import dynamodb_local, missing
from local.processes import Logs
from local.template import Template
from local.workers import worker_environment
from stripe_double import StripeDouble
from tests.builders import SECRET
from tests.callers import ADA
from tests.integration.system import ROOT, System, local_aws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What Lambda sets and botocore wants; nobody checks them here.
_PAGE_KEY = "StripePublishableKey"
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_SESSION_TOKEN": "local"}


class RecordedSystem(System):
    """Keeps each invocation: which function, what for, its event, what it asked and how long its answer is."""

    def __init__(self, aws_url: str, double: StripeDouble, dynamodb_url: str | None) -> None:
        super().__init__(aws_url, double, dynamodb_url)
        self.steps: list[dict[str, Any]] = []
        self.purpose = ""
        self._measures_capacity = dynamodb_url is not None

    def invoke(self, logical_id: str, event: Mapping[str, Any]) -> Any:
        with recorded(self._measures_capacity) as exchanges:
            answer = super().invoke(logical_id, event)
        step = {"function": logical_id, "purpose": self.purpose, "event": event, "exchanges": exchanges}
        self.steps.append(step | {"answer_bytes": len(json.dumps(answer))})
        return answer

    def live(self, idempotency_key: str) -> str:
        """A payment that is ordered, polled ten times, paid, told of by Stripe's events and in mails: its id."""
        self.purpose = "products"
        self.products()
        self.purpose = "order"
        ordered = self.order(idempotency_key=idempotency_key)
        _expect(ordered.status == 201, f"The order was answered with {ordered.status}.")
        payment_id = str(ordered.body["paymentId"])
        # A customer takes longer than a second, and whatever has a time in it is written again then.
        time.sleep(1 - time.time() % 1)
        events = self._paid(ordered.body["sessionId"])
        self._poll(payment_id, 10 - len(events))
        for event in events:
            self.purpose = event["type"]
            _expect(self.hear(event).status == 200, f"{event['type']} was not taken.")
            self._poll(payment_id, 1)
        _expect(self.status(payment_id).body["status"] == "succeeded", "The payment did not succeed.")
        self.steps.pop()
        self._send_mails()
        return payment_id

    def beside(self, payment_id: str) -> list[dict[str, Any]]:
        """What may come beside a payment's life, and after it: the steps."""
        return [
            *self.ask_what_it_costs(),
            *self.check_again(payment_id),
            *self.get_the_invoice(payment_id),
            *self.order_on_the_page(),
            *self.look_as_a_customer(f"own-{payment_id}"),
            *self.look_at_saved_cards(),
            *self.look_at_the_desk(payment_id),
            *self.act_at_the_desk(payment_id),
        ]

    def check_again(self, payment_id: str) -> list[dict[str, Any]]:
        """What a customer may ask for beside all that: the steps."""
        before, self.purpose = len(self.steps), "refresh"
        _expect(self.refresh(payment_id).body["checkedAt"] is not None, "Stripe was not asked.")
        steps, self.steps[before:] = self.steps[before:], []
        return steps

    def ask_what_it_costs(self) -> list[dict[str, Any]]:
        """A quote for two things that are sent: the steps."""
        before, self.purpose = len(self.steps), "quote"
        items = [{"sku": sku, "quantity": 1} for sku in ("enamel-mug", "notebook")]
        _expect(self.quote({"items": items, "address": {"country": "US"}}).status == 200, "There is no quote.")
        steps, self.steps[before:] = self.steps[before:], []
        return steps

    def get_the_invoice(self, payment_id: str) -> list[dict[str, Any]]:
        """The PDF, for whoever has the key: the steps."""
        before, self.purpose = len(self.steps), "invoice"
        payment = self.table.payment(payment_id)
        key = payment.access_key if payment else ""
        event = {"headers": {}, "pathParameters": {"paymentId": payment_id}, "queryStringParameters": {"key": key}}
        _expect(self.invoke("GetInvoice", event)["statusCode"] == 200, "There is no invoice.")
        steps, self.steps[before:] = self.steps[before:], []
        return steps

    def look_at_the_desk(self, payment_id: str) -> list[dict[str, Any]]:
        """What an admin looks at: the steps. Days are named, for what is played back is asked again on another one."""
        before = len(self.steps)
        day = str(self.status(payment_id).body["createdAt"])[:10]
        self.steps.pop()
        days = {"from": day, "to": day}
        for page, query in (("attention", {}), ("payments", days), ("payments/{paymentId}", {}), ("stats", days)):
            self.purpose = f"desk {page}"
            answer = self.desk(f"GET /admin/{page}", query=query, paymentId=payment_id)
            _expect(answer.status == 200, f"{page} was answered with {answer.status}.")
        steps, self.steps[before:] = self.steps[before:], []
        return steps

    def act_at_the_desk(self, payment_id: str) -> list[dict[str, Any]]:
        """A part given back, and what Stripe and the mailer then make of it: the steps."""
        before, self.purpose = len(self.steps), "desk refund"
        known = {event["id"] for event in self.events()}
        route, key = "POST /admin/payments/{paymentId}/refunds", {"idempotency-key": payment_id}
        answer = self.desk(route, body={"amount": 1000}, headers=key, paymentId=payment_id)
        _expect(answer.status == 201, f"The refund was answered with {answer.status}.")
        for event in [event for event in self.events() if event["id"] not in known]:
            self.purpose = event["type"]
            _expect(self.hear(event).status == 200, f"{event['type']} was not taken.")
        self._send_mails()
        steps, self.steps[before:] = self.steps[before:], []
        return steps

    def order_on_the_page(self) -> list[dict[str, Any]]:
        """An order that is to be paid in a form on the page: the steps."""
        before, self.purpose = len(self.steps), "order, on the page"
        _expect(self.order_on_page().status == 201, "Nothing could be ordered.")
        steps, self.steps[before:] = self.steps[before:], []
        return steps

    def look_as_a_customer(self, idempotency_key: str) -> list[dict[str, Any]]:
        """Somebody who is signed in orders and looks at what they have: the steps."""
        before, self.purpose = len(self.steps), "order, signed in"
        _expect(self.order_of(ADA, idempotency_key=idempotency_key).status == 201, "Nothing could be ordered.")
        self.purpose = "own payments"
        _expect(len(self.payments_of(ADA).body["payments"]) > 0, "There are no own payments.")
        steps, self.steps[before:] = self.steps[before:], []
        return steps

    def look_at_saved_cards(self) -> list[dict[str, Any]]:
        """Somebody who is signed in saves a card, looks at what they have, and takes it away: the steps."""
        before, self.purpose = len(self.steps), "another card"
        card = self.save_card(ADA)
        self.purpose = "saved cards"
        _expect(len(self.cards_of(ADA).body["paymentMethods"]) > 0, "There are no saved cards.")
        self.purpose = "one card less"
        _expect(self.remove_card(ADA, card).status == 204, "The card was not removed.")
        steps, self.steps[before:] = self.steps[before:], []
        return steps

    def _send_mails(self) -> None:
        for body in self._messages():
            self.purpose = f"mail {json.loads(body)['notice'].partition('#')[0]}"
            answer = self.invoke("SendEmail", {"Records": [{"messageId": "1", "body": body}]})
            _expect(not answer["batchItemFailures"], f"A mail failed: {body}")

    def _poll(self, payment_id: str, times: int) -> None:
        self.purpose = "poll"
        for _ in range(times):
            self.status(payment_id)

    def _paid(self, session_id: str) -> list[dict[str, Any]]:
        before = {event["id"] for event in self.events()}
        order = Request(  # noqa: S310 - our own address
            f"{self.double.url}/_control/sessions/{session_id}/pay",
            json.dumps({"card": "4242424242424242"}).encode(),
            {"content-type": "application/json"},
        )
        urlopen(order).close()  # noqa: S310
        return [event for event in self.events() if event["id"] not in before]

    def _messages(self) -> Iterator[str]:
        while messages := self.sqs.receive_message(QueueUrl=self.queue_url, WaitTimeSeconds=0).get("Messages"):
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=messages[0]["ReceiptHandle"])
            yield messages[0]["Body"]

    def stored_bytes(self, payment_id: str) -> int:
        """What the life leaves in the table, as DynamoDB counts it but for the indexes' copies."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=next(iter(self.template.tables.values())).name)
        items = [item for page in pages for item in page["Items"]]
        return sum(size_of(item) for item in items if payment_id in json.dumps(item))


def lived() -> dict[str, Any]:
    """Two lives, for the first of each function's invocations also reads secrets, what only some have beside them, and
    one run of reconcile."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        reason = missing()
        dynamodb = None if reason else stack.enter_context(dynamodb_local(Logs(folder)))
        system = RecordedSystem(stack.enter_context(local_aws()), stack.enter_context(StripeDouble()), dynamodb)
        first_id = system.live("first")
        first = [*system.steps, *system.beside(first_id)]
        system.steps = []
        second_id = system.live("second")
        second, system.steps = system.steps, []
        mails, stored = [len(mail.as_bytes()) for mail in system.mails(second_id)], system.stored_bytes(second_id)
        _expect(len(mails) == 3, f"{len(mails)} mails were sent.")
        beside = system.beside(second_id)
        system.purpose = "nothing is overdue"
        system.invoke("Reconcile", {})
        system.invoke("Reconcile", {})
        return {
            "signing_secret": SECRET,
            "no_capacity_because": reason,
            "functions": _functions(),
            "first": [*first, system.steps[0]],
            "life": second,
            "beside": beside,
            "idle": [system.steps[1]],
            "mail_bytes": mails,
            "stored_bytes": stored,
            "payments": [first_id, second_id],
        }


def _functions() -> dict[str, dict[str, Any]]:
    """As deployed with the template's defaults, and a key for pages: AWS and Stripe at their own addresses."""
    # A revision from before may have no such parameter.
    template = ROOT / "template.yaml"
    key = {name: "pk_test_bench" for name in Template(template).document["Parameters"] if name == _PAGE_KEY}
    return {
        id_: {
            "folder": str(function.code_uri.relative_to(ROOT)),
            "layers": [layer.name for layer in function.layers],
            "handler": function.handler,
            "memory": function.memory,
            "front": "api"
            if function.routes
            else "url"
            if function.has_url
            else "queue"
            if function.queue_events
            else "clock",
            "environment": worker_environment(function, "", _CREDENTIALS),
        }
        for id_, function in Template(template, key).functions.items()
    }


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise RuntimeError(otherwise)


def main() -> int:
    Path(sys.argv[1]).write_text(json.dumps(lived(), indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
