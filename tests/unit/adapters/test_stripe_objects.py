"""Stripe's objects read into facts."""

from typing import Any

import pytest

from payments.adapters.stripe.objects import RESERVED_METADATA, UnreadableObject, read_event, read_object
from payments.domain.events import Lesson
from payments.domain.facts import (
    Attempt,
    AttemptState,
    Dispute,
    DisputeState,
    FraudSignal,
    FraudSignalState,
    Intent,
    IntentState,
    Refund,
    RefundState,
    Session,
    SessionState,
)
from payments.runtime import order_bodies
from tests.builders import (
    a_charge,
    a_dispute,
    a_failed_charge,
    a_failed_intent,
    a_payment,
    a_refund,
    a_session,
    an_event,
    an_intent,
)

OURS = a_payment().id


def lesson(body: dict[str, Any]) -> Lesson:
    read = read_object(body)
    assert read is not None
    return read


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"status": "open", "payment_status": "unpaid"}, SessionState.OPEN),
        ({"status": "complete", "payment_status": "unpaid"}, SessionState.COMPLETE_UNPAID),
        ({"status": "expired", "payment_status": "unpaid"}, SessionState.EXPIRED),
        ({"status": "complete", "payment_status": "paid"}, SessionState.PAID),
        ({"status": "complete", "payment_status": "no_payment_required"}, SessionState.PAID),
        ({"status": None, "payment_status": "paid"}, SessionState.PAID),
    ],
)
def test_a_sessions_state(changes: dict[str, Any], state: SessionState) -> None:
    read = lesson(a_session(OURS, **changes))
    assert isinstance(read.facts[0], Session)
    assert read.facts[0].state is state
    assert read.payment_id == OURS


def test_a_session_teaches_its_intent_too_so_that_charges_find_the_payment() -> None:
    facts = lesson(a_session(OURS)).facts
    assert facts[1] == Intent(ref="pi_1", state=IntentState.OPEN, amount=0, currency="usd")
    assert len(lesson(a_session(OURS, payment_intent=None)).facts) == 1


def test_only_the_events_name_tells_a_delayed_payment_that_failed() -> None:
    unpaid = a_session(OURS, payment_status="unpaid")
    for event_type, state in [
        ("checkout.session.completed", SessionState.COMPLETE_UNPAID),
        ("checkout.session.async_payment_failed", SessionState.ASYNC_FAILED),
    ]:
        event = read_event(an_event(event_type, unpaid))
        assert event.lesson is not None
        assert event.lesson.facts[0].state is state


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        pytest.param(
            an_intent(OURS),
            [
                Intent(ref="pi_1", state=IntentState.SUCCEEDED, amount=9900, currency="usd"),
                Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd", intent="pi_1"),
            ],
            id="succeeded",
        ),
        pytest.param(
            an_intent(OURS, status="processing", amount_received=0),
            [
                Intent(ref="pi_1", state=IntentState.OPEN, amount=0, currency="usd"),
                Attempt(ref="ch_1", state=AttemptState.PENDING, amount=0, currency="usd", intent="pi_1"),
            ],
            id="processing",
        ),
        pytest.param(
            an_intent(OURS, status="requires_capture", amount_received=0, latest_charge={"id": "ch_1"}),
            [
                Intent(ref="pi_1", state=IntentState.OPEN, amount=0, currency="usd"),
                Attempt(ref="ch_1", state=AttemptState.PENDING, amount=0, currency="usd", intent="pi_1"),
            ],
            id="authorised-and-expanded",
        ),
        pytest.param(
            an_intent(OURS, status="canceled", amount_received=0, latest_charge=None),
            [Intent(ref="pi_1", state=IntentState.CANCELED, amount=0, currency="usd")],
            id="canceled",
        ),
        pytest.param(
            a_failed_intent(OURS),
            [
                Intent(ref="pi_1", state=IntentState.OPEN, amount=0, currency="usd"),
                Attempt(
                    ref="ch_0",
                    state=AttemptState.FAILED,
                    amount=0,
                    currency="usd",
                    intent="pi_1",
                    failure_code="card_declined",
                    decline_code="generic_decline",
                    failure_message="Your card was declined.",
                ),
            ],
            id="declined",
        ),
    ],
)
def test_an_intent_teaches_itself_and_its_attempt(body: dict[str, Any], facts: list[Any]) -> None:
    assert list(lesson(body).facts) == facts


def test_a_failure_without_a_charge_is_an_attempt_of_its_payment_method() -> None:
    body = a_failed_intent(OURS)
    body["last_payment_error"]["charge"] = None
    body["last_payment_error"]["code"] = "payment_intent_authentication_failure"
    attempt = lesson(body).facts[1]
    assert isinstance(attempt, Attempt)
    assert (attempt.ref, attempt.charge, attempt.intent) == ("pi_1#pm_0", None, "pi_1")


def test_when_a_failure_without_a_charge_was_only_the_event_of_the_failure_says() -> None:
    body = a_failed_intent(OURS)
    body["last_payment_error"]["charge"] = None
    for event_type, created in [("payment_intent.payment_failed", 1795000030), ("payment_intent.canceled", None)]:
        event = read_event(an_event(event_type, body))
        assert event.lesson
        attempt = event.lesson.facts[1]
        assert isinstance(attempt, Attempt)
        assert attempt.created == created


def test_a_session_its_charges_and_refunds_say_whose_money_it_is() -> None:
    for body in (a_session(OURS), a_charge(OURS), a_refund()):
        assert lesson(body).facts[0].details["intent"] == "pi_1"


@pytest.mark.parametrize(
    ("body", "state", "amount"),
    [
        (a_charge(OURS), AttemptState.SUCCEEDED, 9900),
        (a_charge(OURS, amount_captured=5000), AttemptState.SUCCEEDED, 5000),
        (a_charge(OURS, captured=False, amount_captured=0), AttemptState.PENDING, 0),
        (a_charge(OURS, status="pending", captured=False, amount_captured=0), AttemptState.PENDING, 0),
        (a_failed_charge(OURS), AttemptState.FAILED, 0),
    ],
)
def test_a_charges_state(body: dict[str, Any], state: AttemptState, amount: int) -> None:
    (attempt,) = lesson(body).facts
    assert isinstance(attempt, Attempt)
    assert (attempt.state, attempt.amount) == (state, amount)


def test_objects_without_our_id_name_their_intent_and_charge() -> None:
    for body, fact in [
        (a_refund(), Refund),
        (a_dispute(), Dispute),
        ({"object": "radar.early_fraud_warning", "id": "issfr_1", "actionable": True, "charge": "ch_1"}, FraudSignal),
        ({"object": "review", "id": "prv_1", "open": True, "charge": "ch_1", "payment_intent": "pi_1"}, FraudSignal),
    ]:
        read = lesson(body)
        assert isinstance(read.facts[0], fact)
        assert read.payment_id is None
        assert read.charge == "ch_1"


def test_a_charge_says_itself_why_it_was_declined_what_was_refunded_and_that_it_is_disputed() -> None:
    (attempt,) = lesson(a_charge(OURS, amount_refunded=4000, disputed=True, outcome={"reason": "lost_card"})).facts
    assert isinstance(attempt, Attempt)
    assert (attempt.refunded, attempt.disputed, attempt.decline_code) == (4000, True, None)
    (attempt,) = lesson(a_charge(OURS, status="failed", amount_refunded=0, outcome={"reason": "lost_card"})).facts
    assert isinstance(attempt, Attempt)
    assert (attempt.refunded, attempt.disputed, attempt.decline_code) == (None, None, "lost_card")


def test_refunds_disputes_and_signals() -> None:
    (refund,) = lesson(a_refund(status="failed", failure_reason="declined")).facts
    assert refund == Refund(
        ref="re_1",
        state=RefundState.FAILED,
        amount=9900,
        currency="usd",
        intent="pi_1",
        reason="requested_by_customer",
        failure_reason="declined",
    )
    (dispute,) = lesson(a_dispute(status="won")).facts
    assert dispute.state is DisputeState.WON
    assert isinstance(dispute, Dispute)
    assert dispute.evidence_due_by == 1796000000
    closed = {"object": "review", "id": "prv_1", "open": False, "charge": "ch_1"}
    assert lesson(closed).facts[0].state is FraudSignalState.CLOSED


def test_a_state_that_is_new_to_us_is_read_as_the_least_that_is_sure() -> None:
    assert lesson(a_refund(status="teleported")).facts[0].state is RefundState.PENDING
    assert lesson(a_dispute(status=None)).facts[0].state is DisputeState.NEEDS_RESPONSE


def test_amounts_come_in_iso_minor_units() -> None:
    (attempt,) = lesson(a_charge(OURS, currency="isk", amount_captured=12300)).facts
    assert isinstance(attempt, Attempt)
    assert attempt.amount == 123


@pytest.mark.parametrize("carrier", ["pay_", "order-17", 7, None])
def test_an_id_that_is_not_of_ours_is_no_id(carrier: object) -> None:
    assert lesson(a_charge(None, metadata={"payment_id": carrier})).payment_id is None


@pytest.mark.parametrize("kind", ["customer", "invoice", "payout", None, 7])
def test_kinds_that_payments_have_no_part_in_teach_nothing(kind: object) -> None:
    assert read_object({"object": kind, "id": "x_1"}) is None


@pytest.mark.parametrize(
    "body", [a_charge(OURS, id=None), a_charge(OURS, currency=None), a_refund(amount="9900"), a_refund(amount=-1)]
)
def test_what_lacks_what_every_version_has_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(UnreadableObject):
        read_object(body)


@pytest.mark.parametrize(
    "body",
    [
        a_charge(OURS, id="ch_" + "x" * 300),
        a_charge(OURS, id="ch_1#pm_1"),
        a_charge(OURS, id="ch_1\n"),
        a_charge(OURS, currency="usd\x00"),
        a_charge(OURS, currency="USD"),
        a_charge(OURS, amount_captured=10**40),
        a_dispute(id="du_1#won"),
    ],
)
def test_what_no_object_of_stripes_is_could_not_be_kept_and_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(UnreadableObject):
        read_object(body)


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("created", 10**40, None),
        ("created", -1, None),
        ("failure_message", "x" * 500_000, "x" * 500),
        ("receipt_url", "javascript:alert(1)", None),
        ("receipt_url", "https://example.com/\r\nx", None),
        ("receipt_url", "https://example.com/" + "x" * 500_000, None),
        ("receipt_url", "https://example.com/receipt", "https://example.com/receipt"),
    ],
)
def test_details_that_cannot_be_kept_are_left_out_or_cut(field: str, value: object, read: object) -> None:
    (attempt,) = lesson(a_charge(OURS, **{field: value})).facts
    assert getattr(attempt, field) == read


@pytest.mark.parametrize("value", ["pi_" + "x" * 300, "pi 1", "", 7, {"id": None}, ["pi_1"]])
def test_a_reference_that_is_no_id_is_none(value: object) -> None:
    assert lesson(a_refund(payment_intent=value)).intent is None


def test_callers_may_not_use_the_metadata_keys_that_are_ours() -> None:
    assert order_bodies.RESERVED_METADATA == RESERVED_METADATA


def test_an_error_that_is_about_no_attempt_to_pay_is_no_failure() -> None:
    body = an_intent(OURS, status="requires_payment_method", amount_received=0, latest_charge=None)
    body["last_payment_error"] = {"type": "idempotency_error", "message": "Keys for idempotent requests ..."}
    assert [type(fact) for fact in lesson(body).facts] == [Intent]
