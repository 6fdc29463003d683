"""A person is erased from the table on both engines: no item has them any more, and what is read is whole."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError

import pytest

from payments.adapters.table.keys import partition
from payments.adapters.table.table import Table
from payments.domain.actors import LOOK
from payments.domain.erasure import READ_AGAIN_AFTER, Erasure, Whom, WhomKind
from payments.domain.errors import Conflict
from payments.domain.facts import Attempt, AttemptState
from payments.domain.looking import KEEP_UNPAID_AT_LEAST, DueReason
from payments.domain.payment import ERASED, Customer, Payment
from payments.domain.writes import AuditEntry
from payments.services.erasing import without_person
from payments.services.recording import record
from tests.builders import NOW, a_charge, a_payment, an_event
from tests.callers import ADA, GRACE
from tests.integration.contract import Contract
from tests.integration.system import AN_ORDER, Answer, System

CONTRACT = Contract()
ENTRY = AuditEntry("adm_era_1", "erasure", ("the person was erased",), NOW, "grace-1")


@pytest.fixture
def table(engine_system: System) -> Table:
    return engine_system.table


def stored(table: Table, *, email: str = "zebedee@example.com", user: str | None = "zebedee-1") -> Payment:
    payment = replace(a_payment(customer=Customer("Zebedee Quux", email), metadata={"order": "Zebedee's"}), user=user)
    table.create(payment, None, NOW)
    paid = Attempt(ref=f"ch_{payment.id}", state=AttemptState.SUCCEEDED, amount=9900, currency="usd", created=1)
    found = table.payment(payment.id)
    assert found
    return record(table, found, [paid], actor=LOOK, now=NOW)[0]


def test_no_item_has_the_person_and_the_payment_reads_as_before(engine_system: System, table: Table) -> None:
    payment = stored(table)
    without_person(payment, (), ENTRY, store=table, now=NOW)
    items = engine_system.items(partition(payment.id))
    text = json.dumps(items).lower()
    assert [each for each in ("zebedee", "quux", "result.html") if each in text] == []
    found = table.payment(payment.id)
    assert found
    assert (found.customer, found.user, found.metadata, found.erased_at) == (ERASED, None, {}, NOW)
    assert (found.facts, found.raised, found.asked, found.day) == (
        payment.facts,
        payment.raised,
        payment.asked,
        payment.day,
    )
    assert table.events(payment.id)[-1] == ENTRY


def test_what_is_learned_afterwards_does_not_bring_them_back(engine_system: System, table: Table) -> None:
    payment = stored(table)
    erased = without_person(payment, (), ENTRY, store=table, now=NOW)
    more = Attempt(ref=f"ch_{payment.id}", state=AttemptState.SUCCEEDED, amount=9900, currency="usd", refunded=100)
    # Whoever read it before it was erased must learn again.
    record(table, payment, [replace(more, created=2)], actor=LOOK, now=NOW)
    assert "zebedee" not in json.dumps(engine_system.items(partition(erased.id))).lower()


@pytest.mark.parametrize("kind", [WhomKind.EMAIL, WhomKind.USER])
def test_whose_payments_there_are_is_found_until_they_are_erased(table: Table, kind: WhomKind) -> None:
    email, user = f"{kind}-only@example.com", f"{kind}-only"
    payments = [stored(table, email=email, user=user) for _ in range(2)]
    stored(table, email=f"x{email}", user=f"x{user}")
    whom = Whom(kind, email if kind is WhomKind.EMAIL else user)
    assert sorted(table.payments_of(whom)) == sorted(each.id for each in payments)
    without_person(payments[0], (), ENTRY, store=table, now=NOW)
    assert table.payments_of(whom) == [payments[1].id]


def test_one_payment_is_found_by_its_id_until_it_is_erased(table: Table) -> None:
    payment = stored(table)
    whom = Whom(WhomKind.PAYMENT, payment.id)
    assert table.payments_of(whom) == [payment.id]
    without_person(payment, (), ENTRY, store=table, now=NOW)
    assert table.payments_of(whom) == []
    assert table.payments_of(Whom(WhomKind.PAYMENT, "pay_of_nobody")) == []


def test_an_erasure_is_kept_until_it_is_done_and_then_without_the_person(engine_system: System, table: Table) -> None:
    whom = Whom(WhomKind.EMAIL, "zebedee-2@example.com")
    begun = table.begin_erasure(Erasure.of(whom, ("pay_1", "pay_2"), by="grace-1", salt="s", now=NOW))
    assert table.begin_erasure(Erasure.of(whom, (), by="another", salt="s", now=NOW)) == begun
    later = NOW + READ_AGAIN_AFTER
    assert begun not in table.due_erasures(later - timedelta(seconds=1), 10)
    assert begun in table.due_erasures(later, 10)

    half = table.save_erasure(replace(begun, left=("pay_2",), erased=1))
    with pytest.raises(Conflict):
        table.save_erasure(begun)
    done = table.save_erasure(replace(half, left=(), erased=2).read_again((), later))

    assert done.done_at == later
    assert done not in table.due_erasures(later + timedelta(days=1), 10)
    assert "zebedee" not in json.dumps(engine_system.items(f"ERASURE#{done.id}"))
    again = Erasure.of(whom, ("pay_3",), by="grace-1", salt="s", now=later)
    assert table.begin_erasure(again) == again


def test_what_nobody_paid_is_due_to_be_erased_and_may_be_left_until_later(table: Table) -> None:
    payment = replace(a_payment(), due_by={DueReason.ERASE.value: NOW})
    table.create(payment, None, NOW)
    assert payment.id in [each.payment_id for each in table.due(DueReason.ERASE, NOW, 10)]
    later = NOW + KEEP_UNPAID_AT_LEAST
    table.leave_until(payment.id, later, NOW)
    assert payment.id not in [each.payment_id for each in table.due(DueReason.ERASE, NOW, 10)]
    assert payment.id in [each.payment_id for each in table.due(DueReason.ERASE, later, 10)]
    # One that is due for something else by now is left as it is.
    other = replace(a_payment(), due_by={DueReason.LOOK.value: NOW})
    table.create(other, None, NOW)
    table.leave_until(other.id, later, NOW)
    assert other.id in [each.payment_id for each in table.due(DueReason.LOOK, NOW, 10)]


# At the desk


def erases(system: System, body: Any, by: Any = GRACE) -> Answer:
    answer = system.desk("POST /admin/erasures", body=body, by=by)
    CONTRACT.judge("erasePerson", answer.status, answer.headers["content-type"], answer.body)
    return answer


def test_an_admin_has_a_customer_erased_while_they_order_and_pay(system: System, logs: io.StringIO) -> None:
    person = {**AN_ORDER, "name": "Zebedee Quux", "email": "zebedee-3@example.com", "metadata": {"of": "Zebedee"}}
    open_, paid = (str(system.order(person).body["paymentId"]) for _ in range(2))
    charge = a_charge(paid, id=f"ch_{paid}", payment_intent=f"pi_{paid}")
    assert system.hear(an_event("charge.succeeded", charge)).status == 200

    answer = erases(system, {"email": "Zebedee-3@EXAMPLE.com"})

    assert answer.status == 202
    assert (answer.body["state"], answer.body["erased"], answer.body["left"]) == ("open", 2, 0)
    assert [system.status(each).body["status"] for each in (open_, paid)] == ["expired", "succeeded"]
    for each in (open_, paid):
        assert "zebedee" not in json.dumps(system.items(partition(each))).lower()
    # Of what was due nothing is sent any more, but to the business, and that without the person.
    system.run_mailer()
    mails = system.mails(paid)
    assert [mail["to"] for mail in mails] == ["admin@example.com"]
    assert "zebedee" not in mails[0].as_string().lower()
    assert "zebedee" not in logs.getvalue().lower()
    assert "of this payment alone" not in logs.getvalue()


def test_one_payment_and_one_user(system: System) -> None:
    payment_id = str(system.order().body["paymentId"])
    assert erases(system, {"paymentId": payment_id}).body["erased"] == 1
    assert erases(system, {"paymentId": payment_id}).status == 202
    assert erases(system, {"user": "nobody"}).body["erased"] == 0
    unknown = erases(system, {"paymentId": "pay_01ARZ3NDEKTSV4RRFFQ69G5FAV"})
    assert (unknown.status, unknown.body["code"]) == (404, "payment_not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "a@example.com", "user": "a"},
        {"email": ""},
        {"email": None},
        {"mail": "a"},
        # Nobody would be found by it, and that would read as done.
        {"email": "ada at example.com"},
    ],
)
def test_who_is_to_be_erased_is_said_once(system: System, body: Any) -> None:
    assert erases(system, body).status == 422


@pytest.mark.parametrize(
    ("ordered", "asked"),
    [
        ("zebedee-5@example.com", " ZEBEDEE-5@Example.COM "),
        ("zebedee+5@example.com", "zebedee+5@exam\u200bple.com"),
        ("zebedee-5@m\u00fcnchen.example", "zebedee-5@xn--mnchen-3ya.example"),
        ("zebedee-6@xn--mnchen-3ya.example", "zebedee-6@MU\u0308NCHEN.example"),
    ],
)
def test_a_person_is_found_by_any_spelling_of_the_address(system: System, ordered: str, asked: str) -> None:
    payment_id = str(system.order({**AN_ORDER, "email": ordered}).body["paymentId"])
    assert erases(system, {"email": asked}).body["erased"] == 1
    assert "zebedee" not in json.dumps(system.items(partition(payment_id))).lower()


def test_only_an_admin_has_people_erased(system: System) -> None:
    assert erases(system, {"email": "ada@example.com"}, by=ADA).status == 403


def test_a_checkout_of_which_no_more_than_a_declined_card_was_heard_is_closed(system: System) -> None:
    system.control("outage", calls=3, kind="timeout_after")
    person = {**AN_ORDER, "email": "zebedee-7@example.com"}
    assert system.order(person).status == 503
    system.control("outage", calls=0, kind="timeout_after")
    [payment_id] = system.table.payments_of(Whom(WhomKind.EMAIL, "zebedee-7@example.com"))
    stripe = system.stripe().v1
    [session] = [each for each in stripe.checkout.sessions.list().data if each.metadata["payment_id"] == payment_id]
    with pytest.raises(HTTPError, match="402"):
        system.control(f"sessions/{session.id}/pay", card="4000000000000002")
    [declined] = [each for each in system.events() if is_declined(each, payment_id)]
    assert system.hear(declined).status == 200

    assert erases(system, {"email": "zebedee-7@example.com"}).body["erased"] == 1

    assert stripe.checkout.sessions.retrieve(session.id).status == "expired"
    assert system.status(payment_id).body["status"] == "expired"


def is_declined(event: Any, payment_id: str) -> bool:
    named = event["data"]["object"].get("metadata") or {}
    return event["type"] == "payment_intent.payment_failed" and named.get("payment_id") == payment_id


def test_while_stripe_is_away_what_is_open_stays_on_the_list(system: System) -> None:
    person = {**AN_ORDER, "email": "zebedee-4@example.com"}
    payment_id = str(system.order(person).body["paymentId"])
    system.control("outage", calls=6, kind="rate_limit")
    assert erases(system, {"email": "zebedee-4@example.com"}).body["left"] == 1
    system.control("outage", calls=0, kind="rate_limit")
    assert erases(system, {"email": "zebedee-4@example.com"}).body["left"] == 0
    assert "zebedee" not in json.dumps(system.items(partition(payment_id))).lower()
