"""Every kind of fact through the real webhook, by the payloads that bring it: what is known, and what is told."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from payments.domain.catalogue import FixedPrice, Product
from payments.domain.errors import NothingToApprove, PaymentNotFound
from payments.domain.facts import SessionState
from payments.domain.identifiers import new_payment_id
from payments.domain.money import Money
from payments.domain.order import Line, Order
from payments.domain.payment import Payment
from payments.services.approval import approve
from tests.builders import (
    a_charge,
    a_dispute,
    a_failed_charge,
    a_failed_intent,
    a_fraud_warning,
    a_list,
    a_payment,
    a_refund,
    a_review,
    a_session,
    an_event,
    an_intent,
    without,
)
from tests.integration.system import System

CONFIRMED = {"payment_confirmation", "admin_notification", "admin_copy"}
OLD = "2019-12-03"


@dataclass
class Told:
    """A checkout that was just opened, and Stripe's voice about it: objects get its ids."""

    system: System
    id: str
    session_id: str

    @property
    def charge_id(self) -> str:
        return f"ch_{self.id}"

    @property
    def known(self) -> Payment:
        payment = self.system.table.payment(self.id)
        assert payment
        return payment

    @property
    def status(self) -> str:
        return str(self.system.status(self.id).body["status"])

    @property
    def sent(self) -> set[str]:
        """The notices that were sent by now, each by exactly one mail."""
        self.system.run_mailer()
        items = self.system.items(f"PAYMENT#{self.id}")
        sent = {sk.removeprefix("NOTICE#") for sk, item in items.items() if item.get("state") == {"S": "sent"}}
        assert len(self.system.mails(self.id)) == len(sent)
        return {notice.replace(f"_{self.id}", "") for notice in sent}

    def hear(self, event_type: str, body: dict[str, Any], **changes: Any) -> None:
        answer = self.system.hear(an_event(event_type, body, **changes))
        assert answer.status == 200, answer

    def session(self, event_type: str, **changes: Any) -> None:
        given = {"id": self.session_id, "payment_intent": f"pi_{self.id}"}
        self.hear(f"checkout.session.{event_type}", a_session(self.id, **given | changes))

    def intent(self, event_type: str, **changes: Any) -> None:
        given = {"id": f"pi_{self.id}", "latest_charge": self.charge_id}
        self.hear(f"payment_intent.{event_type}", an_intent(self.id, **given | changes))

    def failed_intent(self, **error: Any) -> None:
        body = a_failed_intent(self.id, id=f"pi_{self.id}", latest_charge=error.get("charge"))
        body["last_payment_error"] |= error
        self.hear("payment_intent.payment_failed", body)

    def charge(self, event_type: str, **changes: Any) -> None:
        self.hear(f"charge.{event_type}", self.a_charge(**changes))

    def a_charge(self, **changes: Any) -> dict[str, Any]:
        given = {"id": self.charge_id, "payment_intent": f"pi_{self.id}"}
        return a_charge(self.id, **given | changes)

    def refund(self, event_type: str, **changes: Any) -> None:
        self.hear(event_type, a_refund(**self._about_charge("re") | changes))

    def dispute(self, event_type: str, **changes: Any) -> None:
        self.hear(f"charge.dispute.{event_type}", a_dispute(**self._about_charge("du") | changes))

    def _about_charge(self, prefix: str) -> dict[str, Any]:
        return {"id": f"{prefix}_{self.id}", "charge": self.charge_id, "payment_intent": f"pi_{self.id}"}


@pytest.fixture
def told(system: System) -> Told:
    answer = system.order()
    return Told(system, answer.body["paymentId"], answer.body["sessionId"])


@pytest.fixture
def paid(told: Told) -> Told:
    told.charge("succeeded")
    told.intent("succeeded")
    told.session("completed")
    assert told.sent == CONFIRMED
    return told


# Refunds


def test_a_refund_is_told_when_it_succeeded_and_again_when_it_failed_after_all(paid: Told) -> None:
    paid.refund("refund.created", status="pending")
    assert (paid.status, paid.sent) == ("refunded", CONFIRMED)
    paid.refund("refund.updated", status="succeeded")
    paid.charge("refunded", amount_refunded=9900, refunded=True)
    assert (paid.status, paid.sent) == ("refunded", CONFIRMED | {"refund_confirmation#re"})
    paid.refund("refund.failed", status="failed", failure_reason="lost_or_stolen_card")
    failed = {"refund_failed#re", "refund_failed_customer#re"}
    assert (paid.status, paid.sent) == ("succeeded", CONFIRMED | {"refund_confirmation#re"} | failed)
    assert paid.system.status(paid.id).body["amountRefunded"] == 0


def test_a_refund_in_part_is_in_part(paid: Told) -> None:
    paid.refund("refund.created", amount=3000)
    body = paid.system.status(paid.id).body
    assert (body["status"], body["amountRefunded"]) == ("partially_refunded", 3000)


def test_a_refund_that_the_customer_never_claimed_is_canceled_and_nobody_is_told(paid: Told) -> None:
    paid.refund("refund.created", status="requires_action")
    assert paid.status == "succeeded"
    paid.refund("refund.updated", status="canceled")
    assert (paid.status, paid.sent) == ("succeeded", CONFIRMED)


def test_a_refund_that_failed_before_its_success_was_heard_is_told_as_failed_alone(paid: Told) -> None:
    paid.refund("refund.failed", status="failed")
    paid.refund("refund.created", status="succeeded")
    assert (paid.status, paid.sent) == ("succeeded", CONFIRMED | {"refund_failed#re"})


# Disputes, warnings, reviews


def test_each_stage_of_a_dispute_is_told_once(paid: Told) -> None:
    paid.dispute("created")
    paid.dispute("funds_withdrawn", balance_transactions=[{"id": "txn_1", "amount": -9900, "fee": 1500}])
    paid.dispute("updated", status="under_review")
    assert paid.system.status(paid.id).body["dispute"] == "open"
    assert paid.sent == CONFIRMED | {"dispute_alert#du#open"}
    paid.dispute("closed", status="won")
    paid.dispute("funds_reinstated", status="won")
    assert paid.system.status(paid.id).body["dispute"] == "won"
    assert paid.sent == CONFIRMED | {"dispute_alert#du#open", "dispute_alert#du#won"}
    assert paid.status == "succeeded"


def test_an_inquiry_escalates_and_is_lost(paid: Told) -> None:
    paid.dispute("created", status="warning_needs_response", is_charge_refundable=True)
    paid.dispute("updated", status="warning_under_review")
    assert paid.sent == CONFIRMED | {"dispute_alert#du#inquiry"}
    paid.dispute("updated", status="needs_response")
    paid.dispute("closed", status="lost")
    # The stage in between was over before anyone was told of it.
    assert paid.sent == CONFIRMED | {"dispute_alert#du#inquiry", "dispute_alert#du#lost"}
    assert paid.system.status(paid.id).body["dispute"] == "lost"


def test_an_inquiry_that_is_closed_leaves_no_dispute(paid: Told) -> None:
    paid.dispute("created", status="warning_needs_response")
    paid.dispute("closed", status="warning_closed")
    assert paid.system.status(paid.id).body["dispute"] is None


def test_a_deadline_is_told_with_the_dispute(paid: Told) -> None:
    paid.dispute("created")
    paid.system.run_mailer()
    mail = paid.system.mails(paid.id)[-1]
    text = mail.get_body(("plain",))
    assert text
    assert "Evidence due by: " in text.get_content()


def test_a_warning_is_told_while_something_can_be_done_about_it(paid: Told) -> None:
    about = {"charge": paid.charge_id, "payment_intent": f"pi_{paid.id}"}
    paid.hear("radar.early_fraud_warning.created", a_fraud_warning(id=f"issfr_{paid.id}", **about))
    assert paid.sent == CONFIRMED | {"fraud_alert#issfr"}
    closed = a_fraud_warning(id=f"issfr_{paid.id}", actionable=False, **about)
    paid.hear("radar.early_fraud_warning.updated", closed)
    assert paid.sent == CONFIRMED | {"fraud_alert#issfr"}


def test_a_review_is_told_when_it_opens_unless_it_is_closed_by_then(paid: Told) -> None:
    about = {"charge": paid.charge_id, "payment_intent": f"pi_{paid.id}"}
    review, closed = a_review(id=f"prv_{paid.id}", **about), a_review(id=f"prv_{paid.id}x", open=False, **about)
    paid.hear("review.opened", review)
    paid.hear("review.closed", closed | {"closed_reason": "approved", "reason": "approved"})
    assert paid.sent == CONFIRMED | {"fraud_alert#prv"}


# Later


def test_a_delayed_payment_arrives_days_later(told: Told) -> None:
    told.intent("processing", status="processing", amount_received=0, payment_method_types=["sepa_debit"])
    told.charge("pending", status="pending", paid=False, captured=False, amount_captured=0)
    told.session("completed", payment_status="unpaid")
    assert (told.status, told.sent) == ("processing", set())
    told.charge("succeeded")
    told.intent("succeeded")
    told.session("async_payment_succeeded")
    assert (told.status, told.sent) == ("succeeded", CONFIRMED)


def test_a_delayed_payment_fails_and_the_customer_is_told(told: Told) -> None:
    told.session("completed", payment_status="unpaid")
    charge = a_failed_charge(
        told.id, id=told.charge_id, payment_intent=f"pi_{told.id}", failure_code="insufficient_funds"
    )
    told.hear("charge.failed", charge)
    # Of a completed checkout the session has the last word.
    assert told.status == "processing"
    told.session("async_payment_failed", payment_status="unpaid")
    assert told.status == "failed"
    assert told.system.status(told.id).body["failure"]["code"] == "insufficient_funds"
    assert told.sent == {"payment_failed_admin", "payment_failed"}


def test_a_bank_transfer_that_came_in_part_is_waited_for(told: Told) -> None:
    told.session("completed", payment_status="unpaid")
    instructions = {"amount_remaining": 4900, "currency": "usd", "type": "us_bank_transfer"}
    funded = {"display_bank_transfer_instructions": instructions, "type": "display_bank_transfer_instructions"}
    told.intent("partially_funded", status="requires_action", amount_received=0, latest_charge=None, next_action=funded)
    assert (told.status, told.sent) == ("processing", set())
    told.intent("succeeded")
    assert (told.status, told.sent) == ("succeeded", CONFIRMED)


def test_an_authorised_payment_is_received_when_it_is_captured_and_as_far_as_it_is(told: Told) -> None:
    told.charge("succeeded", captured=False, amount_captured=0)
    told.intent("amount_capturable_updated", status="requires_capture", amount_received=0, amount_capturable=9900)
    told.session("completed", payment_status="unpaid")
    assert (told.status, told.sent) == ("processing", set())
    told.charge("captured", amount_captured=5000, amount_refunded=4900)
    told.intent("succeeded", amount_received=5000)
    assert (told.status, told.sent) == ("in_review", {"review_alert"})


def test_an_authorisation_that_runs_out_is_canceled(told: Told) -> None:
    told.charge("succeeded", captured=False, amount_captured=0)
    canceled = {"status": "canceled", "amount_received": 0, "canceled_at": 1795600000}
    told.intent("canceled", cancellation_reason="automatic", **canceled)
    assert (told.status, told.sent) == ("canceled", set())


def test_an_expired_checkout_is_told_to_a_customer_who_had_tried(told: Told) -> None:
    told.failed_intent(charge=told.charge_id)
    assert told.sent == {"payment_failed_admin"}
    told.intent("canceled", status="canceled", amount_received=0, latest_charge=None)
    told.session("expired", status="expired", payment_status="unpaid")
    assert (told.status, told.sent) == ("expired", {"payment_failed_admin", "payment_failed"})


def test_nothing_to_pay_is_paid(system: System) -> None:
    gift = Product("gift", "A gift", FixedPrice(0), "usd")
    payment = a_payment(gift.charge(None, None), order=Order((Line(gift.sku, gift.name, 1, 0),)))
    system.table.create(payment, None, payment.created_at)
    told = Told(system, payment.id, f"cs_test_{payment.id}")
    told.session("completed", amount_total=0, payment_intent=None, payment_status="no_payment_required")
    assert (told.status, told.sent) == ("succeeded", CONFIRMED)
    assert told.system.status(told.id).body["transactionId"] is None


# Other amounts than asked


@pytest.mark.parametrize(
    "received",
    [
        {"amount_captured": 9800},
        {"amount": 10000, "amount_captured": 10000},
        {"currency": "eur"},
        {"currency": "jpy", "amount": 9900},
    ],
)
def test_something_else_than_asked_is_held_for_review(told: Told, received: dict[str, Any]) -> None:
    told.charge("succeeded", **received)
    assert (told.status, told.sent) == ("in_review", {"review_alert"})


def test_what_the_customer_saw_in_their_own_currency_does_not_count(told: Told) -> None:
    seen = {"presentment_amount": 9150, "presentment_currency": "eur"}
    told.charge("succeeded", presentment_details=seen)
    told.intent("succeeded", presentment_details=seen)
    told.session("completed", presentment_details=seen)
    told.refund("refund.created", amount=4000, presentment_details={**seen, "presentment_amount": 3700})
    body = told.system.status(told.id).body
    assert (body["status"], body["amountRefunded"]) == ("partially_refunded", 4000)
    assert told.sent == CONFIRMED | {"refund_confirmation#re"}


def approved(told: Told, amount: int = 9800) -> Payment:
    acted = approve(told.id, Money(amount, "usd"), by="grace", store=told.system.table, now=datetime.now(UTC))
    told.system.functions["StripeWebhook"].queue.publish(acted.postings)
    return acted.payment


def test_an_approved_amount_is_confirmed_and_approving_again_changes_nothing(told: Told) -> None:
    told.charge("succeeded", amount_captured=9800)
    assert told.sent == {"review_alert"}
    approved(told)
    assert (told.status, told.sent) == ("succeeded", {"review_alert"} | CONFIRMED)
    version = told.known.version
    assert approved(told).version == version
    assert told.sent == {"review_alert"} | CONFIRMED


def test_only_what_is_in_review_is_approved(paid: Told) -> None:
    with pytest.raises(NothingToApprove):
        approved(paid)
    paid.id = new_payment_id()
    with pytest.raises(PaymentNotFound):
        approved(paid)


def test_what_became_true_again_is_told_although_it_was_moot_meanwhile(told: Told) -> None:
    told.charge("succeeded", amount_captured=9800)
    told.refund("refund.created", amount=9800, status="pending")
    # Nothing is kept of a wrong amount, so there is nothing to review, for now.
    assert (told.status, told.sent) == ("refunded", set())
    told.refund("refund.failed", amount=9800, status="failed")
    assert (told.status, told.sent) == ("in_review", {"review_alert", "refund_failed#re"})


def test_a_confirmation_that_was_held_back_is_sent_after_approval(told: Told) -> None:
    told.session("completed")
    told.charge("succeeded", amount_captured=9800)
    told.intent("succeeded", amount_received=9800)
    assert (told.status, told.sent) == ("in_review", {"review_alert"})
    approved(told)
    assert (told.status, told.sent) == ("succeeded", {"review_alert"} | CONFIRMED)


# Order and repetition


def test_failures_before_and_after_a_success_in_one_session_do_not_outweigh_it(told: Told) -> None:
    told.failed_intent(charge=f"ch_first{told.id}")
    told.failed_intent(charge=None, code="payment_intent_authentication_failure")
    assert (told.status, told.sent) == ("failed", {"payment_failed_admin"})
    told.charge("succeeded")
    late = a_failed_charge(told.id, id=f"ch_late{told.id}", payment_intent=f"pi_{told.id}")
    told.hear("charge.failed", late)
    body = told.system.status(told.id).body
    assert (body["status"], body["failure"], body["transactionId"]) == ("succeeded", None, told.charge_id)
    assert told.sent == {"payment_failed_admin"} | CONFIRMED


def test_one_event_twice_and_two_events_for_one_change_are_told_once(told: Told) -> None:
    event = an_event("charge.succeeded", told.a_charge())
    for _ in range(2):
        told.system.hear(event)
    told.intent("succeeded")
    told.session("completed")
    told.refund("refund.created")
    told.refund("refund.updated", receipt_number="1234-5678")
    told.refund("charge.refund.updated", receipt_number="1234-5678")
    assert told.sent == CONFIRMED | {"refund_confirmation#re"}
    assert len(told.system.mails(told.id)) == 4


def test_objects_that_outrun_their_payment_find_it_by_their_intent(system: System) -> None:
    answer = system.order()
    told = Told(system, answer.body["paymentId"], answer.body["sessionId"])
    charge = a_paid_charge(told)
    told.hear("charge.dispute.closed", a_dispute(id="du_outran", charge=charge.id, payment_intent=None, status="won"))
    assert (told.status, told.sent) == ("pending", {"dispute_alert#du_outran#won"})
    about = {"charge": charge.id, "payment_intent": charge.payment_intent}
    told.hear("refund.created", a_refund(id="re_outran", amount=100, **about))
    told.hear("radar.early_fraud_warning.created", a_fraud_warning(id="issfr_outran", **about))
    told.hear("charge.succeeded", charge.to_dict())
    assert told.status == "partially_refunded"
    others = {"dispute_alert#du_outran#won", "refund_confirmation#re_outran", "fraud_alert#issfr_outran"}
    assert told.sent == CONFIRMED | others


def a_paid_charge(told: Told) -> Any:
    """The charge of a checkout that is paid at Stripe, of which nobody told us."""
    import json
    from urllib.request import Request, urlopen

    url = f"{told.system.double.url}/_control/sessions/{told.session_id}/pay"
    urlopen(Request(url, json.dumps({"card": "4242424242424242"}).encode())).close()  # noqa: S310 - our own address
    intent = told.system.stripe().v1.checkout.sessions.retrieve(told.session_id).payment_intent
    return told.system.stripe().v1.payment_intents.retrieve(intent, {"expand": ["latest_charge"]}).latest_charge


# Other versions, other fields


def test_an_old_charge_says_what_was_captured_and_lists_its_refunds(told: Told) -> None:
    refund = a_refund(id=f"re_{told.id}", amount=3000, charge=told.charge_id, payment_intent=f"pi_{told.id}")
    old = without(told.a_charge(), "amount_captured", "billing_details", "payment_method_details", "receipt_url")
    told.hear("charge.succeeded", old | {"refunds": a_list()}, api_version=OLD)
    assert (told.status, told.sent) == ("succeeded", CONFIRMED)
    refunded = old | {"amount_refunded": 3000, "refunds": a_list(without(refund, "destination_details"))}
    told.hear("charge.refunded", refunded, api_version=OLD)
    assert (told.status, told.sent) == ("partially_refunded", CONFIRMED | {"refund_confirmation#re"})


def test_an_old_intent_lists_its_charges_instead_of_naming_the_latest(told: Told) -> None:
    failed = a_failed_charge(told.id, id=f"ch_failed{told.id}", payment_intent=f"pi_{told.id}")
    charges = a_list(without(told.a_charge(), "amount_captured"), without(failed, "amount_captured"))
    old = without(an_intent(told.id, id=f"pi_{told.id}"), "latest_charge", "payment_method", "processing")
    told.hear("payment_intent.succeeded", old | {"charges": charges}, api_version="2020-08-27")
    body = told.system.status(told.id).body
    assert (body["status"], body["transactionId"]) == ("succeeded", told.charge_id)
    assert body["receiptUrl"]


def test_an_old_session_without_a_status_is_complete(told: Told) -> None:
    session = a_session(told.id, id=told.session_id, payment_intent=f"pi_{told.id}")
    old = without(session, "status", "url", "expires_at", "presentment_details", "adaptive_pricing")
    told.hear("checkout.session.completed", old | {"payment_status": "unpaid"}, api_version=OLD)
    assert told.known.sessions[0].state is SessionState.COMPLETE_UNPAID
    told.hear("checkout.session.async_payment_succeeded", old, api_version=OLD)
    assert (told.status, told.sent) == ("succeeded", CONFIRMED)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_captured": None},
        {"receipt_url": None, "created": None},
        {"payment_intent": None, "outcome": None, "payment_method_details": None},
        {"metadata": None},
        {"captured": None, "paid": None},
        {"refunds": None},
    ],
)
def test_a_charge_with_less_in_it_is_a_charge(told: Told, changes: dict[str, Any]) -> None:
    told.session("completed", payment_status="unpaid")
    told.charge("succeeded", **changes)
    assert (told.status, told.sent) == ("succeeded", CONFIRMED)


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": None},
        {"client_reference_id": None},
        {"payment_intent": None},
        {"expires_at": None, "url": None, "customer_details": None, "total_details": None},
    ],
)
def test_a_session_with_less_in_it_is_a_session(told: Told, changes: dict[str, Any]) -> None:
    told.session("completed", **changes)
    assert (told.status, told.sent) == ("succeeded", CONFIRMED)


@pytest.mark.parametrize(
    "changes", [{"latest_charge": None}, {"last_payment_error": {"type": "api_error"}}, {"metadata": None}]
)
def test_an_intent_with_less_in_it_is_an_intent(told: Told, changes: dict[str, Any]) -> None:
    told.session("completed", payment_status="unpaid")
    told.intent("succeeded", **changes)
    assert (told.status, told.sent) == ("succeeded", CONFIRMED)


@pytest.mark.parametrize("absent", ["charge", "payment_intent"])
def test_a_refund_or_a_dispute_names_its_charge_or_its_intent(paid: Told, absent: str) -> None:
    paid.refund("refund.created", **{absent: None, "reason": None}, amount=1)
    paid.dispute("created", **{absent: None, "evidence_details": None, "reason": None})
    assert paid.sent == CONFIRMED | {"refund_confirmation#re", "dispute_alert#du#open"}
