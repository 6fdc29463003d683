"""What is to be issued of a payment follows from its facts, and what was issued stays."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from payments.domain.documents import Counter, Document, DocumentKind, Draft, Seller
from payments.domain.facts import (
    Approval,
    ApprovalState,
    Attempt,
    AttemptState,
    Fact,
    Refund,
    RefundState,
    Session,
    SessionState,
)
from payments.domain.invoice import issued, next_draft
from payments.domain.learning import learn
from payments.domain.money import Money
from payments.domain.payment import Payment
from tests.builders import NOW, a_payment

PAID = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd", intent="pi_1")
PAID_AGAIN = replace(PAID, ref="ch_2", intent="pi_2")
SELLER = Seller("The Shop", ("1 High Street", "London"))
INVOICE, CREDIT_NOTE, CANCELLATION = DocumentKind
BEFORE = NOW - timedelta(days=1)


def usd(amount: int) -> Money:
    return Money(amount, "usd")


def given_back(ref: str, amount: int, state: RefundState = RefundState.SUCCEEDED, intent: str = "pi_1") -> Refund:
    return Refund(ref=ref, state=state, amount=amount, currency="usd", intent=intent)


class Books:
    """A payment of which everything is issued whenever something was learned."""

    def __init__(self, payment: Payment | None = None, first_day: datetime | None = BEFORE) -> None:
        self.payment = payment or a_payment()
        self.first_day = first_day
        self.counter = Counter(2026, 0, date(2026, 11, 21))
        self.now = NOW

    def learn(self, *facts: Fact) -> list[tuple[DocumentKind, str, int]]:
        """What is issued because of these, which were learned at once: of each the kind, the refund and the sum."""
        before = len(self.payment.documents)
        self.now += timedelta(minutes=1)
        self.payment, _ = learn(self.payment, facts, now=self.now)
        while draft := next_draft(self.payment, self.first_day):
            self.counter = self.counter.next(date(2026, 11, 21))
            self.payment = issued(self.payment, draft, self.counter, SELLER)
        return [self._told(each) for each in self.payment.documents[before:]]

    def _told(self, document: Document) -> tuple[DocumentKind, str, int]:
        (sum_,) = document.sums
        return document.kind, document.ref, sum_.amount


def test_a_paid_order_has_one_invoice() -> None:
    books = Books()
    assert books.learn() == []
    assert books.learn(PAID) == [(INVOICE, "", 9900)]
    assert books.learn(PAID) == []
    assert books.payment.invoice == Document(
        "2026-000001", INVOICE, "", (usd(9900),), date(2026, 11, 21), SELLER, template=1
    )


def test_an_order_over_nothing_has_an_invoice_over_nothing() -> None:
    books = Books(a_payment(usd(0)))
    nothing = Session(ref="cs_1", state=SessionState.PAID, amount=0, currency="usd")
    assert books.learn(nothing) == [(INVOICE, "", 0)]


def test_what_is_in_review_has_none_until_another_sum_is_approved() -> None:
    books = Books()
    assert books.learn(replace(PAID, amount=5000)) == []
    assert books.learn(Approval(ref="5000-usd", state=ApprovalState.GIVEN)) == [(INVOICE, "", 5000)]


def test_each_refund_has_a_credit_note_and_one_that_fails_takes_it_back() -> None:
    books = Books()
    books.learn(PAID)
    assert books.learn(given_back("re_1", 4000, RefundState.PENDING)) == []
    assert books.learn(given_back("re_1", 4000)) == [(CREDIT_NOTE, "re_1", 4000)]
    assert books.learn(given_back("re_1", 4000, RefundState.FAILED)) == [(CANCELLATION, "re_1", 4000)]
    assert books.learn(given_back("re_1", 4000, RefundState.FAILED)) == []
    assert books.learn(given_back("re_2", 9900)) == [(CREDIT_NOTE, "re_2", 9900)]


def test_a_refund_that_was_never_credited_is_not_taken_back() -> None:
    books = Books()
    books.learn(PAID)
    assert books.learn(given_back("re_1", 4000, RefundState.FAILED)) == []


def test_all_at_once_is_issued_in_its_order() -> None:
    assert Books().learn(PAID, given_back("re_1", 4000), given_back("re_2", 5900)) == [
        (INVOICE, "", 9900),
        (CREDIT_NOTE, "re_1", 4000),
        (CREDIT_NOTE, "re_2", 5900),
    ]


def test_money_beyond_the_invoice_goes_back_without_a_credit_note() -> None:
    books = Books()
    assert books.learn(replace(PAID, amount=12000)) == []
    assert books.learn(given_back("re_1", 2100)) == [(INVOICE, "", 9900)]
    assert books.learn(given_back("re_2", 5000)) == [(CREDIT_NOTE, "re_2", 5000)]


def test_of_what_was_paid_twice_the_first_money_back_is_the_excess() -> None:
    books = Books()
    books.learn(PAID)
    assert books.learn(PAID_AGAIN) == []
    assert books.learn(given_back("re_1", 5000, intent="pi_2")) == []
    assert books.learn(given_back("re_2", 6000)) == [(CREDIT_NOTE, "re_2", 1100)]
    assert books.learn(given_back("re_3", 8800)) == [(CREDIT_NOTE, "re_3", 8800)]
    stated = sum(each.sums[0].amount for each in books.payment.documents if each.kind is CREDIT_NOTE)
    assert stated == 9900


def test_an_approval_of_more_changes_no_invoice() -> None:
    books = Books()
    books.learn(PAID)
    assert books.learn(PAID_AGAIN, Approval(ref="19800-usd", state=ApprovalState.GIVEN)) == []


@pytest.mark.parametrize("first_day", [None, NOW + timedelta(days=1)])
def test_what_was_accepted_before_the_first_day_has_neither_invoice_nor_credit_note(first_day: datetime | None) -> None:
    books = Books(first_day=first_day)
    assert books.learn(PAID, given_back("re_1", 4000)) == []
    books.now += timedelta(days=2)
    assert books.learn(given_back("re_2", 1000)) == []


def test_what_was_ordered_before_the_first_day_and_is_paid_after_it_has_an_invoice() -> None:
    books = Books(first_day=NOW + timedelta(days=1))
    books.now += timedelta(days=1)
    assert books.learn(PAID) == [(INVOICE, "", 9900)]


def test_an_erased_payment_is_invoiced_too() -> None:
    books = Books(a_payment().erased(NOW))
    assert books.learn(PAID) == [(INVOICE, "", 9900)]


def test_a_day_is_never_before_the_last_ones() -> None:
    counter = Counter(2026, 41, date(2026, 12, 31))
    assert counter.next(date(2026, 12, 30)) == Counter(2026, 42, date(2026, 12, 31))
    assert counter.next(date(2026, 12, 30)).number == "2026-000042"


def test_what_is_next_is_said_without_being_issued() -> None:
    payment, _ = learn(a_payment(), [PAID], now=NOW)
    assert next_draft(payment, BEFORE) == Draft(INVOICE, "", (usd(9900),))
