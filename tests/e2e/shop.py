"""The shop from behind its counter: what the API, Stripe and the mailbox know."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe

from local.stack import STRIPE_API_KEY, Stack
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
    with urllib.request.urlopen(url, data, timeout=30) as response:  # noqa: S310 - the stack's own
        return json.load(response)
