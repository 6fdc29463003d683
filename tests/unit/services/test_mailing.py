"""A notice is sent once, and only while it is true."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from payments.domain.actors import ANSWER
from payments.domain.errors import PublishFailed
from payments.domain.facts import Attempt, AttemptState, Refund, RefundState
from payments.domain.learning import learn
from payments.domain.mail import MailRejected, MailUnavailable
from payments.domain.notices import UNDER_WAY, Notice, NoticeKind, NoticeState
from payments.domain.payment import Payment
from payments.domain.writes import Write
from payments.services.letters import Business
from payments.services.mailing import LEASE, MOST_ATTEMPTS, STUCK_ATTEMPT, Delivery, MailOutcome, deliver
from payments.services.recording import ATTEMPTS, record
from tests.builders import NOW, a_payment
from tests.fakes import MemoryMailer, MemoryOutbox, MemoryStore, NoticeRecord, an_issuer

PAID = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
DECLINED = Attempt(ref="ch_0", state=AttemptState.FAILED, amount=0, currency="usd")
CONFIRMATION = Notice(NoticeKind.PAYMENT_CONFIRMATION)
COPY = Notice(NoticeKind.ADMIN_COPY)
FAILED_ADMIN = Notice(NoticeKind.PAYMENT_FAILED_ADMIN)
PAID_LESS = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=5000, currency="usd")
GIVEN_BACK = Refund(ref="re_1", state=RefundState.PENDING, amount=5000, currency="usd")
REVIEW = Notice(NoticeKind.REVIEW_ALERT)


class Office:
    """A store with a paid payment whose notices are due."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.mailer = MemoryMailer()
        self.queue = MemoryOutbox()
        self.now = NOW
        self.payment, effects = learn(a_payment(), [PAID])
        self.store.payments[self.payment.id] = self.payment
        self.due(*effects.notices)

    def due(self, *notices: Notice, later: timedelta = timedelta()) -> None:
        self.store.notices |= {(self.payment.id, notice): NoticeRecord(self.now + later) for notice in notices}

    def deliver(self, notice: Notice = CONFIRMATION, *, wants_copies: bool = True) -> MailOutcome:
        return self.delivery(notice, wants_copies=wants_copies).outcome

    def delivery(self, notice: Notice = CONFIRMATION, *, wants_copies: bool = True) -> Delivery:
        return deliver(
            self.payment.id,
            notice,
            business=Business("The Shop", "admin@example.com", "http://localhost:8000/", wants_copies),
            store=self.store,
            issuer=an_issuer(self.store, lambda: self.now),
            mailer=self.mailer,
            outbox=lambda: self.queue,
            clock=lambda: self.now,
        )

    def until(self, when: Callable[[MailOutcome], bool]) -> list[tuple[timedelta, MailOutcome]]:
        """What became of the confirmation, and when, as its messages arrive; where there is none, reconcile publishes
        it when it is overdue."""
        began = self.now
        happened: list[tuple[timedelta, MailOutcome]] = []
        while not (happened and when(happened[-1][1])):
            happened.append((self.now - began, self.deliver()))
            delays = [timedelta(seconds=posting.delay_seconds) for posting in self.queue.postings]
            self.queue.postings.clear()
            self.now = self.now + delays[0] if delays else max(self.now, self.record().due_at)
        return happened

    def record(self, notice: Notice = CONFIRMATION) -> NoticeRecord:
        return self.store.notices[self.payment.id, notice]


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_due_notice_is_sent_and_recorded_with_its_message_id(office: Office) -> None:
    assert office.deliver() is MailOutcome.SENT
    (letter,) = office.mailer.letters
    assert letter.to == "ada@example.com"
    assert (office.record().state, office.record().note) == (NoticeState.SENT, "message-1")


def test_a_second_message_for_it_sends_nothing(office: Office) -> None:
    office.deliver()
    assert office.deliver() is MailOutcome.NOT_OURS
    assert len(office.mailer.letters) == 1


def test_while_another_is_at_it_nothing_is_sent_until_its_lease_ran_out(office: Office) -> None:
    office.store.claim_notice(office.payment.id, CONFIRMATION, office.now, LEASE)
    assert office.deliver() is MailOutcome.NOT_OURS
    office.now += LEASE
    assert office.deliver() is MailOutcome.SENT


def test_a_failure_that_is_no_longer_true_is_not_told(office: Office) -> None:
    office.due(FAILED_ADMIN)
    assert office.deliver(FAILED_ADMIN) is MailOutcome.MOOT
    assert office.record(FAILED_ADMIN).state is NoticeState.MOOT
    assert not office.mailer.letters


def test_what_is_no_longer_true_is_raised_again_should_it_become_true(office: Office) -> None:
    office.payment, _ = learn(a_payment(), [PAID_LESS, GIVEN_BACK])
    office.payment = replace(office.payment, raised=frozenset({REVIEW}))
    office.store.payments[office.payment.id] = office.payment
    office.due(REVIEW)
    assert office.deliver(REVIEW) is MailOutcome.MOOT
    failed = replace(GIVEN_BACK, state=RefundState.FAILED)
    record(office.store, office.store.payments[office.payment.id], [failed], actor=ANSWER, now=office.now)
    assert office.deliver(REVIEW) is MailOutcome.SENT


def test_what_changes_while_it_is_found_untrue_is_looked_at_again(office: Office) -> None:
    office.due(FAILED_ADMIN)
    office.store.faster_writers = 1
    assert office.deliver(FAILED_ADMIN) is MailOutcome.MOOT


def test_what_becomes_true_while_it_is_found_untrue_is_tried_again(office: Office) -> None:
    office.payment, _ = learn(a_payment(), [PAID_LESS, GIVEN_BACK])
    office.payment = replace(office.payment, raised=frozenset({REVIEW}))
    office.store.payments[office.payment.id] = office.payment
    office.due(REVIEW)
    save = office.store.save

    def meanwhile(payment: Payment, writes: Sequence[Write], now: datetime) -> Payment:
        """The refund fails while the notice is being taken back."""
        office.store.save = save  # type: ignore[method-assign]
        failed = replace(GIVEN_BACK, state=RefundState.FAILED)
        record(office.store, office.store.payments[payment.id], [failed], actor=ANSWER, now=now)
        return save(payment, writes, now)

    office.store.save = meanwhile  # type: ignore[method-assign]
    assert office.deliver(REVIEW) is MailOutcome.POSTPONED
    assert office.deliver(REVIEW) is MailOutcome.SENT


def test_a_payment_for_newer_code_keeps_its_notice_due_and_unclaimed(office: Office) -> None:
    office.store.for_newer_code.add(office.payment.id)
    assert office.deliver() is MailOutcome.FOR_NEWER_CODE
    assert (office.record().state, office.record().attempts) == (NoticeState.DUE, 0)
    office.store.for_newer_code.clear()
    assert office.deliver() is MailOutcome.SENT


def test_a_copy_is_not_sent_where_copies_are_not_wanted(office: Office) -> None:
    assert office.deliver(COPY, wants_copies=False) is MailOutcome.MOOT
    assert office.deliver(COPY) is MailOutcome.NOT_OURS
    assert office.deliver(CONFIRMATION, wants_copies=False) is MailOutcome.SENT
    assert len(office.mailer.letters) == 1


def test_a_notice_that_is_not_yet_due_waits(office: Office) -> None:
    office.payment, _ = learn(a_payment(), [DECLINED])
    office.store.payments[office.payment.id] = office.payment
    office.due(FAILED_ADMIN, later=timedelta(minutes=10))
    assert office.deliver(FAILED_ADMIN) is MailOutcome.NOT_OURS
    office.now += timedelta(minutes=10)
    assert office.deliver(FAILED_ADMIN) is MailOutcome.SENT


def test_a_rejected_address_is_recorded_and_never_tried_again(office: Office) -> None:
    office.mailer.failures = [MailRejected("MessageRejected")]
    assert office.deliver() is MailOutcome.REJECTED
    assert office.deliver() is MailOutcome.NOT_OURS
    assert not office.mailer.letters


def test_a_mail_service_that_is_away_is_tried_again_ever_later(office: Office) -> None:
    office.mailer.failures = [MailUnavailable("TooManyRequestsException")] * 3
    pauses = []
    for _ in range(3):
        assert office.deliver() is MailOutcome.POSTPONED
        assert office.deliver() is MailOutcome.NOT_OURS
        pauses.append(office.record().send_at - office.now)
        office.now = office.record().send_at
    assert pauses == sorted(set(pauses))
    assert office.deliver() is MailOutcome.SENT
    assert len(office.mailer.letters) == 1


def test_a_second_try_comes_when_it_is_due_without_waiting_for_reconcile(office: Office) -> None:
    office.mailer.failures = [MailUnavailable("TooManyRequestsException")] * 5
    happened = office.until(lambda outcome: outcome is MailOutcome.SENT)
    pauses = [after - before for (before, _), (after, _) in pairwise(happened)]
    # By a second later than it may be sent, so that no message comes too early.
    assert [pause.total_seconds() for pause in pauses] == [31, 61, 121, 241, 481]


def test_what_the_queue_does_not_take_is_left_to_reconcile(office: Office) -> None:
    office.mailer.failures = [MailUnavailable("TooManyRequestsException")]
    office.queue.failures = [PublishFailed("SQS did not take 1 messages")]
    happened = office.until(lambda outcome: outcome is MailOutcome.SENT)
    assert [when for when, _ in happened] == [timedelta(), timedelta(seconds=30) + UNDER_WAY]


def test_someone_is_told_after_a_quarter_of_an_hour_and_it_is_given_up_after_14_hours(office: Office) -> None:
    office.mailer.failures = [MailUnavailable("SendingPausedException")] * MOST_ATTEMPTS
    happened = office.until(lambda outcome: outcome is MailOutcome.GAVE_UP)
    assert len(happened) == MOST_ATTEMPTS
    when = {outcome: after for after, outcome in happened}
    assert timedelta(minutes=15) <= when[MailOutcome.STUCK] < timedelta(minutes=16)
    assert timedelta(hours=14) <= when[MailOutcome.GAVE_UP] < timedelta(hours=15)


@pytest.mark.parametrize(
    ("failures", "outcome"),
    [
        ([MailRejected("BadRequestException: no")], MailOutcome.REJECTED),
        ([MailUnavailable("BadRequestException: no")], MailOutcome.POSTPONED),
        ([MailUnavailable("BadRequestException: no")] * STUCK_ATTEMPT, MailOutcome.STUCK),
        ([MailUnavailable("BadRequestException: no")] * MOST_ATTEMPTS, MailOutcome.GAVE_UP),
    ],
)
def test_a_mail_that_does_not_leave_says_why(office: Office, failures: list[Exception], outcome: MailOutcome) -> None:
    office.mailer.failures = list(failures)
    for _ in failures:
        delivery = office.delivery()
        office.now = max(office.now, office.record().send_at)
    assert (delivery.outcome, delivery.reason) == (outcome, "BadRequestException: no")


def test_it_is_given_up_after_a_bound(office: Office) -> None:
    office.mailer.failures = [MailUnavailable("SendingPausedException")] * MOST_ATTEMPTS
    outcomes = []
    for _ in range(MOST_ATTEMPTS):
        outcomes.append(office.deliver())
        office.now = max(office.now, office.record().send_at)
    # Once on the way, someone is told, while there is still time to mend it.
    assert [outcome for outcome in outcomes if outcome.needs_attention] == [MailOutcome.STUCK, MailOutcome.GAVE_UP]
    assert outcomes.index(MailOutcome.STUCK) == STUCK_ATTEMPT - 1
    assert outcomes[-1] is MailOutcome.GAVE_UP
    assert office.deliver() is MailOutcome.NOT_OURS


def test_a_notice_whose_senders_die_each_time_is_given_up_too(office: Office) -> None:
    for _ in range(MOST_ATTEMPTS):
        office.store.claim_notice(office.payment.id, CONFIRMATION, office.now, LEASE)
        office.now += LEASE
    assert office.deliver() is MailOutcome.GAVE_UP
    assert office.record().state is NoticeState.GAVE_UP
    assert not office.mailer.letters


def test_the_invoice_is_issued_before_its_mail_is_claimed(office: Office) -> None:
    office.store.first_days(["invoice"], office.now - timedelta(days=1))
    claim = office.store.claim_notice
    issued = list[int]()

    def claiming(payment_id: str, *given: Any) -> Any:
        issued.append(len(office.store.payments[payment_id].documents))
        return claim(payment_id, *given)

    office.store.claim_notice = claiming  # type: ignore[method-assign, assignment]
    assert office.deliver() is MailOutcome.SENT
    assert issued == [1]


def test_a_mail_does_not_wait_for_an_invoice_that_cannot_be_issued_now(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.services.recording.time.sleep", lambda _: None)
    office.store.first_days(["invoice"], office.now - timedelta(days=1))
    office.store.faster_writers = ATTEMPTS
    assert office.deliver() is MailOutcome.SENT
    assert not office.store.payments[office.payment.id].documents
