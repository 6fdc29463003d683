"""Invoices on both engines: numbers without a gap, each once and in order of their days, however many issue at once."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from payments.adapters.table.client import TableClient
from payments.adapters.table.table import Table
from payments.domain.actors import ANSWER
from payments.domain.documents import Document, DocumentKind, Seller
from payments.domain.errors import TryAgain
from payments.domain.facts import Attempt, AttemptState, Refund, RefundState
from payments.domain.payment import Payment
from payments.domain.views import payment_view
from payments.services.issuing import Issuer
from payments.services.recording import record
from tests.builders import NOW, a_payment
from tests.integration.system import System

BERLIN = ZoneInfo("Europe/Berlin")
SELLER = Seller("The Shop", ("1 High Street", "London"), "GB123456789")
ISSUERS = 8
ORDERS = 24


@pytest.fixture
def table(engine_system: System) -> Iterator[Table]:
    """With series of its own."""
    table = engine_system.table
    table.first_days(["invoice"], NOW - timedelta(days=1))
    yield table
    for year in range(2026, 2029):
        key = {"pk": {"S": f"INVOICES#{year}"}, "sk": {"S": "COUNTER"}}
        engine_system.dynamodb.delete_item(TableName=table._name, Key=key)


def a_paid_order(table: Table) -> Payment:
    payment = a_payment()
    table.create(payment, None, NOW)
    stored = table.payment(payment.id)
    assert stored
    charge = Attempt(ref=f"ch_{payment.id}", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
    return record(table, stored, [charge], actor=ANSWER, now=NOW)[0]


def until_issued(table: Table, issuer: Issuer, payment: Payment) -> Payment:
    """Whoever meets too many others comes again, as reconcile does."""
    while True:
        try:
            return issuer.issue(payment)
        except TryAgain:
            payment = read(table, payment.id)


def read(table: Table, payment_id: str) -> Payment:
    found = table.payment(payment_id)
    assert found
    return found


def in_order(documents: list[Document]) -> None:
    """From the first number of each year on without a gap, each once, in order of their days."""
    ordered = sorted(documents, key=lambda each: each.number)
    years = sorted({each.number[:4] for each in ordered})
    expected = [
        f"{year}-{place:06}"
        for year in years
        for place in range(1, 1 + sum(each.number.startswith(year) for each in ordered))
    ]
    assert [each.number for each in ordered] == expected
    assert [each.day for each in ordered] == sorted(each.day for each in ordered)
    assert all(each.number.startswith(f"{each.day:%Y}-") for each in ordered)


def test_many_who_issue_at_once_leave_no_gap_and_double_nothing(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two for each payment; around New Year in Berlin, by clocks that differ by a minute; one write in five meets
    another."""
    orders = [a_paid_order(table) for _ in range(ORDERS)]
    transact, chance, lock = TableClient._transact, random.Random(1), threading.Lock()

    def meeting(self: TableClient, writes: Any) -> None:
        with lock:
            meets = chance.random() < 0.2
        if meets:
            cancellations = [{"Code": "TransactionConflict"}, *({"Code": "None"} for _ in writes[1:])]
            answer: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": cancellations}
            raise self._client.exceptions.TransactionCanceledException(answer, "TransactWriteItems")
        transact(self, writes)

    monkeypatch.setattr(TableClient, "_transact", meeting)
    # Time goes on with what is done, however often whoever meets another must begin again.
    midnight, done = datetime(2026, 12, 31, 23, tzinfo=UTC), 0

    def clock_of(place: int) -> datetime:
        return midnight + timedelta(seconds=4 * (done - ORDERS) + (60 if place % 2 else 0))

    def works(place: int) -> None:
        nonlocal done
        issuer = Issuer(table, SELLER, BERLIN, lambda: clock_of(place))
        mine = [each for number, each in enumerate(orders) if number % (ISSUERS // 2) == place % (ISSUERS // 2)]
        for each in mine:
            until_issued(table, issuer, each)
            with lock:
                done += 1

    with ThreadPoolExecutor(ISSUERS) as pool:
        list(pool.map(works, range(ISSUERS)))
    documents = [document for each in orders for document in read(table, each.id).documents]
    assert len(documents) == ORDERS
    assert {each.number[:4] for each in documents} == {"2026", "2027"}
    in_order(documents)
    counters = [table.counter(year) for year in (2026, 2027)]
    assert [each and each.is_closed for each in counters] == [True, False]
    assert sum(each.last for each in counters if each) == ORDERS


def test_what_was_issued_is_read_as_it_was_written(table: Table) -> None:
    issuer = Issuer(table, SELLER, UTC, lambda: NOW)
    payment = issuer.issue(a_paid_order(table))
    refund = Refund(ref="re_1", state=RefundState.SUCCEEDED, amount=4000, currency="usd")
    payment = issuer.issue(record(table, payment, [refund], actor=ANSWER, now=NOW)[0])
    kept = read(table, payment.id)
    assert kept.documents == payment.documents
    assert [(each.number, each.kind, each.ref) for each in kept.documents] == [
        ("2026-000001", DocumentKind.INVOICE, ""),
        ("2026-000002", DocumentKind.CREDIT_NOTE, "re_1"),
    ]
    assert (kept.documents[0].day, kept.documents[0].seller) == (date(2026, 11, 21), SELLER)
    assert "invoice" not in kept.due_by


def test_a_payment_says_its_invoices_number_to_its_customer_and_to_older_code(table: Table) -> None:
    payment = a_paid_order(table)
    assert payment_view(payment, NOW)["invoiceNumber"] is None
    payment = Issuer(table, SELLER, UTC, lambda: NOW).issue(payment)
    kept = read(table, payment.id)
    assert payment_view(kept, NOW)["invoiceNumber"] == "2026-000001"
    assert kept.stored["view"]["M"]["invoiceNumber"] == {"S": "2026-000001"}


def test_what_newer_code_wrote_into_a_document_is_kept(table: Table) -> None:
    issuer = Issuer(table, SELLER, UTC, lambda: NOW)
    payment = issuer.issue(a_paid_order(table))
    key = {"pk": payment.stored["pk"], "sk": payment.stored["sk"]}
    table._client.update_item(
        TableName=table._name,
        Key=key,
        UpdateExpression="SET documents[0].colour = :blue",
        ExpressionAttributeValues={":blue": {"S": "blue"}},
    )
    refund = Refund(ref="re_1", state=RefundState.SUCCEEDED, amount=4000, currency="usd")
    issuer.issue(record(table, read(table, payment.id), [refund], actor=ANSWER, now=NOW)[0])
    documents = read(table, payment.id).stored["documents"]["L"]
    assert documents[0]["M"]["colour"] == {"S": "blue"}
    assert len(documents) == 2


def test_a_year_that_is_closed_has_no_further_number(table: Table) -> None:
    """Whoever read it before it was closed meets that, and goes on in the next year."""
    issuer = Issuer(table, SELLER, UTC, lambda: datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    issuer.issue(a_paid_order(table))
    stale = table.counter(2026)
    Issuer(table, SELLER, UTC, lambda: datetime(2027, 1, 1, tzinfo=UTC)).issue(a_paid_order(table))
    counter, reads = table.counter, [stale]

    def reading(year: int) -> Any:
        return reads.pop() if reads else counter(year)

    late = Table(table._name, table._client)
    late.counter = reading  # type: ignore[method-assign]
    slow = Issuer(late, SELLER, UTC, lambda: datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    payment = slow.issue(a_paid_order(table))
    assert [(each.number, each.day) for each in payment.documents] == [("2027-000002", date(2027, 1, 1))]
