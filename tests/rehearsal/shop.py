"""The deployed shop from behind its counter, as the end-to-end tests have the one of this machine."""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from local.stack import STRIPE_API_KEY
from local.template import Template
from tests.e2e.shop import Mail, Shop
from tests.rehearsal.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.stack import Stack
    from tests.rehearsal.deployment import Deployment

# Cold starts, on two cores that do much else; a slower machine may be given more.
PATIENCE_SECONDS = float(os.environ.get("REHEARSAL_PATIENCE", "180"))
_MAIL_QUEUE = Template(Path(__file__).parents[2] / "template.yaml").queues["MailQueue"]
# A mail whose function could not be started comes again when its message is visible again.
MAIL_SECONDS = PATIENCE_SECONDS + float(str(_MAIL_QUEUE.attributes["VisibilityTimeout"]))
# API Gateway answers within 30.
ANSWER_SECONDS = 45
# The webhook's own work, once it has started.
ANSWERED_WITHIN_SECONDS = 1
VISA = "4242424242424242"


@dataclass(frozen=True)
class Addresses:
    api_url: str
    site_url: str
    stripe_url: str
    issuer_url: str


@dataclass(frozen=True)
class Order:
    payment_id: str
    session_id: str


class DeployedShop(Shop):
    """What `Shop` knows, asked of the deployed stack; and orders without a browser."""

    def __init__(self, addresses: Addresses, deployment: Deployment) -> None:
        super().__init__(cast("Stack", addresses))
        self.deployment = deployment
        self.stripe = self._stripe
        self.stripe_key = STRIPE_API_KEY

    def opens(self) -> None:
        """Has each function of the API start: that may take longer than a page waits for its answer."""
        eventually(lambda: self.calls("GET", "/products")[0] == 200, PATIENCE_SECONDS)
        cart = {"items": [{"sku": "consulting-hour", "quantity": 1}]}
        eventually(lambda: self.calls("POST", "/quotes", cart)[0] == 200, PATIENCE_SECONDS)
        order = self.orders("opening")
        self.becomes(order, "pending")
        eventually(lambda: self.calls("POST", f"/payments/{order.payment_id}/refresh")[0] == 200, PATIENCE_SECONDS)

    def mails(self, payment_id: str) -> Counter[Mail]:
        sent = self.deployment.emulator.mails()
        return Counter((to, mail["Subject"]) for mail in sent if payment_id in mail["BodyText"] for to in mail["To"])

    def tells_all(self, payment_ids: Iterable[str], seconds: float) -> None:
        """Returns when each payment's three mails were sent; a failure has what is known of those that are not."""
        lacking = set(payment_ids)

        def none_lacks() -> bool:
            lacking.difference_update({each for each in lacking if len(self.mails(each)) >= 3})
            return not lacking

        try:
            eventually(none_lacks, seconds)
        except AssertionError as late:
            for payment_id in lacking:
                late.add_note(f"{payment_id} has {dict(self.mails(payment_id))}; {self.notices(payment_id)}")
            late.add_note(f"The mail queue at {time.time():.0f}: {self.mail_queue()}")
            raise

    def notices(self, payment_id: str) -> list[dict[str, str]]:
        """The items of a payment's notices, with plain values."""
        items = self.deployment.emulator.client("dynamodb").query(
            TableName=self.deployment.physical("Table"),
            KeyConditionExpression="pk = :pk AND begins_with(sk, :notice)",
            ExpressionAttributeValues={":pk": {"S": f"PAYMENT#{payment_id}"}, ":notice": {"S": "NOTICE#"}},
        )["Items"]
        return [{name: str(*value.values()) for name, value in item.items()} for item in items]

    def mail_queue(self) -> dict[str, str]:
        """The mail queue's attributes."""
        sqs, queue = self.deployment.emulator.client("sqs"), self.deployment.physical("MailQueue")
        return dict(sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"])

    def reconcile(self) -> None:
        self.invoke("Reconcile")

    def settles(self) -> None:
        """Returns when Stripe has nothing left to tell, and the mail queue is empty."""
        self.hears_the_rest()
        waiting = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

        def is_empty() -> bool:
            queue = self.mail_queue()
            return all(queue[name] == "0" for name in waiting)

        eventually(is_empty, MAIL_SECONDS)

    def hears_the_rest(self) -> None:
        """Returns when Stripe has nothing left to tell; what was throttled would come again ever later."""

        def is_heard() -> bool:
            left = [each["event"] for each in self.deliveries() if not each["delivered"]]
            for event in left[:1]:
                self._control(f"events/{event}/resend")
                time.sleep(ANSWERED_WITHIN_SECONDS)
            return not left

        eventually(is_heard, PATIENCE_SECONDS)

    def tidies(self) -> None:
        """Does what a mistake left undone, and throws away what it left in the queues and the logs."""
        self.hears_the_rest()
        sqs = self.deployment.emulator.client("sqs")
        for queue in ("MailQueue", "MailDeadLetterQueue", "ScheduleDeadLetterQueue"):
            sqs.purge_queue(QueueUrl=self.deployment.physical(queue))
        self.deployment.forgets_complaints()

    def invoke(self, logical_id: str) -> Any:
        """Runs a function as a trigger does, and fails if it does."""
        functions = self.deployment.emulator.client("lambda")
        answer = functions.invoke(FunctionName=self.deployment.physical(logical_id), Payload=b"{}")
        said = answer["Payload"].read().decode()
        assert "FunctionError" not in answer, said
        return json.loads(said or "null")

    def orders(self, key: str, email: str = "ada@example.com") -> Order:
        """An order of an hour; asked again with its key while the API has trouble, as pages do."""
        body = {"name": "Ada Lovelace", "email": email, "serviceType": "consulting-hour"}

        def asked() -> Any:
            status, answer = self.calls("POST", "/checkout-sessions", body, {"Idempotency-Key": key})
            return answer if status in (200, 201) else None

        made = eventually(asked, PATIENCE_SECONDS)
        return Order(made["paymentId"], made["sessionId"])

    def calls(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and JSON of the API's answer; None for what is no JSON, and status 0 where no answer came."""
        sent = None if body is None else json.dumps(body).encode()
        return _asked(method, self.stack.api_url + path, sent, {"Content-Type": "application/json", **(headers or {})})

    def invoice(self, payment_id: str, access_key: str) -> bytes:
        """The PDF; empty as long as there is none."""
        url = f"{self.stack.api_url}/payments/{payment_id}/invoice.pdf?key={access_key}"
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - the emulator's
                assert answer.headers["Content-Type"] == "application/pdf"
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 404:
                raise
            return b""

    def hears(self, event: bytes, signature: str) -> tuple[int, Any]:
        """Posts an event to the Function URL, as Stripe does: status and JSON."""
        url = self.deployment.outputs()["WebhookUrl"]
        return _asked("POST", url, event, {"Content-Type": "application/json", "Stripe-Signature": signature})

    def pays(self, order: Order, card: str = VISA) -> None:
        """One attempt at the checkout; a declined one is no error."""
        try:
            self._control(f"sessions/{order.session_id}/pay", {"card": card})
        except urllib.error.HTTPError as refused:
            if refused.code != 402:
                raise

    def becomes(self, order: Order, status: str, timeout: float = PATIENCE_SECONDS) -> Any:
        """The payment's view, once the API says that its status is so."""

        def view() -> Any:
            code, answer = self.calls("GET", f"/payments/{order.payment_id}")
            return answer if code == 200 and answer["status"] == status else None

        return eventually(view, timeout)

    def endpoint(self) -> dict[str, Any]:
        """The webhook endpoint at Stripe: its id and its newest signing secret."""
        with urllib.request.urlopen(f"{self.stack.stripe_url}/_control/webhooks", timeout=30) as answer:  # noqa: S310 - the double
            (found,) = json.load(answer)["endpoints"]
        return dict(found)

    def secret(self, logical_id: str) -> str:
        secrets = self.deployment.emulator.client("secretsmanager")
        return str(secrets.get_secret_value(SecretId=self.deployment.physical(logical_id))["SecretString"])

    def controls(self, path: str, body: dict[str, Any] | None = None) -> None:
        self._control(path, body)


def _asked(method: str, url: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, Any]:
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - the emulator's
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            said = answer.read()
            return answer.status, json.loads(said) if said else None
    except urllib.error.HTTPError as error:
        with error:
            said = error.read()
        try:
            return error.code, json.loads(said)
        except ValueError:
            return error.code, None
    except (OSError, http.client.HTTPException):
        # A function that is replaced takes what it was asked with it.
        return 0, None
