"""The requests that are measured at each size of the table, and the payments that the table is filled with."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from bench.growth_fill import Pattern
from payments.domain.looking import DueReason
from tests.builders import a_charge, an_event

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from payments.domain.payment import Payment
    from tests.integration.system import Answer, System

PAYS, IS_DECLINED = "4242424242424242", "4000000000000002"

_orders = itertools.count(1)


class Measured(Protocol):
    def __call__(self, name: str, action: Callable[[], Any]) -> Any:
        """What the action answers; what it cost is noted under the name."""


class Shop:
    """One of each request; `measured` runs them."""

    def __init__(self, system: System, measured: Measured) -> None:
        self._system = system
        self._measured = measured

    def serve(self, now: datetime) -> None:
        """Everything that happens to payments, from the order to the last mail; leaves nothing that is due."""
        self._measured("GET /products", lambda: _is(200, self._system.products()))
        payment_id, session_id, _ = self._order(repeated=True)
        self._measured("GET /payments/{id}, open", lambda: _is(200, self._system.status(payment_id)))
        self._hear_all(self._pay(session_id, PAYS), "paid")
        self._mail_all("paid")
        self._measured("GET /payments/{id}, paid", lambda: _is(200, self._system.status(payment_id)))
        self._refund(payment_id)
        self._dispute(payment_id)
        self._abandon(now)
        foreign = an_event("charge.succeeded", a_charge(None, id="ch_of_someone_else", payment_intent=None))
        self._measured("webhook charge.succeeded, not ours", lambda: _is(200, self._system.hear(foreign)))
        forged = json.dumps(foreign)
        self._measured("webhook, forged", lambda: _is(400, self._system.deliver(forged, "t=1,v1=0")))
        self._measured("reconcile, nothing overdue", lambda: self._system.invoke("Reconcile", {}))

    def patterns(self) -> dict[str, Pattern]:
        """A payment of each kind that the table is filled with."""
        paid, session_id, key_hash = self._order()
        self._hear_all(self._pay(session_id, PAYS), "paid")
        self._system.run_mailer()
        refunded, session_id, refunded_hash = self._order()
        self._hear_all(self._pay(session_id, PAYS), "paid")
        self._refund(refunded)
        self._system.run_mailer()
        expired, session_id, expired_hash = self._order()
        self._hear_all(self._pay(session_id, IS_DECLINED), "declined")
        self._hear_all(self._control(f"sessions/{session_id}/expire", {}), "expired")
        self._system.run_mailer()
        open_, session_id, open_hash = self._order()
        patterns = {
            "paid": self._pattern(paid, key_hash),
            "refunded": self._pattern(refunded, refunded_hash),
            "declined, then expired": self._pattern(expired, expired_hash),
            "open": self._pattern(open_, open_hash),
        }
        # Only its copies stay open: they are never due while this runs.
        self._hear_all(self._control(f"sessions/{session_id}/expire", {}), "expired")
        return patterns

    def _order(self, *, repeated: bool = False) -> tuple[str, str, str]:
        """Payment id, session id and the hash of the Idempotency-Key."""
        key = f"order-{next(_orders):08}"
        body = self._measured("POST /checkout-sessions", lambda: _is(201, self._system.order(idempotency_key=key))).body
        if repeated:
            again = self._measured(
                "POST /checkout-sessions, same key", lambda: _is(201, self._system.order(idempotency_key=key))
            ).body
            _expect(again["paymentId"] == body["paymentId"], again)
        payment = self._stored(body["paymentId"])
        return payment.id, body["sessionId"], str(payment.claim)

    def _refund(self, payment_id: str) -> None:
        payment = self._stored(payment_id)
        before = self._known()
        self._system.stripe().v1.refunds.create({"payment_intent": payment.intents[0].ref, "amount": 900})
        self._hear_all(self._since(before), "refunded")
        self._mail_all("refunded")

    def _dispute(self, payment_id: str) -> None:
        """A dispute carries no id of ours: its payment is found by the charge's pointer."""
        payment = self._stored(payment_id)
        charge = payment.transaction_id
        self._hear_all(self._control(f"charges/{charge}/dispute", {"reason": "fraudulent"}), "disputed")
        self._mail_all("disputed")

    def _abandon(self, now: datetime) -> None:
        """A declined card; reconcile looks, as it does when nobody tells; and in the end Stripe tells of the expiry."""
        payment_id, session_id, _ = self._order()
        self._hear_all(self._pay(session_id, IS_DECLINED), "declined")
        self._mail_all("declined")
        payment = self._stored(payment_id)
        self._system.table.save(replace(payment, due_by={DueReason.LOOK: now}), [], now)
        self._measured("reconcile, one payment overdue", lambda: self._system.invoke("Reconcile", {}))
        self._hear_all(self._control(f"sessions/{session_id}/expire", {}), "expired")
        self._mail_all("expired")

    # Stripe's hand

    def _pay(self, session_id: str, card: str) -> list[dict[str, Any]]:
        return self._control(f"sessions/{session_id}/pay", {"card": card})

    def _control(self, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Has the double do something: the events that this caused. A declined card is an answer like another."""
        before = self._known()
        address = f"{self._system.double.url}/_control/{path}"
        request = Request(address, json.dumps(body).encode(), {"content-type": "application/json"})  # noqa: S310
        try:
            urlopen(request).close()  # noqa: S310 - our own address
        except HTTPError as error:
            if error.code != 402:
                raise
        return self._since(before)

    def _known(self) -> set[str]:
        return {event["id"] for event in self._system.events()}

    def _since(self, before: set[str]) -> list[dict[str, Any]]:
        return [event for event in self._system.events() if event["id"] not in before]

    def _hear_all(self, events: list[dict[str, Any]], why: str) -> None:
        _expect(bool(events), why)
        for event in events:
            self._hear(f"webhook {event['type']}, {why}", event)
        self._hear(f"webhook {events[-1]['type']}, {why}, again", events[-1])

    def _hear(self, name: str, event: dict[str, Any]) -> None:
        self._measured(name, lambda: _is(200, self._system.hear(event)))

    # SQS's hand

    def _mail_all(self, why: str) -> None:
        """Each message of the queue by itself."""
        sqs, url = self._system.sqs, self._system.queue_url
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages"):
            (message,) = messages
            self._mail(message["MessageId"], message["Body"], why)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _mail(self, message_id: str, body: str, why: str) -> None:
        event = {"Records": [{"messageId": message_id, "body": body}]}
        notice = json.loads(body)["notice"].partition("#")[0]
        answer = self._measured(f"mail {notice}, {why}", lambda: self._system.invoke("SendEmail", event))
        _expect(not answer["batchItemFailures"], answer)

    # The table's hand

    def _stored(self, payment_id: str) -> Payment:
        payment = self._system.table.payment(payment_id)
        if payment is None:
            raise RuntimeError(f"{payment_id} is lost")
        return payment

    def _pattern(self, payment_id: str, key_hash: str) -> Pattern:
        payment = self._stored(payment_id)
        partitions = [f"PAYMENT#{payment_id}", f"REQUEST#{key_hash}", *(f"STRIPE#{id_}" for id_ in payment.stripe_ids)]
        return Pattern([item for partition in partitions for item in self._system.items(partition).values()])


def _is(status: int, answer: Answer) -> Answer:
    _expect(answer.status == status, answer)
    return answer


def _expect(held: bool, what: object) -> None:
    """A request that goes wrong costs something else, so it measures nothing."""
    if not held:
        raise RuntimeError(f"not as expected: {what}")
