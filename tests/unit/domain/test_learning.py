"""What must be told follows from the facts, once each."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.facts import (
    Approval,
    Attempt,
    AttemptState,
    Dispute,
    DisputeState,
    Fact,
    FraudSignal,
    FraudSignalState,
    Intent,
    IntentState,
    Refund,
    RefundState,
    Session,
    SessionState,
)
from payments.domain.learning import calls_for, learn, notices
from payments.domain.notices import DISPUTE_STAGES, Notice, NoticeKind
from payments.domain.releases import CAME_LATER
from tests.builders import NOW, a_payment
from tests.strategies import histories

PAID = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
PAID_LESS = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=5000, currency="usd")
DECLINED = Attempt(ref="ch_0", state=AttemptState.FAILED, amount=0, currency="usd")


def a_checkout(state: SessionState) -> Session:
    return Session(ref="cs_1", state=state, amount=9900, currency="usd")


def a_return(state: RefundState) -> Refund:
    return Refund(ref="re_1", state=state, amount=9900, currency="usd")


def a_case(state: DisputeState) -> Dispute:
    return Dispute(ref="du_1", state=state, amount=9900, currency="usd")


FIRST_DAYS = dict.fromkeys(CAME_LATER, NOW)
CONFIRMED = {"payment_confirmation", "admin_notification", "admin_copy"}


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ([], set()),
        ([a_checkout(SessionState.OPEN)], set()),
        ([a_checkout(SessionState.EXPIRED)], set()),
        ([a_checkout(SessionState.COMPLETE_UNPAID)], set()),
        ([PAID], CONFIRMED),
        ([PAID, DECLINED], CONFIRMED),
        ([DECLINED], {"payment_failed_admin"}),
        ([DECLINED, a_checkout(SessionState.EXPIRED)], {"payment_failed_admin", "payment_failed"}),
        (
            [DECLINED, Intent(ref="pi_1", state=IntentState.CANCELED, amount=0, currency="usd")],
            {"payment_failed_admin", "payment_failed"},
        ),
        ([a_checkout(SessionState.ASYNC_FAILED)], {"payment_failed_admin", "payment_failed"}),
        ([PAID_LESS], {"review_alert"}),
        ([PAID_LESS, Approval(ref="5000-usd")], CONFIRMED),
        ([PAID, a_return(RefundState.PENDING)], CONFIRMED),
        ([PAID, a_return(RefundState.SUCCEEDED)], CONFIRMED | {"refund_confirmation#re_1"}),
        ([PAID, a_return(RefundState.FAILED)], CONFIRMED | {"refund_failed#re_1"}),
        ([PAID, a_case(DisputeState.WARNING_NEEDS_RESPONSE)], CONFIRMED | {"dispute_alert#du_1#inquiry"}),
        ([PAID, a_case(DisputeState.LOST)], CONFIRMED | {"dispute_alert#du_1#lost"}),
        (
            [PAID, FraudSignal(ref="issfr_1", state=FraudSignalState.OPEN)],
            CONFIRMED | {"fraud_alert#issfr_1"},
        ),
        ([PAID, FraudSignal(ref="issfr_1", state=FraudSignalState.CLOSED)], CONFIRMED),
    ],
)
def test_the_facts_call_for_these_notices(facts: list[Fact], told: set[str]) -> None:
    payment, effects = learn(a_payment(), facts)
    assert {str(notice) for notice in notices(payment)} == told
    assert {str(notice) for notice in effects.notices} == told


@given(histories, st.integers())
def test_each_notice_is_raised_once_whatever_the_order_and_repetition(history: list[Fact], seed: int) -> None:
    shuffled = history * 2
    random.Random(seed).shuffle(shuffled)
    payment = a_payment()
    raised: list[Notice] = []
    for fact in shuffled:
        payment, effects = learn(payment, [fact], first_days=FIRST_DAYS)
        raised += effects.notices
    assert len(raised) == len(set(raised))
    assert set(raised) == payment.raised
    assert notices(payment) <= payment.raised
    told = {each for each in notices(payment) if each.kind is not NoticeKind.REFUND_FAILED_CUSTOMER}
    assert told == notices(learn(a_payment(), history)[0])


@given(histories)
def test_what_is_known_already_teaches_nothing(history: list[Fact]) -> None:
    payment, _ = learn(a_payment(), history)
    again, effects = learn(payment, history)
    assert not effects
    assert again is payment


def test_a_failure_is_no_longer_true_once_paid() -> None:
    failed, effects = learn(a_payment(), [DECLINED])
    (notice,) = effects.notices
    assert calls_for(failed, notice)
    paid, _ = learn(failed, [PAID])
    assert not calls_for(paid, notice)


def test_a_customer_is_told_that_a_refund_failed_if_he_was_told_that_it_was_on_its_way() -> None:
    correction = Notice(NoticeKind.REFUND_FAILED_CUSTOMER, "re_1")
    for before, is_told in ((RefundState.SUCCEEDED, True), (RefundState.PENDING, False)):
        payment, _ = learn(a_payment(), [PAID, a_return(before)])
        payment, effects = learn(payment, [a_return(RefundState.FAILED)], first_days=FIRST_DAYS)
        assert (correction in effects.notices) is is_told
        assert calls_for(payment, correction) is is_told


def test_a_customer_is_not_told_of_what_failed_before_the_release_that_tells_him() -> None:
    day = NOW + timedelta(days=1)
    confirmed, _ = learn(a_payment(), [PAID, a_return(RefundState.SUCCEEDED)], now=NOW)
    for learned, told in ((day - timedelta(hours=1), False), (day, True)):
        failed, _ = learn(confirmed, [a_return(RefundState.FAILED)], now=learned, first_days={})
        _, effects = learn(failed, [], now=day, first_days=dict.fromkeys(CAME_LATER, day))
        assert (Notice(NoticeKind.REFUND_FAILED_CUSTOMER, "re_1") in effects.notices) is told


def test_changes_say_what_rose_from_what_to_what() -> None:
    payment, _ = learn(a_payment(), [a_checkout(SessionState.OPEN)])
    _, effects = learn(payment, [a_checkout(SessionState.PAID), PAID])
    assert [str(change) for change in effects.changes] == [
        "attempt#ch_1: unknown -> succeeded",
        "session#cs_1: open -> paid",
    ]


def test_every_dispute_state_has_a_stage() -> None:
    assert set(DISPUTE_STAGES) == set(DisputeState)


@given(st.builds(Notice, st.sampled_from(NoticeKind), st.sampled_from(["", "re_1", "du_1#open"])))
def test_a_notice_is_read_back_from_its_text(notice: Notice) -> None:
    assert Notice.parse(str(notice)) == notice
