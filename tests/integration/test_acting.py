"""What an admin does at the desk, through the real handler: once, whoever repeats it, and with a name in the trail."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments.adapters.table.payments import PaymentTable
from payments.domain.errors import PublishFailed
from payments.domain.payment import new_payment_id
from payments.domain.releases import LEVEL
from payments.services.refreshing import PAUSE
from tests.builders import a_charge, an_event
from tests.callers import ADA, GRACE
from tests.integration.clock import Clock
from tests.integration.contract import Contract
from tests.integration.system import Answer, System

CONTRACT = Contract()
HEIDI = {**GRACE, "sub": "heidi-1"}
CONFIRMED = ["admin_copy", "admin_notification", "payment_confirmation"]
APPROVAL, REFRESH = (f"POST /admin/payments/{{paymentId}}/{act}" for act in ("approval", "refresh"))
ACTS = {APPROVAL: "approvePayment", REFRESH: "refreshPaymentForAdmins"}


def act(system: System, route: str, payment_id: str, body: Any = None, by: Any = GRACE) -> Answer:
    answer = system.desk(route, paymentId=payment_id, body=body, by=by)
    if answer.status < 500:
        CONTRACT.judge(ACTS[route], answer.status, answer.headers["content-type"], answer.body)
    return answer


def refused(answer: Answer) -> tuple[int, str, str]:
    return answer.status, answer.body["code"], answer.body["detail"]


def acts(system: System, payment_id: str) -> list[tuple[str, str | None, tuple[str, ...]]]:
    """What the trail has of people's acts: what, by whom and what came of it."""
    trail = system.table.events(payment_id)
    return [(each.type, each.by, each.outcome) for each in trail if each.id.startswith("adm_")]


def sent(system: System, payment_id: str) -> list[str]:
    """The notices that were sent by now; of each there is one mail."""
    system.run_mailer()
    items = system.items(f"PAYMENT#{payment_id}")
    found = sorted(sk.removeprefix("NOTICE#") for sk, item in items.items() if item.get("state") == {"S": "sent"})
    assert len(system.mails(payment_id)) == len(found)
    return found


def receives(system: System, payment_id: str, amount: int, currency: str = "usd", number: int = 1) -> None:
    """A charge of the payment succeeds, and Stripe tells us."""
    ids = {"id": f"ch_{payment_id}_{number}", "payment_intent": f"pi_{payment_id}_{number}"}
    charge = a_charge(payment_id, amount=amount, amount_captured=amount, currency=currency, **ids)
    assert system.hear(an_event("charge.succeeded", charge)).status == 200


def for_newer_code(system: System, payment_id: str) -> None:
    item = system.items(f"PAYMENT#{payment_id}")["PAYMENT"] | {"needs": {"N": str(LEVEL + 1)}}
    system.dynamodb.put_item(TableName=system.table._name, Item=item)


@pytest.fixture
def payment_id(system: System) -> str:
    """A payment that 99.00 USD was asked for."""
    return str(system.order().body["paymentId"])


# Whoever asks


@pytest.mark.parametrize("route", ACTS)
def test_only_an_admin_acts_and_whoever_is_none_learns_nothing_of_payments(
    system: System, route: str, payment_id: str
) -> None:
    before = system.items(f"PAYMENT#{payment_id}")
    system.calls.clear()
    for asked in (payment_id, new_payment_id(), "pay_"):
        assert refused(act(system, route, asked, by=ADA))[:2] == (403, "forbidden")
    assert system.calls == []
    assert system.items(f"PAYMENT#{payment_id}") == before


@pytest.mark.parametrize("route", ACTS)
@pytest.mark.parametrize("unknown", ["pay_", "../x", new_payment_id()])
def test_a_payment_that_is_not_there_is_said_so(system: System, route: str, unknown: str) -> None:
    answer = act(system, route, unknown, body={"amount": 1, "currency": "usd"})
    assert refused(answer)[:2] == (404, "payment_not_found")


@pytest.mark.parametrize("route", ACTS)
def test_what_is_for_newer_code_is_left_to_it(system: System, route: str, payment_id: str) -> None:
    receives(system, payment_id, 5000)
    for_newer_code(system, payment_id)
    before = system.items(f"PAYMENT#{payment_id}")
    answer = act(system, route, payment_id, body={"amount": 5000, "currency": "usd"})
    assert refused(answer)[:2] == (503, "updating")
    assert answer.headers["retry-after"] == "2"
    assert system.items(f"PAYMENT#{payment_id}") == before


# Approval


def test_what_an_admin_accepts_is_succeeded_and_confirmed_and_the_trail_says_by_whom(
    system: System, payment_id: str, logs: io.StringIO
) -> None:
    receives(system, payment_id, 5000)
    logs.truncate(0)

    answer = act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "USD"})

    assert (answer.status, answer.body["status"]) == (200, "succeeded")
    assert acts(system, payment_id) == [("approval", GRACE["sub"], ("approval#5000-usd: unknown -> given",))]
    [line] = [json.loads(each) for each in logs.getvalue().strip("\0").splitlines()]
    assert (line["message"], line["payment_id"], line["payment_succeeded"]) == ("approved", payment_id, [1.0])
    assert sent(system, payment_id) == CONFIRMED


def test_a_second_click_accepts_nothing_more_and_another_admin_is_named_beside_the_first(
    system: System, payment_id: str
) -> None:
    receives(system, payment_id, 5000)
    first = act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "usd"})
    before = system.items(f"PAYMENT#{payment_id}")["PAYMENT"]

    assert act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "usd"}).body == first.body
    assert len(acts(system, payment_id)) == 1
    assert act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "usd"}, by=HEIDI).body == first.body

    assert system.items(f"PAYMENT#{payment_id}")["PAYMENT"] == before
    assert acts(system, payment_id) == [
        ("approval", GRACE["sub"], ("approval#5000-usd: unknown -> given",)),
        ("approval", HEIDI["sub"], ("nothing new",)),
    ]
    assert sent(system, payment_id) == CONFIRMED


def test_of_two_admins_at_once_one_accepts_and_both_are_told_that_it_is_done(
    system: System, payment_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    receives(system, payment_id, 5000)
    saving = PaymentTable.save

    def meanwhile(store: PaymentTable, *arguments: Any) -> Any:
        monkeypatch.setattr(PaymentTable, "save", saving)
        assert act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "usd"}, by=HEIDI).status == 200
        return saving(store, *arguments)

    monkeypatch.setattr(PaymentTable, "save", meanwhile)

    assert act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "usd"}).body["status"] == "succeeded"
    assert sorted(acts(system, payment_id)) == [
        ("approval", GRACE["sub"], ("nothing new",)),
        ("approval", HEIDI["sub"], ("approval#5000-usd: unknown -> given",)),
    ]
    assert sent(system, payment_id) == CONFIRMED


def test_another_sum_is_refused_with_what_is_in_review(system: System, payment_id: str) -> None:
    body = {"amount": 9900, "currency": "usd"}
    assert refused(act(system, APPROVAL, payment_id, body)) == (
        409,
        "nothing_to_approve",
        f"{payment_id} is not in review, but pending; received: nothing.",
    )
    receives(system, payment_id, 5000)
    receives(system, payment_id, 9200, "eur", number=2)
    assert refused(act(system, APPROVAL, payment_id, body)) == (
        409,
        "nothing_to_approve",
        f"{payment_id} is in review at 50.00 USD and 92.00 EUR, and not at 99.00 USD.",
    )
    assert acts(system, payment_id) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, {"amount": "This field is required.", "currency": "This field is required."}),
        (
            {"amount": "50.00", "currency": "usd"},
            {"amount": "Give a whole number of minor units, such as 9900 for 99.00."},
        ),
        ({"amount": -1, "currency": "usd"}, {"amount": "An amount is never negative."}),
        ({"amount": 1, "currency": "dollars"}, {"currency": "Give a currency code of three letters, such as usd."}),
        ({"amount": 1, "currency": "usd", "by": "ada"}, {"by": "This field is not known here."}),
    ],
)
def test_what_cannot_be_a_sum_is_refused_field_by_field(
    system: System, payment_id: str, body: dict[str, Any], said: dict[str, str]
) -> None:
    answer = act(system, APPROVAL, payment_id, body)
    assert refused(answer)[:2] == (422, "validation_failed")
    assert {each["field"]: each["detail"] for each in answer.body["errors"]} == said


def test_a_queue_that_takes_nothing_leaves_the_act_and_its_mails_to_reconcile(
    system: System, payment_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    receives(system, payment_id, 5000)
    sent(system, payment_id)

    def refuse(*_: object) -> None:
        raise PublishFailed

    monkeypatch.setattr(system.functions["AdminAct"].queue, "publish", refuse)

    assert act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "usd"}).body["status"] == "succeeded"
    notice = system.items(f"PAYMENT#{payment_id}")["NOTICE#payment_confirmation"]
    assert notice["state"] == {"S": "due"}
    assert "due_at" in notice


# Refresh


@pytest.fixture
def clock(system: System, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """That of the function, which stands still."""
    clock = Clock()
    clock.stop()
    monkeypatch.setattr(system.functions["AdminAct"], "datetime", datetime)
    clock.rule(system.functions["AdminAct"])
    return clock


def test_an_admin_has_stripe_asked_and_the_trail_says_what_that_brought(system: System, clock: Clock) -> None:
    ordered = system.order().body
    system.control(f"sessions/{ordered['sessionId']}/pay")

    answer = act(system, REFRESH, ordered["paymentId"])

    assert (answer.status, answer.body["status"]) == (200, "succeeded")
    assert answer.body["checkedAt"] == f"{clock.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    [(what, by, outcome)] = acts(system, ordered["paymentId"])
    assert (what, by) == ("refresh", GRACE["sub"])
    assert any(each.endswith("unknown -> succeeded") for each in outcome)
    assert sent(system, ordered["paymentId"]) == CONFIRMED


def test_admins_and_customers_together_have_stripe_asked_once_in_ten_seconds(
    system: System, clock: Clock, payment_id: str, asked: list[str]
) -> None:
    first = act(system, REFRESH, payment_id)
    assert len(asked) == 1
    assert act(system, REFRESH, payment_id, by=HEIDI).body == first.body
    assert system.refresh(payment_id).body["checkedAt"] == first.body["checkedAt"]
    assert len(asked) == 1
    clock.offset = PAUSE + timedelta(seconds=1)
    assert act(system, REFRESH, payment_id, by=HEIDI).body["checkedAt"] > first.body["checkedAt"]
    assert len(asked) == 2
    assert acts(system, payment_id) == [
        ("refresh", GRACE["sub"], ("nothing new",)),
        ("refresh", HEIDI["sub"], ("nothing new",)),
    ]


def test_while_stripe_is_down_an_admin_reads_what_is_known(system: System, payment_id: str) -> None:
    system.control("outage", calls=1000, kind="rate_limit")
    try:
        answer = act(system, REFRESH, payment_id)
    finally:
        system.control("outage", calls=0)
    assert (answer.status, answer.body["status"], answer.body["checkedAt"]) == (200, "pending", None)
    assert acts(system, payment_id) == []
