"""Stripe's list of events is read to its end, whatever is in it, and names the payments that do not know it yet."""

import weakref
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from payments.adapters.stripe.events import MONEY, UNDELIVERED
from payments.adapters.stripe.objects import read_listed_event
from payments.domain.actors import webhook
from payments.domain.errors import NotConfigured, StripeRefused, StripeUnavailable
from payments.domain.events import Cursor, EventSet
from payments.domain.facts import merge
from payments.domain.looking import DueReason
from payments.domain.payment import Payment
from payments.services.reading import LATE, REACH, REMEMBERED, Reader
from payments.services.recording import record
from tests.builders import NOW, a_charge, a_dispute, a_payment, a_refund, a_session, an_event, an_intent
from tests.fakes import MemoryStore, MemoryStripe
from tools.webhook_endpoint import EVENTS

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Desk:
    """A store, a Stripe with its list, and a reader that comes by."""

    def __init__(self) -> None:
        self.store, self.stripe, self.now = MemoryStore(), MemoryStripe(), NOW
        self.reported: list[dict[str, object]] = []

    def holds(self, payment: Payment) -> Payment:
        self.store.payments[payment.id] = payment
        return payment

    def happens(self, event_type: str, body: dict[str, Any], at: datetime | None = None, **changes: Any) -> None:
        at = at or self.now
        event = read_listed_event(an_event(event_type, body, created=int(at.timestamp()), **changes))
        assert event
        self.stripe.happened.append((event, at))

    def reads(self, events: EventSet = MONEY, later: timedelta = MINUTE) -> list[str]:
        """The payments that a run's reader names; each of them is due for a look."""
        self.now += later
        reader = Reader(
            self.store, self.stripe, lambda: self.now, lambda what, error: self.reported.append(what | {"error": error})
        )
        named = [each for each in reader.named_by(events) if each]
        for payment_id in named:
            assert self.store.payments[payment_id].due_by[DueReason.HEARD] <= self.now
        return named


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_list_takes_no_more_than_twenty_types_and_nothing_is_read_twice() -> None:
    assert len(UNDELIVERED.types) <= 20
    assert len(MONEY.types) <= 20
    assert not set(UNDELIVERED.types) & set(MONEY.types)


def test_whatever_the_endpoint_is_subscribed_to_is_read_or_said_by_what_is() -> None:
    """A charge's intent, and the refunds and disputes themselves, say what its own events do."""
    said_by_others = {event for event in EVENTS if event.startswith("charge.") and event.count(".") == 1}
    assert set(EVENTS) - said_by_others <= {*UNDELIVERED.types, *MONEY.types}


def test_an_event_names_its_payment_until_that_knows_it(desk: Desk) -> None:
    payment = desk.holds(a_payment())
    desk.happens("payment_intent.succeeded", an_intent(payment.id))
    desk.happens("checkout.session.completed", a_session(payment.id))
    assert desk.reads() == [payment.id]
    # It is read once more, and still unknown.
    assert desk.reads(later=LATE) == [payment.id]
    for body in (an_intent(payment.id), a_session(payment.id)):
        lesson = desk.stripe.happened[0][0].lesson
        assert lesson
        read = read_listed_event(an_event("payment_intent.succeeded", body))
        assert read
        assert read.lesson
        record(desk.store, desk.store.payments[payment.id], read.lesson.facts, actor=webhook("evt_1", "type"), now=NOW)
    desk.store.cursors.clear()
    assert desk.reads() == []


def test_what_a_refund_or_a_dispute_is_about_is_found_by_its_intent(desk: Desk) -> None:
    payment = desk.holds(a_payment())
    desk.store.names["pi_1"] = payment.id
    desk.happens("refund.created", a_refund())
    assert desk.reads() == [payment.id]
    assert desk.stripe.asked == 0


def test_a_charge_that_says_more_was_refunded_names_its_payment(desk: Desk) -> None:
    payment = desk.holds(a_payment())
    charge = read_listed_event(an_event("charge.succeeded", a_charge(payment.id)))
    assert charge
    assert charge.lesson
    record(desk.store, payment, charge.lesson.facts, actor=webhook("evt_1", "charge.succeeded"), now=NOW)
    desk.happens("charge.refunded", a_charge(payment.id, amount_refunded=4000))
    assert desk.reads() == [payment.id]


def test_an_event_that_cannot_be_read_names_its_payment_all_the_same(desk: Desk) -> None:
    payment = desk.holds(a_payment())
    desk.store.names["pi_1"] = payment.id
    desk.happens("charge.dispute.created", a_dispute(amount="much"), api_version="2011-11-17")
    assert desk.reads() == [payment.id]


def test_nothing_foreign_costs_a_call_for_each_event(desk: Desk) -> None:
    desk.holds(a_payment())
    for number in range(1000):
        desk.happens("payment_intent.succeeded", an_intent(None, id=f"pi_{number}"))
        desk.happens("refund.created", a_refund(id=f"re_{number}", payment_intent="pi_foreign", charge="ch_foreign"))
    assert desk.reads() == []
    assert desk.stripe.asked == 1
    assert desk.stripe.lists < 100


def test_a_long_list_is_read_to_its_end_window_by_window(desk: Desk) -> None:
    payments = [desk.holds(a_payment(now=NOW - timedelta(days=25))) for _ in range(350)]
    for number, payment in enumerate(payments):
        # Most of them on one day, and 150 in one second.
        at = NOW - timedelta(days=20) + (number // 150) * SECOND
        desk.happens("payment_intent.succeeded", an_intent(payment.id, id=f"pi_{number}"), at)
    assert sorted(desk.reads()) == sorted(payment.id for payment in payments)
    assert desk.store.cursor(MONEY) == Cursor(once=desk.now, for_good=desk.now - LATE)
    lists = desk.stripe.lists
    # Schedules are not to the second.
    for later in (LATE, LATE - 10 * SECOND, LATE + 10 * SECOND):
        desk.reads(later=later)
    assert desk.stripe.lists == lists + 3


def test_a_first_reading_holds_few_payments_at_once_however_many_are_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    payments = [a_payment() for _ in range(4 * REMEMBERED)]
    known, unknown = payments[::2], payments[1::2]
    for number, payment in enumerate(payments):
        body, at = an_intent(payment.id, id=f"pi_{number}"), NOW - timedelta(days=20) + number * SECOND
        desk.happens("payment_intent.processing", body, at)
        desk.happens("payment_intent.succeeded", body, at)
        lesson = desk.stripe.happened[-1][0].lesson
        assert lesson
        desk.holds(replace(payment, facts=merge({}, lesson.facts)) if payment in known else payment)
    read: list[weakref.ref[Payment]] = []
    most = 0

    def reading_anew(payment_id: str) -> Payment:
        nonlocal most
        payment = replace(desk.store.payments[payment_id])
        read.append(weakref.ref(payment))
        most = max(most, sum(each() is not None for each in read))
        return payment

    monkeypatch.setattr(desk.store, "payment", reading_anew)
    assert sorted(desk.reads()) == sorted(payment.id for payment in unknown)
    assert most <= REMEMBERED + 2
    # Once each, for what is said of one comes close together.
    assert len(read) == len(payments)


def test_the_first_reading_begins_as_far_back_as_stripe_goes(desk: Desk) -> None:
    """The payment itself may be much older: it is disputed months later."""
    payment = desk.holds(a_payment(now=NOW - timedelta(days=300)))
    desk.store.names["pi_1"] = payment.id
    desk.happens("charge.dispute.created", a_dispute(), NOW + MINUTE - REACH)
    assert desk.reads() == [payment.id]


def test_a_set_of_other_types_begins_anew(desk: Desk) -> None:
    payment = desk.holds(a_payment(now=NOW - timedelta(days=3)))
    desk.reads()
    desk.happens("review.reopened", an_intent(payment.id), NOW - timedelta(days=2))
    assert desk.reads() == []
    assert desk.reads(EventSet("money", (*MONEY.types, "review.reopened"), undelivered=False)) == [payment.id]


def test_an_event_that_comes_into_the_list_late_is_not_passed(desk: Desk) -> None:
    payment = desk.holds(a_payment())
    desk.reads()
    desk.happens("payment_intent.succeeded", an_intent(payment.id), desk.now - LATE + SECOND)
    assert desk.reads() == [payment.id]


@pytest.mark.parametrize("every", [timedelta(seconds=10), MINUTE, LATE])
def test_an_event_is_read_twice_however_often_runs_come(desk: Desk, every: timedelta) -> None:
    """Whoever pays often costs no more a payment than who pays seldom; nor does a run that comes often."""
    desk.reads()
    began = desk.now
    read = 0
    while desk.now < began + 6 * LATE:
        desk.happens("payment_intent.succeeded", an_intent(None), desk.now + SECOND)
        desk.now += every
        reader = Reader(desk.store, desk.stripe, lambda: desk.now, lambda *_: None)
        assert list(filter(None, reader.named_by(MONEY))) == []
        read += reader.read
    happened = len(desk.stripe.happened)
    # The last of them are still to be read again.
    assert 2 * happened - LATE // every - 1 <= read <= 2 * happened


@pytest.mark.parametrize("every", [timedelta(seconds=10), 2 * MINUTE, LATE])
@pytest.mark.parametrize("late", [SECOND, MINUTE, LATE - SECOND])
def test_an_event_is_read_however_late_it_comes_into_the_list_and_whenever_runs_come(
    desk: Desk, late: timedelta, every: timedelta
) -> None:
    payments = [desk.holds(a_payment()) for _ in range(11)]
    desk.reads()
    began, named = desk.now, set[str]()
    happening = [(began + number * 7 * SECOND, payment) for number, payment in enumerate(payments)]
    while desk.now < began + 3 * LATE:
        for at, payment in happening:
            if desk.now < at + late <= desk.now + every:
                desk.happens("payment_intent.succeeded", an_intent(payment.id), at)
        named |= {*desk.reads(later=every)}
    assert named == {payment.id for payment in payments}


@pytest.mark.parametrize("later", [timedelta(seconds=10), LATE])
def test_an_event_that_stripe_could_not_be_asked_about_is_asked_about_by_the_next_run(
    desk: Desk, later: timedelta
) -> None:
    payment = desk.holds(a_payment())
    desk.reads()
    desk.happens("refund.created", a_refund(), desk.now + SECOND)
    desk.stripe.owners["pi_1"] = payment.id
    desk.stripe.failures = [StripeUnavailable("down"), StripeUnavailable("still")]
    assert desk.reads(later=later) == []
    assert desk.reads(later=later) == []
    assert desk.reads(later=later) == [payment.id]


def test_an_event_that_stripe_could_not_be_asked_about_is_read_again(desk: Desk) -> None:
    payment = desk.holds(a_payment())
    desk.happens("refund.created", a_refund())
    desk.stripe.owners["pi_1"] = payment.id
    desk.stripe.failures = [StripeUnavailable("down")]
    assert desk.reads(later=timedelta(hours=1)) == []
    assert desk.reads(later=timedelta(hours=1)) == [payment.id]


@pytest.mark.parametrize("trouble", [StripeUnavailable("never for this one"), NotConfigured("not with this key")])
def test_an_object_that_stripe_always_fails_at_keeps_no_later_event_unread_and_is_given_up(
    desk: Desk, trouble: Exception
) -> None:
    payment = desk.holds(a_payment())
    desk.happens("refund.created", a_refund(payment_intent="pi_foreign"))
    desk.happens("payment_intent.succeeded", an_intent(payment.id), NOW + 10 * MINUTE)
    desk.stripe.failures = [trouble] * 1000
    assert desk.reads(later=timedelta(hours=1)) == [payment.id]
    for _ in range(24):
        desk.reads(later=timedelta(hours=1))
    # As long as it may be ours, it is asked about.
    assert len(desk.reported) == 25
    for _ in range(60):
        desk.reads(later=timedelta(hours=1))
    assert len(desk.reported) < 80


def test_a_busy_account_is_read_from_the_first_run_on(desk: Desk) -> None:
    """Of 30 days with an event a minute, in runs that end after 40 answers."""
    intent = an_intent(None)
    for number in range(30 * 24 * 60):
        desk.happens("payment_intent.succeeded", intent, NOW - number * MINUTE)
    desk.stripe.page = 500
    for _ in range(6):
        reader = Reader(desk.store, desk.stripe, lambda: desk.now, lambda *_: None)
        lists = desk.stripe.lists
        with closing(reader.named_by(MONEY)) as reading:
            for _ in reading:
                if desk.stripe.lists >= lists + 40:
                    break
    assert desk.store.cursor(MONEY) == Cursor(once=desk.now, for_good=desk.now - LATE)


def test_a_run_that_is_cut_off_leaves_the_rest_to_the_next(desk: Desk) -> None:
    """However many objects of others Stripe has to be asked about, and however little time there is."""
    payment = desk.holds(a_payment())
    at = NOW - timedelta(hours=1)
    for number in range(100):
        refund = a_refund(id=f"re_{number}", payment_intent=f"pi_foreign_{number}", charge=None)
        desk.happens("refund.created", refund, at + number * SECOND)
    desk.happens("payment_intent.succeeded", an_intent(payment.id), at + 100 * SECOND)
    named: list[str] = []
    for _ in range(12):
        reader = Reader(desk.store, desk.stripe, lambda: desk.now, lambda *_: None)
        with closing(reader.named_by(MONEY)) as reading:
            named += [each for each in islice(reading, 20) if each]
    assert named == [payment.id]
    # Not many of them twice.
    assert desk.stripe.asked < 120


def test_an_object_whose_owner_stripe_will_never_tell_keeps_nothing_from_being_read(desk: Desk) -> None:
    payment = desk.holds(a_payment())
    desk.happens("refund.created", a_refund(payment_intent="pi_secret"))
    desk.happens("payment_intent.succeeded", an_intent(payment.id))
    desk.stripe.failures = [StripeRefused("no")]
    assert desk.reads() == [payment.id]
    assert [each["event_id"] for each in desk.reported] == [desk.stripe.happened[0][0].id]


def test_what_is_for_newer_code_is_left_to_it(desk: Desk) -> None:
    payment = desk.holds(a_payment())
    desk.store.for_newer_code.add(payment.id)
    desk.happens("payment_intent.succeeded", an_intent(payment.id))
    assert desk.reads() == []


def test_what_happens_by_a_clock_that_is_ahead_of_ours_is_read_too(desk: Desk) -> None:
    payment = desk.holds(a_payment())
    desk.happens("payment_intent.succeeded", an_intent(payment.id), NOW + timedelta(hours=1))
    assert desk.reads() == [payment.id]


def test_no_window_is_asked_for_twice(desk: Desk) -> None:
    """Of a busy account the first window of each run has more than an answer holds."""
    asked: list[tuple[datetime, datetime | None]] = []
    listed = desk.stripe.events

    def noted(events: EventSet, first: datetime, last: datetime | None, *, whole: bool) -> Any:
        asked.append((first, last))
        return listed(events, first, last, whole=whole)

    desk.store.move_cursor(MONEY, Cursor(NOW - LATE, NOW - LATE))
    for number in range(300):
        desk.happens("payment_intent.succeeded", an_intent(None), NOW - number * SECOND)
    desk.stripe.events = noted  # type: ignore[method-assign]
    desk.reads()
    assert len(asked) == len(set(asked))
