"""What the table promises, on both engines: every method, and above all its conditions."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from local.resources import client
from payments.adapters.table.keys import cursor_key
from payments.adapters.table.table import Table
from payments.domain.claims import Claim
from payments.domain.customers import UserCustomer
from payments.domain.errors import ClaimLost, Conflict, Taken, TryAgain
from payments.domain.events import Cursor, EventSet
from payments.domain.facts import Attempt, AttemptState, Session, SessionState
from payments.domain.looking import DueReason
from payments.domain.notices import UNDER_WAY, Notice, NoticeClaim, NoticeKind, NoticeState
from payments.domain.order import Line, Order
from payments.domain.payment import Payment
from payments.domain.pricing import Offer
from payments.domain.releases import LEVEL
from payments.domain.writes import AuditEntry, Free, Note, Point, Raise, Retract
from tests.builders import NOW, a_payment
from tests.integration.system import ROOT, System

CONFIRMATION = Notice(NoticeKind.PAYMENT_CONFIRMATION)
COPY = Notice(NoticeKind.ADMIN_COPY)
REFUND = Notice(NoticeKind.REFUND_CONFIRMATION, "re_1")
SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=60)


@pytest.fixture
def table(engine_system: System) -> Table:
    return engine_system.table


def created(table: Table, **changes: Any) -> Payment:
    payment = replace(a_payment(), **changes)
    assert table.create(payment, None, NOW) == (None, True)
    return payment


def with_notice(table: Table, notice: Notice = CONFIRMATION, send_at: datetime = NOW) -> Payment:
    payment = created(table)
    return table.save(replace(payment, raised=frozenset({notice})), [Raise(notice, send_at)], NOW)


def a_claim(payment: Payment, key: str, expires_at: datetime = NOW + timedelta(days=1)) -> Claim:
    return Claim(key, "hash of the body", payment.id, expires_at)


def notice_item(system: System, payment: Payment, notice: Notice = CONFIRMATION) -> dict[str, Any]:
    values = system.items(f"PAYMENT#{payment.id}")[f"NOTICE#{notice}"]
    return {name: next(iter(typed.values())) for name, typed in values.items()}


def attempt_of(claim: NoticeClaim | None) -> int:
    """How often the notice was taken."""
    assert claim
    return claim.attempt


def overdue(table: Table, payment: Payment, now: datetime) -> list[Notice | None]:
    found = [each for reason in DueReason for each in table.due(reason, now, 1000)]
    return [each.notice for each in sorted(found, key=lambda each: each.due_at) if each.payment_id == payment.id]


# Payments


def test_a_payment_is_read_as_it_was_written(table: Table) -> None:
    attempt = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd", created=1795000020)
    payment = created(
        table,
        facts={attempt.key: attempt},
        raised=frozenset({CONFIRMATION, REFUND}),
        metadata={"order": "A-17", "note": "Grüße"},
        claim="k",
        last_event="evt_1",
        due_by={"look": NOW + timedelta(minutes=10)},
        told={attempt.key: "succeeded"},
        learned={attempt.key: NOW},
        user="a-user",
        more_failed=True,
    )
    assert table.payment(payment.id) == payment


def test_there_is_no_payment_that_nobody_made(table: Table) -> None:
    assert table.payment("pay_nobody") is None
    assert table.payment_id_of(["cs_nobody", "pi_nobody"]) is None
    assert table.offer(["nothing"], None, NOW, with_terms=False) == Offer({})


def test_a_payments_id_is_given_once(table: Table) -> None:
    payment = created(table)
    with pytest.raises(Conflict):
        table.create(replace(payment, order=Order((Line("another", "Another", 1, 9900),))), None, NOW)
    assert table.payment(payment.id) == payment


def test_the_first_with_a_key_wins_it_and_the_second_writes_nothing(table: Table) -> None:
    first, second, key = a_payment(), a_payment(), uuid4().hex
    claim = a_claim(first, key)
    assert table.create(first, claim, NOW) == (claim, True)
    assert table.create(second, a_claim(second, key), NOW) == (claim, False)
    assert table.payment(second.id) is None


def test_an_expired_claim_is_taken_over_and_not_a_second_before(table: Table) -> None:
    first, second, key = a_payment(), a_payment(), uuid4().hex
    claim = a_claim(first, key, NOW)
    table.create(first, claim, NOW - timedelta(days=1))
    later = a_claim(second, key)
    assert table.create(second, later, NOW) == (claim, False)
    assert table.create(second, later, NOW + SECOND) == (later, True)


def test_of_many_with_one_key_one_creates(table: Table) -> None:
    payments, key = [a_payment() for _ in range(16)], uuid4().hex
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda each: table.create(each, a_claim(each, key), NOW), payments))
    assert sum(made for _, made in answers) == 1
    (winner,) = {claim.led_to for claim, _ in answers if claim}
    assert [each.id for each in payments if table.payment(each.id)] == [winner]


def test_of_two_who_read_the_same_version_the_second_must_learn_again(engine_system: System, table: Table) -> None:
    payment = created(table)
    table.save(replace(payment, last_event="evt_first"), [Note(an_entry("evt_first"))], NOW)
    with pytest.raises(Conflict):
        table.save(
            replace(payment, last_event="evt_second"),
            [Raise(CONFIRMATION, NOW), Note(an_entry("evt_second")), Point(f"ch_{payment.id}")],
            NOW,
        )
    stored = table.payment(payment.id)
    assert stored
    assert (stored.last_event, stored.version) == ("evt_first", payment.version + 1)
    assert set(engine_system.items(f"PAYMENT#{payment.id}")) == {"PAYMENT", "EVENT#evt_first"}
    assert table.payment_id_of([f"ch_{payment.id}"]) is None


def test_of_many_who_read_the_same_version_one_writes(table: Table) -> None:
    payment = created(table)

    def save(number: int) -> bool:
        try:
            table.save(replace(payment, last_event=f"evt_{number}"), [], NOW)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(save, range(16))) == 1


def test_a_payment_that_is_gone_is_not_written_anew(table: Table) -> None:
    payment = a_payment()
    with pytest.raises(Conflict):
        table.save(payment, [], NOW)
    assert table.payment(payment.id) is None


def test_a_notice_that_exists_is_never_written_over(engine_system: System, table: Table) -> None:
    payment = with_notice(table)
    assert attempt_of(table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE)) == 1
    table.settle_notice(payment.id, CONFIRMATION, 1, NoticeState.SENT, NOW, "message-1")
    stored = table.payment(payment.id)
    assert stored
    with pytest.raises(Conflict):
        table.save(stored, [Raise(CONFIRMATION, NOW)], NOW)
    assert notice_item(engine_system, payment)["state"] == "sent"


def test_a_stripe_object_belongs_to_one_payment_for_ever(table: Table) -> None:
    first, second = created(table), created(table)
    name = f"ch_{first.id}"
    table.save(first, [Point(name)], NOW)
    with pytest.raises(Taken):
        table.save(second, [Point(name)], NOW)
    table.save(replace(first, version=first.version + 1), [Point(name)], NOW)
    assert table.payment_id_of(["ch_unheard_of", name]) == first.id
    assert table.payment(second.id) == second


def test_a_payment_that_lapses_frees_its_key(table: Table) -> None:
    key = uuid4().hex
    first, second = replace(a_payment(), claim=key), a_payment()
    table.create(first, a_claim(first, key), NOW)
    table.save(first, [Free(key)], NOW)
    again = a_claim(second, key)
    assert table.create(second, again, NOW) == (again, True)


def test_a_payment_does_not_free_a_key_that_is_anothers_by_now(table: Table) -> None:
    key = uuid4().hex
    first, second = replace(a_payment(), claim=key), a_payment()
    table.create(first, a_claim(first, key, NOW), NOW - timedelta(days=1))
    table.create(second, a_claim(second, key), NOW + SECOND)
    table.save(first, [Free(key)], NOW)
    saved = table.payment(first.id)
    assert saved
    assert saved.version == first.version + 1
    held, made = table.create(a_payment(), a_claim(first, key), NOW + SECOND)
    assert held
    assert (held.led_to, made) == (second.id, False)


# Events


def an_entry(event_id: str, outcome: str = "learned", at: datetime = NOW) -> AuditEntry:
    return AuditEntry(event_id, "charge.succeeded", (outcome,), at)


def test_the_audit_trail_has_each_event_once_the_first_record_and_the_oldest_first(table: Table) -> None:
    payment = created(table)
    late, early = an_entry("evt_a", at=NOW + SECOND), an_entry("evt_b")
    table.save(payment, [Note(late)], NOW)
    table.audit(payment.id, early)
    table.audit(payment.id, an_entry("evt_a", "nothing new"))
    assert table.events(payment.id) == [early, late]
    assert table.events("pay_nobody") == []


# Notices


def test_a_notice_is_claimed_once_until_its_lease_has_run_out(table: Table) -> None:
    payment = with_notice(table)
    assert attempt_of(table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE)) == 1
    assert table.claim_notice(payment.id, CONFIRMATION, NOW + LEASE - SECOND, LEASE) is None
    assert attempt_of(table.claim_notice(payment.id, CONFIRMATION, NOW + LEASE, LEASE)) == 2


def test_of_many_senders_one_claims(table: Table) -> None:
    payment = with_notice(table)
    with ThreadPoolExecutor(16) as pool:
        claims = list(pool.map(lambda _: table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE), range(16)))
    assert claims.count(None) == 15
    assert claims.count(NoticeClaim(1, NOW)) == 1


def test_a_notice_that_is_not_yet_due_or_was_never_raised_is_not_to_be_had(table: Table) -> None:
    payment = with_notice(table, send_at=NOW + SECOND)
    assert table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE) is None
    assert table.claim_notice(payment.id, COPY, NOW + SECOND, LEASE) is None
    assert attempt_of(table.claim_notice(payment.id, CONFIRMATION, NOW + SECOND, LEASE)) == 1


@pytest.mark.parametrize("state", [NoticeState.SENT, NoticeState.MOOT, NoticeState.REJECTED, NoticeState.GAVE_UP])
def test_a_settled_notice_is_never_sent_again_and_no_longer_overdue(
    engine_system: System, table: Table, state: NoticeState
) -> None:
    payment = with_notice(table)
    table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE)
    table.settle_notice(payment.id, CONFIRMATION, 1, state, NOW, "message-1")
    assert table.claim_notice(payment.id, CONFIRMATION, NOW + timedelta(days=1), LEASE) is None
    assert overdue(table, payment, NOW + timedelta(days=1)) == []
    kept = notice_item(engine_system, payment)
    assert (kept["state"], kept["note"]) == (state.value, "message-1")


def test_a_postponed_notice_is_due_again_when_it_was_said(table: Table) -> None:
    payment = with_notice(table)
    table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE)
    table.postpone_notice(payment.id, CONFIRMATION, 1, NOW + SECOND, "SES said no")
    assert table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE) is None
    # Since when it is due does not move with its attempts.
    assert table.claim_notice(payment.id, CONFIRMATION, NOW + SECOND, LEASE) == NoticeClaim(2, NOW)


def test_the_documents_command_makes_a_notice_that_was_given_up_due_again(engine_system: System, table: Table) -> None:
    """As the shell would: the words in quotes, and what it puts in their place."""
    payment = with_notice(table)
    table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE)
    table.settle_notice(payment.id, CONFIRMATION, 1, NoticeState.GAVE_UP, NOW, "SES said no")
    commands = (ROOT / "docs" / "operating.md").read_text().partition("NOTICE=payment_confirmation\n")[2]
    shard = subprocess.run(
        [sys.executable, "-c", re.findall(r'-c "(.*)" "\$PAYMENT" "\$NEEDS"', commands)[0], payment.id, "1"],
        env={"PYTHONPATH": str(ROOT / "layers" / "common")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    command = commands.partition("update-item")[2].partition("```")[0].replace("\\\n", " ").replace("$SHARD", shard)
    words = shlex.split(command.replace("$(date +%s)", str(int(NOW.timestamp()))))
    given = {word: after for word, after in pairwise(words) if word.startswith("--")}
    table._client.update_item(
        TableName=table._name,
        Key={"pk": {"S": f"PAYMENT#{payment.id}"}, "sk": {"S": f"NOTICE#{CONFIRMATION}"}},
        UpdateExpression=given["--update-expression"],
        ConditionExpression=given["--condition-expression"],
        ExpressionAttributeNames=json.loads(given["--expression-attribute-names"]),
        ExpressionAttributeValues=json.loads(given["--expression-attribute-values"]),
    )
    assert overdue(table, payment, NOW) == [CONFIRMATION]
    assert "attention" not in notice_item(engine_system, payment)
    assert attempt_of(table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE)) == 1


def test_a_sender_whose_lease_ran_out_records_nothing(engine_system: System, table: Table) -> None:
    payment = with_notice(table)
    table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE)
    table.claim_notice(payment.id, CONFIRMATION, NOW + LEASE, LEASE)
    table.settle_notice(payment.id, CONFIRMATION, 1, NoticeState.REJECTED, NOW, "too late")
    table.postpone_notice(payment.id, CONFIRMATION, 1, NOW, "too late")
    kept = notice_item(engine_system, payment)
    assert (kept["state"], kept["attempts"]) == ("claimed", "2")
    assert "note" not in kept


def retract(table: Table, payment: Payment, note: str) -> Payment:
    return table.save(replace(payment, raised=frozenset()), [Retract(CONFIRMATION, 1, note)], NOW)


def test_a_retracted_notice_is_not_sent_and_can_be_raised_again(engine_system: System, table: Table) -> None:
    payment = with_notice(table)
    table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE)
    stored = table.payment(payment.id)
    assert stored
    retract(table, stored, "not true")
    kept = notice_item(engine_system, payment)
    assert (kept["state"], kept["note"]) == ("moot", "not true")
    assert table.claim_notice(payment.id, CONFIRMATION, NOW + timedelta(days=1), LEASE) is None
    assert overdue(table, payment, NOW + timedelta(days=1)) == []
    retracted = table.payment(payment.id)
    assert retracted == replace(stored, raised=frozenset(), version=stored.version + 1)
    table.save(replace(retracted, raised=frozenset({CONFIRMATION})), [Raise(CONFIRMATION, NOW + SECOND)], NOW)
    assert table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE) is None
    assert attempt_of(table.claim_notice(payment.id, CONFIRMATION, NOW + SECOND, LEASE)) == 1


def test_a_notice_is_not_retracted_once_its_payment_changed_or_another_claimed_it(
    engine_system: System, table: Table
) -> None:
    payment = with_notice(table)
    table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE)
    with pytest.raises(Conflict):
        retract(table, replace(payment, version=payment.version - 1), "by what was known")
    stored = table.payment(payment.id)
    assert stored
    table.claim_notice(payment.id, CONFIRMATION, NOW + LEASE, LEASE)
    with pytest.raises(ClaimLost):
        retract(table, stored, "too late")
    assert notice_item(engine_system, payment)["state"] == "claimed"
    assert table.payment(payment.id) == stored


# What is overdue


def test_overdue_is_what_is_due_by_now_and_nothing_else(table: Table) -> None:
    payment = created(table, due_by={"look": NOW})
    table.save(
        replace(payment, raised=frozenset({CONFIRMATION, COPY})),
        [Raise(CONFIRMATION, NOW - UNDER_WAY - SECOND), Raise(COPY, NOW - UNDER_WAY + SECOND)],
        NOW,
    )
    assert overdue(table, payment, NOW - 2 * SECOND) == []
    assert overdue(table, payment, NOW) == [CONFIRMATION, None]
    table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE)
    assert overdue(table, payment, NOW + SECOND) == [None, COPY]
    assert overdue(table, payment, NOW + LEASE) == [None, COPY, CONFIRMATION]


def test_of_what_is_overdue_each_shard_gives_its_longest_overdue(table: Table) -> None:
    long_ago = NOW - timedelta(days=3650)
    payments = [created(table, due_by={"look": long_ago + number * SECOND}) for number in range(30)]
    found = table.due(DueReason.LOOK, long_ago + 60 * SECOND, 2)
    assert len(found) <= 8
    assert found == sorted(found, key=lambda each: each.due_at)
    assert found[0].payment_id == payments[0].id
    latest = table.due(DueReason.LOOK, long_ago + 60 * SECOND, 2, latest=True)
    assert latest[-1].payment_id == payments[-1].id
    for payment in payments:
        table.save(replace(payment, due_by={}), [], NOW)


def test_when_to_look_again_is_moved_or_taken_away(table: Table) -> None:
    payment = created(table, due_by={"look": NOW})
    payment = table.save(replace(payment, due_by={"look": NOW + LEASE}), [], NOW)
    assert overdue(table, payment, NOW) == []
    assert overdue(table, payment, NOW + LEASE) == [None]
    payment = table.save(replace(payment, due_by={}), [], NOW)
    assert overdue(table, payment, NOW + LEASE) == []
    assert table.payment(payment.id) == payment


def test_a_payment_that_is_due_for_several_reasons_stands_under_the_earliest(
    engine_system: System, table: Table
) -> None:
    """A reason that this release does not know waits for one that does, and keeps nothing that it does know waiting."""
    payment = created(table, due_by={"look": NOW + LEASE, "tidy": NOW})
    assert overdue(table, payment, NOW) == []
    assert overdue(table, payment, NOW + LEASE) == [None]
    payment = table.save(replace(payment, due_by={"tidy": NOW}), [], NOW)
    item = engine_system.items(f"PAYMENT#{payment.id}")["PAYMENT"]
    assert item["due_shard"]["S"].startswith("tidy#1#")
    assert table.payment(payment.id) == payment


def test_when_it_was_asked_last_is_written_whoever_wrote_meanwhile(table: Table) -> None:
    payment = created(table)
    session = Session(ref="cs_1", state=SessionState.OPEN, amount=9900, currency="usd")
    table.save(replace(payment, facts={session.key: session}), [], NOW)
    asked = table.ask_again(payment, NOW + LEASE)
    assert (asked.asked_at, asked.sessions) == (NOW + LEASE, (session,))
    with pytest.raises(Conflict):
        table.save(replace(payment, version=payment.version + 1), [], NOW)
    assert table.payment(payment.id) == asked


def test_a_payment_that_was_never_made_cannot_be_asked_for(table: Table) -> None:
    with pytest.raises(TryAgain):
        table.ask_again(a_payment(), NOW)


def test_of_many_who_begin_a_users_customer_the_first_says_which(table: Table) -> None:
    begun = [UserCustomer(f"user-of-{id(table)}", number) for number in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        stored = {*pool.map(lambda each: table.begin_customer(each, None), begun)}
    assert len(stored) == 1
    [first] = stored
    assert first
    assert table.customer(first.user) == first
    known = replace(first, id="cus_1")
    assert table.keep_customer(known) == known == table.customer(first.user)

    # It was deleted, and many find that out at once.
    anew = [replace(first, n=first.n + 10 + number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        stored = {*pool.map(lambda each: table.begin_customer(each, known), anew)}
    [second] = stored
    assert second in anew
    # What Stripe calls the one before is nobody's any more.
    assert table.keep_customer(known) == second
    table.forget_customer(known)
    assert table.customer(first.user) == second
    assert second
    table.forget_customer(second)
    assert table.customer(first.user) is None
    assert table.keep_customer(replace(second, id="cus_2")) is None


def test_a_cursor_is_where_it_was_last_moved_to(table: Table) -> None:
    events = EventSet(uuid4().hex, ("refund.created", "refund.failed"), undelivered=False)
    assert table.cursor(events) is None
    moved = Cursor(NOW + 2 * SECOND, NOW + SECOND)
    table.move_cursor(events, Cursor(NOW, NOW))
    table.move_cursor(events, moved)
    assert table.cursor(events) == moved
    # The order of its types is nothing; another one among them is a set that nobody has read yet.
    assert table.cursor(replace(events, types=events.types[::-1])) == moved
    assert table.cursor(replace(events, types=(*events.types, "refund.updated"))) is None


def test_what_older_code_has_read_is_read_again_from_where_it_was_sure(table: Table) -> None:
    """It knows of no other place: its cursor has nothing but that."""
    events = EventSet(uuid4().hex, ("refund.created",), undelivered=False)
    older = cursor_key(events, LEVEL) | {"read_until": {"N": str(int(NOW.timestamp()))}}
    table._client.put_item(TableName=table._name, Item=older)
    assert table.cursor(events) == Cursor(NOW, NOW)


def test_a_notice_that_was_published_is_due_again_later_and_may_be_sent_at_once(table: Table) -> None:
    payment = with_notice(table)
    due_at, later = NOW + UNDER_WAY, NOW + timedelta(days=1)
    table.publish_again_at(payment.id, CONFIRMATION, later, due_at)
    assert overdue(table, payment, later - SECOND) == []
    assert overdue(table, payment, later) == [CONFIRMATION]
    claim = table.claim_notice(payment.id, CONFIRMATION, due_at, LEASE)
    # One that is being sent says itself when to look after it.
    table.publish_again_at(payment.id, CONFIRMATION, later, due_at)
    assert overdue(table, payment, due_at + LEASE) == [CONFIRMATION]
    table.settle_notice(payment.id, CONFIRMATION, attempt_of(claim), NoticeState.SENT, NOW, None)
    table.publish_again_at(payment.id, CONFIRMATION, later, later)
    assert overdue(table, payment, later + timedelta(days=1)) == []


def test_a_lease_has_one_holder_until_it_runs_out_or_is_given_back(table: Table) -> None:
    name = uuid4().hex
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: table.take_lease(name, NOW, LEASE), range(8))) == 1
    assert not table.take_lease(name, NOW + LEASE - SECOND, LEASE)
    assert table.take_lease(name, NOW + LEASE, LEASE)
    table.give_back_lease(name)
    assert table.take_lease(name, NOW + LEASE, LEASE)


# Transactions on the same item at the same moment: DynamoDB refuses one of them, which neither engine does.


class Body(BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()


def refusing(system: System, operation: str, times: int, error: dict[str, Any]) -> tuple[Table, list[str]]:
    """The table, whose first calls of an operation are refused as DynamoDB would, and the refused calls."""
    dynamodb, refused = client("dynamodb", system.dynamodb_url), list[str]()

    def answer(request: Any, **_: Any) -> AWSResponse | None:
        if len(refused) == times:
            return None
        refused.append(operation)
        error_type = f"com.amazonaws.dynamodb.v20120810#{error['code']}"
        body = json.dumps(error | {"__type": error_type, "message": "Transaction is ongoing for the item"})
        return AWSResponse(request.url, 400, HTTPHeaders(), Body(body.encode()))

    dynamodb.meta.events.register(f"before-send.dynamodb.{operation}", answer)  # type: ignore[arg-type]
    (declared,) = system.template.tables.values()
    return Table(declared.name, dynamodb), refused


ONGOING = {"code": "TransactionConflictException"}


def test_a_mail_that_was_sent_is_recorded_though_a_transaction_is_at_its_notice(
    engine_system: System, table: Table
) -> None:
    payment = with_notice(table)
    colliding, refused = refusing(engine_system, "UpdateItem", 3, ONGOING)
    table.claim_notice(payment.id, CONFIRMATION, NOW, LEASE)
    colliding.settle_notice(payment.id, CONFIRMATION, 1, NoticeState.SENT, NOW, "message-1")
    assert len(refused) == 3
    assert notice_item(engine_system, payment)["state"] == "sent"


def test_an_event_is_recorded_though_a_transaction_is_at_its_record(engine_system: System, table: Table) -> None:
    payment = created(table)
    colliding, refused = refusing(engine_system, "PutItem", 3, ONGOING)
    colliding.audit(payment.id, an_entry("evt_1"))
    assert len(refused) == 3
    assert table.events(payment.id) == [an_entry("evt_1")]


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_met_another_or_too_many_is_to_be_tried_again(
    engine_system: System, table: Table, code: str
) -> None:
    reasons = {"code": "TransactionCanceledException", "CancellationReasons": [{"Code": code}]}
    payment = created(table)
    colliding, _ = refusing(engine_system, "TransactWriteItems", 1, reasons)
    with pytest.raises(Conflict):
        colliding.save(payment, [], NOW)
    assert table.payment(payment.id) == payment


PAUSE = timedelta(seconds=10)


def test_of_callers_who_want_to_know_at_once_one_is_to_ask(table: Table) -> None:
    payment_id = a_payment().id
    assert table.begin_check(payment_id, NOW, PAUSE) == (None, True)
    # Not heard of again, and nobody else asks before the pause is over.
    almost = NOW + PAUSE - timedelta(milliseconds=1)
    assert [table.begin_check(payment_id, now, PAUSE) for now in (NOW, almost)] == [(None, False)] * 2
    assert table.begin_check(payment_id, NOW + PAUSE, PAUSE) == (None, True)
    assert table.begin_check(a_payment().id, NOW, PAUSE) == (None, True)


def test_the_time_of_stripes_answer_is_kept_and_never_goes_back(engine_system: System, table: Table) -> None:
    payment_id = a_payment().id
    assert table.checked_at(payment_id) is None
    table.begin_check(payment_id, NOW, PAUSE)
    table.begin_check(payment_id, NOW + PAUSE, PAUSE)
    assert table.checked_at(payment_id) is None
    table.end_check(payment_id, NOW + PAUSE)
    # The first one took longer.
    table.end_check(payment_id, NOW)
    assert table.checked_at(payment_id) == NOW + PAUSE
    assert table.begin_check(payment_id, NOW + PAUSE, PAUSE) == (NOW + PAUSE, False)
    assert table.begin_check(payment_id, NOW + 2 * PAUSE, PAUSE) == (NOW + PAUSE, True)
    item = engine_system.items(f"RATE#refresh-{payment_id}")["RATE"]
    assert int(item["delete_after"]["N"]) == int((NOW + 2 * PAUSE + timedelta(days=1)).timestamp())


class Unread:
    """A DynamoDB that is too busy to read some keys, so many times."""

    def __init__(self, dynamodb: Any, times: int) -> None:
        self._dynamodb = dynamodb
        self.times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)

    def batch_get_item(self, **request: Any) -> Any:
        if self.times:
            self.times -= 1
            return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
        return self._dynamodb.batch_get_item(**request)


@pytest.mark.parametrize(("times", "is_read"), [(2, True), (10**6, False)])
def test_what_was_left_unread_is_read_again_after_a_pause_and_not_for_ever(
    engine_system: System, monkeypatch: pytest.MonkeyPatch, times: int, is_read: bool
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("payments.adapters.table.client.time.sleep", pauses.append)
    (declared,) = engine_system.template.tables.values()
    busy = Unread(engine_system.dynamodb, times)
    if is_read:
        offer = Table(declared.name, busy).offer(["consulting-hour"], None, NOW, with_terms=False)  # type: ignore[arg-type]
        assert offer.products
        assert len(pauses) == times
    else:
        with pytest.raises(TryAgain):
            Table(declared.name, busy).offer(["consulting-hour"], None, NOW, with_terms=False)  # type: ignore[arg-type]
        assert len(pauses) < 10
    assert pauses == sorted(pauses)
    assert all(pauses)
