"""A payment's status and amounts follow from its facts."""

import re
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.balance import Balance
from payments.domain.facts import (
    Approval,
    Asking,
    AskingState,
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
from payments.domain.identifiers import is_payment_id, new_payment_id
from payments.domain.learning import learn
from payments.domain.money import Money
from payments.domain.payment import DisputeStatus, Payment, Status
from tests.builders import NOW, a_payment
from tests.strategies import histories


def session(state: SessionState, amount: int = 9900, currency: str = "usd", url: str | None = None) -> Session:
    return Session(ref="cs_1", state=state, amount=amount, currency=currency, url=url)


def intent(state: IntentState, amount: int = 0, currency: str = "usd") -> Intent:
    return Intent(ref="pi_1", state=state, amount=amount, currency=currency)


def attempt(state: AttemptState, amount: int = 0, ref: str = "ch_1", created: int | None = None) -> Attempt:
    code = "card_declined" if state is AttemptState.FAILED else None
    return Attempt(ref=ref, state=state, amount=amount, currency="usd", created=created, failure_code=code)


def refund(state: RefundState, amount: int, ref: str = "re_1") -> Refund:
    return Refund(ref=ref, state=state, amount=amount, currency="usd")


ASKED = Money(9900, "usd")
PAID = attempt(AttemptState.SUCCEEDED, 9900)
DECLINED = attempt(AttemptState.FAILED, ref="ch_0")
LAPSED = Asking(state=AskingState.LAPSED)


def knowing(*facts: Fact, asked: Money = ASKED) -> Payment:
    return learn(a_payment(asked), facts)[0]


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ([], Status.PENDING),
        ([session(SessionState.OPEN)], Status.PENDING),
        ([session(SessionState.OPEN), intent(IntentState.OPEN)], Status.PENDING),
        ([LAPSED], Status.EXPIRED),
        ([LAPSED, session(SessionState.OPEN)], Status.PENDING),
        ([session(SessionState.EXPIRED)], Status.EXPIRED),
        ([session(SessionState.OPEN), DECLINED], Status.FAILED),
        ([session(SessionState.OPEN), DECLINED, attempt(AttemptState.PENDING)], Status.PROCESSING),
        ([session(SessionState.EXPIRED), DECLINED], Status.EXPIRED),
        ([session(SessionState.EXPIRED), DECLINED, intent(IntentState.CANCELED)], Status.EXPIRED),
        ([intent(IntentState.CANCELED)], Status.CANCELED),
        ([session(SessionState.COMPLETE_UNPAID)], Status.PROCESSING),
        ([session(SessionState.COMPLETE_UNPAID), DECLINED], Status.PROCESSING),
        ([session(SessionState.ASYNC_FAILED)], Status.FAILED),
        ([session(SessionState.ASYNC_FAILED), attempt(AttemptState.PENDING)], Status.FAILED),
        ([session(SessionState.PAID)], Status.SUCCEEDED),
        ([intent(IntentState.SUCCEEDED, 9900)], Status.SUCCEEDED),
        ([PAID], Status.SUCCEEDED),
        ([DECLINED, PAID], Status.SUCCEEDED),
        ([session(SessionState.EXPIRED), PAID], Status.SUCCEEDED),
        ([session(SessionState.PAID, amount=5000)], Status.IN_REVIEW),
        ([session(SessionState.PAID, currency="eur")], Status.IN_REVIEW),
        ([intent(IntentState.SUCCEEDED, 5000), session(SessionState.PAID)], Status.IN_REVIEW),
        ([session(SessionState.PAID, amount=5000), Approval(ref="5000-usd")], Status.SUCCEEDED),
        ([session(SessionState.PAID, amount=5000), Approval(ref="4000-usd")], Status.IN_REVIEW),
        ([session(SessionState.PAID, amount=5000), refund(RefundState.SUCCEEDED, 5000)], Status.REFUNDED),
        ([intent(IntentState.SUCCEEDED, 12000), refund(RefundState.PENDING, 2100)], Status.SUCCEEDED),
        ([intent(IntentState.SUCCEEDED, 12000), refund(RefundState.PENDING, 2000)], Status.IN_REVIEW),
        ([intent(IntentState.SUCCEEDED, 12000), refund(RefundState.PENDING, 2200)], Status.PARTIALLY_REFUNDED),
        ([intent(IntentState.SUCCEEDED, 12000), refund(RefundState.PENDING, 12000)], Status.REFUNDED),
        ([PAID, refund(RefundState.PENDING, 100)], Status.PARTIALLY_REFUNDED),
        ([PAID, refund(RefundState.SUCCEEDED, 9900)], Status.REFUNDED),
        ([PAID, refund(RefundState.FAILED, 9900)], Status.SUCCEEDED),
        ([PAID, refund(RefundState.REQUIRES_ACTION, 9900)], Status.SUCCEEDED),
        ([PAID, refund(RefundState.SUCCEEDED, 4900), refund(RefundState.SUCCEEDED, 5000, "re_2")], Status.REFUNDED),
    ],
)
def test_status_follows_from_the_facts_in_any_order(facts: list[Fact], status: Status) -> None:
    for ordered in permutations(facts):
        assert knowing(*ordered).status is status


def test_a_session_of_nothing_to_pay_succeeds() -> None:
    assert knowing(session(SessionState.PAID, amount=0), asked=Money(0, "usd")).status is Status.SUCCEEDED


@given(histories, st.randoms())
def test_everything_derived_depends_on_the_facts_alone(history: list[Fact], random: "object") -> None:
    shuffled = [*history, *history[:3]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    payment = a_payment()
    in_order, _ = learn(payment, history)
    one_by_one = payment
    for fact in shuffled:
        one_by_one, _ = learn(one_by_one, [fact])
    for derived in (
        "facts",
        "status",
        "balance",
        "failure",
        "dispute",
        "transaction_id",
        "checkout",
        "told",
        "more_failed",
    ):
        assert getattr(one_by_one, derived) == getattr(in_order, derived)


@given(histories, histories)
def test_money_once_received_stays_received(history: list[Fact], more: list[Fact]) -> None:
    payment, _ = learn(a_payment(), history)
    later, _ = learn(payment, more)
    assert later.is_paid or not payment.is_paid


def test_only_pending_and_processing_are_not_final() -> None:
    assert {status for status in Status if not status.final} == {Status.PENDING, Status.PROCESSING}


def test_the_checkout_can_be_resumed_after_a_decline_and_not_after_it_was_paid() -> None:
    open_session = session(SessionState.OPEN, url="https://checkout")
    assert knowing(open_session, DECLINED).checkout == open_session
    assert knowing(open_session, PAID).checkout is None
    assert knowing(session(SessionState.EXPIRED)).checkout is None


def test_the_transaction_is_the_paid_charge_and_the_intent_until_one_is_known() -> None:
    assert knowing().transaction_id is None
    assert knowing(intent(IntentState.OPEN)).transaction_id == "pi_1"
    assert knowing(intent(IntentState.OPEN), DECLINED).transaction_id == "pi_1"
    assert knowing(intent(IntentState.OPEN), DECLINED, PAID).transaction_id == "ch_1"


def test_what_stripe_tells_the_business_of_its_customer_is_not_told_to_the_customer() -> None:
    returned = Attempt(
        ref="py_1",
        state=AttemptState.FAILED,
        amount=0,
        currency="usd",
        failure_message="The customer's account is closed.",
    )
    failure = knowing(returned).failure
    assert failure is not None
    assert failure.message == "The bank did not make the payment."


def test_the_failure_told_is_the_last_one_and_none_once_paid() -> None:
    earlier = Attempt(ref="ch_9", state=AttemptState.FAILED, amount=0, currency="usd", created=1, failure_code="early")
    later = Attempt(ref="ch_0", state=AttemptState.FAILED, amount=0, currency="usd", created=2, failure_code="late")
    failure = knowing(earlier, later).failure
    assert failure is not None
    assert failure.code == "late"
    assert knowing(earlier, later, PAID).failure is None


@pytest.mark.parametrize(("first", "last"), [("pm_z", "pm_a"), ("pm_a", "pm_z")])
def test_of_failures_without_a_charge_the_last_is_the_last_in_time(first: str, last: str) -> None:
    one, two = (
        replace(attempt(AttemptState.FAILED, ref=f"pi_1#{method}"), created=created, failure_code=method)
        for method, created in ((first, 1), (last, 2))
    )
    for facts in permutations([one, two]):
        failure = knowing(*facts).failure
        assert failure is not None
        assert failure.code == last


@pytest.mark.parametrize(
    ("code", "decline", "message", "told", "true"),
    [
        ("card_declined", "insufficient_funds", "No funds.", ("insufficient_funds", "No funds."), "insufficient_funds"),
        ("card_declined", None, "Declined.", ("card_declined", "Declined."), "card_declined"),
        (None, None, None, ("payment_failed", "The payment failed."), "payment_failed"),
        ("debit_not_authorized", "generic_decline", "No.", ("debit_not_authorized", "No."), "debit_not_authorized"),
        *(
            (
                "card_declined",
                code,
                "Your card was reported stolen.",
                ("generic_decline", "Your payment was declined."),
                code,
            )
            for code in (
                "fraudulent",
                "highest_risk_level",
                "lost_card",
                "merchant_blacklist",
                "pickup_card",
                "restricted_card",
                "security_violation",
                "stolen_card",
                "a_reason_of_tomorrow",
                "insufficient_funds",
            )
        ),
        (
            "card_declined",
            "a_reason_of_tomorrow",
            "Declined.",
            ("generic_decline", "Your payment was declined."),
            "a_reason_of_tomorrow",
        ),
        ("card_lost", None, "Declined.", ("generic_decline", "Your payment was declined."), "card_lost"),
    ],
)
def test_a_customer_is_told_the_reason_as_far_as_it_may_be_said(
    code: str | None, decline: str | None, message: str | None, told: tuple[str, str], true: str
) -> None:
    declined = replace(attempt(AttemptState.FAILED), failure_code=code, decline_code=decline, failure_message=message)
    payment = knowing(declined)
    assert payment.failure is not None
    assert payment.cause is not None
    assert (payment.failure.code, payment.failure.message) == told
    assert (payment.cause.code, payment.cause.message) == (true, message or "The payment failed.")
    assert knowing(declined, session(SessionState.EXPIRED)).failure == payment.failure


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        ([], None),
        ([DisputeState.WARNING_NEEDS_RESPONSE], DisputeStatus.OPEN),
        ([DisputeState.WARNING_CLOSED], None),
        ([DisputeState.UNDER_REVIEW], DisputeStatus.OPEN),
        ([DisputeState.LOST], DisputeStatus.LOST),
        ([DisputeState.WON], DisputeStatus.WON),
        ([DisputeState.WON, DisputeState.LOST], DisputeStatus.LOST),
        ([DisputeState.LOST, DisputeState.NEEDS_RESPONSE], DisputeStatus.OPEN),
    ],
)
def test_a_dispute_is_shown_beside_the_status(states: list[DisputeState], shown: DisputeStatus | None) -> None:
    disputes = [
        Dispute(ref=f"du_{number}", state=state, amount=9900, currency="usd") for number, state in enumerate(states)
    ]
    payment = knowing(PAID, *disputes)
    assert payment.dispute is shown
    assert payment.status is Status.SUCCEEDED


def test_payment_ids_are_ulids_that_sort_by_time_and_cannot_be_guessed() -> None:
    ids = [new_payment_id() for _ in range(50)]
    assert all(re.fullmatch(r"pay_[0-9A-HJKMNP-TV-Z]{26}", each) and is_payment_id(each) for each in ids)
    assert len({each[-16:] for each in ids}) == 50
    assert sorted(each[:14] for each in ids) == [each[:14] for each in ids]


@pytest.mark.parametrize("text", ["", "pay_", "pay_01", "PAY_01M7YMQJJ56FHA8V7BH42G1RA1", None, 7])
def test_what_is_no_payment_id_is_told(text: object) -> None:
    assert not is_payment_id(text)


# Money by intent and currency


def balance(*facts: Fact) -> Balance:
    return knowing(*facts).balance


def captured(ref: str, amount: int, intent: str | None, currency: str = "usd") -> Attempt:
    return Attempt(ref=ref, state=AttemptState.SUCCEEDED, amount=amount, currency=currency, intent=intent)


def test_a_payment_that_was_paid_twice_shows_both_and_what_is_left_of_each() -> None:
    returned = Refund(ref="re_1", state=RefundState.SUCCEEDED, amount=9900, currency="usd", intent="pi_2")
    paid = balance(captured("ch_1", 9900, "pi_1"), captured("ch_2", 9900, "pi_2"), returned)
    assert paid.received_sums == (Money(19800, "usd"),)
    assert paid.refundable == {("pi_1", "usd"): 9900}
    assert (paid.is_accepted, paid.given_back) == (True, ())


def test_what_the_charge_the_intent_and_the_session_say_is_counted_once() -> None:
    paid_session = replace(session(SessionState.PAID), intent="pi_1")
    for facts in permutations([captured("ch_1", 9900, None), intent(IntentState.SUCCEEDED, 9900), paid_session]):
        assert balance(*facts).received_sums == (Money(9900, "usd"),)


def test_a_refund_that_names_no_intent_takes_from_whichever_it_was() -> None:
    two = [captured("ch_1", 9900, "pi_1"), captured("ch_2", 9900, "pi_2")]
    assert balance(*two, refund(RefundState.SUCCEEDED, 9900)).refundable == {}


def test_money_of_two_currencies_is_counted_apart() -> None:
    euros = Refund(ref="re_1", state=RefundState.SUCCEEDED, amount=9200, currency="eur", intent="pi_1")
    paid = knowing(captured("ch_1", 9200, "pi_1", "eur"), euros)
    assert (paid.status, paid.balance.given_back) == (Status.REFUNDED, (Money(9200, "eur"),))
    both = knowing(captured("ch_1", 9200, "pi_1", "eur"), euros, captured("ch_2", 9900, "pi_2"))
    assert (both.status, both.balance.given_back) == (Status.SUCCEEDED, ())


def test_a_foreign_sum_that_was_approved_and_another_that_went_back_are_settled() -> None:
    pounds = Refund(ref="re_1", state=RefundState.SUCCEEDED, amount=500, currency="gbp", intent="pi_2")
    came = [captured("ch_1", 9200, "pi_1", "eur"), captured("ch_2", 500, "pi_2", "gbp"), pounds]
    assert knowing(*came).status is Status.IN_REVIEW
    assert knowing(*came, Approval(ref="9200-eur")).status is Status.SUCCEEDED


def test_another_sum_than_the_approved_one_is_in_review_again() -> None:
    accepted = [captured("ch_1", 5000, "pi_1"), Approval(ref="5000-usd")]
    assert knowing(*accepted).status is Status.SUCCEEDED
    assert knowing(*accepted, captured("ch_2", 70000, "pi_2")).status is Status.IN_REVIEW


def test_what_comes_beside_an_approved_foreign_sum_makes_another_total() -> None:
    euros = captured("ch_1", 9200, "pi_1", "eur")
    instead = [euros, Approval(ref=knowing(euros).balance.approval_of(Money(9200, "eur")))]
    assert knowing(*instead).status is Status.SUCCEEDED
    both = knowing(*instead, captured("ch_2", 9900, "pi_2"))
    assert (both.status, both.balance.unaccepted) == (Status.IN_REVIEW, (Money(9200, "eur"),))
    # Somebody may take both.
    beside = Approval(ref=both.balance.approval_of(Money(9200, "eur")))
    assert knowing(*both.facts.values(), beside).status is Status.SUCCEEDED


@pytest.mark.parametrize(
    ("facts", "unaccepted"),
    [
        ([captured("ch_1", 5000, "pi_1")], [Money(5000, "usd")]),
        ([captured("ch_1", 9900, "pi_1"), captured("ch_2", 9200, "pi_2", "eur")], [Money(9200, "eur")]),
        (
            [captured("ch_1", 5000, "pi_1"), captured("ch_2", 9200, "pi_2", "eur")],
            [Money(5000, "usd"), Money(9200, "eur")],
        ),
        ([captured("ch_1", 9200, "pi_1", "eur"), Approval(ref="9200-eur")], []),
        ([captured("ch_1", 0, "pi_1")], [Money(0, "usd")]),
        ([captured("ch_1", 9900, "pi_1")], []),
    ],
)
def test_review_is_about_the_sums_that_nobody_accepted(facts: list[Fact], unaccepted: list[Money]) -> None:
    payment = knowing(*facts)
    assert list(payment.balance.unaccepted) == unaccepted
    assert payment.is_in_review is bool(unaccepted)
    # Each being accepted, the payment is.
    decisions = [Approval(ref=payment.balance.approval_of(each)) for each in unaccepted]
    assert knowing(*facts, *decisions).is_accepted


# Whether it can be paid


def test_an_intent_alone_is_a_way_to_pay_and_its_failed_delayed_payment_leaves_it_open() -> None:
    assert not knowing().is_asked
    embedded = knowing(intent(IntentState.OPEN), DECLINED)
    assert (embedded.is_asked, embedded.is_over, embedded.is_payable(NOW)) == (True, False, True)
    assert knowing(intent(IntentState.CANCELED)).is_over


@pytest.mark.parametrize(
    ("facts", "payable", "over"),
    [
        ([], False, False),
        ([LAPSED], False, True),
        ([session(SessionState.OPEN)], True, False),
        ([session(SessionState.OPEN), DECLINED], True, False),
        ([session(SessionState.OPEN), attempt(AttemptState.PENDING)], False, False),
        ([session(SessionState.COMPLETE_UNPAID)], False, False),
        ([session(SessionState.ASYNC_FAILED)], False, True),
        ([session(SessionState.EXPIRED)], False, True),
        ([session(SessionState.EXPIRED), PAID], False, False),
        ([session(SessionState.PAID)], False, False),
    ],
)
def test_what_is_open_and_unpaid_can_be_paid_until_its_time_is_over(
    facts: list[Fact], payable: bool, over: bool
) -> None:
    payment = knowing(*facts)
    assert (payment.is_payable(NOW), payment.is_over) == (payable, over)
    assert not payment.is_payable(payment.expires_at)
