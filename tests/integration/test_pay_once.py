"""The main job through the real handlers: order, pay, learn, mail."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from payments.adapters.stripe import checkouts
from payments.domain.actors import LOOK
from payments.domain.errors import StripeUnavailable
from payments.domain.identifiers import ORDER_NUMBER
from payments.domain.looking import SETTLED
from payments.domain.payment import Payment
from payments.services.recording import record
from tests.builders import a_charge, a_failed_charge, a_session, an_event
from tests.integration.clock import Clock
from tests.integration.system import AN_ORDER, ORIGIN, Answer, Context, System

CONFIRMED = [
    "Payment received: 99.00 USD from Ada Lovelace for Consulting, one hour",
    "Your payment of 99.00 USD to Example Studio is complete",
    "[Copy] Your payment of 99.00 USD to Example Studio is complete",
]


def control(system: System, path: str, body: dict[str, Any]) -> None:
    """Ask the double for something; a declined card or a failed authentication is an answer like another."""
    request = Request(  # noqa: S310 - our own address
        f"{system.double.url}/_control/{path}",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    try:
        urlopen(request).close()  # noqa: S310
    except HTTPError as error:
        if error.code not in (400, 402):
            raise


def pay(system: System, session_id: str, card: str = "4242424242424242") -> list[dict[str, Any]]:
    """Pay at the double's checkout: the events that this caused, undelivered."""
    before = {event["id"] for event in system.events()}
    control(system, f"sessions/{session_id}/pay", {"card": card})
    return [event for event in system.events() if event["id"] not in before]


def a_checkout(system: System) -> tuple[str, str]:
    """Payment id and session id of a new order."""
    answer = system.order()
    assert answer.status == 201, answer
    return answer.body["paymentId"], answer.body["sessionId"]


def subjects(system: System, payment_id: str) -> list[str]:
    return sorted(str(mail["subject"]) for mail in system.mails(payment_id))


def test_an_order_is_answered_with_a_checkout_to_go_to(system: System) -> None:
    answer = system.order()
    assert answer.status == 201
    assert set(answer.body) == {"paymentId", "sessionId", "url", "status", "expiresAt", "accessKey", "order"}
    assert answer.body["order"] == {
        "number": answer.body["order"]["number"],
        "lines": [{"sku": "consulting-hour", "name": "Consulting, one hour", "quantity": 1, "unit": 9900}],
        "shipping": None,
        "tax": [],
        "total": 9900,
    }
    assert ORDER_NUMBER.fullmatch(answer.body["order"]["number"])
    assert answer.body["status"] == "pending"
    assert answer.body["url"].startswith(system.double.url)
    session = system.stripe().v1.checkout.sessions.retrieve(answer.body["sessionId"])
    assert session.client_reference_id == session.metadata["payment_id"] == answer.body["paymentId"]
    assert session.amount_total == 9900
    assert session.success_url == f"{ORIGIN}/result.html?paymentId={answer.body['paymentId']}"


def test_a_paid_checkout_is_succeeded_and_told_in_three_mails(system: System) -> None:
    payment_id, session_id = a_checkout(system)
    for event in pay(system, session_id):
        assert system.hear(event).status == 200
    system.run_mailer()
    body = system.status(payment_id).body
    assert (body["status"], body["final"], body["failure"]) == ("succeeded", True, None)
    assert body["transactionId"].startswith("ch_")
    assert body["receiptUrl"]
    assert body["checkoutUrl"] is None
    assert subjects(system, payment_id) == CONFIRMED


def test_the_order_of_the_events_and_their_repetition_change_nothing(system: System) -> None:
    payment_id, session_id = a_checkout(system)
    declined = pay(system, session_id, "4000000000000002")
    paid = pay(system, session_id)
    for event in [*reversed(paid), *reversed(declined), *declined, *paid]:
        assert system.hear(event).status == 200
    system.run_mailer()
    assert system.status(payment_id).body["status"] == "succeeded"
    assert subjects(system, payment_id) == CONFIRMED


def test_a_decline_is_failed_and_can_be_resumed_in_the_same_session(system: System) -> None:
    payment_id, session_id = a_checkout(system)
    for event in pay(system, session_id, "4000000000000002"):
        system.hear(event)
    body = system.status(payment_id).body
    assert (body["status"], body["failure"]["code"]) == ("failed", "generic_decline")
    assert session_id in body["checkoutUrl"]
    for event in pay(system, session_id):
        system.hear(event)
    assert system.status(payment_id).body["status"] == "succeeded"


@pytest.mark.parametrize(
    ("card", "told", "message", "true_code"),
    [
        ("4000000000000002", "generic_decline", "Your card was declined.", "generic_decline"),
        ("4000000000009995", "insufficient_funds", "Your card has insufficient funds.", "insufficient_funds"),
        ("4000000000000069", "expired_card", "Your card has expired.", "expired_card"),
        ("4000000000006975", "card_velocity_exceeded", "Your card was declined.", "card_velocity_exceeded"),
        ("4000000000009987", "generic_decline", "Your payment was declined.", "lost_card"),
        ("4000000000009979", "generic_decline", "Your payment was declined.", "stolen_card"),
        ("4100000000000019", "generic_decline", "Your payment was declined.", "highest_risk_level"),
    ],
)
def test_a_customer_reads_why_as_far_as_it_may_be_said_and_the_business_the_true_code(
    system: System, card: str, told: str, message: str, true_code: str
) -> None:
    payment_id, session_id = a_checkout(system)
    declined = pay(system, session_id, card)
    for event in declined:
        system.hear(event)
    body = system.status(payment_id).body
    assert (body["status"], body["failure"]) == ("failed", {"code": told, "message": message})
    control(system, f"sessions/{session_id}/expire", {})
    for event in system.events():
        system.hear(event)
    body = system.status(payment_id).body
    assert (body["status"], body["failure"]) == ("expired", {"code": told, "message": message})
    system.run_mailer()
    to_admin, to_customer = (
        mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        for mail in sorted(system.mails(payment_id), key=lambda mail: "admin" not in mail["To"])
    )
    assert true_code in to_admin
    assert message in to_customer
    assert ("and not why" in to_admin.replace("\r\n", " ")) is (true_code != told)
    assert true_code == told or true_code not in to_customer


@pytest.mark.parametrize("is_told", [True, False])
def test_a_failure_to_authenticate_after_a_decline_is_the_reason(system: System, is_told: bool) -> None:
    payment_id, session_id = a_checkout(system)
    events = pay(system, session_id, "4000000000000002") + pay(system, session_id, "4000002500003155")
    before = {event["id"] for event in system.events()}
    control(system, f"sessions/{session_id}/authenticate", {"approved": False})
    events += [event for event in system.events() if event["id"] not in before and is_told]
    for event in reversed(events):
        system.hear(event)
    if not is_told:
        handler = system.functions["CreateSession"]
        payment = handler.store.payment(payment_id)
        record(handler.store, payment, handler.stripe.look(payment), actor=LOOK, now=datetime.now(UTC))
    body = system.status(payment_id).body
    assert (body["status"], body["failure"]["code"]) == ("failed", "payment_intent_authentication_failure")


def test_an_expired_checkout_is_expired_and_after_a_decline_the_customer_is_told(system: System) -> None:
    payment_id, session_id = a_checkout(system)
    declined = pay(system, session_id, "4000000000000002")
    before = {event["id"] for event in system.events()}
    control(system, f"sessions/{session_id}/expire", {})
    for event in [*declined, *(event for event in system.events() if event["id"] not in before)]:
        system.hear(event)
    system.run_mailer()
    body = system.status(payment_id).body
    assert (body["status"], body["checkoutUrl"]) == ("expired", None)
    told = subjects(system, payment_id)
    assert told == [
        "Payment failed: 99.00 USD from Ada Lovelace for Consulting, one hour",
        "Your payment of 99.00 USD to Example Studio did not go through",
    ]


def test_a_replayed_key_is_answered_alike_and_after_payment_with_the_truth(system: System) -> None:
    first = system.order(idempotency_key="replayed")
    assert system.order(idempotency_key="replayed").body == first.body
    for event in pay(system, first.body["sessionId"]):
        system.hear(event)
    later = system.order(idempotency_key="replayed").body
    assert (later["paymentId"], later["status"], later["url"]) == (first.body["paymentId"], "succeeded", None)


def test_callers_with_one_key_at_the_same_time_get_one_session(system: System) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: system.order(idempotency_key="all at once".replace(" ", "-")), range(8)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["sessionId"] for answer in answers}) == 1


def test_events_at_the_same_time_raise_each_notice_once(system: System) -> None:
    payment_id, session_id = a_checkout(system)
    events = [*pay(system, session_id, "4000000000000002"), *pay(system, session_id)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(system.hear, events * 2))
    # What met too many others is repeated by Stripe.
    for event, answer in zip(events * 2, answers, strict=True):
        if answer.status != 200:
            assert answer.body["code"] == "try_again"
            assert system.hear(event).status == 200
    system.run_mailer()
    assert system.status(payment_id).body["status"] == "succeeded"
    told = subjects(system, payment_id)
    assert [subject for subject in told if "failed" not in subject] == CONFIRMED
    assert len(told) <= 4


def test_a_mail_that_ses_does_not_take_says_why_and_is_tried_again_and_else_sent_by_reconcile(
    system: System, monkeypatch: pytest.MonkeyPatch, logs: io.StringIO
) -> None:
    payment_id, _ = a_checkout(system)
    mailer = system.functions["SendEmail"].mailer
    with monkeypatch.context() as unverified:
        unverified.setattr(mailer, "_address", "not-verified@example.org")
        system.hear(an_event("charge.succeeded", a_charge(payment_id, id=f"ch_{payment_id}")))
        assert system.run_mailer() == [{"batchItemFailures": []}]
    notice = system.items(f"PAYMENT#{payment_id}")["NOTICE#payment_confirmation"]
    assert notice["state"]["S"] == "due"
    assert "(the sender)" in notice["note"]["S"]
    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    assert [line["reason"] for line in lines if line["message"] == "postponed"] == [notice["note"]["S"]] * 3
    assert "@" not in notice["note"]["S"]
    queue = system.sqs.get_queue_attributes(QueueUrl=system.queue_url, AttributeNames=["All"])["Attributes"]
    assert queue["ApproximateNumberOfMessagesDelayed"] == "3"
    # Should these be lost, reconcile finds the notices overdue.
    system.sqs.purge_queue(QueueUrl=system.queue_url)
    assert subjects(system, payment_id) == []

    for function in ("Reconcile", "SendEmail"):
        ahead = Clock()
        ahead.offset = timedelta(minutes=5)
        monkeypatch.setattr(system.functions[function], "datetime", datetime)
        ahead.rule(system.functions[function])
    system.invoke("Reconcile", {})
    system.run_mailer()
    assert subjects(system, payment_id) == CONFIRMED


def test_one_bad_message_does_not_hold_up_the_others(system: System) -> None:
    payment_id, _ = a_checkout(system)
    system.hear(an_event("charge.succeeded", a_charge(payment_id, id=f"ch_{payment_id}")))
    system.post("not a posting")
    answers = system.run_mailer()
    assert sum(len(answer["batchItemFailures"]) for answer in answers) == 1
    assert subjects(system, payment_id) == CONFIRMED


def test_a_mail_is_not_begun_when_the_mailer_is_about_to_be_cut_off(system: System) -> None:
    payment_id, _ = a_checkout(system)
    system.hear(an_event("charge.succeeded", a_charge(payment_id, id=f"ch_{payment_id}")))
    posting = json.dumps({"paymentId": payment_id, "notice": "payment_confirmation"})
    records = {"Records": [{"messageId": "1", "body": posting}]}
    answer = system.functions["SendEmail"].handler(records, Context(milliseconds_left=5000))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert subjects(system, payment_id) == []

    system.run_mailer()
    assert subjects(system, payment_id) == CONFIRMED


def test_two_mailers_with_the_same_messages_send_each_mail_once(system: System) -> None:
    payment_id, _ = a_checkout(system)
    system.hear(an_event("charge.succeeded", a_charge(payment_id, id=f"ch_{payment_id}")))
    for notice in ("payment_confirmation", "admin_notification", "admin_copy"):
        system.post(json.dumps({"paymentId": payment_id, "notice": notice}))
    system.run_mailer()
    assert subjects(system, payment_id) == CONFIRMED


def test_the_audit_trail_says_what_each_event_changed_or_why_nothing(system: System) -> None:
    payment_id, _ = a_checkout(system)
    charge = an_event("charge.succeeded", a_charge(payment_id, id="ch_audit"))
    late = an_event("charge.updated", a_charge(payment_id, id="ch_audit"))
    system.hear(charge)
    system.hear(late)
    system.hear(charge)
    items = system.items(f"PAYMENT#{payment_id}")
    outcomes = {sk: [each["S"] for each in item["outcome"]["L"]] for sk, item in items.items() if "EVENT" in sk}
    assert outcomes == {
        f"EVENT#{charge['id']}": ["attempt#ch_audit: unknown -> succeeded"],
        f"EVENT#{late['id']}": ["nothing new"],
    }
    assert items["PAYMENT"]["last_event"]["S"] == charge["id"]


@pytest.mark.parametrize("kind", ["timeout_after", "timeout_before", "rate_limit"])
def test_a_stripe_that_fails_is_said_so_and_a_repetition_finds_one_checkout(system: System, kind: str) -> None:
    key = f"outage-{kind}"
    control(system, "outage", {"calls": 1, "kind": kind, "seconds": 8})
    answer = system.order(idempotency_key=key)
    if answer.status != 201:
        assert (answer.status, answer.body["code"]) == (503, "stripe_unavailable")
        assert answer.headers["retry-after"]
        answer = system.order(idempotency_key=key)
    assert answer.status == 201
    payable = [
        session
        for session in system.stripe().v1.checkout.sessions.list({"limit": 100, "status": "open"}).data
        if session.client_reference_id == answer.body["paymentId"]
    ]
    assert len(payable) == 1


def test_a_failure_that_stripe_repeats_is_a_no_when_its_list_has_had_time_and_frees_the_key(system: System) -> None:
    clock = Clock()
    clock.rule(system.functions["CreateSession"])
    control(system, "outage", {"calls": 1, "kind": "error500"})
    for later in (timedelta(), SETTLED - timedelta(seconds=30), SETTLED):
        clock.offset = later
        assert system.order(idempotency_key="it-fails-for-ever").status == 503
    assert system.order(idempotency_key="it-fails-for-ever").status == 201


def test_what_was_made_although_stripe_refuses_the_key_is_found_in_its_list(system: System) -> None:
    """The answer was lost, and what is asked again under the key is not what was asked: it was deployed meanwhile."""
    stripe = system.functions["CreateSession"].stripe
    make, parameters = stripe.create_checkout, checkouts._PARAMETERS[1]

    def unanswered(payment: Payment) -> None:
        make(payment)
        raise StripeUnavailable("no answer")

    with pytest.MonkeyPatch.context() as lost:
        lost.setattr(stripe, "create_checkout", unanswered)
        assert system.order(idempotency_key="other-parameters").status == 503
    with pytest.MonkeyPatch.context() as deployed:
        deployed.setitem(checkouts._PARAMETERS, 1, lambda payment: {**parameters(payment), "locale": "de"})
        answer = system.order(idempotency_key="other-parameters")
    assert answer.status == 201
    listed = system.stripe().v1.checkout.sessions.list({"limit": 100})
    (session,) = [each for each in listed.data if each.client_reference_id == answer.body["paymentId"]]
    assert answer.body["sessionId"] == session.id


def test_a_refusal_by_stripe_is_said_so_lapses_the_payment_and_frees_the_key(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as longer_than_stripe_allows:
        function = system.functions["CreateSession"]
        longer_than_stripe_allows.setattr(function, "ordering", replace(function.ordering, lifetime=timedelta(days=3)))
        refused = system.order(idempotency_key="refused")
    assert (refused.status, refused.body["code"]) == (502, "stripe_refused")
    assert system.order(idempotency_key="refused").status == 201


def test_the_calls_that_each_request_makes(system: System) -> None:
    answer = system.order()
    payment_id, session_id = answer.body["paymentId"], answer.body["sessionId"]
    events = pay(system, session_id)
    system.hear(events[0])
    without_id = an_event(
        "charge.succeeded", a_charge(None, id="ch_x", payment_intent=events[0]["data"]["object"]["id"])
    )
    system.calls.clear()

    system.order()
    assert system.calls == ["BatchGetItem", "TransactWriteItems", "TransactWriteItems"]
    system.calls.clear()
    system.status(payment_id)
    assert system.calls == ["GetItem"]
    system.calls.clear()
    system.products()
    assert system.calls == ["Query", "BatchGetItem"]
    system.calls.clear()
    system.hear(next(event for event in events if event["type"] == "checkout.session.completed"))
    assert system.calls == ["GetItem", "TransactWriteItems", "SendMessageBatch"]
    system.calls.clear()
    system.hear(without_id)
    assert system.calls == ["GetItem", "GetItem", "TransactWriteItems"]


def test_an_origin_on_the_list_is_returned_to_and_any_other_is_not(system: System) -> None:
    def success_url(answer: Answer) -> str:
        return str(system.stripe().v1.checkout.sessions.retrieve(answer.body["sessionId"]).success_url)

    assert success_url(system.order(origin="https://shop.example")).startswith("https://shop.example/result.html?")
    assert success_url(system.order(origin="https://evil.example")).startswith(f"{ORIGIN}/result.html?")


def test_metadata_reaches_stripe_on_session_and_intent_beside_ours(system: System) -> None:
    answer = system.order(AN_ORDER | {"metadata": {"order": "A-17"}})
    pay(system, answer.body["sessionId"])
    session = system.stripe().v1.checkout.sessions.retrieve(answer.body["sessionId"])
    intent = system.stripe().v1.payment_intents.retrieve(session.payment_intent)
    for carrier in (session, intent):
        assert carrier.metadata.to_dict() == {
            "order": "A-17",
            "payment_id": answer.body["paymentId"],
            "service_type": "consulting-hour",
        }


def test_the_status_tells_no_name_and_no_email(system: System) -> None:
    payment_id, session_id = a_checkout(system)
    for event in pay(system, session_id, "4000000000000002"):
        system.hear(event)
    answer = system.status(payment_id)
    assert answer.headers["cache-control"] == "no-store"
    assert "Ada" not in json.dumps(answer.body)
    assert "example.com" not in json.dumps(answer.body)


@pytest.mark.parametrize(
    ("sku", "amount", "sent"),
    [("online-course", 12000, 12000), ("workshop-seat", 45500, 45500), ("donation", 1234, 1234)],
)
def test_money_is_exact_in_every_currency(system: System, sku: str, amount: int, sent: int) -> None:
    answer = system.order(AN_ORDER | {"serviceType": sku, "amount": amount})
    session = system.stripe().v1.checkout.sessions.retrieve(answer.body["sessionId"])
    assert session.amount_total == sent
    for event in pay(system, answer.body["sessionId"]):
        system.hear(event)
    body = system.status(answer.body["paymentId"]).body
    assert (body["status"], body["amount"]) == ("succeeded", amount)


def test_another_amount_than_asked_is_held_for_review(system: System) -> None:
    payment_id, session_id = a_checkout(system)
    for event in (
        an_event("checkout.session.completed", a_session(payment_id, id=session_id, amount_total=5000)),
        an_event("charge.failed", a_failed_charge(payment_id, id="ch_review")),
    ):
        system.hear(event)
    system.run_mailer()
    assert system.status(payment_id).body["status"] == "in_review"
    assert subjects(system, payment_id) == ["Please review: 50.00 USD received, 99.00 USD asked"]
