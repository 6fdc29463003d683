"""Whose an event is, and that learning from it lasts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from payments.adapters.stripe.objects import read_event
from payments.domain.errors import StripeUnavailable, TryAgain
from payments.domain.payment import Payment, Status
from payments.services.webhook import Outcome, Receipt, receive
from tests.builders import (
    NOW,
    a_charge,
    a_failed_charge,
    a_payment,
    a_refund,
    a_session,
    an_event,
    an_intent,
)
from tests.fakes import MemoryStore, MemoryStripe


class Endpoint:
    """A store with one payment that waits for its events."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.stripe = MemoryStripe()
        self.id = a_payment().id
        self.payment = a_payment()
        self.store.payments[self.payment.id] = self.payment

    def hears(self, event: Mapping[str, Any]) -> Receipt:
        return receive(
            read_event(event),
            livemode=False,
            failure_delay=timedelta(minutes=10),
            store=self.store,
            stripe=self.stripe,
            now=NOW,
        )

    @property
    def stored(self) -> Payment:
        return self.store.payments[self.payment.id]


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


def test_a_paid_session_is_learned_and_its_notices_are_due_and_posted(endpoint: Endpoint) -> None:
    receipt = endpoint.hears(an_event("checkout.session.completed", a_session(endpoint.payment.id)))
    assert receipt.outcome is Outcome.LEARNED
    assert endpoint.stored.status is Status.SUCCEEDED
    posted = {str(each.notice) for each in receipt.postings}
    assert posted == set(endpoint.store.states()) == {"payment_confirmation", "admin_notification", "admin_copy"}
    assert endpoint.store.names == {"cs_test_1": endpoint.payment.id, "pi_1": endpoint.payment.id}


def test_a_second_event_for_the_same_change_raises_no_second_notice(endpoint: Endpoint) -> None:
    endpoint.hears(an_event("checkout.session.completed", a_session(endpoint.payment.id)))
    for event in (
        an_event("payment_intent.succeeded", an_intent(endpoint.payment.id)),
        an_event("charge.succeeded", a_charge(endpoint.payment.id)),
    ):
        assert endpoint.hears(event).postings == ()
    assert endpoint.stored.transaction_id == "ch_1"


def test_a_repeated_event_changes_nothing_and_keeps_the_first_record(endpoint: Endpoint) -> None:
    event = an_event("charge.succeeded", a_charge(endpoint.payment.id))
    endpoint.hears(event)
    before = endpoint.stored
    assert endpoint.hears(event).outcome is Outcome.NOTHING_NEW
    assert endpoint.stored == before
    assert endpoint.store.events[event["id"]].outcome == ("attempt#ch_1: unknown -> succeeded",)


def test_a_late_failure_does_not_demote_a_paid_payment(endpoint: Endpoint) -> None:
    endpoint.hears(an_event("charge.succeeded", a_charge(endpoint.payment.id)))
    receipt = endpoint.hears(an_event("charge.failed", a_failed_charge(endpoint.payment.id)))
    assert receipt.postings == ()
    assert endpoint.stored.status is Status.SUCCEEDED


def test_the_admins_mail_about_a_failure_waits(endpoint: Endpoint) -> None:
    receipt = endpoint.hears(an_event("charge.failed", a_failed_charge(endpoint.payment.id)))
    (posting,) = receipt.postings
    assert posting.delay_seconds == 600
    assert endpoint.store.notices[endpoint.payment.id, posting.notice].send_at == NOW + timedelta(minutes=10)


def test_an_object_without_our_id_is_found_by_its_intent(endpoint: Endpoint) -> None:
    endpoint.hears(an_event("payment_intent.succeeded", an_intent(endpoint.payment.id)))
    receipt = endpoint.hears(an_event("refund.created", a_refund()))
    assert receipt.payment_id == endpoint.payment.id
    assert endpoint.stored.status is Status.REFUNDED


def test_an_object_that_outran_its_payment_is_found_by_asking_stripe(endpoint: Endpoint) -> None:
    endpoint.stripe.owners["pi_1"] = endpoint.payment.id
    assert endpoint.hears(an_event("refund.created", a_refund())).outcome is Outcome.LEARNED
    assert [each.ref for each in endpoint.stored.refunds] == ["re_1"]


def test_if_stripe_cannot_be_asked_nothing_is_kept_and_stripe_repeats(endpoint: Endpoint) -> None:
    endpoint.stripe.failures = [StripeUnavailable("down")]
    with pytest.raises(StripeUnavailable):
        endpoint.hears(an_event("refund.created", a_refund()))
    assert not endpoint.store.events


@pytest.mark.parametrize(
    "body", [a_session(None), an_intent(None), a_charge(None)], ids=["session", "intent", "charge"]
)
def test_what_would_bear_our_name_if_it_were_ours_costs_no_call(endpoint: Endpoint, body: dict[str, Any]) -> None:
    endpoint.stripe.failures = [StripeUnavailable("down")]
    assert endpoint.hears(an_event("some.event", body)).outcome is Outcome.FOREIGN
    assert endpoint.stripe.asked == 0


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (an_event("charge.succeeded", a_charge(None)), Outcome.FOREIGN),
        (an_event("checkout.session.completed", a_session(None)), Outcome.FOREIGN),
        (an_event("checkout.session.completed", a_session(a_payment().id)), Outcome.FOREIGN),
        (an_event("customer.created", {"id": "cus_1", "object": "customer"}), Outcome.NOT_FOR_PAYMENTS),
        (an_event("checkout.session.completed", a_session(None, currency=None)), Outcome.NOT_FOR_PAYMENTS),
        (an_event("charge.succeeded", a_charge(None), livemode=True), Outcome.WRONG_LIVEMODE),
        ({"id": "evt_t", "object": "v2.core.event", "type": "v2.core.event_destination.ping"}, Outcome.THIN),
    ],
)
def test_what_is_not_ours_is_answered_and_never_written(
    endpoint: Endpoint, event: dict[str, Any], outcome: Outcome
) -> None:
    assert endpoint.hears(event).outcome is outcome
    assert endpoint.stored == endpoint.payment
    assert not endpoint.store.events


def test_a_session_that_is_not_the_one_we_made_is_refused(endpoint: Endpoint) -> None:
    opened = a_session(endpoint.payment.id, status="open", payment_status="unpaid")
    endpoint.hears(an_event("checkout.session.created", opened))
    before = endpoint.stored
    other = an_event("checkout.session.completed", a_session(endpoint.payment.id, id="cs_test_other"))
    assert endpoint.hears(other).outcome is Outcome.OTHER_SESSION
    assert endpoint.stored == before
    assert endpoint.store.events[other["id"]].outcome == ("refused: not the session that we made",)


def test_an_object_that_is_another_payments_is_refused_and_the_trail_says_so(endpoint: Endpoint) -> None:
    endpoint.store.names["ch_1"] = endpoint.id
    moved = an_event("charge.updated", a_charge(endpoint.payment.id))
    assert endpoint.hears(moved).outcome is Outcome.OTHER_PAYMENT
    assert endpoint.stored == endpoint.payment
    assert endpoint.store.events[moved["id"]].outcome == ("refused: it names an object of another payment",)


def test_lost_races_are_run_again(endpoint: Endpoint) -> None:
    endpoint.store.faster_writers = 4
    assert endpoint.hears(an_event("charge.succeeded", a_charge(endpoint.payment.id))).outcome is Outcome.LEARNED


def test_too_many_lost_races_end_in_an_error_that_stripe_answers_by_repeating(endpoint: Endpoint) -> None:
    endpoint.store.faster_writers = 10**6
    with pytest.raises(TryAgain):
        endpoint.hears(an_event("charge.succeeded", a_charge(endpoint.payment.id)))
    assert not endpoint.store.events
