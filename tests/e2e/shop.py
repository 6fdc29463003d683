"""The shop from behind its counter: what the API, Stripe and the mailbox know, and what is put on the shelves."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import stripe

from local.resources import client
from local.stack import STRIPE_API_KEY, Stack
from payments.adapters.table.table import Table
from payments.domain.catalogue import Product
from payments.domain.stock import StockChange
from tests.e2e.waiting import eventually

ADMIN = "admin@example.com"

type Mail = tuple[str, str]


class Shop:
    """A running stack; a mail is its recipient and its subject."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._stripe = stripe.StripeClient(STRIPE_API_KEY, base_addresses={"api": stack.stripe_url})

    def payment(self, payment_id: str) -> dict[str, Any]:
        return dict(_call(f"{self.stack.api_url}/payments/{payment_id}"))

    def mails(self, payment_id: str) -> Counter[Mail]:
        """Recipients and subjects of the mails about a payment; every mail names it."""
        messages = _call(f"{self.stack.mailbox_url}/messages")
        return Counter((to, mail["subject"]) for mail in messages if payment_id in mail["text"] for to in mail["to"])

    def offers(self, product: Product, stock: int = 0) -> None:
        """Puts a product into the catalogue, or its new price, and so many more of it on the shelf."""
        table = self._table()
        table.put_product(product)
        if stock:
            now = datetime.now(UTC)
            table.change_stock(StockChange(f"adm_{product.sku}", product.sku, stock, "for a test", "test", now))

    def withdraws(self, sku: str) -> None:
        self._table().remove_product(sku)

    def left(self, sku: str) -> int:
        """As everybody is told."""
        products = _call(f"{self.stack.api_url}/products")["products"]
        return next(int(each["left"]) for each in products if each["sku"] == sku)

    def sells(self, sku: str, quantity: int = 1) -> None:
        """Somebody else orders it, and has not paid yet."""
        address = {"country": "US", "line1": "1 Main Street", "city": "Springfield", "postalCode": "12345"}
        person = {"name": "Grace Hopper", "email": "grace@example.com", "address": address | {"name": "Grace Hopper"}}
        _call(f"{self.stack.api_url}/checkout-sessions", person | {"items": [{"sku": sku, "quantity": quantity}]})

    def _table(self) -> Table:
        [table] = self.stack.template.tables.values()
        return Table(table.name, client("dynamodb", self.stack.dynamodb_url))

    def open_sessions(self, email: str) -> list[str]:
        """The checkouts that a customer could still pay."""
        sessions = self._stripe.v1.checkout.sessions.list({"status": "open", "limit": 100})
        return [session.id for session in sessions.auto_paging_iter() if session.customer_email == email]

    def pay(self, session_id: str) -> None:
        """The customer pays out of our sight: in another tab, say."""
        self._control(f"sessions/{session_id}/pay", {"card": "4242424242424242"})

    def settle(self, session_id: str) -> None:
        """Days later, a bank debit arrives or fails."""
        self._control(f"sessions/{session_id}/settle")

    def expire(self, session_id: str) -> None:
        self._control(f"sessions/{session_id}/expire")

    def intent(self, payment_id: str) -> stripe.PaymentIntent:
        """What Stripe has of a payment that is made in the form on the page."""
        intents = self._stripe.v1.payment_intents.list({"limit": 100}).auto_paging_iter()
        return next(intent for intent in intents if intent.metadata.to_dict().get("payment_id") == payment_id)

    def charges(self, payment_id: str) -> list[str]:
        """How each try to pay went, the oldest first."""
        charges = self._stripe.v1.charges.list({"payment_intent": self.intent(payment_id).id, "limit": 100})
        return [charge.status for charge in reversed(charges.data)]

    def close_intent(self, payment_id: str) -> None:
        """As the desk does, and reconcile once its time is over."""
        self._stripe.v1.payment_intents.cancel(self.intent(payment_id).id)

    def pay_intent(self, payment_id: str, method: str = "pm_card_visa", **more: str) -> stripe.PaymentIntent:
        """Somebody tries to pay out of our sight, in another tab, say; CardError if that is declined."""
        parameters: Any = {"payment_method": method, "return_url": self.stack.site_url} | more
        return self._stripe.v1.payment_intents.confirm(self.intent(payment_id).id, parameters)

    @contextmanager
    def outage(self, kind: str, seconds: float = 0) -> Iterator[None]:
        """Stripe fails every call meanwhile, whoever makes it: late webhooks and the schedule call it as well."""
        self._control("outage", {"kind": kind, "calls": 10_000, "seconds": seconds})
        try:
            yield
        finally:
            self._control("outage", {"kind": kind, "calls": 0})

    @contextmanager
    def lost_news(self) -> Iterator[None]:
        """No webhook arrives meanwhile; in the end they do, for whoever waits for all that there are."""
        self._control("webhooks", {"mode": "drop"})
        try:
            yield
        finally:
            self._control("webhooks", {"mode": "deliver"})
            for event in {each["event"] for each in self.deliveries() if not each["delivered"]}:
                self._control(f"events/{event}/resend")

    def deliveries(self) -> list[dict[str, Any]]:
        """Every webhook so far, the oldest first."""
        return list(_call(f"{self.stack.stripe_url}/_control/webhooks")["deliveries"])

    def await_deliveries(self) -> None:
        """Returns when Stripe has nothing left to tell."""
        eventually(lambda: all(delivery["delivered"] for delivery in self.deliveries()))

    def reconcile(self) -> None:
        """What the schedule does from time to time."""
        self.stack.invoke("Reconcile", {}).result(timeout=30)

    def _control(self, path: str, body: dict[str, Any] | None = None) -> None:
        _call(f"{self.stack.stripe_url}/_control/{path}", body or {})


def _call(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - the stack's own
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        return json.load(response)
