"""An endpoint that is disabled, deleted, not subscribed or of another version costs delay, never truth."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError

import pytest

from payments.adapters.table.payment_items import payment_of
from payments.adapters.table.table import Table
from payments.domain import missed
from payments.domain.facts import DisputeState, FraudSignalState
from payments.domain.payment import Payment, Status
from payments.services.reconciliation import Summary
from stripe_double import StripeDouble
from tests.fakes import GIFT, HOUR
from tests.integration.fragile import FragileSystem
from tests.integration.memory_dynamodb import MemoryDynamoDB
from tests.integration.system import local_aws

URL = "http://127.0.0.1:9/"
GOOD, DECLINED = "4242424242424242", "4000000000000002"
RUN_EVERY = timedelta(minutes=5)


@dataclass
class Shop:
    """A system, Stripe beside it, and what comes to pass between them.

    Its table is in memory, for a month has many items.
    """

    system: FragileSystem
    table: MemoryDynamoDB
    sessions: dict[str, str] = field(default_factory=dict)

    def orders(self) -> str:
        answer = self.system.order()
        assert answer.status == 201, answer
        self.sessions[answer.body["paymentId"]] = answer.body["sessionId"]
        return str(answer.body["paymentId"])

    def is_paid(self, payment_id: str, card: str = GOOD) -> None:
        with suppress(HTTPError):
            self.system.control(f"sessions/{self.sessions[payment_id]}/pay", card=card)

    def charge_of(self, payment_id: str) -> str:
        with self.system.double.state.acting() as state:
            charges = state.all("charge", status="succeeded")
            return str(next(each["id"] for each in charges if each["metadata"]["payment_id"] == payment_id))

    def refunds(self, payment_id: str) -> None:
        self.system.stripe().v1.refunds.create({"charge": self.charge_of(payment_id)})

    def endpoints(self, **changes: Any) -> None:
        """Someone changes the webhook endpoint, at Stripe."""
        with self.system.double.state.acting() as state:
            for endpoint in state.all("webhook_endpoint"):
                endpoint.update(changes)

    def delivers(self) -> None:
        for event in self.system.undelivered():
            assert self.system.hear(event).status == 200
            self.system.acknowledge(event)

    def reconciles(self, after: timedelta = RUN_EVERY) -> Summary:
        self.system.clock_forward(after)
        self.system.control("clock", advance=0)
        summary = self.system.functions["Reconcile"].reconciler.run()
        assert isinstance(summary, Summary)
        assert summary.failed == []
        return summary

    def payments(self) -> dict[str, Payment]:
        found = [
            payment_of(item) for item in self.table.items.values() if item["sk"] == {"S": "PAYMENT"} and "id" in item
        ]
        return {each.id: each for each in found}

    def payment(self, payment_id: str) -> Payment:
        return self.payments()[payment_id]


@pytest.fixture(scope="module")
def system() -> Iterator[FragileSystem]:
    with local_aws() as aws_url, StripeDouble(webhook_url=URL) as double:
        double.webhooks.mode = "drop"
        yield FragileSystem(aws_url, double)


@pytest.fixture
def shop(system: FragileSystem, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    system.reset()
    shop = Shop(system, MemoryDynamoDB())
    (name,) = (each.name for each in system.template.tables.values())
    client: Any = shop.table
    store = Table(name, client)
    for product in HOUR, GIFT:
        store.put_product(product)
    for module in system.functions.values():
        if hasattr(module, "store"):
            monkeypatch.setattr(module, "store", store)
    reconcile = system.functions["Reconcile"]
    issuer = replace(reconcile.reconciler.issuer, store=store)
    monkeypatch.setattr(reconcile, "reconciler", replace(reconcile.reconciler, store=store, issuer=issuer))
    yield shop
    shop.endpoints(status="enabled", enabled_events=["*"])
    system.control("events", api_version="2026-10-28.endive")


def disabled(shop: Shop) -> None:
    shop.endpoints(status="disabled")


def not_subscribed(shop: Shop) -> None:
    shop.endpoints(enabled_events=["customer.created"])


@pytest.mark.parametrize("version", ["2026-10-28.endive", "2019-05-16"])
@pytest.mark.parametrize("dies", [disabled, not_subscribed])
def test_what_happened_while_the_endpoint_was_dead_is_known_a_run_later(
    shop: Shop, dies: Callable[[Shop], None], version: str
) -> None:
    """Stripe neither repeats it nor lists it as undelivered; its list is in the account's version."""
    shop.system.control("events", api_version=version)
    refunded, disputed, warned, paid = (shop.orders() for _ in range(4))
    for each in (refunded, disputed, warned):
        shop.is_paid(each)
    shop.delivers()
    shop.reconciles()

    dies(shop)
    shop.refunds(refunded)
    shop.system.control(f"charges/{shop.charge_of(disputed)}/dispute", reason="fraudulent")
    shop.system.control(f"charges/{shop.charge_of(warned)}/warn")
    shop.is_paid(paid)
    assert shop.system.undelivered() == []
    shop.endpoints(status="enabled", enabled_events=["*"])

    summary = shop.reconciles()
    assert summary.payments_looked_at == 4
    assert shop.payment(refunded).status is Status.REFUNDED
    assert [each.state for each in shop.payment(disputed).disputes] == [DisputeState.NEEDS_RESPONSE]
    assert [each.state for each in shop.payment(warned).fraud_signals] == [FraudSignalState.OPEN]
    assert shop.payment(paid).status is Status.SUCCEEDED
    # Once is enough, and each is counted once.
    assert shop.reconciles().payments_looked_at == 0
    counted = shop.reconciles(missed.PATIENCE).missed + shop.reconciles().missed
    assert sorted(counted) == sorted([refunded, disputed, warned, paid])


def test_while_all_is_well_no_payment_is_looked_at_and_none_is_missed(shop: Shop) -> None:
    for _ in range(3):
        payment_id = shop.orders()
        shop.is_paid(payment_id, DECLINED)
        shop.is_paid(payment_id)
        shop.delivers()
        shop.refunds(payment_id)
        shop.delivers()
        summary = shop.reconciles()
        assert (summary.payments_looked_at, summary.missed) == (0, [])
    summary = shop.reconciles(timedelta(days=2))
    assert (summary.payments_looked_at, summary.missed) == (0, [])


def test_an_abandoned_checkout_is_looked_at_once_if_its_expiry_was_not_heard(shop: Shop) -> None:
    payment_id = shop.orders()
    looks = [shop.reconciles(timedelta(hours=1)).payments_looked_at for _ in range(48)]
    assert sum(looks) == 1
    assert shop.payment(payment_id).status is Status.EXPIRED


def test_a_charge_that_says_more_than_we_were_told_has_stripe_asked(shop: Shop) -> None:
    """Of a refund only `charge.refunded` arrives, of a dispute only `charge.updated`, and nothing is in the list."""
    refunded, disputed = shop.orders(), shop.orders()
    for each in (refunded, disputed):
        shop.is_paid(each)
    shop.delivers()
    shop.reconciles()
    shop.refunds(refunded)
    shop.system.control(f"charges/{shop.charge_of(disputed)}/dispute", reason="fraudulent")
    for event in shop.system.undelivered():
        body = event["data"]["object"]
        if event["type"] == "charge.refunded":
            shop.system.hear(event)
        if body["object"] == "dispute":
            with shop.system.double.state.acting() as state:
                charge = state.get("charge", body["charge"])
            shop.system.hear({**event, "type": "charge.updated", "data": {"object": charge}})
        shop.system.acknowledge(event)
        with shop.system.double.state.acting() as state:
            state.get("event", event["id"])["created"] = 1
    shop.reconciles()
    assert shop.payment(refunded).status is Status.REFUNDED
    assert len(shop.payment(disputed).disputes) == 1


def test_a_month_with_an_endpoint_that_dies_twice(shop: Shop) -> None:
    """Three payments a day and something that becomes of one of the day before; dead from day 5 to 8, and deleted on
    day 20 and made again on day 23."""
    yesterday: list[str] = []
    alarms: list[int] = []
    expected: dict[str, Status] = {}
    for day in range(30):
        if day in (5, 20):
            shop.endpoints(status="disabled")
        if day in (8, 23):
            shop.endpoints(status="enabled")
        today = [shop.orders() for _ in range(3)]
        paid, declined, abandoned = today
        shop.is_paid(paid)
        shop.is_paid(declined, DECLINED)
        expected |= {paid: Status.SUCCEEDED, declined: Status.EXPIRED, abandoned: Status.EXPIRED}
        if yesterday and day % 2:
            shop.refunds(yesterday[0])
            expected[yesterday[0]] = Status.REFUNDED
        elif yesterday:
            shop.system.control(f"charges/{shop.charge_of(yesterday[0])}/dispute", reason="fraudulent")
        if shop.system.double.state.all("webhook_endpoint", status="enabled"):
            shop.delivers()
        for _ in range(8):
            # Sessions expire by the clock, and those events are delivered too.
            summary = shop.reconciles(timedelta(hours=3))
            if shop.system.double.state.all("webhook_endpoint", status="enabled"):
                shop.delivers()
            if summary.missed:
                alarms.append(day)
        shop.system.run_mailer()
        yesterday = today
    for _ in range(3):
        shop.reconciles(timedelta(days=1))
        shop.delivers()
    shop.system.run_mailer()
    known = shop.payments()
    assert {id_: each.status for id_, each in known.items()} == expected
    assert sum(bool(each.disputes) for each in known.values()) == 14
    # It rings on each day that it is dead, and not on others but for what was still to be counted.
    assert {5, 6, 7, 20, 21, 22} <= set(alarms) <= {5, 6, 7, 8, 20, 21, 22, 23}
