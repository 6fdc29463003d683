"""A key of Stripe's that is the wrong one: nobody's checkout is made with it, and the log says what to do."""

import io
import json

import pytest

from payments.domain.errors import NotConfigured
from tests.builders import a_payment
from tests.integration.system import System


@pytest.mark.parametrize(
    ("key", "sentence"),
    [("sk_live_of_the_other_mode", "of the other mode"), ("sk_test_that_stripe_does_not_know", "does not take")],
)
def test_an_order_is_told_that_this_is_not_set_up_and_the_owner_what_to_do(
    system: System, logs: io.StringIO, monkeypatch: pytest.MonkeyPatch, key: str, sentence: str
) -> None:
    stripe = system.functions["CreateSession"].stripe
    with monkeypatch.context() as wrong:
        wrong.setattr(stripe, "_api_key", lambda: key)
        answer = system.order(idempotency_key=f"wrong-{key}")
    assert (answer.status, answer.body["title"]) == (500, "This service is not set up yet")
    (line,) = [json.loads(line) for line in logs.getvalue().splitlines()]
    assert sentence in line["detail"]
    assert "make stripe" in line["detail"]
    assert key not in logs.getvalue()
    # Nothing is lost: with the right key, the same request gets its checkout.
    again = system.order(idempotency_key=f"wrong-{key}")
    assert (again.status, again.body["paymentId"]) == (201, line["payment_id"])


def test_a_test_key_takes_no_orders_where_money_is_real(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    stripe = system.functions["CreateSession"].stripe
    monkeypatch.setattr(stripe, "_livemode", True)
    with pytest.raises(NotConfigured):
        stripe.create_checkout(a_payment())
