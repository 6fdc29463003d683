"""Whoever wants to know how a payment stands has Stripe asked, rarely, and is answered whatever happens."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payments.domain.errors import (
    NotConfigured,
    PaymentNotFound,
    PaymentsError,
    StripeRefused,
    StripeUnavailable,
    TryAgain,
)
from payments.domain.facts import Asking, AskingState, Attempt, AttemptState, Fact, Refund, RefundState, Session
from payments.domain.facts import SessionState as State
from payments.domain.learning import learn
from payments.domain.looking import DueReason
from payments.domain.payment import Payment, Status
from payments.services.refreshing import PAUSE, Refreshed, refresh
from tests.builders import LIFETIME, NOW, a_payment
from tests.fakes import MemoryStore, MemoryStripe

OPEN = Session(ref="cs_1", state=State.OPEN, amount=9900, currency="usd", url="https://checkout")
EXPIRED = replace(OPEN, state=State.EXPIRED, url=None)
PAID = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
REFUNDED = Refund(ref="re_1", state=RefundState.SUCCEEDED, amount=9900, currency="usd")
LAPSED = Asking(state=AskingState.LAPSED, reason="refused")
CONFIRMED = ["admin_copy", "admin_notification", "payment_confirmation"]


class Counter:
    """Where customers ask, with a store and a Stripe behind it."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.stripe = MemoryStripe()
        self.now = NOW
        self.reported: list[str] = []

    def holds(self, *facts: Fact) -> Payment:
        payment = replace(learn(a_payment(), facts)[0], due_by={DueReason.LOOK.value: NOW + timedelta(minutes=10)})
        self.store.payments[payment.id] = payment
        return payment

    def knows(self, payment: Payment, *facts: Fact) -> None:
        """Stripe does; nobody told us."""
        self.stripe.facts[payment.id] = [*facts]

    def asked(self, payment: Payment, later: timedelta = timedelta()) -> Refreshed:
        self.now += later
        return refresh(
            payment.id,
            store=self.store,
            stripe=self.stripe,
            failure_delay=timedelta(minutes=10),
            now=self.now,
            report=lambda error: self.reported.append(getattr(error, "code", repr(error))),
        )


@pytest.fixture
def counter() -> Counter:
    return Counter()


def status_of(answer: Refreshed) -> object:
    return answer.view["status"]


def test_a_payment_that_nobody_told_us_of_is_succeeded_and_told(counter: Counter) -> None:
    payment = counter.holds(OPEN)
    counter.knows(payment, PAID)
    answer = counter.asked(payment)
    assert (status_of(answer), answer.checked_at) == ("succeeded", NOW)
    assert (answer.status, answer.new_status) == (Status.SUCCEEDED, Status.SUCCEEDED)
    assert sorted(str(posting.notice) for posting in answer.postings) == CONFIRMED
    assert counter.store.payments[payment.id].status is Status.SUCCEEDED
    # Stripe was asked, so no look is due.
    assert counter.store.payments[payment.id].due_by.keys() <= {"missed", "invoice"}
    # It was found, not told.
    assert PAID.key not in counter.store.payments[payment.id].told


def test_stripe_is_asked_once_in_ten_seconds_and_others_get_what_is_stored(counter: Counter) -> None:
    payment = counter.holds(OPEN)
    assert status_of(counter.asked(payment)) == "pending"
    counter.knows(payment, PAID)
    for _ in range(3):
        answer = counter.asked(payment, later=timedelta(seconds=3))
        assert (status_of(answer), answer.checked_at, answer.status) == ("pending", NOW, None)
    assert len(counter.stripe.looks) == 1
    answer = counter.asked(payment, later=timedelta(seconds=1))
    assert (status_of(answer), answer.checked_at) == ("succeeded", NOW + PAUSE)
    assert len(counter.stripe.looks) == 2


def test_each_payment_has_seconds_of_its_own(counter: Counter) -> None:
    payments = [counter.holds(replace(OPEN, ref=f"cs_{number}")) for number in range(3)]
    for payment in payments:
        counter.asked(payment)
    assert len(counter.stripe.looks) == 3


def test_nobody_is_answered_with_less_than_the_time_promises(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between another's reading and asking, the one who was first has it all done."""
    payment = counter.holds(OPEN)
    counter.knows(payment, PAID)
    begin_check = counter.store.begin_check

    def late(*arguments: Any) -> Any:
        monkeypatch.setattr(counter.store, "begin_check", begin_check)
        assert status_of(counter.asked(payment)) == "succeeded"
        return begin_check(*arguments)

    monkeypatch.setattr(counter.store, "begin_check", late)
    answer = counter.asked(payment)
    assert (status_of(answer), answer.checked_at) == ("succeeded", NOW)
    assert len(counter.stripe.looks) == 1


def test_a_payment_that_is_over_is_asked_about_too(counter: Counter) -> None:
    payment = counter.holds(replace(OPEN, state=State.PAID), PAID)
    counter.knows(payment, REFUNDED)
    assert status_of(counter.asked(payment)) == "refunded"


def test_a_payment_past_its_time_is_expired_on_stripes_word(counter: Counter) -> None:
    payment = counter.holds(OPEN)
    answer = counter.asked(payment, later=LIFETIME)
    assert (status_of(answer), answer.view["payable"]) == ("pending", False)
    counter.knows(payment, EXPIRED)
    assert status_of(counter.asked(payment, later=PAUSE)) == "expired"


def test_a_look_that_is_due_is_done_by_it(counter: Counter) -> None:
    payment = counter.holds(OPEN)
    counter.asked(payment, later=timedelta(minutes=20))
    assert counter.store.payments[payment.id].due_by[DueReason.LOOK] > counter.now


@pytest.mark.parametrize("failure", [StripeUnavailable("?"), StripeRefused("no"), NotConfigured("key"), TryAgain("?")])
def test_without_stripe_the_answer_is_what_is_stored(counter: Counter, failure: PaymentsError) -> None:
    payment = counter.holds(OPEN)
    due_by = counter.store.payments[payment.id].due_by
    counter.stripe.failures = [failure]
    answer = counter.asked(payment)
    assert (status_of(answer), answer.checked_at, answer.status) == ("pending", None, None)
    assert counter.reported == [failure.code]
    # The look that is due stays due.
    assert counter.store.payments[payment.id].due_by == due_by


def test_without_stripe_the_time_is_that_of_its_last_answer(counter: Counter) -> None:
    payment = counter.holds(OPEN)
    counter.asked(payment)
    counter.stripe.failures = [StripeUnavailable("?")]
    answer = counter.asked(payment, later=PAUSE)
    assert (status_of(answer), answer.checked_at) == ("pending", NOW)
    # A failure counts as an asking.
    assert counter.asked(payment, later=PAUSE / 2).checked_at == NOW
    assert len(counter.stripe.looks) == 2


def test_a_change_that_does_not_come_through_is_answered_with_what_is_stored(counter: Counter) -> None:
    payment = counter.holds(OPEN)
    counter.knows(payment, PAID)
    counter.store.faster_writers = 100
    answer = counter.asked(payment)
    assert (status_of(answer), answer.checked_at) == ("pending", None)
    assert counter.reported == ["try_again"]


def test_another_payments_charge_is_not_learned(counter: Counter) -> None:
    payment = counter.holds(OPEN)
    counter.knows(payment, PAID)
    counter.store.names["ch_1"] = "pay_another"
    assert status_of(counter.asked(payment)) == "pending"
    assert counter.reported == ["Taken()"]


@pytest.mark.parametrize(
    ("what", "checked_at"),
    [("begin_check", None), ("end_check", NOW)],
)
def test_a_table_that_is_busy_costs_nobody_the_answer(counter: Counter, what: str, checked_at: object) -> None:
    payment = counter.holds(OPEN)
    counter.store.busy = {what}
    answer = counter.asked(payment)
    assert (status_of(answer), answer.checked_at) == ("pending", checked_at)
    assert counter.reported == ["try_again"]


def test_who_waited_for_stripe_too_long_to_read_again_is_answered_with_what_was_read(counter: Counter) -> None:
    payment = counter.holds(OPEN)
    counter.stripe.failures = [StripeUnavailable("?")]
    counter.store.busy = {"view"}
    answer = counter.asked(payment)
    assert (status_of(answer), answer.checked_at) == ("pending", None)


@pytest.mark.parametrize(("busy", "checked_at"), [(set(), NOW), ({"checked_at"}, None)])
def test_a_payment_for_newer_code_is_shown_as_that_left_it(
    counter: Counter, busy: set[str], checked_at: object
) -> None:
    payment = counter.holds(OPEN)
    counter.asked(payment)
    counter.store.for_newer_code.add(payment.id)
    counter.store.busy = busy
    counter.knows(payment, PAID)
    answer = counter.asked(payment, later=PAUSE)
    assert (status_of(answer), answer.checked_at) == ("pending", checked_at)
    assert len(counter.stripe.looks) == 1


def test_an_unknown_payment_is_not_found_and_leaves_nothing(counter: Counter) -> None:
    with pytest.raises(PaymentNotFound):
        counter.asked(a_payment())
    assert not counter.store.asked_at


def test_a_request_of_unknown_outcome_is_repeated_and_what_came_of_it_is_looked_at(counter: Counter) -> None:
    payment = counter.holds()
    counter.knows(payment, replace(OPEN, state=State.PAID, url=None), PAID)
    answer = counter.asked(payment)
    assert (status_of(answer), answer.checked_at) == ("succeeded", NOW)
    assert list(counter.stripe.sessions) == [payment.id]
    assert sorted(str(posting.notice) for posting in answer.postings) == CONFIRMED


def test_a_request_that_stripe_refuses_has_lapsed(counter: Counter) -> None:
    payment = counter.holds()
    counter.stripe.failures = [StripeRefused("no")]
    assert status_of(counter.asked(payment)) == "expired"


@pytest.mark.parametrize("failures", [[], [StripeUnavailable("?")]])
def test_a_lapsed_payment_is_never_given_a_way_to_pay(counter: Counter, failures: list[Exception]) -> None:
    payment = counter.holds(LAPSED)
    counter.stripe.failures = failures
    assert status_of(counter.asked(payment)) == "expired"
    assert status_of(counter.asked(payment, later=PAUSE)) == "expired"
    assert not counter.stripe.sessions
