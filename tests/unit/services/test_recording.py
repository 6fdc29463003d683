"""What is learned lasts, however much it is, and what was left undone is done by whoever comes to write next."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from payments.domain.actors import ANSWER, LOOK, Actor, admin, webhook
from payments.domain.attention import Reason
from payments.domain.errors import TryAgain
from payments.domain.facts import (
    MOST_FAILED_ATTEMPTS,
    Attempt,
    AttemptState,
    Dispute,
    DisputeState,
    Fact,
    Intent,
    IntentState,
    Refund,
    RefundState,
    Session,
    SessionState,
)
from payments.domain.learning import notices
from payments.domain.notices import Notice, NoticeKind
from payments.domain.payment import Payment, Status
from payments.services.recording import ATTEMPTS, record
from tests.builders import NOW, a_payment
from tests.fakes import MemoryStore

OPEN = Session(ref="cs_1", state=SessionState.OPEN, amount=9900, currency="usd", intent="pi_1")
PAID = Attempt(ref="ch_paid", state=AttemptState.SUCCEEDED, amount=9900, currency="usd", created=5000, intent="pi_1")
HEARD = webhook("evt_1", "charge.succeeded")


def declined(number: int, **changes: Any) -> Attempt:
    attempt = Attempt(
        ref=f"ch_{number:04}", state=AttemptState.FAILED, amount=0, currency="usd", created=number, intent="pi_1"
    )
    return replace(attempt, **changes)


class Book:
    """A store with one payment, and whoever writes it."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.payment = a_payment()
        self.store.create(self.payment, None, NOW)
        self.learn(OPEN)

    def learn(self, *news: Fact, actor: Actor = ANSWER, now: datetime = NOW, **named: Any) -> Payment:
        record(self.store, self.stored, news, actor=actor, now=now, **named)
        return self.stored

    @property
    def stored(self) -> Payment:
        return self.store.payments[self.payment.id]

    def raised(self, kind: NoticeKind) -> int:
        return sum(notice.kind is kind for _, notice in self.store.notices)


@pytest.fixture
def book() -> Book:
    return Book()


def test_a_hundred_declines_and_a_success_learned_at_once_are_a_success(book: Book) -> None:
    payment = book.learn(*[declined(number) for number in range(110)], PAID, actor=LOOK)
    assert payment.status is Status.SUCCEEDED
    assert [each.ref for each in payment.attempts if each.state is AttemptState.FAILED] == [
        f"ch_{number:04}" for number in range(90, 110)
    ]
    assert payment.more_failed
    assert not any(name.startswith("ch_0") for name in book.store.names)


def test_no_more_than_a_transaction_takes_is_written_at_once_and_each_notice_is_raised_once(book: Book) -> None:
    refunds = [
        Refund(ref=f"re_{number}", state=RefundState.SUCCEEDED, amount=20, currency="usd", intent="pi_1")
        for number in range(230)
    ]
    payment = book.learn(PAID, *refunds, actor=HEARD)
    assert (payment.status, payment.balance.returned_sums[0].amount) == (Status.PARTIALLY_REFUNDED, 4600)
    assert book.raised(NoticeKind.REFUND_CONFIRMATION) == 230
    assert payment.raised == notices(payment)
    assert len(book.store.events["evt_1"].outcome) == 231


def test_many_charges_that_were_paid_each_get_their_pointer(book: Book) -> None:
    payment = book.learn(*[replace(PAID, ref=f"ch_paid_{number}") for number in range(130)], PAID, actor=LOOK)
    assert payment.balance.received_sums[0].amount == 131 * 9900
    assert len([name for name in book.store.names if name.startswith("ch_paid")]) == 131


def test_many_notices_that_another_left_unraised_are_raised_in_several_transactions(book: Book) -> None:
    refunds = [
        Refund(ref=f"re_{number}", state=RefundState.SUCCEEDED, amount=20, currency="usd") for number in range(150)
    ]
    facts = {fact.key: fact for fact in (PAID, OPEN, *refunds)}
    book.store.payments[book.payment.id] = replace(book.stored, facts=facts)
    assert book.learn().raised == notices(book.stored)
    assert book.raised(NoticeKind.REFUND_CONFIRMATION) == 150


def test_what_is_cut_off_between_two_transactions_is_gone_on_with(book: Book) -> None:
    refunds = [
        Refund(ref=f"re_{number}", state=RefundState.SUCCEEDED, amount=20, currency="usd") for number in range(90)
    ]
    save, calls = book.store.save, iter(range(10))

    def dying(*arguments: Any) -> Payment:
        if next(calls) == 1:
            raise RuntimeError("out of time")
        return save(*arguments)

    book.store.save = dying  # type: ignore[method-assign, assignment]
    with pytest.raises(RuntimeError):
        book.learn(PAID, *refunds)
    assert book.stored.is_paid
    # Nobody may tell the rest again: a look finds it.
    assert book.stored.due_by["heard"] == NOW
    book.learn(PAID, *refunds, looked=True)
    assert book.stored.due_by.keys() == {"invoice"}
    assert book.raised(NoticeKind.REFUND_CONFIRMATION) == 90


def test_news_are_what_the_payment_of_this_turn_makes_of_them(book: Book) -> None:
    book.store.faster_writers = 2
    seen: list[int] = []

    def news(payment: Payment) -> Iterator[Fact]:
        seen.append(payment.version)
        yield PAID

    record(book.store, book.stored, news, actor=ANSWER, now=NOW)
    assert book.stored.is_paid
    assert seen == sorted(set(seen))
    assert len(seen) >= 3


def test_a_payment_that_too_many_write_is_to_be_tried_again(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("payments.services.recording.time.sleep", pauses.append)
    book.store.faster_writers = 10**6
    with pytest.raises(TryAgain):
        book.learn(PAID)
    assert len(pauses) == ATTEMPTS - 1
    assert not book.stored.is_paid


# What was left undone


def test_where_there_is_nothing_to_do_nothing_is_written(book: Book) -> None:
    book.learn(PAID)
    before = book.store.saves
    book.learn(PAID, OPEN)
    book.learn()
    assert book.store.saves == before


def test_a_notice_that_another_left_unraised_is_raised_by_the_next(book: Book) -> None:
    book.learn(PAID)
    lost = Notice(NoticeKind.PAYMENT_CONFIRMATION)
    book.store.payments[book.payment.id] = replace(book.stored, raised=book.stored.raised - {lost})
    del book.store.notices[book.payment.id, lost]
    book.learn(actor=webhook("evt_2", "charge.updated"))
    assert (book.payment.id, lost) in book.store.notices


def test_what_is_kept_beside_the_facts_is_made_right_by_the_next(book: Book) -> None:
    book.learn(PAID)
    right = book.stored.standing
    book.store.payments[book.payment.id] = replace(book.stored, standing={**right, "status": "pending"})
    updated_at = book.stored.updated_at
    book.learn(now=NOW + timedelta(hours=1))
    assert book.stored.standing == right
    assert book.stored.updated_at == updated_at


def test_a_look_that_another_forgot_is_due_again(book: Book) -> None:
    book.store.payments[book.payment.id] = replace(book.stored, due_by={"tidy": NOW})
    book.learn()
    assert set(book.stored.due_by) == {"look", "tidy"}
    book.learn(PAID)
    assert set(book.stored.due_by) == {"tidy", "invoice"}


def test_the_first_delivery_of_an_event_says_in_the_trail_what_it_changed(book: Book) -> None:
    book.learn(PAID, actor=HEARD)
    told = book.store.events["evt_1"]
    book.store.payments[book.payment.id] = replace(book.stored, standing={})
    book.learn(PAID, actor=HEARD)
    assert book.store.events["evt_1"] == told


def test_a_persons_act_is_in_the_trail_with_who_it_was(book: Book) -> None:
    book.learn(PAID, actor=admin("adm_1", "correction", "grace"))
    assert (book.store.events["adm_1"].by, book.store.events["adm_1"].type) == ("grace", "correction")


# Who told us


def test_what_only_a_look_found_was_not_told(book: Book) -> None:
    assert book.stored.told == {OPEN.key: "open"}
    book.learn(PAID, actor=LOOK)
    assert PAID.key not in book.stored.told
    book.learn(PAID, actor=HEARD)
    assert book.stored.told[PAID.key] == "succeeded"


def test_what_was_told_only_rises_and_is_kept_where_nobody_here_knows_it(book: Book) -> None:
    book.store.payments[book.payment.id] = replace(book.stored, told={"parcel#1": "sent"})
    book.learn(PAID, actor=HEARD)
    book.learn(replace(PAID, state=AttemptState.PENDING, amount=0), actor=webhook("evt_2", "charge.pending"))
    assert book.stored.told == {"parcel#1": "sent", PAID.key: "succeeded"}


# Attempts that may be long over


def late(number: int) -> Attempt:
    """A pending attempt, by an event that may be late."""
    return declined(number, state=AttemptState.PENDING)


def test_a_pending_attempt_older_than_all_that_are_kept_is_asked_of_stripe_and_not_believed(book: Book) -> None:
    book.learn(*[declined(number) for number in range(10, 40)], actor=LOOK)
    later = NOW + timedelta(minutes=1)
    payment = book.learn(late(15), actor=HEARD, now=later)
    assert payment.status is Status.FAILED
    assert payment.due_by["heard"] == later
    assert book.learn(late(15), actor=LOOK).status is Status.PROCESSING


def test_a_pending_attempt_that_is_newer_or_known_is_believed(book: Book) -> None:
    book.learn(late(5), actor=HEARD)
    book.learn(*[declined(number) for number in range(10, 10 + MOST_FAILED_ATTEMPTS)], actor=LOOK)
    assert book.learn(late(5), actor=HEARD).status is Status.PROCESSING
    assert book.learn(declined(5), late(50), actor=HEARD).attempts[-1].ref == "ch_0050"


def test_a_look_that_is_due_stays_due_until_stripe_was_asked_and_no_news_put_it_off(book: Book) -> None:
    book.learn(*[declined(number) for number in range(10, 40)], actor=LOOK)
    later = NOW + timedelta(hours=20)
    book.learn(late(15), actor=HEARD, now=later)
    book.learn(declined(41), actor=HEARD, now=later + timedelta(seconds=1))
    assert book.stored.due_by["heard"] == later
    book.learn(now=later + timedelta(seconds=2), looked=True)
    assert book.stored.due_by.keys() == {"look"}
    assert book.stored.due_by["look"] > later + timedelta(hours=1)


# What waits for a person


def test_a_review_waits_for_a_person_since_it_began_and_no_longer_than_it_lasts(book: Book) -> None:
    less = replace(PAID, amount=5000)
    book.learn(less, now=NOW)
    assert book.stored.attention
    book.learn(
        Intent(ref="pi_1", state=IntentState.SUCCEEDED, amount=5000, currency="usd"), now=NOW + timedelta(hours=1)
    )
    assert (book.stored.attention.why, book.stored.attention.since) == ((Reason.REVIEW,), NOW)
    book.learn(Refund(ref="re_1", state=RefundState.SUCCEEDED, amount=5000, currency="usd"))
    assert book.stored.attention is None


def test_a_dispute_waits_for_its_answer_until_its_deadline(book: Book) -> None:
    dispute = Dispute(
        ref="du_1", state=DisputeState.NEEDS_RESPONSE, amount=9900, currency="usd", evidence_due_by=1796000000
    )
    book.learn(PAID, dispute)
    assert book.stored.attention
    assert book.stored.attention.deadline
    assert (book.stored.attention.why, book.stored.attention.deadline.timestamp()) == ((Reason.DISPUTE,), 1796000000)
    book.learn(replace(dispute, state=DisputeState.UNDER_REVIEW))
    assert book.stored.attention is None


def a_counted(book: Book) -> None:
    book.store.payments[book.payment.id] = replace(book.stored, client="a-client")


def test_each_decline_is_counted_for_the_client_once_by_whoever_learns_it(book: Book) -> None:
    a_counted(book)
    book.learn(declined(1), declined(2), actor=HEARD)
    book.learn(declined(1), declined(2), actor=LOOK)
    assert book.store.counted == {"a-client": 2}
    book.learn(declined(2), declined(3), actor=LOOK)
    assert book.store.counted == {"a-client": 3}


def test_a_decline_of_which_more_is_learned_counts_no_more(book: Book) -> None:
    a_counted(book)
    book.learn(declined(1))
    book.learn(replace(declined(1), decline_code="insufficient_funds"))
    assert book.stored.attempts[0].decline_code == "insufficient_funds"
    assert book.store.counted == {"a-client": 1}


def test_what_else_is_learned_counts_for_nobody(book: Book) -> None:
    a_counted(book)
    book.learn(replace(declined(1), state=AttemptState.PENDING))
    assert not book.store.counted


def test_a_decline_with_the_money_is_counted_and_the_client_is_forgotten_with_it(book: Book) -> None:
    a_counted(book)
    book.learn(declined(1), PAID)
    assert book.store.counted == {"a-client": 1}
    assert book.stored.client is None


@pytest.mark.parametrize("end", [PAID, replace(OPEN, state=SessionState.EXPIRED)])
def test_the_client_is_kept_until_the_payment_is_over(book: Book, end: Fact) -> None:
    a_counted(book)
    book.learn(declined(1))
    assert book.stored.client == "a-client"
    book.learn(end)
    assert book.stored.client is None


def test_a_payment_that_was_over_before_loses_its_client_with_the_next_write(book: Book) -> None:
    """As where older code, which knows nothing of it, wrote that it is over."""
    book.learn(PAID)
    a_counted(book)
    book.learn()
    assert book.stored.client is None


def test_a_loser_counts_what_is_learned_and_nothing_twice(book: Book) -> None:
    a_counted(book)
    book.store.faster_writers = 3
    book.learn(declined(1))
    assert book.store.counted == {"a-client": 1}
