"""Money goes back once for a request, whatever Stripe answers and whoever else gives it back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from payments.domain.actors import ANSWER
from payments.domain.attention import Reason
from payments.domain.errors import (
    IdempotencyKeyReused,
    NotConfigured,
    PaymentNotFound,
    PaymentsError,
    StripeUnavailable,
    TryAgain,
)
from payments.domain.facts import Attempt, AttemptState, Fact, Refund, RefundRequest, RefundState
from payments.domain.looking import FIRST_LOOK, LAST_LOOK, REPEATABLE, SETTLED, DueReason
from payments.domain.payment import Asked, Payment, Status
from payments.domain.refund_errors import (
    IntentRequired,
    NothingToRefund,
    NotWithdrawable,
    RefundExceeds,
    RefundRefused,
    RefundRequestNotFound,
)
from payments.domain.refund_requests import pending, request_of, room
from payments.domain.releases import CAME_WITH
from payments.runtime.refund_views import refund_request_view, refund_request_views, refundable_views
from payments.services.recording import record
from payments.services.refunding import Outcome, Refunding, Wanted, claimant_of
from tests.builders import NOW, a_payment
from tests.fakes import MemoryStore, MemoryStripe

PAID = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd", intent="pi_1")
PAID_AGAIN = replace(PAID, ref="ch_2", intent="pi_2")
NO_ANSWER = StripeUnavailable("no answer")
MINUTE = timedelta(minutes=1)


class Desk:
    """A payment that was paid, and admins who give it back."""

    def __init__(self, *facts: Fact) -> None:
        self.store, self.stripe, self.now = MemoryStore(), MemoryStripe(), NOW
        self.id = a_payment().id
        self.store.create(replace(a_payment(), id=self.id), None, NOW)
        self.learn(*facts or (PAID,))

    def learn(self, *facts: Fact) -> None:
        record(self.store, self.payment, facts, actor=ANSWER, now=self.now)

    @property
    def payment(self) -> Payment:
        return self.store.payments[self.id]

    @property
    def refunding(self) -> Refunding:
        return Refunding(self.store, self.stripe, timedelta(), self.now)

    def refund(self, amount: int | None = None, *, key: str = "k", by: str = "grace", **wanted: Any) -> Outcome:
        claimant = claimant_of(self.id, by, key, {"amount": amount, **wanted})
        return self.refunding.request(self.id, Wanted(amount, **wanted), claimant=claimant, by=by)

    def unanswered(self, amount: int | None = None, *, made: bool = False, **named: Any) -> RefundRequest:
        """A request whose answer was lost, after Stripe made the refund or before."""
        (self.stripe.failures_after if made else self.stripe.failures).append(NO_ANSWER)
        outcome = self.refund(amount, **named)
        assert not outcome.is_answered
        return outcome.request

    def reconcile(self, later: timedelta = timedelta()) -> PaymentsError | None:
        self.now += later
        return self.refunding.finish(self.payment).failure

    def withdraw(self, request: RefundRequest, later: timedelta = timedelta()) -> Outcome:
        self.now += later
        return self.refunding.withdraw(self.id, request.ref, by="heidi")

    def state(self, request: RefundRequest) -> str:
        found = request_of(self.payment, request.ref)
        assert found
        return found.state

    @property
    def why(self) -> list[Reason]:
        """What of the payment waits for a person."""
        return list(self.payment.attention.why) if self.payment.attention else []

    @property
    def given(self) -> list[int]:
        """What Stripe gave back."""
        return [each.amount for each in self.stripe.refunds]


@pytest.fixture
def desk() -> Desk:
    return Desk()


# Asking


def test_a_refund_is_made_and_known_at_once(desk: Desk) -> None:
    outcome = desk.refund(4000, reason="duplicate")
    assert (outcome.is_answered, outcome.refusal, outcome.failure) == (True, None, None)
    assert desk.given == [4000]
    assert desk.payment.status is Status.PARTIALLY_REFUNDED
    assert [posting.notice.kind for posting in outcome.postings] == ["refund_confirmation"]
    assert desk.store.events[f"adm_refund_{outcome.request.ref}"].by == "grace"


def test_all_that_is_left_goes_back_where_no_amount_is_named(desk: Desk) -> None:
    desk.refund(4000)
    desk.refund(key="the rest")
    assert desk.given == [4000, 5900]
    assert desk.payment.status is Status.REFUNDED


def test_a_repeated_request_is_one_refund(desk: Desk) -> None:
    answers = [desk.refund(4000) for _ in range(3)]
    assert desk.given == [4000]
    assert all(each.is_answered for each in answers)
    assert len(desk.payment.refund_requests) == 1


def test_the_same_key_is_another_request_of_another_caller_or_payment_and_none_with_another_body(desk: Desk) -> None:
    desk.refund(1000, key="k")
    desk.refund(1000, key="k", by="heidi")
    assert desk.given == [1000, 1000]
    assert claimant_of("pay_1", "grace", "k", {}).key_hash != claimant_of("pay_2", "grace", "k", {}).key_hash
    with pytest.raises(IdempotencyKeyReused):
        desk.refund(2000, key="k")
    assert desk.given == [1000, 1000]


def test_no_more_goes_back_than_there_is(desk: Desk) -> None:
    desk.unanswered(4000)
    desk.learn(Refund(ref="re_9", state=RefundState.REQUIRES_ACTION, amount=1000, currency="usd", intent="pi_1"))
    desk.learn(Refund(ref="re_8", state=RefundState.FAILED, amount=2000, currency="usd", intent="pi_1"))
    with pytest.raises(RefundExceeds) as refused:
        desk.refund(4901, key="2")
    assert refused.value.members == {"refundable": 4900}
    desk.refund(4900, key="3")
    with pytest.raises(NothingToRefund):
        desk.refund(key="4")


def test_what_was_not_received_is_not_given_back() -> None:
    with pytest.raises(NothingToRefund):
        Desk(replace(PAID, state=AttemptState.FAILED, amount=0)).refund()
    with pytest.raises(TryAgain):
        Desk(replace(PAID, intent=None)).refund()
    with pytest.raises(NothingToRefund):
        Desk().refund(intent="pi_2")
    desk = Desk()
    desk.id = "pay_0"
    with pytest.raises(PaymentNotFound):
        desk.refund()


def test_of_a_payment_that_was_paid_twice_each_intent_has_its_own_room() -> None:
    desk = Desk(PAID, PAID_AGAIN)
    with pytest.raises(IntentRequired, match="pi_1, pi_2"):
        desk.refund(1000)
    desk.refund(9900, intent="pi_2")
    with pytest.raises(NothingToRefund):
        desk.refund(1, intent="pi_2", key="2")
    assert room(desk.payment) == {("pi_1", "usd"): 9900, ("pi_2", "usd"): 0}


def test_who_is_slower_asks_for_what_is_left_then(desk: Desk) -> None:
    """Another admin's request is written between our reading and our writing."""
    save = desk.store.save

    def slower(*arguments: Any) -> Any:
        desk.store.save = save  # type: ignore[method-assign]
        desk.refund(6000, key="faster", by="heidi")
        return save(*arguments)

    desk.store.save = slower  # type: ignore[assignment, method-assign]
    with pytest.raises(RefundExceeds):
        desk.refund(4000)
    assert desk.given == [6000]


def test_a_second_click_that_is_faster_is_the_same_request(desk: Desk) -> None:
    save = desk.store.save

    def slower(*arguments: Any) -> Any:
        desk.store.save = save  # type: ignore[method-assign]
        desk.refund(6000)
        return save(*arguments)

    desk.store.save = slower  # type: ignore[assignment, method-assign]
    assert desk.refund(6000).is_answered
    assert desk.given == [6000]


def test_what_stripe_refuses_is_told_in_its_words_and_holds_nothing(desk: Desk) -> None:
    desk.stripe.failures.append(RefundRefused("Charge ch_1 has been charged back.", reason="charge_disputed"))
    for _ in range(2):
        refused = desk.refund(4000)
        assert isinstance(refused.refusal, RefundRefused)
        assert refused.refusal.detail == "Stripe refused: Charge ch_1 has been charged back."
    assert room(desk.payment) == {("pi_1", "usd"): 9900}
    assert desk.given == []


@pytest.mark.parametrize("error", [NO_ANSWER, NotConfigured("no key")])
def test_no_answer_is_no_no(desk: Desk, error: PaymentsError) -> None:
    desk.stripe.failures.append(error)
    outcome = desk.refund(4000)
    assert (outcome.is_answered, outcome.refusal, outcome.failure) == (False, None, error)
    assert desk.payment.due_by[DueReason.REFUND] == desk.now + FIRST_LOOK
    assert room(desk.payment) == {("pi_1", "usd"): 5900}


def test_older_code_leaves_a_payment_alone_that_somebody_asked_to_give_back(desk: Desk) -> None:
    assert desk.payment.needs == 1
    desk.unanswered(4000)
    assert desk.payment.needs == CAME_WITH["refund_request"] == 2


# Finishing


def test_a_refund_whose_answer_was_lost_is_found_and_not_made_again(desk: Desk) -> None:
    request = desk.unanswered(4000, made=True)
    asked = desk.stripe.asked
    desk.reconcile(FIRST_LOOK)
    assert pending(desk.payment) == ()
    assert (desk.given, desk.stripe.asked) == ([4000], asked)
    assert DueReason.REFUND not in desk.payment.due_by
    assert [each.request for each in desk.payment.refunds] == [request.ref]


def test_a_refund_that_was_not_made_is_asked_for_again(desk: Desk) -> None:
    desk.unanswered(4000)
    desk.reconcile(FIRST_LOOK)
    assert desk.given == [4000]
    assert pending(desk.payment) == ()


def test_asking_is_on_record_before_stripe_is_asked(desk: Desk) -> None:
    on_record = []

    def noted(payment_id: str, request: RefundRequest) -> tuple[Fact, ...]:
        on_record.append(desk.store.payments[payment_id].refunds_asked[request.ref])
        raise NO_ANSWER

    desk.stripe.create_refund = noted  # type: ignore[method-assign]
    desk.refund(4000)
    desk.reconcile(FIRST_LOOK)
    assert on_record == [Asked(NOW, 1), Asked(NOW + FIRST_LOOK, 2)]


def test_asked_in_vain_again_it_waits_for_a_person_until_there_is_an_answer(desk: Desk) -> None:
    desk.unanswered(4000)
    assert desk.why == []
    # Stripe cannot even be asked for its list.
    desk.stripe.failures.append(NO_ANSWER)
    assert desk.reconcile(FIRST_LOOK) is NO_ANSWER
    assert desk.why == [Reason.REFUND]
    assert desk.payment.due_by[DueReason.REFUND] == desk.now + SETTLED
    desk.reconcile(SETTLED)
    assert desk.given == [4000]
    assert desk.why == []


def test_after_a_day_the_key_is_of_no_use_and_what_is_not_in_the_list_is_a_no(desk: Desk) -> None:
    request = desk.unanswered(4000)
    desk.reconcile(REPEATABLE)
    assert desk.given == []
    assert (desk.state(request), request_of(desk.payment, request.ref).code) == ("refused", "no_answer")  # type: ignore[union-attr]
    assert isinstance(desk.refund(4000).refusal, RefundRefused)


def test_a_key_that_stripe_refuses_is_not_used_again_and_nothing_in_ten_minutes_is_a_no(desk: Desk) -> None:
    desk.stripe.failures.append(StripeUnavailable("other parameters", spent=True))
    request = desk.refund(4000).request
    asked = desk.stripe.asked
    assert desk.payment.due_by[DueReason.REFUND] == desk.now + SETTLED
    desk.reconcile(SETTLED - MINUTE)
    assert desk.state(request) == "open"
    desk.reconcile(MINUTE)
    assert desk.state(request) == "refused"
    assert (desk.given, desk.stripe.asked) == ([], asked)


# What others give back


def test_a_refund_made_elsewhere_meanwhile_takes_the_place_of_the_request(desk: Desk) -> None:
    request = desk.unanswered(4000)
    elsewhere = desk.stripe.refund(4000)
    desk.reconcile(FIRST_LOOK)
    # An answer may still come.
    assert (desk.state(request), desk.given) == ("open", [4000])
    desk.reconcile(SETTLED - FIRST_LOOK)
    assert (desk.state(request), desk.given) == ("overtaken", [4000])
    outcome = desk.refund(4000)
    assert outcome.request.overtaken_by == elsewhere.ref
    assert isinstance(outcome.refusal, RefundRefused)


def test_a_refund_made_elsewhere_overtakes_one_request_the_oldest_and_others_wait_until_then(desk: Desk) -> None:
    first = desk.unanswered(4000)
    desk.now += MINUTE
    second = desk.unanswered(2000, key="2")
    desk.learn(desk.stripe.refund(1000))
    desk.reconcile(FIRST_LOOK)
    assert desk.given == [1000]
    desk.reconcile(SETTLED - 3 * MINUTE)
    assert (desk.state(first), desk.state(second)) == ("overtaken", "open")
    assert desk.given == [1000, 2000]


def test_what_was_known_when_the_request_was_written_is_not_in_its_place(desk: Desk) -> None:
    desk.learn(desk.stripe.refund(1000))
    desk.unanswered(4000)
    desk.reconcile(FIRST_LOOK)
    assert desk.given == [1000, 4000]


def test_a_failed_refund_of_others_is_in_nobodys_place(desk: Desk) -> None:
    desk.unanswered(4000)
    desk.stripe.refund_state = RefundState.FAILED
    desk.stripe.refund(4000)
    desk.stripe.refund_state = RefundState.SUCCEEDED
    desk.reconcile(FIRST_LOOK)
    assert desk.given == [4000, 4000]


def test_a_refund_that_was_taken_for_another_requests_is_that_ones_in_the_end(desk: Desk) -> None:
    """The first was made after all: what is in nobody's place then is in the second's."""
    first = desk.unanswered(4000)
    desk.now += MINUTE
    second = desk.unanswered(2000, key="2")
    desk.stripe.refund(1000)
    desk.stripe.refund(4000, request=first.ref)
    desk.reconcile(SETTLED)
    assert desk.state(second) == "overtaken"
    assert desk.given == [1000, 4000]


def test_a_refund_that_names_a_closed_request_is_learned_and_shown_for_a_month(desk: Desk) -> None:
    request = desk.unanswered(4000)
    desk.withdraw(request, SETTLED)
    desk.learn(late := desk.stripe.refund(4000, request=request.ref))
    assert late.key in desk.payment.facts
    assert desk.why == [Reason.REFUND]
    assert desk.payment.due_by[DueReason.REFUND] == desk.now + LAST_LOOK
    desk.reconcile(LAST_LOOK)
    assert (desk.why, desk.payment.due_by.get(DueReason.REFUND)) == ([], None)


# Withdrawing


def test_a_request_is_withdrawn_when_no_answer_can_come_any_more_and_stripes_list_has_none(desk: Desk) -> None:
    request = desk.unanswered(4000)
    with pytest.raises(NotWithdrawable, match="09:10:00"):
        desk.withdraw(request, SETTLED - MINUTE)
    assert desk.withdraw(request, MINUTE).request.state == "withdrawn"
    assert desk.store.events[f"adm_withdraw_{request.ref}"].by == "heidi"
    assert desk.withdraw(request).request.closed_by == "heidi"
    desk.reconcile(LAST_LOOK)
    assert desk.given == []
    assert isinstance(desk.refund(4000).refusal, RefundRefused)
    desk.refund(9900, key="another")
    assert desk.given == [9900]


def test_a_request_that_stripe_answered_is_not_withdrawn(desk: Desk) -> None:
    request = desk.unanswered(4000, made=True)
    for later in (SETTLED, timedelta()):
        with pytest.raises(NotWithdrawable, match="answered already"):
            desk.withdraw(request, later)
    assert desk.payment.status is Status.PARTIALLY_REFUNDED
    with pytest.raises(RefundRequestNotFound):
        desk.withdraw(replace(request, ref="0" * 64))


def test_what_is_asked_again_while_the_list_is_read_is_not_withdrawn(desk: Desk) -> None:
    request = desk.unanswered(4000)
    listed = desk.stripe.refunds_of

    def meanwhile(intent: str) -> tuple[Fact, ...]:
        found = listed(intent)
        desk.stripe.refunds_of = listed  # type: ignore[method-assign]
        desk.stripe.failures_after.append(NO_ANSWER)
        desk.reconcile()
        return found

    desk.stripe.refunds_of = meanwhile  # type: ignore[method-assign]
    with pytest.raises(NotWithdrawable):
        desk.withdraw(request, SETTLED)
    assert (desk.state(request), desk.given) == ("open", [4000])


def test_who_withdraws_what_was_given_back_elsewhere_closes_that_request_and_no_other(desk: Desk) -> None:
    first = desk.unanswered(4000)
    desk.now += MINUTE
    second = desk.unanswered(2000, key="2")
    desk.stripe.refund(4000)
    assert desk.withdraw(first, SETTLED - MINUTE).request.state == "overtaken"
    desk.reconcile(SETTLED)
    assert desk.given == [4000, 2000]
    assert desk.state(second) == "open"


# How the desk shows it


def test_a_request_is_shown_with_what_became_of_it(desk: Desk) -> None:
    withdrawn = desk.unanswered(4000, reason="duplicate")
    assert refund_request_view(desk.payment, withdrawn) == {
        "ref": withdrawn.ref,
        "state": "open",
        "amount": 4000,
        "currency": "usd",
        "intent": "pi_1",
        "reason": "duplicate",
        "by": "grace",
        "requestedAt": "2026-11-21T09:00:00Z",
        "refundId": None,
        "detail": None,
    }
    desk.withdraw(withdrawn, SETTLED)
    desk.refund(1000, key="2")
    done, closed = refund_request_views(desk.payment)
    assert (done["state"], done["refundId"], done["detail"]) == ("done", "re_1", None)
    assert (closed["state"], closed["refundId"]) == ("withdrawn", None)
    assert closed["detail"] == "This refund was withdrawn; ask with a new key for another."
    assert refundable_views(desk.payment) == [{"intent": "pi_1", "amount": 8900, "currency": "usd"}]
