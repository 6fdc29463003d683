"""Whatever is overdue is done, once, and as far as it goes."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from payments.adapters.stripe.objects import read_event
from payments.domain.errors import NotConfigured, PublishFailed, StripeRefused, StripeUnavailable, TryAgain
from payments.domain.facts import Attempt, AttemptState, Session, SessionState
from payments.domain.learning import learn
from payments.domain.looking import FIRST_LOOK_AT_CHECKOUT, FIRST_LOOK_AT_REQUEST, LAST_LOOK, DueReason, next_look
from payments.domain.notices import UNDER_WAY
from payments.domain.payment import Payment, Status
from payments.services.checkout import REPEATABLE
from payments.services.reconciliation import (
    HOPELESS,
    LEASE_LENGTH,
    PATIENCE,
    SETTLED,
    Reconciler,
    Summary,
)
from tests.builders import NOW, a_charge, a_payment, an_event
from tests.fakes import MemoryOutbox, MemoryStore, MemoryStripe, NoticeRecord

PAID = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
DECLINED = Attempt(ref="ch_0", state=AttemptState.FAILED, amount=0, currency="usd")
OPEN = Session(ref="cs_1", state=SessionState.OPEN, amount=9900, currency="usd", url="https://checkout")


class Night:
    """A store, a Stripe and a queue that are left alone, and the run that comes by."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.stripe = MemoryStripe()
        self.outbox = MemoryOutbox()
        self.now = NOW
        self.reported: list[tuple[dict[str, object], Exception]] = []

    def holds(self, payment: Payment) -> Payment:
        due_at = next_look(payment, self.now)
        payment = replace(payment, due_by={DueReason.LOOK.value: due_at} if due_at else {})
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
            livemode=False,
            failure_delay=timedelta(minutes=10),
            clock=lambda: self.now,
            report=lambda what, error: self.reported.append((what, error)),
        ).run()

    def status(self, payment: Payment) -> Status:
        return self.store.payments[payment.id].status

    def published(self) -> list[str]:
        return sorted(str(posting.notice) for posting in self.outbox.postings)


@pytest.fixture
def night() -> Night:
    return Night()


CONFIRMED = ["admin_copy", "admin_notification", "payment_confirmation"]


def test_notices_that_are_overdue_are_published_again_and_fresh_ones_are_not(night: Night) -> None:
    payment, effects = learn(a_payment(), [PAID])
    night.store.payments[payment.id] = payment
    night.store.notices |= {(payment.id, notice): NoticeRecord(night.now) for notice in effects.notices}
    night.comes_by()
    assert night.published() == []
    night.comes_by(UNDER_WAY)
    assert night.published() == CONFIRMED


def test_a_paid_checkout_that_nobody_told_us_about_is_found_and_told(night: Night) -> None:
    payment = night.holds(learn(a_payment(), [OPEN])[0])
    night.stripe.facts[payment.id] = [PAID]
    night.comes_by(FIRST_LOOK_AT_CHECKOUT - timedelta(seconds=1))
    assert night.status(payment) is Status.PENDING
    night.comes_by(timedelta(seconds=1))
    assert night.status(payment) is Status.SUCCEEDED
    assert night.published() == CONFIRMED
    assert night.store.due(DueReason.LOOK, night.now + LAST_LOOK, 10) == []


def test_an_open_checkout_is_looked_at_ever_less_often_and_not_for_ever(night: Night) -> None:
    payment = night.holds(learn(a_payment(), [OPEN])[0])
    looks: list[datetime] = []
    while (due := night.store.payments[payment.id].due_by.get(DueReason.LOOK)) is not None:
        looks.append(due)
        night.now = due
        night.comes_by()
    pauses = [later - earlier for earlier, later in itertools.pairwise(looks)]
    assert pauses == sorted(pauses)
    assert looks[-1] <= payment.created_at + LAST_LOOK + timedelta(days=1)
    assert len(looks) < 45


def test_a_request_of_unknown_outcome_is_repeated_and_finds_its_checkout(night: Night) -> None:
    payment = night.holds(a_payment())
    night.comes_by(FIRST_LOOK_AT_REQUEST)
    assert night.store.payments[payment.id].checkout is not None
    assert list(night.stripe.sessions) == [payment.id]


def test_a_request_that_never_came_to_be_lapses(night: Night) -> None:
    payment = night.holds(a_payment())
    night.comes_by(REPEATABLE)
    assert night.status(payment) is Status.EXPIRED
    assert not night.stripe.sessions
    assert not night.store.payments[payment.id].due_by


def test_a_request_that_stripe_refuses_lapses(night: Night) -> None:
    payment = night.holds(a_payment())
    night.stripe.failures = [StripeRefused("no")]
    night.comes_by(FIRST_LOOK_AT_REQUEST)
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
    summary = night.comes_by(FIRST_LOOK_AT_CHECKOUT)
    assert summary is not None
    (unlucky,) = summary.failed
    assert night.reported == [({"payment_id": unlucky}, mishap)]
    assert {payment.id for payment in payments if night.status(payment) is Status.PENDING} == {unlucky}
    night.comes_by(FIRST_LOOK_AT_CHECKOUT)
    assert {night.status(payment) for payment in payments} == {Status.SUCCEEDED}


def test_a_payment_whose_objects_are_anothers_does_not_hold_up_the_others(night: Night) -> None:
    first, second = night.holds_paid(2)
    night.store.names[f"ch_{first.id}"] = "another payment"
    summary = night.comes_by(FIRST_LOOK_AT_CHECKOUT)
    assert summary is not None
    assert summary.failed == [first.id]
    assert (night.status(first), night.status(second)) == (Status.PENDING, Status.SUCCEEDED)
    again = night.comes_by(timedelta(minutes=5))
    assert again is not None
    assert again.payments_looked_at == 0


def test_one_event_that_goes_wrong_does_not_hold_up_the_others_and_is_tried_again(night: Night) -> None:
    payments = [night.holds(learn(a_payment(), [OPEN])[0]) for _ in range(2)]
    events = [
        read_event(an_event("charge.succeeded", a_charge(None, id=f"ch_{number}", payment_intent=f"pi_{number}")))
        for number in range(2)
    ]
    night.stripe.owners = {f"pi_{number}": payment.id for number, payment in enumerate(payments)}
    night.stripe.events = [(event, night.now - SETTLED * 2) for event in events]
    night.stripe.failures = [NotConfigured("a key that may not read intents")]
    night.comes_by()
    assert [night.status(payment) for payment in payments] == [Status.PENDING, Status.SUCCEEDED]
    assert night.store.cursors == {}
    night.comes_by()
    assert [night.status(payment) for payment in payments] == [Status.SUCCEEDED, Status.SUCCEEDED]
    assert list(night.store.cursors.values()) == [events[1].id]


def test_an_event_that_goes_wrong_for_ever_is_passed_after_a_while(night: Night) -> None:
    event = read_event(an_event("charge.succeeded", a_charge(None)))
    night.stripe.events = [(event, night.now)]
    for later in (timedelta(), HOPELESS, timedelta(seconds=1)):
        night.stripe.failures = [NotConfigured("a key that may not read intents")]
        assert night.store.cursors == {}
        night.comes_by(later)
    assert list(night.store.cursors.values()) == [event.id]


def test_a_stripe_that_keeps_failing_is_left_alone_and_asked_by_a_later_run(night: Night) -> None:
    payments = night.holds_paid(PATIENCE + 2)
    night.stripe.failures = [StripeUnavailable("down")] * PATIENCE
    summary = night.comes_by(FIRST_LOOK_AT_CHECKOUT)
    assert summary is not None
    assert summary.payments_looked_at == PATIENCE
    night.comes_by(FIRST_LOOK_AT_CHECKOUT)
    assert {night.status(payment) for payment in payments} == {Status.SUCCEEDED}


def test_a_queue_that_takes_nothing_does_not_keep_anything_from_being_learned(night: Night) -> None:
    (payment,) = night.holds_paid(1)
    night.outbox.failures = [PublishFailed("down")] * 2
    night.comes_by(FIRST_LOOK_AT_CHECKOUT)
    assert night.status(payment) is Status.SUCCEEDED
    assert night.published() == []
    night.comes_by(UNDER_WAY)
    assert night.published() == CONFIRMED


def test_events_that_never_came_are_heard_and_not_again_once_they_settled(night: Night) -> None:
    payment = night.holds(learn(a_payment(), [OPEN])[0])
    event = read_event(an_event("charge.succeeded", a_charge(payment.id)))
    night.stripe.events = [(event, night.now)]
    night.comes_by()
    assert night.status(payment) is Status.SUCCEEDED
    assert night.published() == CONFIRMED
    assert night.store.cursors == {}
    night.comes_by(SETTLED + timedelta(seconds=1))
    assert list(night.store.cursors.values()) == [event.id]
    summary = night.comes_by()
    assert summary is not None
    assert summary.events_heard == 0


def test_only_one_run_at_a_time_and_one_that_died_is_succeeded(night: Night) -> None:
    night.store.take_lease("reconcile", night.now, LEASE_LENGTH)
    assert night.comes_by() is None
    assert night.comes_by(LEASE_LENGTH) is not None


def test_a_failed_checkout_that_can_still_be_paid_is_looked_at(night: Night) -> None:
    payment = night.holds(learn(a_payment(), [OPEN, DECLINED])[0])
    night.stripe.facts[payment.id] = [PAID]
    night.comes_by(FIRST_LOOK_AT_CHECKOUT)
    assert night.status(payment) is Status.SUCCEEDED
