"""A system whose invocations can be made to die, and the hands of the world around it, which try again."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any
from unittest.mock import patch
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from payments.adapters import secrets
from payments.adapters.table.keys import sku_of
from payments.adapters.table.payment_items import payment_of
from payments.adapters.table.payments import PaymentTable
from payments.domain.identifiers import ORDER_NUMBER
from payments.domain.money import Money
from payments.domain.notices import NoticeState
from payments.domain.payment import Payment
from payments.services.refreshing import PAUSE
from stripe_double import StripeDouble
from stripe_double.clock import tick
from tests.integration.clock import Clock
from tests.integration.mortal import MortalWorkers
from tests.integration.system import Answer, System
from tests.integration.wire import Crash, Fault, Watch, masked, run, tapped

KEY = "the-same-key"
# What a page sends Stripe for a card, and the debits that take their time there.
CARD = {"type": "card", "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}
DEBITS = {"delayed_success": "pm_sepaDebit_successDelayed_de", "delayed_failure": "pm_sepaDebit_failedDelayed_de"}
# The schedule of reconcile, and a little: longer than its lease, a mailer's lease and a secret's time in the cache.
SOON = timedelta(minutes=6)
MOST_TRIES = 6

_DATE = re.compile(r"\d{1,2} [A-Z][a-z]+( \d{4})?(, \d\d:\d\d UTC)?")
_TIMES = dict.fromkeys(("created", "expires_at", "evidence_due_by", "requested_at", "until"))


@dataclass(frozen=True)
class Invocation:
    """What one invocation did: the calls that it made, in their order, the last being its answer."""

    function: str
    calls: tuple[str, ...]


@dataclass(frozen=True)
class Truth:
    """What is known of the one payment, with ids masked; of several their statuses alone.

    `sessions` are what there is at Stripe to pay by: Checkout Sessions, and intents for a form on the page. `stock`
    says how many of each sku are left, and taken by payments. `customers` are those that there are at Stripe, by the
    cards of each, with whether it is known here.
    """

    payments: int
    sessions: int
    stock: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    status: str | None = None
    received: str | None = None
    returned: str | None = None
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """All that there is in the end.

    A notice may be moot in one order of events and never raised in another, so `sent` has those that were sent and
    `unsent` the states of the others. `trail` has the types of the events in the audit trail,
    `documents` what was issued, and `counted` how many numbers were taken.
    """

    truth: Truth
    sent: tuple[str, ...]
    unsent: frozenset[str]
    trail: tuple[str, ...]
    documents: tuple[str, ...]
    counted: int
    mails: Mapping[str, int]


class FragileSystem(System):
    """One payment at a time: `reset` ends one and begins the next.

    Between `watching` and its end invocations are numbered from 0, and those in `plan` meet their fault.
    """

    def __init__(self, aws_url: str, double: StripeDouble) -> None:
        super().__init__(aws_url, double)
        self.clock = Clock()
        for module in self.functions.values():
            self.clock.rule(module)
        self.workers = MortalWorkers(self.template.functions, self.dynamodb_url)
        self.invocations: list[Invocation] = []
        self.session_id = ""
        # What a page has to confirm with, and the intent that it is of; empty where the customer pays at Stripe's.
        self.client_secret = self.intent = ""
        self._watching = False
        self._plan: Mapping[int, Fault] = {}
        self._mortal = False
        self._sessions_before = 0
        self._customers_before: list[str] = []

    @contextmanager
    def open(self) -> Iterator[None]:
        """Meanwhile workers run, the secrets' cache goes by the clock, and a message comes again at once."""
        self.sqs.set_queue_attributes(QueueUrl=self.queue_url, Attributes={"VisibilityTimeout": "0"})
        # Stripe has somewhere to deliver to; that is done here, and what nobody delivered is on its list.
        self.double.webhooks.mode = "drop"
        self.clock.rule(secrets)
        try:
            # Every run makes the same calls: none remembers what another has read.
            with self.workers, tapped(), patch.object(PaymentTable, "_first_days", property(lambda _: {})):
                yield
        finally:
            secrets.time = time  # type: ignore[attr-defined]

    @contextmanager
    def watching(self, plan: Mapping[int, Fault], *, mortal: bool) -> Iterator[None]:
        """`mortal` invocations have a process each."""
        self.invocations = []
        self._watching, self._plan, self._mortal = True, plan, mortal
        try:
            yield
        finally:
            self._watching = False

    def invoke(self, logical_id: str, event: Mapping[str, Any]) -> Any:
        if not self._watching:
            return super().invoke(logical_id, event)
        watch = Watch(self._plan.get(len(self.invocations)))
        try:
            if self._mortal:
                return self.workers.invoke(logical_id, event, watch, self.clock.offset)
            return run(self.functions[logical_id].handler, event, watch)
        finally:
            self.invocations.append(Invocation(logical_id, tuple(watch.calls)))

    # The world around: each hand goes on until it is answered

    def place_order(self, body: Any = None, key: str = KEY) -> None:
        """A client repeats its request, with its key, until it has an answer."""
        answer = _until_answered(lambda: self.order(body, idempotency_key=key))
        assert answer.status == 201, answer
        self.session_id, self.client_secret, self.intent = answer.body["sessionId"], "", ""

    def place_order_on_page(self, body: Any = None, key: str = KEY, user: Mapping[str, Any] | None = None) -> None:
        """The same, for a form on the page."""
        answer = _until_answered(lambda: self.order_on_page(body, user=user, idempotency_key=key))
        assert answer.status == 201, answer
        self.client_secret = answer.body["clientSecret"]
        self.intent = self.client_secret.partition("_secret_")[0]

    def place_order_of(self, user: Mapping[str, Any], key: str = KEY) -> None:
        """The same by somebody who is signed in, and pays at Stripe's."""
        answer = _until_answered(lambda: self.order_of(user, idempotency_key=key))
        assert answer.status == 201, answer
        self.session_id, self.client_secret, self.intent = answer.body["sessionId"], "", ""

    def begin_card(self, user: Mapping[str, Any]) -> None:
        """A page asks, until it is answered, for what it saves a card with."""
        answer = _until_answered(lambda: self.add_card(user))
        assert answer.status == 201, answer

    def take_card_away(self, user: Mapping[str, Any]) -> None:
        """Somebody clicks on their newest card until it is gone."""
        card = _until_answered(lambda: self.cards_of(user)).body["paymentMethods"][0]["id"]
        assert _until_answered(lambda: self.remove_card(user, card)).status == 204

    def erase(self, user: Mapping[str, Any]) -> None:
        """An admin clicks until there is an answer."""
        body = {"user": user["sub"]}
        answer = _until_answered(lambda: self.desk("POST /admin/erasures", body=body))
        assert answer.status == 202, answer

    def read(self) -> None:
        """A page reads the catalogue and the status."""
        (payment,) = self.payments()
        assert _until_answered(self.products).status == 200
        assert _until_answered(lambda: self.status(payment.id)).status == 200

    def refresh_once(self) -> None:
        """A customer wants to know how the payment stands."""
        (payment,) = self.payments()
        assert self.refresh(payment.id).status == 200

    def check_again(self) -> None:
        """A customer asks, at leisure, until they are told how it stands at Stripe."""
        (payment,) = self.payments()
        for _ in range(MOST_TRIES):
            self.clock_forward(PAUSE)
            with suppress(Crash):
                answer = self.refresh(payment.id)
                if answer.status == 200 and answer.body["checkedAt"]:
                    return
        raise AssertionError("Stripe's word did not come")

    def act(self, act: str, body: Any = None) -> None:
        """An admin clicks until there is an answer."""
        (payment,) = self.payments()
        route = f"POST /admin/payments/{{paymentId}}/{act}"
        answer = _until_answered(lambda: self.desk(route, paymentId=payment.id, body=body))
        assert answer.status == 200, answer

    def give_back(self) -> None:
        """An admin asks for a refund, and repeats it until it is answered."""
        (payment,) = self.payments()
        route, key = "POST /admin/payments/{paymentId}/refunds", {"idempotency-key": KEY}
        answer = _until_answered(lambda: self.desk(route, paymentId=payment.id, body={"amount": 4000}, headers=key))
        assert answer.status in (201, 202), answer

    def hear_of(self, event: Mapping[str, Any]) -> None:
        """Stripe delivers this one until it is accepted."""
        assert _until_answered(lambda: self.hear(event)).status == 200

    def hear_all(self) -> None:
        """Stripe delivers what it has not delivered; what was not accepted comes again after the others."""
        self._deliver(self.undelivered())

    def hear_all_backwards(self) -> None:
        self._deliver(self.undelivered()[::-1])

    def _deliver(self, events: list[dict[str, Any]]) -> None:
        for _ in range(MOST_TRIES):
            events = [event for event in events if not self._accepts(event)]
        assert events == []

    def _accepts(self, event: dict[str, Any]) -> bool:
        try:
            answer = self.hear(event)
        except Crash:
            return False
        if answer.status == 200:
            self.acknowledge(event)
        return answer.status == 200

    def mail(self) -> None:
        """SQS delivers until each message is accepted."""
        _until_answered(self.run_mailer)

    def lose_messages(self) -> None:
        while messages := self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])

    def reconcile(self) -> None:
        """The schedule comes round, and again if a run died, or met a lease that one left behind."""
        for _ in range(MOST_TRIES):
            self.clock_forward(SOON)
            try:
                self.invoke("Reconcile", {})
            except Crash:
                continue
            if not any(item["pk"]["S"].startswith("LEASE#") for item in self._all_items()):
                return
        raise AssertionError("no run of reconcile came to its end")

    def heal(self) -> None:
        """Time passes until nothing is due any more, or for long enough if something stays open."""
        for wait in (timedelta(), SOON, SOON * 3, SOON * 6):
            self.clock_forward(wait)
            self.reconcile()
            self.mail()
            if not any("due_at" in item for item in self._all_items()):
                return

    # Stripe's and the customer's side

    def try_to_pay(self, card: str) -> None:
        """One attempt; a declined card is an answer like another."""
        if self.intent:
            method = DEBITS.get(card) or self.page_asks("payment_methods", CARD | {"card[number]": card})["id"]
            self.confirm(self.intent, self.client_secret, method)
            return
        with suppress(HTTPError):
            self.control(f"sessions/{self.session_id}/pay", card=card)

    def charge_id(self) -> str:
        """The charge that was paid last."""
        with self.double.state.acting() as state:
            return str(state.all("charge", status="succeeded")[0]["id"])

    def undelivered(self) -> list[dict[str, Any]]:
        """The events that nobody accepted, the oldest first."""
        with self.double.state.acting() as state:
            events = [event for event in state.all("event") if event["pending_webhooks"]]
            return json.loads(json.dumps(events[::-1]))  # type: ignore[no-any-return]

    def acknowledge(self, event: Mapping[str, Any]) -> None:
        with self.double.state.acting() as state:
            state.get("event", event["id"])["pending_webhooks"] = 0

    # Time

    def now(self) -> datetime:
        return self.clock.now(UTC)

    def clock_forward(self, by: timedelta) -> None:
        """For us and for Stripe."""
        self.clock.offset += by
        self.double.state.advance(by.total_seconds())
        # What time brings is there at once, and not at the double's next second.
        with self.double.state.acting() as state:
            tick(state)

    # What there is

    def reset(self) -> None:
        """Nothing is left of the payment before: no item, no message, no mail, no event that is still to come."""
        with self.double.state.acting() as state:
            open_sessions = [each["id"] for each in state.all("checkout.session", status="open")]
        for session_id in open_sessions:
            self.control(f"sessions/{session_id}/expire")
        with self.double.state.acting() as state:
            # Stripe forgets them after thirty days.
            for event in state.all("event"):
                event |= {"pending_webhooks": 0, "created": 0}
        (table,) = self.template.tables.values()
        keys = [{"pk": item["pk"], "sk": item["sk"]} for item in self._all_items() if item["pk"]["S"] != "CATALOGUE"]
        for some in batched(keys, 25, strict=False):
            self.dynamodb.batch_write_item(RequestItems={table.name: [{"DeleteRequest": {"Key": key}} for key in some]})
        self.lose_messages()
        self.forget_mails()
        self._sessions_before, self._customers_before = self._sessions(), self._customers()
        self.clock_forward(SOON)

    def forget_mails(self) -> None:
        urlopen(Request(f"{self.aws_url}/_local/mails", method="DELETE")).close()  # noqa: S310 - our own address

    def truth(self) -> Truth:
        """What is known now."""
        return self._truth(self.payments())

    def _truth(self, payments: list[Payment]) -> Truth:
        created = self._sessions() - self._sessions_before
        stock = self._stock(payments)
        if len(payments) != 1:
            statuses = ", ".join(sorted(each.status for each in payments))
            return Truth(len(payments), created, stock, self._customers_and_cards(), statuses)
        payment = payments[0]
        return Truth(
            payments=1,
            sessions=created,
            stock=stock,
            customers=self._customers_and_cards(),
            status=payment.status,
            received=_sums(payment.balance.received_sums),
            returned=_sums(payment.balance.returned_sums),
            facts=_told(payment),
        )

    def _stock(self, payments: list[Payment]) -> tuple[str, ...]:
        taken: Counter[str] = Counter()
        for payment in payments:
            taken.update(payment.stock_taken)
        left = {sku_of(each): int(each["left"]["N"]) for each in self._all_items() if each["sk"]["S"] == "STOCK"}
        return tuple(f"{sku}: {count} left, {taken[sku]} taken" for sku, count in sorted(left.items()))

    def outcome(self) -> Outcome:
        """All that came of it."""
        items = self._all_items()
        payments = _payments_in(items)
        raised = [item for item in items if "NOTICE#" in item["sk"]["S"] and item["pk"]["S"].startswith("PAYMENT#")]
        notices = [(masked(item["sk"]["S"]), item["state"]["S"]) for item in raised]
        mails: Counter[str] = Counter()
        for payment in payments:
            subjects = (str(mail["subject"]) for mail in self.mails(payment.id))
            mails.update(_DATE.sub("*", ORDER_NUMBER.sub("*", each)) for each in subjects)
        return Outcome(
            truth=self._truth(payments),
            sent=tuple(sorted(notice for notice, state in notices if state == NoticeState.SENT)),
            unsent=frozenset(state for _, state in notices if state != NoticeState.SENT),
            trail=tuple(sorted(item["type"]["S"] for item in items if "EVENT#" in item["sk"]["S"])),
            mails=mails,
            documents=tuple(
                f"{document.number[5:]} {document.kind} {_sums(document.sums)}"
                for payment in payments
                for document in payment.documents
            ),
            counted=sum(int(item.get("last", {"N": "0"})["N"]) for item in items if item["sk"]["S"] == "COUNTER"),
        )

    def payments(self) -> list[Payment]:
        return _payments_in(self._all_items())

    def _sessions(self) -> int:
        with self.double.state.acting() as state:
            sessions = state.all("checkout.session")
            of_sessions = {each["payment_intent"] for each in sessions}
            return len(sessions) + sum(each["id"] not in of_sessions for each in state.all("payment_intent"))

    def _customers(self) -> list[str]:
        with self.double.state.acting() as state:
            return [each["id"] for each in state.all("customer")]

    def _customers_and_cards(self) -> tuple[str, ...]:
        known = {each["customer_id"]["S"] for each in self._all_items() if "customer_id" in each}
        found = []
        for customer in self._customers():
            if customer in self._customers_before:
                continue
            with self.double.state.acting() as state:
                count = len(state.all("payment_method", customer=customer))
            found.append(f"{'known' if customer in known else 'unknown'}, {count} cards")
        return tuple(found)

    def _all_items(self) -> list[dict[str, Any]]:
        (table,) = self.template.tables.values()
        return [dict(item) for item in self.dynamodb.scan(TableName=table.name)["Items"]]


def _until_answered[T](ask: Callable[[], T]) -> T:
    """Ask again for as long as the asked one dies, or answers that it should be asked again."""
    for _ in range(MOST_TRIES):
        try:
            answer = ask()
        except Crash:
            continue
        if not isinstance(answer, Answer) or answer.status < 500:
            return answer
    raise AssertionError("no answer in many tries")


def _payments_in(items: list[dict[str, Any]]) -> list[Payment]:
    return [
        payment_of(item) for item in items if item["pk"]["S"].startswith("PAYMENT#") and item["sk"]["S"] == "PAYMENT"
    ]


def _sums(sums: Iterable[Money]) -> str:
    return " and ".join(map(str, sums))


def _told(payment: Payment) -> tuple[str, ...]:
    """The facts, without what differs from payment to payment."""
    return tuple(
        sorted(
            masked(json.dumps({"kind": fact.kind, **fact.details, **_TIMES}, sort_keys=True))
            for fact in payment.facts.values()
        )
    )
