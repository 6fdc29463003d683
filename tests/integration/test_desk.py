"""What the desk shows, on both engines: the handler, the queries and the indexes that they read."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.adapters.table.codec import encoded
from payments.adapters.table.keys import payment_key
from payments.adapters.table.payment_items import payment_item
from payments.domain.learning import attention_of, learn
from payments.domain.money import Money
from payments.domain.notices import NoticeState
from payments.domain.payment import Customer, Payment, Status
from payments.domain.releases import LEVEL
from payments.services import desk_reading
from tests import strategies
from tests.builders import NOW, a_charge, a_dispute, a_failed_charge, a_payment, a_refund, a_session, an_event
from tests.callers import ADA
from tests.integration.contract import Contract
from tests.integration.system import AN_ORDER, Answer, System

CONTRACT = Contract()
OPERATIONS = {
    "/admin/attention": "listAttention",
    "/admin/payments": "listPayments",
    "/admin/payments/{paymentId}": "getPaymentForAdmins",
    "/admin/stats": "getStatistics",
}


def ask(
    system: System,
    path: str,
    query: dict[str, str] | None = None,
    *,
    paymentId: str = "",  # noqa: N803 - the path's
) -> Answer:
    """Whatever is answered is documented."""
    system.calls.clear()
    answer = system.desk(f"GET {path}", query=query, paymentId=paymentId)
    if answer.status < 500:
        CONTRACT.judge(OPERATIONS[path], answer.status, answer.headers["content-type"], answer.body)
    return answer


def everything(system: System, path: str, **query: str) -> list[list[dict[str, Any]]]:
    """The pages, until there is no cursor."""
    found, cursor = [], ""
    while True:
        body = ask(system, path, {**query, "cursor": cursor}).body
        found.append(body[path.rpartition("/")[2]])
        if body["cursor"] is None:
            return found
        cursor = body["cursor"]


def one(system: System, payment_id: str) -> dict[str, Any]:
    answer = ask(system, "/admin/payments/{paymentId}", paymentId=payment_id)
    assert answer.status == 200
    return answer.body


def keep(system: System, *payments: Payment) -> None:
    """Payments as they would be, without what else is written with them."""
    [table] = system.template.tables.values()
    for start in range(0, len(payments), 25):
        puts: list[Any] = [
            {"PutRequest": {"Item": payment_item(each, each.version)}} for each in payments[start : start + 25]
        ]
        unwritten: Any = {table.name: puts}
        while unwritten:
            unwritten = system.dynamodb.batch_write_item(RequestItems=unwritten)["UnprocessedItems"]


def change(system: System, payment_id: str, **values: object) -> None:
    """The payment's item as another release would have it."""
    [table] = system.template.tables.values()
    system.dynamodb.update_item(
        TableName=table.name,
        Key=payment_key(payment_id),
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues=encoded({f":{name}": value for name, value in values.items()}),
    )


def ordered(day: str, number: int = 0, **changes: Any) -> Payment:
    """A payment of a day that no other test has."""
    at = datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(seconds=number)
    return a_payment(day=day, now=at, **changes)


# Lists


# moto reads so many items one by one, and is too slow for it on a busy machine.
@pytest.mark.parametrize("engine_system", ["dynamodb-local"], indirect=True)
def test_a_day_of_a_thousand_payments_is_read_by_at_most_two_queries(engine_system: System) -> None:
    day, payments = "2001-01-01", 1000
    keep(engine_system, *(ordered(day, number) for number in range(payments)))
    queries, seen = 0, list[str]()
    cursor: str | None = ""
    while cursor is not None:
        body = ask(engine_system, "/admin/payments", {"from": day, "to": day, "cursor": cursor}).body
        seen += [each["paymentId"] for each in body["payments"]]
        queries += engine_system.calls.count("Query")
        assert set(engine_system.calls) == {"Query"}
        cursor = body["cursor"]
    assert len(seen) == len(set(seen)) == payments
    assert queries <= 2


def test_pages_survive_what_is_written_between_them(engine_system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_reading, "MOST_IN_A_CALL", 3)
    monkeypatch.setattr(desk_reading, "ROWS_ENOUGH", 4)
    days = [f"2002-01-0{number}" for number in range(1, 5)]
    # Two of one moment, too.
    there = [ordered(day, number // 2) for day in days if day != "2002-01-03" for number in range(7)]
    keep(engine_system, *there)
    seen, turn = list[dict[str, Any]](), 0
    cursor: str | None = ""
    while cursor is not None:
        body = ask(engine_system, "/admin/payments", {"from": days[0], "to": days[-1], "cursor": cursor}).body
        seen += body["payments"]
        cursor, turn = body["cursor"], turn + 1
        keep(engine_system, ordered("2002-01-04", 100 + turn), ordered("2002-01-01", turn))
        change(engine_system, body["payments"][-1]["paymentId"] if body["payments"] else there[0].id, status="refunded")
    ids = [each["paymentId"] for each in seen]
    assert len(ids) == len(set(ids))
    assert {each.id for each in there} <= set(ids)
    times = [each["createdAt"] for each in seen]
    assert times == sorted(times, reverse=True)


def test_of_one_status_pages_may_be_empty(engine_system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_reading, "MOST_IN_A_CALL", 2)
    monkeypatch.setattr(desk_reading, "MOST_CALLS", 1)
    payments = [ordered("2003-01-01", number) for number in range(5)]
    keep(engine_system, *payments)
    change(engine_system, payments[0].id, status="failed")
    found = everything(engine_system, "/admin/payments", **{"from": "2003-01-01", "to": "2003-01-01"}, status="failed")
    assert [len(page) for page in found] == [0, 0, 1]
    assert found[2][0]["paymentId"] == payments[0].id


def test_what_was_ordered_today_is_in_the_list(engine_system: System) -> None:
    payment_id = engine_system.order().body["paymentId"]
    engine_system.hear(an_event("charge.succeeded", a_charge(payment_id, id="ch_today", payment_intent="pi_today")))
    found = ask(engine_system, "/admin/payments").body["payments"]
    assert engine_system.calls == ["Query"] * 7
    [row] = [each for each in found if each["paymentId"] == payment_id]
    assert (row["status"], row["amount"], row["currency"], row["sku"]) == ("succeeded", 9900, "usd", "consulting-hour")
    assert row["received"] == [{"amount": 9900, "currency": "usd"}]
    assert row["paidAt"] == "2026-11-18T11:07:00Z"


def test_a_row_needs_no_code_that_knows_the_payment(engine_system: System) -> None:
    payment = ordered("2007-01-01")
    keep(engine_system, payment)
    change(engine_system, payment.id, needs=LEVEL + 2, status="in_orbit", facts="of another world")
    for query in ({"from": "2007-01-01", "to": "2007-01-01"}, {"q": payment.id}):
        [row] = engine_system.desk("GET /admin/payments", query=query).body["payments"]
        assert (row["paymentId"], row["status"]) == (payment.id, "in_orbit")


def test_today_is_the_businesss(engine_system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = engine_system.functions["AdminRead"]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime(2004, 1, 31, 23, 30, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(handler, "datetime", Clock)
    monkeypatch.setattr(handler, "zone", ZoneInfo("Europe/Berlin"))
    payment = ordered("2004-02-01")
    keep(engine_system, payment)
    assert [each["paymentId"] for each in ask(engine_system, "/admin/payments").body["payments"]] == [payment.id]


# Search


@pytest.fixture
def bought(engine_system: System) -> dict[str, str]:
    """A payment and what it is found by."""
    ordered = engine_system.order(AN_ORDER | {"email": "Ada.Search@Example.com"}).body
    payment_id = ordered["paymentId"]
    named = {"id": f"ch_{payment_id[-6:]}", "payment_intent": f"pi_{payment_id[-6:]}"}
    engine_system.hear(an_event("charge.succeeded", a_charge(payment_id, **named)))
    # Its intent is known by the session that it paid.
    session = a_session(payment_id, id=ordered["sessionId"], payment_intent=named["payment_intent"])
    engine_system.hear(an_event("checkout.session.completed", session))
    return {
        "payment": payment_id,
        "session": ordered["sessionId"],
        "intent": named["payment_intent"],
        "charge": named["id"],
        "address": "ada.search@EXAMPLE.COM",
    }


@pytest.mark.parametrize("by", ["payment", "session", "intent", "charge", "address"])
def test_one_field_finds_a_payment_by_any_of_its_names(
    engine_system: System, bought: dict[str, str], by: str, logs_of_the_desk: io.StringIO
) -> None:
    answer = ask(engine_system, "/admin/payments", {"q": bought[by]})
    assert bought["payment"] in [each["paymentId"] for each in answer.body["payments"]]
    assert answer.body["cursor"] is None
    assert len(engine_system.calls) <= 2
    assert logs_of_the_desk.getvalue() == ""


@pytest.fixture
def logs_of_the_desk(engine_system: System) -> Iterator[io.StringIO]:
    lines = io.StringIO()
    handler = engine_system.functions["AdminRead"].logger.registered_handler
    stream = handler.setStream(lines)
    yield lines
    handler.setStream(stream)


@pytest.mark.parametrize(("sub", "name"), [("auth0|ada", "q"), ("auth0|ada", "user"), ("ada@example.com", "user")])
def test_a_users_payments_are_found_by_the_sub(
    engine_system: System, monkeypatch: pytest.MonkeyPatch, sub: str, name: str
) -> None:
    sub = f"{name}|{sub}"
    theirs = [ordered("2005-01-01", number).but(user=sub) for number in range(3)]
    keep(engine_system, *theirs, ordered("2005-01-01").but(user="auth0|eve"))
    monkeypatch.setattr(desk_reading, "MOST_IN_A_CALL", 2)
    found = everything(engine_system, "/admin/payments", **{name: sub})
    assert [[each["paymentId"] for each in page] for page in found] == [[theirs[2].id, theirs[1].id], [theirs[0].id]]


def test_an_addresss_payments_come_in_pages_the_newest_first(
    engine_system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = [ordered("2006-01-01", number, customer=Customer("Jo", "jo@münchen.de")) for number in range(5)]
    keep(engine_system, *theirs)
    monkeypatch.setattr(desk_reading, "MOST_BY_KEYS", 2)
    found = everything(engine_system, "/admin/payments", q="JO@München.de")
    assert [each["paymentId"] for page in found for each in page] == [each.id for each in reversed(theirs)]


@pytest.mark.parametrize(
    "q",
    ["pay_01KAJN5JR0Q4Y6B8C2D9E3F7GH", "ch_of_nobody", "nobody@example.com", "7c9e6679-7425-40de-944b-e07fc1f90ae7"],
)
def test_what_is_not_there_is_not_found(engine_system: System, q: str) -> None:
    assert ask(engine_system, "/admin/payments", {"q": q}).body == {"payments": [], "cursor": None}


def test_what_cannot_be_searched_for_says_what_can_and_is_not_logged(
    engine_system: System, logs_of_the_desk: io.StringIO
) -> None:
    answer = ask(engine_system, "/admin/payments", {"q": "Ada Lovelace"})
    assert answer.status == 422
    assert "a mail address" in answer.body["detail"]
    assert ask(engine_system, "/admin/payments", {"ada@example.com": "x"}).status == 422
    assert engine_system.calls == []
    logged = logs_of_the_desk.getvalue()
    assert "Lovelace" not in logged
    assert "ada@" not in logged
    assert [json.loads(line)["fields"] for line in logged.splitlines()] == [["q"], ["query"]]


# One payment


def test_one_payment_is_shown_with_all_that_is_known(engine_system: System, bought: dict[str, str]) -> None:
    payment_id, charge, intent = bought["payment"], bought["charge"], bought["intent"]
    about = {"charge": charge, "payment_intent": intent}
    refund = a_refund(id=f"re_{payment_id}", amount=900, **about)
    assert engine_system.hear(an_event("refund.created", refund)).status == 200
    dispute = a_dispute(id=f"du_{payment_id}", amount=9000, **about)
    assert engine_system.hear(an_event("charge.dispute.created", dispute)).status == 200
    engine_system.run_mailer()

    shown = one(engine_system, payment_id)

    assert engine_system.calls == ["Query"]
    row = ask(engine_system, "/admin/payments", {"q": payment_id}).body["payments"][0]
    assert {name: shown[name] for name in row} == row
    assert (shown["status"], shown["dispute"]) == ("partially_refunded", "open")
    assert (shown["name"], shown["email"], shown["user"]) == ("Ada Lovelace", "Ada.Search@Example.com", None)
    assert shown["returned"] == [{"amount": 900, "currency": "usd"}]
    assert shown["refundable"] == [{"intent": intent, "amount": 9000, "currency": "usd"}]
    assert shown["attention"]["why"] == ["dispute"]
    assert shown["attention"]["deadline"] == "2026-11-30T00:53:20Z"
    assert shown["stripeUrl"] == f"{engine_system.double.url}/dashboard/payments/{intent}"
    assert not shown["cancelable"]
    facts = {each["kind"]: each for each in shown["facts"]}
    assert set(facts) == {"asking", "attempt", "dispute", "intent", "refund", "session"}
    assert facts["dispute"]["details"] == {
        "amount": 9000,
        "currency": "usd",
        "reason": "fraudulent",
        "evidenceDueBy": "2026-11-30T00:53:20Z",
    }
    assert [each["type"] for each in shown["timeline"]] == [
        "charge.succeeded",
        "checkout.session.completed",
        "refund.created",
        "charge.dispute.created",
    ]
    assert shown["timeline"][2]["outcome"] == [f"refund#re_{payment_id}: unknown -> succeeded"]
    notices = {each["kind"]: each for each in shown["notices"]}
    assert set(notices) == {
        *("payment_confirmation", "admin_notification", "admin_copy"),
        *("refund_confirmation", "dispute_alert"),
    }
    assert notices["dispute_alert"]["ref"] == f"du_{payment_id}#open"
    assert {(each["state"], each["resendable"], each["attempts"]) for each in notices.values()} == {("sent", True, 1)}


def test_what_was_issued_is_where_a_payment_says(engine_system: System, bought: dict[str, str]) -> None:
    engine_system.run_mailer()

    [invoice] = one(engine_system, bought["payment"])["documents"]

    path, _, query = invoice["path"].partition("?")
    event = {
        "headers": {},
        "pathParameters": {"paymentId": path.split("/")[2]},
        "queryStringParameters": dict(parse_qsl(query)),
    }
    answer = engine_system.invoke("GetInvoice", event)
    assert (invoice["kind"], answer["statusCode"]) == ("invoice", 200)
    assert f"invoice-{invoice['number']}.pdf" in answer["headers"]["content-disposition"]


def test_an_open_payment_can_be_canceled_and_one_in_review_names_the_sums(engine_system: System) -> None:
    payment_id = engine_system.order().body["paymentId"]
    assert one(engine_system, payment_id)["cancelable"]
    failed = a_failed_charge(payment_id, id=f"ch_no{payment_id}", failure_code="card_declined")
    failed["outcome"] = {"reason": "stolen_card", "type": "issuer_declined"}
    engine_system.hear(an_event("charge.failed", failed))
    assert one(engine_system, payment_id)["failure"]["code"] == "stolen_card"
    little = a_charge(payment_id, id=f"ch_{payment_id}", amount=5000, amount_captured=5000, payment_intent="pi_little")
    engine_system.hear(an_event("charge.succeeded", little))
    shown = one(engine_system, payment_id)
    assert (shown["toApprove"], shown["cancelable"]) == ([{"amount": 5000, "currency": "usd"}], False)
    assert shown["attention"]["why"] == ["review"]


def test_one_that_is_for_newer_code_is_shown_as_far_as_that_left_it(engine_system: System) -> None:
    payment_id = engine_system.order().body["paymentId"]
    before = one(engine_system, payment_id)
    change(engine_system, payment_id, needs=LEVEL + 2)
    after = one(engine_system, payment_id)
    assert before["cancelable"]
    assert after == before | {"cancelable": False, "refundable": [], "stripeUrl": None}
    [table] = engine_system.template.tables.values()
    key = payment_key(payment_id)
    engine_system.dynamodb.update_item(
        TableName=table.name, Key=key, UpdateExpression="REMOVE #view", ExpressionAttributeNames={"#view": "view"}
    )
    answer = engine_system.desk("GET /admin/payments/{paymentId}", paymentId=payment_id)
    assert (answer.status, answer.body["code"]) == (503, "updating")


@pytest.mark.parametrize("payment_id", ["pay_01KAJN5JR0Q4Y6B8C2D9E3F7GH", "pay_", "..", ""])
def test_a_payment_that_is_not_there_is_404(engine_system: System, payment_id: str) -> None:
    assert ask(engine_system, "/admin/payments/{paymentId}", paymentId=payment_id).status == 404


# Attention


def test_what_waits_comes_by_urgency_then_by_deadline_with_the_mails_that_do_not_arrive(
    engine_system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    for page in everything(engine_system, "/admin/attention"):
        for each in page:
            [table] = engine_system.template.tables.values()
            name = each["notice"] and "#".join(filter(None, ("NOTICE", each["notice"]["kind"], each["notice"]["ref"])))
            key = payment_key(each["paymentId"]) | ({"sk": {"S": name}} if name else {})
            engine_system.dynamodb.delete_item(TableName=table.name, Key=key)
    ids = {name: engine_system.order().body["paymentId"] for name in ("late", "soon", "review", "mail")}
    for name in ("late", "soon", "review"):
        charge = a_charge(ids[name], id=f"ch_{ids[name]}", payment_intent=f"pi_{ids[name]}")
        if name == "review":
            charge |= {"amount": 5000, "amount_captured": 5000}
        engine_system.hear(an_event("charge.succeeded", charge))
    for name, due_by in (("late", 1797000000), ("soon", 1796000000)):
        dispute = a_dispute(id=f"du_{name}", charge=f"ch_{ids[name]}", payment_intent=f"pi_{ids[name]}")
        dispute["evidence_details"]["due_by"] = due_by
        engine_system.hear(an_event("charge.dispute.created", dispute))
    engine_system.hear(an_event("charge.succeeded", a_charge(ids["mail"], id="ch_mail", payment_intent="pi_mail")))
    payment = engine_system.table.payment(ids["mail"])
    assert payment
    [notice] = [each for each in payment.raised if each.kind == "payment_confirmation"]
    now = datetime.now(UTC) + timedelta(minutes=1)
    claim = engine_system.table.claim_notice(ids["mail"], notice, now, timedelta(seconds=1))
    assert claim
    engine_system.table.settle_notice(ids["mail"], notice, claim.attempt, NoticeState.GAVE_UP, now, "no answer")

    monkeypatch.setattr(desk_reading, "MOST_WAITING", 2)
    found = everything(engine_system, "/admin/attention")

    assert [len(page) for page in found[:2]] == [2, 2] or [len(page) for page in found[:2]] == [3, 1]
    waiting = [each for page in found for each in page]
    assert [(each["paymentId"], each["why"], each["notice"]) for each in waiting] == [
        (ids["review"], ["review"], None),
        (ids["soon"], ["dispute"], None),
        (ids["late"], ["dispute"], None),
        (ids["mail"], ["mail"], {"kind": "payment_confirmation", "ref": ""}),
    ]
    assert [each["status"] for each in waiting] == ["in_review", "succeeded", "succeeded", "gave_up"]
    assert [each["deadline"] for each in waiting] == [None, "2026-11-30T00:53:20Z", "2026-12-11T14:40:00Z", None]


# Statistics

histories = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([Money(9900, "usd"), Money(500, "jpy")]), strategies.histories),
    min_size=1,
    max_size=12,
)


def _day_of_a_test(numbers: Iterator[int]) -> date:
    return date(2100, 1, 1) + timedelta(days=10 * next(numbers))


def test_statistics_are_what_a_plain_count_finds(engine_system: System) -> None:
    numbers = iter(range(1000))

    @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(histories)
    def holds(drawn: Any) -> None:
        first = _day_of_a_test(numbers)
        payments = []
        for offset, asked, news in drawn:
            payment = ordered((first + timedelta(days=offset)).isoformat(), asked=asked)
            learned = learn(payment, news, now=NOW)[0]
            payments.append(learned.but(attention=attention_of(learned, NOW)))
        # Written over and over again.
        keep(engine_system, *payments)
        keep(engine_system, *payments[::-1])
        last = first + timedelta(days=1)
        query = {"from": first.isoformat(), "to": last.isoformat()}
        found = ask(engine_system, "/admin/stats", query).body["days"]
        assert found == plain_count([each for each in payments if each.day <= last.isoformat()])

    holds()


def plain_count(payments: list[Payment]) -> list[dict[str, Any]]:
    keys = {(each.day, currency, each.status) for each in payments for currency in currencies(each)}
    rows = []
    for day, currency, status in keys:
        alike = [each for each in payments if (each.day, each.status) == (day, status)]
        asked = [each.asked.amount for each in alike if each.asked.currency == currency]
        came = [each.balance.received_sums for each in alike]
        went = [each.balance.returned_sums for each in alike]
        rows.append(
            {
                "day": day,
                "currency": currency,
                "status": status.value,
                "count": len(asked),
                "amount": sum(asked),
                "received": sum(sum_.amount for sums in came for sum_ in sums if sum_.currency == currency),
                "returned": sum(sum_.amount for sums in went for sum_ in sums if sum_.currency == currency),
            }
        )
    by_name = sorted(rows, key=lambda row: (row["currency"], row["status"]))
    return sorted(by_name, key=lambda row: row["day"], reverse=True)


def currencies(payment: Payment) -> set[str]:
    sums = (*payment.balance.received_sums, *payment.balance.returned_sums, payment.asked)
    return {each.currency for each in sums}


def test_statistics_do_not_grow_by_what_is_told_again(engine_system: System) -> None:
    ordered_now = engine_system.order().body["paymentId"]
    [payment] = [engine_system.table.payment(ordered_now)]
    assert payment
    query = {"from": payment.day, "to": payment.day}
    event = an_event("charge.succeeded", a_charge(ordered_now, id="ch_again", payment_intent="pi_again"))
    engine_system.hear(event)
    once = ask(engine_system, "/admin/stats", query).body
    engine_system.hear(event)
    engine_system.hear(event | {"id": "evt_again"})
    assert ask(engine_system, "/admin/stats", query).body == once


# Who asks


@pytest.mark.parametrize("path", OPERATIONS)
def test_who_is_no_admin_is_refused_before_anything_is_read(engine_system: System, path: str) -> None:
    engine_system.calls.clear()
    answer = engine_system.desk(f"GET {path}", by=ADA, paymentId="pay_01KAJN5JR0Q4Y6B8C2D9E3F7GH")
    assert (answer.status, answer.body["code"]) == (403, "forbidden")
    assert engine_system.calls == []


def test_every_status_can_be_asked_for(engine_system: System) -> None:
    for status in Status:
        assert ask(engine_system, "/admin/payments", {"status": status, "from": "2001-06-01", "to": "2001-06-01"}).body
