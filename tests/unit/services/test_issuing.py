"""Numbers without a gap and in order of their days, whatever clocks say and whoever else issues."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from payments.domain.actors import ANSWER
from payments.domain.documents import Counter
from payments.domain.errors import TryAgain
from payments.domain.facts import Attempt, AttemptState
from payments.domain.looking import DueReason
from payments.domain.payment import Payment
from payments.services.issuing import Issuer
from payments.services.recording import ATTEMPTS, record
from tests.builders import NOW, a_payment
from tests.fakes import SELLER, MemoryStore

BERLIN = ZoneInfo("Europe/Berlin")


class Office:
    """A store with orders that were paid, and a clock to be set."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        self.store = MemoryStore()
        self.store.first_days(["invoice"], NOW - timedelta(days=1))
        self.now = NOW
        self.issuer = Issuer(self.store, SELLER, zone, lambda: self.now)

    def paid(self) -> Payment:
        payment = a_payment()
        self.store.create(payment, None, NOW)
        news = Attempt(ref=f"ch_{payment.id}", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
        payment, _ = record(self.store, self.store.payments[payment.id], [news], actor=ANSWER, now=NOW)
        return payment

    def issues(self, payment: Payment | None = None) -> tuple[str, date]:
        invoice = self.issuer.issue(payment or self.paid()).invoice
        assert invoice
        return invoice.number, invoice.day


def test_numbers_follow_each_other() -> None:
    office = Office()
    assert [office.issues()[0] for _ in range(3)] == ["2026-000001", "2026-000002", "2026-000003"]


def test_a_payment_is_due_for_its_invoice_until_that_is_issued() -> None:
    office = Office()
    payment = office.paid()
    assert payment.due_by[DueReason.INVOICE] == NOW + timedelta(minutes=5)
    assert DueReason.INVOICE not in office.issuer.issue(payment).due_by


def test_what_is_issued_is_not_issued_again() -> None:
    office = Office()
    payment = office.paid()
    issued = office.issuer.issue(payment)
    assert office.issuer.issue(issued) is issued
    # Who has read it before it was written learns that it was.
    assert office.issuer.issue(payment).documents == issued.documents
    assert office.store.counters[2026].last == 1


def test_the_year_is_that_of_the_businesss_zone() -> None:
    office = Office(BERLIN)
    office.now = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    assert office.issues() == ("2026-000001", date(2026, 12, 31))
    office.now += timedelta(minutes=1)
    assert office.issues() == ("2027-000001", date(2027, 1, 1))


def test_a_slow_clock_issues_none_of_a_year_that_is_over() -> None:
    office = Office()
    office.issues()
    office.now = datetime(2027, 1, 1, tzinfo=UTC)
    office.issues()
    office.now -= timedelta(minutes=2)
    assert office.issues() == ("2027-000002", date(2027, 1, 1))


def test_a_year_without_any_is_closed_as_well() -> None:
    office = Office()
    office.now = datetime(2027, 1, 1, tzinfo=UTC)
    office.issues()
    office.now -= timedelta(minutes=2)
    assert office.issues() == ("2027-000002", date(2027, 1, 1))
    assert office.store.counters[2026] == Counter(2026, 0, date(2026, 1, 1), is_closed=True)


def test_a_slow_clock_takes_the_day_of_the_last_one() -> None:
    office = Office()
    office.now = datetime(2026, 12, 2, tzinfo=UTC)
    office.issues()
    office.now -= timedelta(minutes=1)
    assert office.issues() == ("2026-000002", date(2026, 12, 2))


def test_midnight_may_pass_while_another_issues() -> None:
    office = Office()
    office.now = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    payment = office.paid()
    office.issues()
    counter = office.store.counter

    def passing(year: int) -> Counter | None:
        office.store.counter = counter  # type: ignore[method-assign]
        found = counter(year)
        office.now += timedelta(minutes=2)
        office.issues()
        return found

    office.store.counter = passing  # type: ignore[method-assign]
    assert office.issues(payment) == ("2027-000002", date(2027, 1, 1))
    assert [office.store.counters[year].last for year in (2026, 2027)] == [1, 2]


def test_who_meets_too_many_others_leaves_it_due_and_takes_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.services.recording.time.sleep", lambda _: None)
    office = Office()
    payment = office.paid()
    office.store.faster_writers = ATTEMPTS
    with pytest.raises(TryAgain):
        office.issuer.issue(payment)
    assert office.store.counters == {}
    assert DueReason.INVOICE in office.store.payments[payment.id].due_by


def test_what_was_issued_keeps_its_seller() -> None:
    office = Office()
    issued = office.issuer.issue(office.paid())
    moved = replace(office.issuer, seller=replace(SELLER, address=("2 Low Street",)))
    assert moved.issue(issued).invoice == issued.invoice
