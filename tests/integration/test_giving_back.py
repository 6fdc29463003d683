"""Money back at the desk, through the real handler and the Stripe double, on both engines."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.callers import ADA, GRACE
from tests.integration.contract import Contract
from tests.integration.system import Answer, System

CONTRACT = Contract()
HEIDI = {**GRACE, "sub": "heidi-1"}
REFUNDS = "POST /admin/payments/{paymentId}/refunds"
WITHDRAW = f"{REFUNDS}/{{ref}}/withdraw"


class Paid:
    """A payment of 99.00 USD that was paid at the double."""

    def __init__(self, system: System) -> None:
        self.system = system
        ordered = system.order().body
        self.id, self._session_id = str(ordered["paymentId"]), str(ordered["sessionId"])
        system.control(f"sessions/{ordered['sessionId']}/pay")
        self.hear()
        assert system.status(self.id).body["status"] == "succeeded"

    def hear(self) -> None:
        """What Stripe has to tell so far."""
        for event in self.system.events():
            assert self.system.hear(event).status == 200

    def refunds(self, body: Any = None, *, key: str | None = None, by: Any = GRACE) -> Answer:
        headers = {"idempotency-key": key} if key else {}
        answer = self.system.desk(REFUNDS, paymentId=self.id, body=body or {}, by=by, headers=headers)
        if answer.status < 500:
            CONTRACT.judge("refundPayment", answer.status, answer.headers["content-type"], answer.body)
        return answer

    def withdraws(self, ref: str) -> Answer:
        answer = self.system.desk(WITHDRAW, paymentId=self.id, ref=ref)
        CONTRACT.judge("withdrawRefund", answer.status, answer.headers["content-type"], answer.body)
        return answer

    def at_stripe(self) -> list[int]:
        """The refunds that Stripe has made of it."""
        stripe = self.system.stripe().v1
        intent = stripe.checkout.sessions.retrieve(self._session_id).payment_intent
        found = stripe.refunds.list({"payment_intent": intent, "limit": 100}).data
        return sorted(each.amount for each in found)


@pytest.fixture
def paid(engine_system: System) -> Paid:
    return Paid(engine_system)


def code_of(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["code"]


def test_a_part_goes_back_and_the_same_key_is_the_same_refund(paid: Paid) -> None:
    first = paid.refunds({"amount": 2100, "reason": "requested_by_customer"}, key="part")
    assert first.status == 201
    asked, payment = first.body["refundRequest"], first.body["payment"]
    assert (asked["state"], asked["amount"], asked["by"]) == ("done", 2100, "grace-1")
    assert (payment["status"], payment["returned"]) == ("partially_refunded", [{"amount": 2100, "currency": "usd"}])
    assert [each["amount"] for each in payment["refundable"]] == [7800]
    again = paid.refunds({"reason": "requested_by_customer", "amount": 2100}, key="part")
    assert again.body["refundRequest"] == asked
    assert paid.at_stripe() == [2100]
    paid.hear()
    assert paid.system.status(paid.id).body["status"] == "partially_refunded"


def test_all_that_is_left_goes_back_and_then_there_is_nothing(paid: Paid) -> None:
    paid.refunds({"amount": 900}, key="first")
    rest = paid.refunds(key="rest")
    assert (rest.body["refundRequest"]["amount"], rest.body["payment"]["status"]) == (9000, "refunded")
    assert code_of(paid.refunds(key="more")) == (409, "nothing_to_refund")
    assert paid.at_stripe() == [900, 9000]


def test_what_cannot_be_asked_for_is_said_and_nothing_is_written(paid: Paid) -> None:
    before = paid.system.items(f"PAYMENT#{paid.id}")
    assert code_of(paid.refunds({"amount": 100})) == (400, "idempotency_key_required")
    too_much = paid.refunds({"amount": 9901}, key=uuid4().hex)
    assert code_of(too_much) == (409, "refund_exceeds")
    assert too_much.body["refundable"] == 9900
    for body in ({"amount": 0}, {"amount": -1}, {"amount": "5"}, {"reason": "because"}, {"all": True}):
        assert code_of(paid.refunds(body, key=uuid4().hex)) == (422, "validation_failed")
    assert code_of(paid.refunds({"amount": 1}, key=uuid4().hex, by=ADA)) == (403, "forbidden")
    assert paid.system.items(f"PAYMENT#{paid.id}") == before
    assert paid.at_stripe() == []


def test_a_key_is_of_one_refund_and_of_one_admin(paid: Paid) -> None:
    paid.refunds({"amount": 100}, key="mine")
    assert code_of(paid.refunds({"amount": 200}, key="mine")) == (409, "idempotency_key_reused")
    assert paid.refunds({"amount": 100}, key="mine", by=HEIDI).status == 201
    assert paid.at_stripe() == [100, 100]


@pytest.mark.parametrize("kind", ["timeout_after", "rate_limit"])
def test_without_an_answer_it_is_kept_and_the_same_request_finds_out(paid: Paid, kind: str) -> None:
    paid.system.control("outage", calls=3, kind=kind)
    asked = paid.refunds({"amount": 2100}, key="lost")
    paid.system.control("outage", calls=0, kind=kind)
    # 503 where waiting for Stripe has left no time to read the payment for the answer.
    assert asked.status == 202 or code_of(asked) == (503, "try_again")
    # What is asked for may not be asked for by another meanwhile.
    assert code_of(paid.refunds({"amount": 7801}, key="other", by=HEIDI)) == (409, "refund_exceeds")
    [request] = paid.system.desk("GET /admin/payments/{paymentId}", paymentId=paid.id).body["refundRequests"]
    assert request["state"] == "open"
    assert code_of(paid.withdraws(request["ref"])) == (409, "not_withdrawable")
    answered = paid.refunds({"amount": 2100}, key="lost")
    assert (answered.status, answered.body["refundRequest"]["state"]) == (201, "done")
    assert paid.at_stripe() == [2100]


def test_there_is_no_such_request(paid: Paid) -> None:
    assert code_of(paid.withdraws("nobody")) == (404, "refund_request_not_found")


def test_many_admins_with_many_clicks_give_back_no_more_than_was_paid(paid: Paid) -> None:
    """Each key three times at once; ten keys of 15.00 each, and 99.00 is there."""
    clicks = [(f"key-{number}", (GRACE, HEIDI)[number % 2]) for number in range(10)] * 3

    def click(one: tuple[str, Any]) -> tuple[int, str | None]:
        key, by = one
        for _ in range(20):
            answer = paid.refunds({"amount": 1500}, key=key, by=by)
            if answer.status not in (202, 503):
                break
        return answer.status, answer.body.get("code")

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(click, clicks))

    assert answers == {(201, None), (409, "refund_exceeds")}
    assert paid.at_stripe() == [1500] * 6
    paid.hear()
    assert paid.system.status(paid.id).body["returned"] == [{"amount": 9000, "currency": "usd"}]
