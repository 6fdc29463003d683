"""Whatever is overdue is done, once, and as far as it goes."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from payments.adapters.stripe.objects import read_listed_event
from payments.domain import missed
from payments.domain.actors import LOOK, webhook
from payments.domain.attention import Reason
from payments.domain.errors import PublishFailed, StripeRefused, StripeUnavailable, TryAgain
from payments.domain.facts import (
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
from payments.domain.learning import learn
from payments.domain.looking import (
    AFTER_EXPIRY,
    FIRST_LOOK,
    LAST_LOOK,
    LONGEST_PAUSE,
    REPEATABLE,
    DueReason,
    close_at,
    next_look,
)
from payments.domain.notices import UNDER_WAY, Notice, NoticeKind
from payments.domain.payment import INTENT, Payment, Status, Way
from payments.services.reconciliation import (
    LEASE_LENGTH,
    LOOKED_AT_AGAIN_AFTER,
    OVERDUE_PER_SHARD,
    PATIENCE,
    PUBLISHED_AGAIN_AFTER,
    RUN_TIME,
    Reconciler,
    Summary,
)
from payments.services.recording import record
from tests.builders import LIFETIME, NOW, a_payment, an_event, an_intent
from tests.fakes import MemoryOutbox, MemoryStore, MemoryStripe, NoticeRecord, an_issuer

PAID = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
DECLINED = Attempt(ref="ch_0", state=AttemptState.FAILED, amount=0, currency="usd")
FORM = Intent(ref="pi_1", state=IntentState.OPEN, amount=0, currency="usd")
OPEN = Session(ref="cs_1", state=SessionState.OPEN, amount=9900, currency="usd", url="https://checkout")


class Night:
    """A store, a Stripe and a queue that are left alone, and the run that comes by."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.stripe = MemoryStripe()
        self.outbox = MemoryOutbox()
        self.now = NOW
        self.reported: list[tuple[dict[str, object], Exception]] = []
        # How long each of Stripe's answers takes.
        self.answers_after = timedelta()
        self.stripe.answering = self.waits

    def holds(self, payment: Payment, since: datetime | None = None) -> Payment:
        due_at = next_look(payment, since or self.now)
        payment = replace(payment, due_by={DueReason.LOOK.value: due_at} if due_at else {})
        self.store.payments[payment.id] = payment
        return payment

    def holds_since(self, created_at: datetime) -> Payment:
        """An open checkout that nothing was heard of since it was made."""
        return self.holds(learn(a_payment(now=created_at), [OPEN])[0], created_at)

    def holds_form(self) -> Payment:
        """A form on the page, which nobody pays in."""
        payment, _ = learn(a_payment(way=Way.EMBEDDED, parameters=INTENT), [FORM])
        payment = payment.but(due_by={DueReason.CLOSE.value: close_at(payment, NOW)})
        self.store.payments[payment.id] = payment
        return payment

    def holds_paid(self, number: int) -> list[Payment]:
        """Open checkouts that were paid, as only Stripe knows."""
        payments = [self.holds(learn(a_payment(), [OPEN])[0]) for _ in range(number)]
        self.stripe.facts = {each.id: [replace(PAID, ref=f"ch_{each.id}")] for each in payments}
        return payments

    def comes_by(self, later: timedelta = timedelta()) -> Summary | None:
        self.now += later
        return Reconciler(
            store=self.store,
            stripe=self.stripe,
            outbox=self.outbox,
            issuer=an_issuer(self.store, lambda: self.now),
            failure_delay=timedelta(minutes=10),
            keep_unpaid=timedelta(days=90),
            clock=lambda: self.now,
            report=lambda what, error: self.reported.append((what, error)),
        ).run()

    def waits(self) -> None:
        self.now += self.answers_after

    def counted(self, later: timedelta) -> list[str]:
        """The payments that a run counts as missed."""
        summary = self.comes_by(later)
        assert summary is not None
        return summary.missed

    def happens(self, event: dict[str, Any], at: datetime | None = None) -> None:
        read = read_listed_event(event)
        assert read
        self.stripe.happened.append((read, at or self.now))

    def status(self, payment: Payment) -> Status:
        return self.store.payments[payment.id].status

    def published(self) -> list[str]:
        return sorted(str(posting.notice) for posting in self.outbox.postings)


@pytest.fixture
def night() -> Night:
    return Night()


# When an open checkout is looked at.
CLOSES = LIFETIME + AFTER_EXPIRY
CONFIRMED = ["admin_copy", "admin_notification", "payment_confirmation"]


def test_notices_that_are_overdue_are_published_again_and_fresh_ones_are_not(night: Night) -> None:
    payment, effects = learn(a_payment(), [PAID])
    night.store.payments[payment.id] = payment
    night.store.notices |= {(payment.id, notice): NoticeRecord(night.now) for notice in effects.notices}
    night.comes_by()
    assert night.published() == []
    night.comes_by(UNDER_WAY)
    assert night.published() == CONFIRMED


def test_what_was_published_is_left_to_the_queue_for_a_day(night: Night) -> None:
    payment, effects = learn(a_payment(), [PAID])
    night.store.payments[payment.id] = payment
    night.store.notices |= {(payment.id, notice): NoticeRecord(night.now) for notice in effects.notices}
    for _ in range(12 * 12):
        night.comes_by(timedelta(minutes=5))
    assert night.published() == CONFIRMED
    night.comes_by(PUBLISHED_AGAIN_AFTER)
    assert night.published() == sorted(CONFIRMED * 2)


def test_a_paid_checkout_of_which_stripe_lists_no_event_is_found_when_it_expires(night: Night) -> None:
    payment = night.holds(learn(a_payment(), [OPEN])[0])
    night.stripe.facts[payment.id] = [PAID]
    night.comes_by(CLOSES - timedelta(seconds=1))
    assert night.stripe.looks == []
    night.comes_by(timedelta(seconds=1))
    assert night.status(payment) is Status.SUCCEEDED
    assert night.published() == CONFIRMED
    assert night.store.due(DueReason.LOOK, night.now + LAST_LOOK, 10) == []


def test_a_checkout_that_stripe_does_not_close_is_looked_at_ever_less_often_and_not_for_ever(night: Night) -> None:
    payment = night.holds(learn(a_payment(), [OPEN])[0])
    looks: list[datetime] = []
    while (due := night.store.payments[payment.id].due_by.get(DueReason.LOOK)) is not None:
        looks.append(due)
        night.now = due
        night.comes_by()
    pauses = [later - earlier for earlier, later in itertools.pairwise(looks)]
    assert pauses == sorted(pauses)
    assert looks[0] == payment.expires_at + AFTER_EXPIRY
    assert looks[-1] <= payment.expires_at + LAST_LOOK + timedelta(days=1)
    assert len(looks) < 45


def test_a_request_of_unknown_outcome_is_repeated_and_finds_its_checkout(night: Night) -> None:
    payment = night.holds(a_payment())
    night.comes_by(FIRST_LOOK)
    assert night.store.payments[payment.id].checkout is not None
    assert list(night.stripe.sessions) == [payment.id]


def test_a_request_that_never_came_to_be_lapses(night: Night) -> None:
    payment = night.holds(a_payment())
    night.comes_by(REPEATABLE)
    assert night.status(payment) is Status.EXPIRED
    assert not night.stripe.sessions
    assert list(night.store.payments[payment.id].due_by) == [DueReason.ERASE]


def test_a_request_that_stripe_refuses_lapses(night: Night) -> None:
    payment = night.holds(a_payment())
    night.stripe.failures = [StripeRefused("no")]
    night.comes_by(FIRST_LOOK)
    assert night.status(payment) is Status.EXPIRED


@pytest.mark.parametrize(
    "mishap",
    [
        StripeRefused("no such session"),
        StripeUnavailable("it does not answer for this one"),
        TryAgain("too many writers"),
        RuntimeError("nobody thought of this"),
    ],
)
def test_one_payment_that_goes_wrong_does_not_hold_up_the_others(night: Night, mishap: Exception) -> None:
    payments = night.holds_paid(3)
    night.stripe.failures = [mishap]
    summary = night.comes_by(CLOSES)
    assert summary is not None
    (unlucky,) = summary.failed
    assert night.reported == [({"payment_id": unlucky}, mishap)]
    assert {payment.id for payment in payments if night.status(payment) is Status.PENDING} == {unlucky}
    night.comes_by(CLOSES)
    assert {night.status(payment) for payment in payments} == {Status.SUCCEEDED}


def test_a_payment_whose_objects_are_anothers_does_not_hold_up_the_others(night: Night) -> None:
    first, second = night.holds_paid(2)
    night.store.names[f"ch_{first.id}"] = "another payment"
    summary = night.comes_by(CLOSES)
    assert summary is not None
    assert summary.failed == [first.id]
    assert (night.status(first), night.status(second)) == (Status.PENDING, Status.SUCCEEDED)
    again = night.comes_by(timedelta(minutes=5))
    assert again is not None
    assert again.payments_looked_at == 0


def test_a_stripe_that_keeps_failing_is_left_alone_and_asked_by_a_later_run(night: Night) -> None:
    payments = night.holds_paid(PATIENCE + 2)
    night.stripe.failures = [StripeUnavailable("down")] * PATIENCE
    summary = night.comes_by(CLOSES)
    assert summary is not None
    assert summary.payments_looked_at == PATIENCE
    night.comes_by(CLOSES)
    assert {night.status(payment) for payment in payments} == {Status.SUCCEEDED}


def test_a_queue_that_takes_nothing_does_not_keep_anything_from_being_learned(night: Night) -> None:
    (payment,) = night.holds_paid(1)
    night.outbox.failures = [PublishFailed("down")]
    night.comes_by(CLOSES)
    assert night.status(payment) is Status.SUCCEEDED
    assert night.published() == []
    night.comes_by(UNDER_WAY)
    assert night.published() == CONFIRMED


def test_only_one_run_at_a_time_and_one_that_died_is_succeeded(night: Night) -> None:
    night.store.take_lease("reconcile", night.now, LEASE_LENGTH)
    assert night.comes_by() is None
    assert night.comes_by(LEASE_LENGTH) is not None


def test_a_failed_checkout_that_can_still_be_paid_is_looked_at(night: Night) -> None:
    payment = night.holds(learn(a_payment(), [OPEN, DECLINED])[0])
    night.stripe.facts[payment.id] = [PAID]
    night.comes_by(CLOSES)
    assert night.status(payment) is Status.SUCCEEDED


def test_a_look_that_came_to_nothing_is_made_again_soon_even_at_a_payment_that_waits_for_nothing(night: Night) -> None:
    payment = night.holds(replace(learn(a_payment(), [PAID])[0]))
    night.store.payments[payment.id] = replace(payment, due_by={DueReason.LOOK.value: night.now})
    night.stripe.failures = [StripeUnavailable("it does not answer")]
    night.comes_by()
    # Whatever is heard meanwhile, new or not.
    repeated = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
    record(night.store, night.store.payments[payment.id], [repeated], actor=webhook("evt_1", "type"), now=night.now)
    night.comes_by(LOOKED_AT_AGAIN_AFTER)
    assert night.stripe.looks == [payment.id] * 2
    assert not night.store.payments[payment.id].due_by


# What takes days


REFUND = Refund(ref="re_1", state=RefundState.PENDING, amount=9900, currency="usd")
DISPUTE = Dispute(ref="du_1", state=DisputeState.UNDER_REVIEW, amount=9900, currency="usd")


@pytest.mark.parametrize("waiting", [REFUND, DISPUTE], ids=["refund", "dispute"])
def test_what_a_paid_payment_waits_for_is_looked_at_daily_for_thirty_days(night: Night, waiting: Fact) -> None:
    payment = night.holds(learn(a_payment(), [PAID, waiting], now=NOW)[0])
    for _ in range(40 * 24):
        night.comes_by(timedelta(hours=1))
    assert 29 <= len(night.stripe.looks) <= 31
    attention = night.store.payments[payment.id].attention
    assert (attention.why if attention else ()) == ((Reason.REFUND,) if waiting is REFUND else ())


def test_a_payment_that_is_processing_for_thirty_days_waits_for_a_person(night: Night) -> None:
    payment = night.holds(learn(a_payment(), [replace(OPEN, state=SessionState.COMPLETE_UNPAID)], now=NOW)[0])
    for _ in range(40):
        night.comes_by(LONGEST_PAUSE)
    attention = night.store.payments[payment.id].attention
    assert attention is not None
    assert attention.why == (Reason.REVIEW,)
    assert 29 <= len(night.stripe.looks) <= 31


@pytest.mark.parametrize("word", [{"refunded": 4000}, {"disputed": True}])
def test_a_charge_that_says_more_than_we_know_has_stripe_asked_until_we_know(
    night: Night, word: dict[str, Any]
) -> None:
    payment = night.holds(learn(a_payment(), [replace(PAID, **word)], now=NOW)[0])
    known: list[Fact] = [
        replace(REFUND, state=RefundState.SUCCEEDED, amount=4000),
        replace(DISPUTE, state=DisputeState.LOST),
    ]
    night.comes_by(FIRST_LOOK)
    night.stripe.facts = {payment.id: known}
    night.comes_by(FIRST_LOOK)
    assert night.stripe.looks == [payment.id] * 2
    assert night.status(payment) is Status.PARTIALLY_REFUNDED
    assert night.store.payments[payment.id].due_by.keys() <= {DueReason.MISSED}


# What no webhook told us


def test_a_payment_that_only_a_look_found_paid_is_counted_as_missed_once(night: Night) -> None:
    (payment,) = night.holds_paid(1)
    assert night.counted(CLOSES) == []
    assert night.counted(missed.PATIENCE - timedelta(seconds=1)) == []
    assert night.counted(timedelta(seconds=1)) == [payment.id]
    assert night.counted(LAST_LOOK) == []
    assert night.store.payments[payment.id].due_by == {}


def test_a_webhook_that_is_only_late_is_not_missed(night: Night) -> None:
    (payment,) = night.holds_paid(1)
    night.comes_by(CLOSES)
    heard = Attempt(ref=f"ch_{payment.id}", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
    record(night.store, night.store.payments[payment.id], [heard], actor=webhook("evt_1", "charge.succeeded"), now=NOW)
    assert night.counted(missed.PATIENCE) == []


def test_what_was_learned_long_ago_and_never_told_rings_no_more(night: Night) -> None:
    payment = night.holds(learn(a_payment(), [OPEN, PAID], actor=LOOK, now=NOW)[0])
    night.now += timedelta(days=40)
    refund = Refund(ref="re_1", state=RefundState.SUCCEEDED, amount=9900, currency="usd")
    record(night.store, payment, [refund], actor=webhook("evt_1", "refund.created"), now=night.now)
    assert night.counted(missed.PATIENCE) == []


# One kind of work beside the others


def foreign_event(number: int) -> dict[str, Any]:
    return an_event("payment_intent.payment_failed", an_intent(None, id=f"pi_foreign_{number}"))


def test_every_kind_of_work_gets_its_turn_in_the_first_run(night: Night) -> None:
    """With a backlog of each, and a Stripe that takes a while for each answer."""
    for number in range(1000):
        night.holds_since(NOW - CLOSES - timedelta(minutes=number))
    for payment in list(night.store.payments.values())[:100]:
        for notice in learn(payment, [PAID])[1].notices:
            night.store.notices[payment.id, notice] = NoticeRecord(NOW - timedelta(hours=1))
    for number in range(1000):
        night.happens(foreign_event(number), at=NOW - number * timedelta(minutes=4))
    request = night.holds(a_payment(now=NOW - FIRST_LOOK), NOW - FIRST_LOOK)
    paid = night.holds(learn(a_payment(), [OPEN])[0])
    night.stripe.facts[paid.id] = [PAID]
    night.happens(an_event("payment_intent.succeeded", an_intent(paid.id)))
    night.answers_after = timedelta(seconds=0.15)
    summary = night.comes_by()
    assert summary is not None
    # Those that were due, and those of the one that is found to be paid.
    assert summary.notices_published == 303
    assert summary.events_read == 1001
    assert night.stripe.asked == 0
    assert summary.payments_looked_at > 50
    # The newest wait for no backlog.
    assert request.id in night.stripe.sessions
    assert night.status(paid) is Status.SUCCEEDED


def test_while_stripe_is_away_mail_is_published_all_the_same(night: Night) -> None:
    payments = [night.holds_since(NOW - CLOSES) for _ in range(OVERDUE_PER_SHARD + 30)]
    for payment in payments:
        night.store.notices[payment.id, Notice(NoticeKind.PAYMENT_FAILED)] = NoticeRecord(NOW - timedelta(hours=1))
    night.stripe.failures = [StripeUnavailable("down")] * 1000
    summary = night.comes_by()
    assert summary is not None
    assert summary.payments_looked_at == PATIENCE
    assert summary.notices_published == len(payments)


def test_a_run_begins_no_more_than_its_time_allows(night: Night) -> None:
    night.holds_paid(200)
    night.answers_after = timedelta(seconds=2)
    summary = night.comes_by(CLOSES)
    assert summary is not None
    assert 0 < summary.payments_looked_at <= RUN_TIME / night.answers_after
    assert not summary.failed


def test_looks_that_fail_keep_no_event_unread(night: Night) -> None:
    for _ in range(PATIENCE * 2):
        night.holds_since(NOW - CLOSES)
    paid = night.holds(learn(a_payment(), [OPEN])[0])
    night.happens(an_event("payment_intent.succeeded", an_intent(paid.id)))
    night.stripe.failures = [StripeUnavailable("down")] * PATIENCE
    night.comes_by()
    night.stripe.facts[paid.id] = [PAID]
    night.comes_by(timedelta(minutes=5))
    assert night.status(paid) is Status.SUCCEEDED


def test_what_no_mail_was_sent_for_is_invoiced(night: Night) -> None:
    [payment] = night.holds_paid(1)
    night.comes_by(timedelta(hours=24))
    assert not night.store.payments[payment.id].documents
    summary = night.comes_by(timedelta(minutes=5))
    assert summary
    assert summary.payments_invoiced == 1
    assert [each.number for each in night.store.payments[payment.id].documents] == ["2026-000001"]
    assert "invoice" not in night.store.payments[payment.id].due_by


def test_what_needs_no_invoice_any_more_is_due_for_none(night: Night) -> None:
    payment = night.holds(learn(a_payment(), [OPEN])[0])
    night.store.payments[payment.id] = payment.but(due_by={"invoice": NOW})
    summary = night.comes_by()
    assert summary
    assert summary.payments_invoiced == 0
    assert "invoice" not in night.store.payments[payment.id].due_by


def test_however_many_forms_are_to_be_closed_one_run_closes_them(night: Night) -> None:
    forms = [night.holds_form() for _ in range(OVERDUE_PER_SHARD + 30)]
    night.comes_by(LIFETIME + timedelta(minutes=1))
    assert {night.status(each) for each in forms} == {Status.CANCELED}


def test_what_stripe_does_not_close_is_asked_for_ever_less_often_and_keeps_no_other_waiting(night: Night) -> None:
    gone = [night.holds_form() for _ in range(PATIENCE)]
    # No more at Stripe: neither is it closed, nor can it be looked at.
    night.stripe.failures += [StripeRefused("There is none.")] * 2 * PATIENCE
    night.comes_by(LIFETIME + timedelta(minutes=1))
    assert [what["payment_id"] for what, _ in night.reported] == [each.id for each in gone]

    due = night.store.payments[gone[0].id].due_by[DueReason.CLOSE]
    assert due == night.now + AFTER_EXPIRY
    summary = night.comes_by(AFTER_EXPIRY - timedelta(seconds=1))
    assert summary
    assert summary.failed == []
    night.stripe.failures += [StripeRefused("There is none.")] * 2 * PATIENCE
    night.comes_by(LAST_LOOK)
    assert night.store.payments[gone[0].id].due_by[DueReason.CLOSE] == night.now + LONGEST_PAUSE
    night.comes_by(LONGEST_PAUSE)
    assert night.status(gone[0]) is Status.CANCELED


def test_what_stripe_has_open_all_the_same_is_asked_for_again_later(night: Night) -> None:
    form = night.holds_form()
    # It refuses to close it, and says that it is open.
    night.stripe.facts = {form.id: [FORM]}
    night.comes_by(LIFETIME + timedelta(minutes=1))
    assert night.store.payments[form.id].due_by[DueReason.CLOSE] == night.now + AFTER_EXPIRY
