"""The trail of a payment: every event that named it, and what it changed or why nothing."""

import pytest

from tests.builders import a_charge, a_failed_charge, a_session, an_event
from tests.integration.system import System
from tools import audit


def told(system: System, payment_id: str, capsys: pytest.CaptureFixture[str]) -> str:
    (table,) = system.template.tables.values()
    capsys.readouterr()
    assert audit.main([payment_id, "--table", table.name, "--endpoint", system.dynamodb_url]) == 0
    return capsys.readouterr().out


def test_every_event_is_told_with_what_it_changed_or_why_nothing(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    payment_id = system.order().body["paymentId"]
    another_id = system.order().body["paymentId"]
    intent = f"pi_{payment_id}"
    declined = an_event("charge.failed", a_failed_charge(payment_id, id=f"ch_0{payment_id}", payment_intent=intent))
    paid = an_event("charge.succeeded", a_charge(payment_id, id=f"ch_1{payment_id}", payment_intent=intent))
    paid_again = an_event("charge.updated", paid["data"]["object"])
    other_session = an_event("checkout.session.completed", a_session(payment_id, id="cs_test_not_ours"))
    moved = an_event("charge.updated", a_charge(another_id, id=f"ch_1{payment_id}", payment_intent=intent))
    for event in (declined, paid, paid, paid_again, other_session, moved):
        assert system.hear(event).status == 200

    story = told(system, payment_id, capsys)
    for event, outcome in [
        (declined, f"attempt#ch_0{payment_id}: unknown -> failed"),
        (paid, f"attempt#ch_1{payment_id}: unknown -> succeeded"),
        (paid_again, "nothing new"),
        (other_session, "refused: not the session that we made"),
    ]:
        assert f"{event['id']}  {event['type']}\n      {outcome}" in story
    assert story.count(paid["id"]) == 1
    assert story.startswith(f"{payment_id}: succeeded\nConsulting, one hour: asked 99.00 USD, received 99.00 USD")
    assert "payment_confirmation" in story
    assert "session#" in story
    assert "ada@example.com" not in story

    assert f"{moved['id']}  charge.updated\n      refused: it names an object of another payment" in told(
        system, another_id, capsys
    )


def test_a_payment_that_is_not_there_is_said_so(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(["pay_01M7YMQJJ56FHA8V7BH42G1RA1", "--endpoint", system.dynamodb_url]) == 1
    assert "has no payment pay_01M7YMQJJ56FHA8V7BH42G1RA1" in capsys.readouterr().err
