"""What an admin does at the desk, through the real handler: once, whoever repeats it, and with a name in the trail."""

import io
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError

import pytest

from payments.adapters.table.codec import decoded, encoded
from payments.adapters.table.payment_items import payment_of
from payments.adapters.table.payments import PaymentTable
from payments.domain.errors import PublishFailed, StripeUnavailable
from payments.domain.identifiers import new_payment_id
from payments.domain.mail import MailRejected
from payments.domain.payment import Payment
from payments.domain.releases import LEVEL
from payments.services.mailing import MOST_ATTEMPTS
from payments.services.refreshing import PAUSE
from payments.services.resending import REPETITION
from tests.builders import a_charge, a_session, an_event
from tests.callers import ADA, GRACE
from tests.integration.clock import Clock
from tests.integration.contract import Contract
from tests.integration.system import Answer, System

CONTRACT = Contract()
HEIDI = {**GRACE, "sub": "heidi-1"}
CONFIRMED = ["admin_copy", "admin_notification", "payment_confirmation"]
APPROVAL, RESEND, CANCEL, REFRESH = (
    f"POST /admin/payments/{{paymentId}}/{act}" for act in ("approval", "notices/resend", "cancel", "refresh")
)
ACTS = {
    APPROVAL: "approvePayment",
    RESEND: "resendNotice",
    CANCEL: "cancelPayment",
    REFRESH: "refreshPaymentForAdmins",
}
BODIES = {APPROVAL: {"amount": 5000, "currency": "usd"}, RESEND: {"kind": "payment_confirmation"}}


def act(system: System, route: str, payment_id: str, body: Any = None, by: Any = GRACE) -> Answer:
    answer = system.desk(route, paymentId=payment_id, body=body, by=by)
    if answer.status < 500:
        CONTRACT.judge(ACTS[route], answer.status, answer.headers["content-type"], answer.body)
    return answer


def refused(answer: Answer) -> tuple[int, str, str]:
    return answer.status, answer.body["code"], answer.body["detail"]


def acts(system: System, payment_id: str) -> list[tuple[str, str | None, tuple[str, ...]]]:
    """What the trail has of people's acts: what, by whom and what came of it."""
    trail = system.table.events(payment_id)
    return [(each.type, each.by, each.outcome) for each in trail if each.id.startswith("adm_")]


def sent(system: System, payment_id: str) -> list[str]:
    """The notices that were sent by now; of each there is one mail."""
    system.run_mailer()
    items = system.items(f"PAYMENT#{payment_id}")
    found = sorted(sk.removeprefix("NOTICE#") for sk, item in items.items() if item.get("state") == {"S": "sent"})
    assert len(system.mails(payment_id)) == len(found)
    return found


def receives(system: System, payment_id: str, amount: int, currency: str = "usd", number: int = 1) -> None:
    """A charge of the payment succeeds, and Stripe tells us."""
    ids = {"id": f"ch_{payment_id}_{number}", "payment_intent": f"pi_{payment_id}_{number}"}
    charge = a_charge(payment_id, amount=amount, amount_captured=amount, currency=currency, **ids)
    assert system.hear(an_event("charge.succeeded", charge)).status == 200


def for_newer_code(system: System, payment_id: str) -> None:
    item = system.items(f"PAYMENT#{payment_id}")["PAYMENT"] | {"needs": {"N": str(LEVEL + 1)}}
    system.dynamodb.put_item(TableName=system.table._name, Item=item)


@pytest.fixture
def payment_id(system: System) -> str:
    """A payment that 99.00 USD was asked for."""
    return str(system.order().body["paymentId"])


@pytest.fixture
def clock(system: System, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """That of the function, which stands still."""
    clock = Clock()
    clock.stop()
    monkeypatch.setattr(system.functions["AdminAct"], "datetime", datetime)
    clock.rule(system.functions["AdminAct"])
    return clock


# Whoever asks


@pytest.mark.parametrize("route", ACTS)
def test_only_an_admin_acts_and_whoever_is_none_learns_nothing_of_payments(
    system: System, route: str, payment_id: str
) -> None:
    before = system.items(f"PAYMENT#{payment_id}")
    system.calls.clear()
    for asked in (payment_id, new_payment_id(), "pay_"):
        assert refused(act(system, route, asked, by=ADA))[:2] == (403, "forbidden")
    assert system.calls == []
    assert system.items(f"PAYMENT#{payment_id}") == before


@pytest.mark.parametrize("route", ACTS)
@pytest.mark.parametrize("unknown", ["pay_", "../x", new_payment_id()])
def test_a_payment_that_is_not_there_is_said_so(system: System, route: str, unknown: str) -> None:
    answer = act(system, route, unknown, BODIES.get(route))
    assert refused(answer)[:2] == (404, "payment_not_found")


@pytest.mark.parametrize("route", ACTS)
def test_what_is_for_newer_code_is_left_to_it(system: System, route: str, payment_id: str) -> None:
    receives(system, payment_id, 5000)
    for_newer_code(system, payment_id)
    before = system.items(f"PAYMENT#{payment_id}")
    answer = act(system, route, payment_id, BODIES.get(route))
    assert refused(answer)[:2] == (503, "updating")
    assert answer.headers["retry-after"] == "2"
    assert system.items(f"PAYMENT#{payment_id}") == before


# Approval


def test_what_an_admin_accepts_is_succeeded_and_confirmed_and_the_trail_says_by_whom(
    system: System, payment_id: str, logs: io.StringIO
) -> None:
    receives(system, payment_id, 5000)
    logs.truncate(0)

    answer = act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "USD"})

    assert (answer.status, answer.body["status"]) == (200, "succeeded")
    assert acts(system, payment_id) == [("approval", GRACE["sub"], ("approval#5000-usd: unknown -> given",))]
    [line] = [json.loads(each) for each in logs.getvalue().strip("\0").splitlines()]
    assert (line["message"], line["payment_id"], line["payment_succeeded"]) == ("approved", payment_id, [1.0])
    assert sent(system, payment_id) == CONFIRMED


def test_a_second_click_accepts_nothing_more_and_another_admin_is_named_beside_the_first(
    system: System, payment_id: str
) -> None:
    receives(system, payment_id, 5000)
    first = act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "usd"})
    before = system.items(f"PAYMENT#{payment_id}")["PAYMENT"]

    assert act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "usd"}).body == first.body
    assert len(acts(system, payment_id)) == 1
    by_another = act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "usd"}, by=HEIDI)
    assert (by_another.status, len(by_another.body.pop("timeline"))) == (200, len(first.body.pop("timeline")) + 1)
    assert by_another.body == first.body

    assert system.items(f"PAYMENT#{payment_id}")["PAYMENT"] == before
    assert acts(system, payment_id) == [
        ("approval", GRACE["sub"], ("approval#5000-usd: unknown -> given",)),
        ("approval", HEIDI["sub"], ("nothing new",)),
    ]
    assert sent(system, payment_id) == CONFIRMED


def test_of_two_admins_at_once_one_accepts_and_both_are_told_that_it_is_done(
    system: System, payment_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    receives(system, payment_id, 5000)
    saving = PaymentTable.save

    def meanwhile(store: PaymentTable, *arguments: Any) -> Any:
        monkeypatch.setattr(PaymentTable, "save", saving)
        assert act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "usd"}, by=HEIDI).status == 200
        return saving(store, *arguments)

    monkeypatch.setattr(PaymentTable, "save", meanwhile)

    assert act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "usd"}).body["status"] == "succeeded"
    assert sorted(acts(system, payment_id)) == [
        ("approval", GRACE["sub"], ("nothing new",)),
        ("approval", HEIDI["sub"], ("approval#5000-usd: unknown -> given",)),
    ]
    assert sent(system, payment_id) == CONFIRMED


def test_another_sum_is_refused_with_what_is_in_review(system: System, payment_id: str) -> None:
    body = {"amount": 9900, "currency": "usd"}
    assert refused(act(system, APPROVAL, payment_id, body)) == (
        409,
        "nothing_to_approve",
        f"{payment_id} is not in review, but pending; received: nothing.",
    )
    receives(system, payment_id, 5000)
    receives(system, payment_id, 9200, "eur", number=2)
    assert refused(act(system, APPROVAL, payment_id, body)) == (
        409,
        "nothing_to_approve",
        f"{payment_id} is in review at 50.00 USD and 92.00 EUR, and not at 99.00 USD.",
    )
    assert acts(system, payment_id) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, {"amount": "This field is required.", "currency": "This field is required."}),
        (
            {"amount": "50.00", "currency": "usd"},
            {"amount": "Give a whole number of minor units, such as 9900 for 99.00."},
        ),
        ({"amount": -1, "currency": "usd"}, {"amount": "An amount is never negative."}),
        ({"amount": 1, "currency": "dollars"}, {"currency": "Give a currency code of three letters, such as usd."}),
        ({"amount": 1, "currency": "usd", "by": "ada"}, {"by": "This field is not known here."}),
    ],
)
def test_what_cannot_be_a_sum_is_refused_field_by_field(
    system: System, payment_id: str, body: dict[str, Any], said: dict[str, str]
) -> None:
    answer = act(system, APPROVAL, payment_id, body)
    assert refused(answer)[:2] == (422, "validation_failed")
    assert {each["field"]: each["detail"] for each in answer.body["errors"]} == said


def test_a_queue_that_takes_nothing_leaves_the_act_and_its_mails_to_reconcile(
    system: System, payment_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    receives(system, payment_id, 5000)
    sent(system, payment_id)

    def refuse(*_: object) -> None:
        raise PublishFailed

    monkeypatch.setattr(system.functions["AdminAct"].queue(), "publish", refuse)

    assert act(system, APPROVAL, payment_id, {"amount": 5000, "currency": "usd"}).body["status"] == "succeeded"
    notice = system.items(f"PAYMENT#{payment_id}")["NOTICE#payment_confirmation"]
    assert notice["state"] == {"S": "due"}
    assert "due_at" in notice


# Resend

CONFIRMATION = {"kind": "payment_confirmation"}


@pytest.fixture
def confirmed(system: System, payment_id: str) -> str:
    """A payment that was paid and confirmed a while ago."""
    receives(system, payment_id, 9900)
    assert sent(system, payment_id) == CONFIRMED
    return payment_id


def notice(system: System, payment_id: str, kind: str = "payment_confirmation") -> dict[str, Any]:
    """The notice as the table has it, in plain values."""
    return decoded(system.items(f"PAYMENT#{payment_id}")[f"NOTICE#{kind}"])


def ended(system: System, payment_id: str, state: str, **more: object) -> None:
    """The confirmation has come to such an end."""
    item = system.items(f"PAYMENT#{payment_id}")["NOTICE#payment_confirmation"]
    system.dynamodb.put_item(TableName=system.table._name, Item=item | encoded({"state": state, **more}))


def confirmations(system: System, payment_id: str) -> int:
    """How often the customer has it."""
    system.run_mailer()
    mails = system.mails(payment_id)
    return len([mail for mail in mails if mail["subject"] == "Your payment of 99.00 USD to Example Studio is complete"])


def test_a_mail_is_sent_again_at_once_and_the_trail_says_who_wanted_it(system: System, confirmed: str) -> None:
    answer = act(system, RESEND, confirmed, CONFIRMATION)
    assert (answer.status, answer.body["status"]) == (200, "succeeded")
    assert confirmations(system, confirmed) == 2
    assert acts(system, confirmed) == [
        ("resend", GRACE["sub"], ("notice#payment_confirmation: sent -> due",)),
    ]


def test_a_second_click_within_a_minute_sends_nothing_and_later_it_is_sent_again(
    system: System, confirmed: str, clock: Clock
) -> None:
    act(system, RESEND, confirmed, CONFIRMATION)
    # It is due; then it was sent.
    assert act(system, RESEND, confirmed, CONFIRMATION).status == 200
    assert confirmations(system, confirmed) == 2
    assert act(system, RESEND, confirmed, CONFIRMATION, by=HEIDI).status == 200
    clock.offset = REPETITION - timedelta(seconds=1)
    assert act(system, RESEND, confirmed, CONFIRMATION).status == 200
    assert confirmations(system, confirmed) == 2
    assert len(acts(system, confirmed)) == 1

    clock.offset = REPETITION
    # By the mailer's clock that is in a minute.
    assert act(system, RESEND, confirmed, CONFIRMATION).status == 200
    assert notice(system, confirmed)["state"] == "due"
    assert len(acts(system, confirmed)) == 2


def test_of_two_admins_at_once_one_has_it_sent_again(
    system: System, confirmed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    saving = PaymentTable.save

    def meanwhile(store: PaymentTable, *arguments: Any) -> Any:
        monkeypatch.setattr(PaymentTable, "save", saving)
        assert act(system, RESEND, confirmed, CONFIRMATION, by=HEIDI).status == 200
        assert confirmations(system, confirmed) == 2
        return saving(store, *arguments)

    monkeypatch.setattr(PaymentTable, "save", meanwhile)

    assert act(system, RESEND, confirmed, CONFIRMATION).status == 200
    assert confirmations(system, confirmed) == 2
    assert [by for _, by, _ in acts(system, confirmed)] == [HEIDI["sub"]]


@pytest.mark.parametrize("state", ["rejected", "gave_up"])
def test_a_mail_that_was_not_sent_waits_for_a_person_no_more_and_has_all_its_attempts(
    system: System, confirmed: str, state: str
) -> None:
    waiting = {"attention": "OPEN#5", "attention_at": "2026-11-21T09:00:00Z", "why": ["mail"], "since": "x"}
    ended(system, confirmed, state, attempts=MOST_ATTEMPTS, note="MessageRejected", status=state, **waiting)

    assert act(system, RESEND, confirmed, CONFIRMATION).status == 200

    assert not {*waiting, "status", "note", "settled_at"} & notice(system, confirmed).keys()
    assert notice(system, confirmed)["attempts"] == 0
    assert confirmations(system, confirmed) == 2
    assert notice(system, confirmed)["state"] == "sent"
    [(_, _, outcome)] = acts(system, confirmed)
    assert outcome == (f"notice#payment_confirmation: {state} -> due",)


def test_a_mail_that_fails_again_waits_for_a_person_again(
    system: System, confirmed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> str:
        raise MailRejected("MessageRejected")

    act(system, RESEND, confirmed, CONFIRMATION)
    monkeypatch.setattr(system.functions["SendEmail"].mailer, "send", refuse)
    system.run_mailer()
    assert notice(system, confirmed)["state"] == "rejected"
    assert notice(system, confirmed)["attention"] == "OPEN#5"


def test_what_the_mailer_holds_is_not_sent_twice(system: System, confirmed: str) -> None:
    ended(system, confirmed, "claimed")
    before = system.items(f"PAYMENT#{confirmed}")
    assert refused(act(system, RESEND, confirmed, CONFIRMATION)) == (
        409,
        "not_resendable",
        "This mail is being sent just now; look again in a minute.",
    )
    assert system.items(f"PAYMENT#{confirmed}") == before


def test_what_the_mailer_takes_just_now_is_not_sent_twice(
    system: System, confirmed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(system, confirmed, "rejected")
    saving = PaymentTable.save

    def meanwhile(store: PaymentTable, *arguments: Any) -> Any:
        # As after somebody else's wish of more than a minute ago, by a clock that is behind.
        monkeypatch.setattr(PaymentTable, "save", saving)
        ended(system, confirmed, "claimed")
        return saving(store, *arguments)

    monkeypatch.setattr(PaymentTable, "save", meanwhile)
    assert refused(act(system, RESEND, confirmed, CONFIRMATION))[:2] == (409, "not_resendable")
    assert notice(system, confirmed)["state"] == "claimed"
    assert acts(system, confirmed) == []


def test_what_was_taken_back_and_what_is_no_longer_so_is_not_sent_again(system: System, payment_id: str) -> None:
    receives(system, payment_id, 5000)
    assert sent(system, payment_id) == ["review_alert"]
    receives(system, payment_id, 4900, number=2)
    assert sent(system, payment_id) == sorted([*CONFIRMED, "review_alert"])
    assert refused(act(system, RESEND, payment_id, {"kind": "review_alert"})) == (
        409,
        "not_resendable",
        "What this mail says is no longer so, and is not told again.",
    )
    ended(system, payment_id, "moot", note="copies are not wanted")
    assert refused(act(system, RESEND, payment_id, CONFIRMATION)) == (
        409,
        "not_resendable",
        "This mail was not to be sent: copies are not wanted.",
    )


def test_a_mail_that_there_is_not_is_said_so(system: System, confirmed: str) -> None:
    for missing in ({"kind": "payment_failed"}, {"kind": "payment_confirmation", "ref": "re_1"}):
        assert refused(act(system, RESEND, confirmed, missing))[:2] == (404, "notice_not_found")
    for unusable in ({"kind": "advertisement"}, {"kind": 7}, {"kind": "payment_failed", "ref": None}, {}):
        assert refused(act(system, RESEND, confirmed, unusable))[:2] == (422, "validation_failed")


# Cancel


@pytest.fixture
def session_id(system: System, payment_id: str) -> str:
    """The checkout of the payment."""
    [session] = payment_of(system.items(f"PAYMENT#{payment_id}")["PAYMENT"]).sessions
    return session.ref


def due_by(system: System, payment_id: str) -> set[str]:
    return {*payment_of(system.items(f"PAYMENT#{payment_id}")["PAYMENT"]).due_by}


def at_stripe(system: System, session_id: str) -> str:
    return str(system.stripe().v1.checkout.sessions.retrieve(session_id).status)


def test_an_open_payment_is_closed_at_stripe_and_the_trail_says_by_whom(
    system: System, payment_id: str, session_id: str
) -> None:
    answer = act(system, CANCEL, payment_id)
    assert (answer.status, answer.body["status"], answer.body["payable"]) == (200, "expired", False)
    assert at_stripe(system, session_id) == "expired"
    [(what, by, outcome)] = acts(system, payment_id)
    assert (what, by) == ("cancel", GRACE["sub"])
    assert outcome == (f"session#{session_id}: open -> expired",)
    # Stripe has answered: nothing is to be looked at, and no webhook is missed.
    assert due_by(system, payment_id) == {"erase"}


def test_a_repetition_is_the_same_cancellation_and_another_admin_is_told_that_it_is_over(
    system: System, payment_id: str
) -> None:
    first = act(system, CANCEL, payment_id)
    before = system.items(f"PAYMENT#{payment_id}")
    assert act(system, CANCEL, payment_id).body == first.body
    assert refused(act(system, CANCEL, payment_id, by=HEIDI)) == (
        409,
        "not_cancelable",
        "This payment is expired already; nobody can pay it any more.",
    )
    assert system.items(f"PAYMENT#{payment_id}") == before


def test_two_admins_at_once_both_have_closed_it(
    system: System, payment_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = system.functions["AdminAct"].stripe
    close = function.close

    def meanwhile(payment: Payment) -> Any:
        monkeypatch.setattr(function, "close", close)
        assert act(system, CANCEL, payment_id, by=HEIDI).status == 200
        return close(payment)

    monkeypatch.setattr(function, "close", meanwhile)
    assert act(system, CANCEL, payment_id).body["status"] == "expired"
    assert sorted(by or "" for _, by, _ in acts(system, payment_id)) == [GRACE["sub"], HEIDI["sub"]]


def test_a_declined_payment_is_open_and_can_be_called_off(system: System, payment_id: str, session_id: str) -> None:
    with suppress(HTTPError):
        system.control(f"sessions/{session_id}/pay", card="4000000000000002")
    assert act(system, CANCEL, payment_id).body["status"] == "expired"


@pytest.mark.parametrize("heard", [True, False])
def test_what_is_paid_is_not_canceled_whether_we_have_heard_of_it_or_not(
    system: System, payment_id: str, session_id: str, heard: bool
) -> None:
    before = {event["id"] for event in system.events()}
    system.control(f"sessions/{session_id}/pay")
    for event in system.events() if heard else ():
        if event["id"] not in before:
            assert system.hear(event).status == 200
    assert refused(act(system, CANCEL, payment_id)) == (
        409,
        "not_cancelable",
        "This payment is succeeded: what was paid can only be refunded.",
    )
    # What was learned on the way is durable and told.
    assert sent(system, payment_id) == CONFIRMED
    assert len(acts(system, payment_id)) == (0 if heard else 1)


def test_what_is_paid_while_stripe_is_asked_is_told_as_paid(
    system: System, payment_id: str, session_id: str, monkeypatch: pytest.MonkeyPatch, logs: io.StringIO
) -> None:
    function = system.functions["AdminAct"].stripe
    close = function.close

    def meanwhile(payment: Payment) -> Any:
        system.control(f"sessions/{session_id}/pay")
        return close(payment)

    monkeypatch.setattr(function, "close", meanwhile)
    logs.truncate(0)
    assert refused(act(system, CANCEL, payment_id))[:2] == (409, "not_cancelable")
    learned, refusal = [json.loads(each) for each in logs.getvalue().strip("\0").splitlines()]
    assert (learned["message"], learned["payment_succeeded"], refusal["message"]) == ("learned", [1.0], "refused")
    assert system.status(payment_id).body["status"] == "succeeded"
    assert sent(system, payment_id) == CONFIRMED


def test_a_payment_that_is_being_paid_is_not_canceled(system: System, payment_id: str, session_id: str) -> None:
    session = a_session(payment_id, id=session_id, payment_intent=None, payment_status="unpaid")
    assert system.hear(an_event("checkout.session.completed", session)).status == 200
    assert refused(act(system, CANCEL, payment_id)) == (
        409,
        "not_cancelable",
        "This payment is processing; wait for its end, and refund what comes.",
    )


@pytest.mark.parametrize("acted", [True, False], ids=["after", "before"])
def test_an_answer_that_is_lost_is_looked_for(
    system: System, payment_id: str, session_id: str, acted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = system.functions["AdminAct"].stripe
    close = function.close

    def lost(payment: Payment) -> Any:
        if acted:
            close(payment)
        raise StripeUnavailable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(function, "close", lost)
        answer = act(system, CANCEL, payment_id)
    if acted:
        assert (answer.status, answer.body["status"]) == (200, "expired")
    else:
        assert refused(answer)[:2] == (503, "stripe_unavailable")
        assert at_stripe(system, session_id) == "open"
        assert act(system, CANCEL, payment_id).body["status"] == "expired"


def test_without_any_answer_it_is_due_for_a_look_and_the_trail_says_what_was_wanted(
    system: System, payment_id: str, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = system.functions["AdminAct"].stripe
    close = function.close

    def lost(payment: Payment) -> Any:
        close(payment)
        raise StripeUnavailable("no answer")

    def silent(_: object) -> Any:
        raise StripeUnavailable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(function, "close", lost)
        patch.setattr(function, "look", silent)
        assert refused(act(system, CANCEL, payment_id))[:2] == (503, "stripe_unavailable")
    assert due_by(system, payment_id) == {"look", "heard"}
    assert acts(system, payment_id) == [("cancel", GRACE["sub"], ("asked for",))]
    # Whoever tries again meets what Stripe did.
    assert act(system, CANCEL, payment_id).body["status"] == "expired"
    assert due_by(system, payment_id) <= {"missed", "erase"}


def test_a_payment_whose_checkout_we_do_not_know_is_asked_for_and_closed(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordering = system.functions["CreateSession"].stripe
    create, key = ordering.create_checkout, new_payment_id()
    made: list[Payment] = []

    def lost(payment: Payment) -> Any:
        made.append(payment)
        create(payment)
        raise StripeUnavailable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(ordering, "create_checkout", lost)
        assert system.order(idempotency_key=key).status == 503
    [payment] = made
    assert act(system, CANCEL, payment.id).body["status"] == "expired"


# Refresh


def test_an_admin_has_stripe_asked_and_the_trail_says_what_that_brought(system: System, clock: Clock) -> None:
    ordered = system.order().body
    system.control(f"sessions/{ordered['sessionId']}/pay")

    answer = act(system, REFRESH, ordered["paymentId"])

    assert (answer.status, answer.body["status"]) == (200, "succeeded")
    assert answer.body["checkedAt"] == f"{clock.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    [(what, by, outcome)] = acts(system, ordered["paymentId"])
    assert (what, by) == ("refresh", GRACE["sub"])
    assert any(each.endswith("unknown -> succeeded") for each in outcome)
    assert sent(system, ordered["paymentId"]) == CONFIRMED


def test_admins_and_customers_together_have_stripe_asked_once_in_ten_seconds(
    system: System, clock: Clock, payment_id: str, asked: list[str]
) -> None:
    first = act(system, REFRESH, payment_id)
    assert len(asked) == 1
    assert act(system, REFRESH, payment_id, by=HEIDI).body == first.body
    assert system.refresh(payment_id).body["checkedAt"] == first.body["checkedAt"]
    assert len(asked) == 1
    clock.offset = PAUSE + timedelta(seconds=1)
    assert act(system, REFRESH, payment_id, by=HEIDI).body["checkedAt"] > first.body["checkedAt"]
    assert len(asked) == 2
    assert acts(system, payment_id) == [
        ("refresh", GRACE["sub"], ("nothing new",)),
        ("refresh", HEIDI["sub"], ("nothing new",)),
    ]


def test_while_stripe_is_down_an_admin_reads_what_is_known(system: System, payment_id: str) -> None:
    system.control("outage", calls=1000, kind="rate_limit")
    try:
        answer = act(system, REFRESH, payment_id)
    finally:
        system.control("outage", calls=0)
    assert (answer.status, answer.body["status"], answer.body["checkedAt"]) == (200, "pending", None)
    assert acts(system, payment_id) == []
