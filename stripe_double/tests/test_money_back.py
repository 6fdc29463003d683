"""Refunds and disputes: the ways money goes back."""

from typing import Any

import pytest
import stripe

from .shop import FIRST, Control, event_types, order


def paid(client: stripe.StripeClient, control: Control, card: str = FIRST, amount: int = 1000) -> stripe.Charge:
    session = client.v1.checkout.sessions.create(order(amount))
    control(f"sessions/{session.id}/pay", card=card)
    return client.v1.charges.list().data[0]


def after(client: stripe.StripeClient, seen: int) -> list[str]:
    return event_types(client)[seen:]


def test_a_refund_in_parts_and_never_more_than_was_captured(client: stripe.StripeClient, control: Control) -> None:
    charge = paid(client, control)
    seen = len(event_types(client))
    part = client.v1.refunds.create({"charge": charge.id, "amount": 400, "reason": "requested_by_customer"})
    assert (part.status, part.amount, part.payment_intent) == ("succeeded", 400, charge.payment_intent)
    assert after(client, seen) == [
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "charge.refund.updated",
    ]
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        client.v1.refunds.create({"charge": charge.id, "amount": 601})
    assert too_much.value.param == "amount"
    rest = client.v1.refunds.create({"payment_intent": str(charge.payment_intent)})
    assert rest.amount == 600
    whole = client.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert (whole.amount_refunded, whole.refunded) == (1000, True)
    assert whole.refunds is not None
    assert [refund.id for refund in whole.refunds.data] == [rest.id, part.id]
    with pytest.raises(stripe.InvalidRequestError) as nothing_left:
        client.v1.refunds.create({"charge": charge.id})
    assert nothing_left.value.code == "charge_already_refunded"
    entry = client.v1.balance_transactions.retrieve(str(part.balance_transaction))
    assert (entry.type, entry.amount, entry.source) == ("refund", -400, part.id)
    assert [r.id for r in client.v1.refunds.list({"charge": charge.id}).data] == [rest.id, part.id]


def test_two_refunds_at_once_give_back_once(client: stripe.StripeClient, control: Control) -> None:
    from concurrent.futures import ThreadPoolExecutor

    charge = paid(client, control)

    def refund(_: int) -> bool:
        try:
            client.v1.refunds.create({"charge": charge.id})
        except stripe.InvalidRequestError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(refund, range(4))) == 1
    assert client.v1.charges.retrieve(charge.id).amount_refunded == 1000


def test_a_refund_that_stays_pending_then_succeeds(client: stripe.StripeClient, control: Control) -> None:
    charge = paid(client, control, card="4000000000007726")
    refund = client.v1.refunds.create({"charge": charge.id})
    assert refund.status == "pending"
    seen = len(event_types(client))
    assert control(f"refunds/{refund.id}/settle")["status"] == "succeeded"
    assert after(client, seen) == ["refund.updated", "charge.refund.updated"]
    event = client.v1.events.list({"type": "refund.updated"}).data[0]
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict() == {"status": "pending"}


def test_a_refund_that_succeeded_and_then_fails(client: stripe.StripeClient, control: Control) -> None:
    charge = paid(client, control, card="4000000000005126")
    refund = client.v1.refunds.create({"charge": charge.id})
    assert refund.status == "succeeded"
    seen = len(event_types(client))
    failed = control(f"refunds/{refund.id}/settle")
    assert (failed["status"], failed["failure_reason"]) == ("failed", "expired_or_canceled_card")
    assert after(client, seen) == ["refund.updated", "charge.refund.updated", "refund.failed"]
    whole = client.v1.charges.retrieve(charge.id)
    assert (whole.amount_refunded, whole.refunded) == (0, False)
    # The money is ours again and can be tried once more.
    assert client.v1.refunds.create({"charge": charge.id}).amount == 1000


def test_a_refund_that_needs_the_customer_can_be_canceled(client: stripe.StripeClient, control: Control) -> None:
    session = client.v1.checkout.sessions.create(order())
    control(f"sessions/{session.id}/pay", card="delayed_success")
    control(f"sessions/{session.id}/settle")
    charge = client.v1.charges.list().data[0]
    refund = client.v1.refunds.create({"charge": charge.id, "instructions_email": "ada@example.com"})
    assert (refund.status, refund.id[:4]) == ("requires_action", "pyr_")
    assert client.v1.refunds.cancel(refund.id).status == "canceled"
    assert client.v1.charges.retrieve(charge.id).amount_refunded == 0
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.cancel(refund.id)


def test_metadata_of_a_refund(client: stripe.StripeClient, control: Control) -> None:
    refund = client.v1.refunds.create({"charge": paid(client, control).id, "metadata": {"why": "broken"}})
    changed = client.v1.refunds.update(refund.id, {"metadata": {"who": "ada"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"why": "broken", "who": "ada"}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "parameter_missing"),
        ({"charge": "ch_nothing"}, "resource_missing"),
        ({"payment_intent": "pi_x"}, "resource_missing"),
    ],
)
def test_refunds_of_nothing(client: stripe.StripeClient, params: Any, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create(params)
    assert refused.value.code == code


def test_an_unpaid_intent_has_nothing_to_refund(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("verdict", "events"),
    [
        ("won", ["charge.dispute.funds_reinstated", "charge.dispute.closed"]),
        ("lost", ["charge.dispute.closed"]),
    ],
)
def test_a_dispute_takes_the_money_and_is_decided(
    client: stripe.StripeClient, control: Control, verdict: str, events: list[str]
) -> None:
    charge = paid(client, control)
    seen = len(event_types(client))
    opened = control(f"charges/{charge.id}/dispute", reason="product_not_received")
    assert after(client, seen) == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    dispute = client.v1.disputes.retrieve(opened["id"])
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "product_not_received", 1000)
    assert [entry.amount for entry in dispute.balance_transactions] == [-1000]
    assert client.v1.charges.retrieve(charge.id).disputed
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_disputed"
    seen = len(event_types(client))
    assert control(f"disputes/{dispute.id}/close", status=verdict)["status"] == verdict
    assert after(client, seen) == events
    assert control.post(f"disputes/{dispute.id}/close", status="won")[0] == 400


def test_evidence_is_submitted_and_wins(client: stripe.StripeClient, control: Control) -> None:
    paid(client, control, card="4000000000000259")
    dispute = client.v1.disputes.list().data[0]
    assert dispute.reason == "fraudulent"
    staged = client.v1.disputes.update(
        dispute.id, {"evidence": {"product_description": "A lantern"}, "submit": False, "metadata": {"case": "1"}}
    )
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    won = client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    assert (won.status, won.evidence.product_description) == ("won", "A lantern")
    assert event_types(client)[-4:] == [
        "charge.dispute.updated",
        "charge.dispute.updated",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]


def test_a_dispute_is_accepted_as_lost(client: stripe.StripeClient, control: Control) -> None:
    paid(client, control, card="4000000000002685")
    dispute = client.v1.disputes.list().data[0]
    assert client.v1.disputes.close(dispute.id).status == "lost"


def test_an_inquiry_leaves_the_money_and_may_escalate(client: stripe.StripeClient, control: Control) -> None:
    charge = paid(client, control, card="4000000000001976")
    inquiry = client.v1.disputes.list({"charge": charge.id}).data[0]
    assert (inquiry.status, inquiry.is_charge_refundable) == ("warning_needs_response", True)
    assert inquiry.balance_transactions == []
    escalated = control(f"disputes/{inquiry.id}/escalate")
    assert escalated["status"] == "needs_response"
    assert event_types(client)[-1] == "charge.dispute.funds_withdrawn"


def test_an_inquiry_about_a_bank_debit_escalates_too(client: stripe.StripeClient, control: Control) -> None:
    session = client.v1.checkout.sessions.create(order())
    control(f"sessions/{session.id}/pay", card="delayed_success")
    control(f"sessions/{session.id}/settle")
    (charge,) = client.v1.charges.list().data
    inquiry = control(f"charges/{charge.id}/dispute", inquiry=True)
    assert control(f"disputes/{inquiry['id']}/escalate")["status"] == "needs_response"


def test_an_inquiry_closes_as_a_warning(client: stripe.StripeClient, control: Control) -> None:
    charge = paid(client, control)
    inquiry = control(f"charges/{charge.id}/dispute", inquiry=True)
    assert control.post(f"disputes/{inquiry['id']}/close", status="won")[0] == 400
    assert control(f"disputes/{inquiry['id']}/close", status="warning_closed")["status"] == "warning_closed"


def test_a_warning_of_fraud_until_the_money_went_back(client: stripe.StripeClient, control: Control) -> None:
    charge = paid(client, control, card="4000000000005423")
    warning = client.v1.radar.early_fraud_warnings.list({"charge": charge.id}).data[0]
    assert (warning.actionable, warning.payment_intent) == (True, charge.payment_intent)
    client.v1.refunds.create({"charge": charge.id, "reason": "fraudulent"})
    assert not client.v1.radar.early_fraud_warnings.retrieve(warning.id).actionable
    types = [each for each in event_types(client) if each.startswith("radar")]
    assert types == ["radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"]


def test_a_review_is_approved_or_ends_with_the_payment(client: stripe.StripeClient, control: Control) -> None:
    first, second = paid(client, control), paid(client, control)
    reviews = [control(f"charges/{charge.id}/review") for charge in (first, second)]
    assert client.v1.charges.retrieve(first.id).review == reviews[0]["id"]
    approved = client.v1.reviews.approve(reviews[0]["id"])
    assert (approved.open, approved.closed_reason) == (False, "approved")
    client.v1.refunds.create({"charge": second.id})
    assert client.v1.reviews.retrieve(reviews[1]["id"]).closed_reason == "refunded"
    assert [each for each in event_types(client) if each.startswith("review")] == [
        "review.opened",
        "review.opened",
        "review.closed",
        "review.closed",
    ]
