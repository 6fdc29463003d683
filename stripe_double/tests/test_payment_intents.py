"""Payment intents driven by a server: confirmed, captured, canceled, declined, off session."""

from typing import Any

import pytest
import stripe

from .shop import Control, event_types

NO_REDIRECTS: Any = {"enabled": True, "allow_redirects": "never"}


def intent(client: stripe.StripeClient, **more: Any) -> stripe.PaymentIntent:
    params: Any = {"amount": 2000, "currency": "usd", "automatic_payment_methods": NO_REDIRECTS, **more}
    return client.v1.payment_intents.create(params)


def test_created_then_confirmed(client: stripe.StripeClient) -> None:
    made = intent(client, metadata={"order": "7"}, receipt_email="ada@example.com")
    assert made.status == "requires_payment_method"
    assert made.client_secret is not None
    assert made.client_secret.startswith(f"{made.id}_secret_")
    updated = client.v1.payment_intents.update(made.id, {"amount": 2500, "description": "Lantern"})
    assert (updated.amount, updated.description) == (2500, "Lantern")
    done = client.v1.payment_intents.confirm(
        made.id, {"payment_method": "pm_card_visa", "expand": ["latest_charge.balance_transaction"]}
    )
    assert (done.status, done.amount_received) == ("succeeded", 2500)
    charge = done.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.receipt_email, charge.description, charge.metadata["order"]) == ("ada@example.com", "Lantern", "7")
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert charge.balance_transaction.net == 2500 - charge.balance_transaction.fee
    assert event_types(client) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]


def test_a_method_without_confirmation_waits_for_it(client: stripe.StripeClient) -> None:
    made = intent(client, payment_method="pm_card_mastercard")
    assert made.status == "requires_confirmation"
    assert client.v1.payment_intents.confirm(made.id).status == "succeeded"


def test_a_declined_card_raises_a_card_error(client: stripe.StripeClient) -> None:
    made = intent(client)
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_chargeDeclinedExpiredCard"})
    error = refused.value
    assert (error.http_status, error.code) == (402, "expired_card")
    assert error.error is not None
    assert error.error.decline_code == "expired_card"
    assert error.error.payment_intent is not None
    assert error.error.payment_intent.id == made.id
    again = client.v1.payment_intents.retrieve(made.id)
    assert (again.status, again.payment_method) == ("requires_payment_method", None)
    assert again.last_payment_error is not None
    assert again.last_payment_error.charge == again.latest_charge
    assert client.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


def test_manual_capture_takes_a_part(client: stripe.StripeClient) -> None:
    held = intent(client, capture_method="manual", payment_method="pm_card_visa", confirm=True)
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 2000, 0)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.capture(held.id, {"amount_to_capture": 2001})
    assert refused.value.code == "amount_too_large"
    done = client.v1.payment_intents.capture(held.id, {"amount_to_capture": 1500})
    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", 1500, 0)
    assert event_types(client) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
        "charge.updated",
    ]
    with pytest.raises(stripe.InvalidRequestError) as twice:
        client.v1.payment_intents.capture(held.id)
    assert twice.value.code == "payment_intent_unexpected_state"


def test_canceling_releases_what_was_held(client: stripe.StripeClient) -> None:
    held = intent(client, capture_method="manual", payment_method="pm_card_visa", confirm=True)
    gone = client.v1.payment_intents.cancel(held.id, {"cancellation_reason": "requested_by_customer"})
    assert (gone.status, gone.cancellation_reason, gone.amount_capturable) == ("canceled", "requested_by_customer", 0)
    # A released authorisation is no refund (since 2025-03-31.basil).
    charge = client.v1.charges.list().data[0]
    assert (charge.refunded, charge.amount_refunded, charge.amount_captured) == (False, 0, 0)
    assert event_types(client)[-1] == "payment_intent.canceled"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(held.id, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_challenge_and_its_answer(client: stripe.StripeClient, control: Control) -> None:
    made = client.v1.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method": "pm_card_threeDSecure2Required",
            "confirm": True,
            "return_url": "http://shop.example/back",
        }
    )
    assert made.status == "requires_action"
    assert made.next_action is not None
    assert made.next_action.redirect_to_url is not None
    assert made.next_action.redirect_to_url.return_url == "http://shop.example/back"
    done = control(f"payment_intents/{made.id}/authenticate", approved=True)
    assert done["status"] == "succeeded"


def test_off_session_a_card_that_asks_declines(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    card = client.v1.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as refused:
        intent(client, customer=customer.id, payment_method=card.id, confirm=True, off_session=True)
    assert refused.value.code == "authentication_required"
    # The customer comes back and authenticates that very payment.
    made = client.v1.payment_intents.list().data[0]
    assert client.v1.payment_intents.confirm(made.id, {"payment_method": card.id}).status == "requires_action"


def test_nobody_consents_to_a_later_use_who_is_not_there(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    card = client.v1.customers.payment_methods.list(customer.id).data[0]
    asked: Any = {"customer": customer.id, "payment_method": card.id, "confirm": True, "off_session": True}
    with pytest.raises(stripe.InvalidRequestError, match="setup_future_usage"):
        intent(client, setup_future_usage="off_session", **asked)
    assert intent(client, **asked).status == "succeeded"


def test_a_method_without_customer_pays_once(client: stripe.StripeClient) -> None:
    card = client.v1.payment_methods.create(
        {"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}}
    )
    assert intent(client, payment_method=card.id, confirm=True).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        intent(client, payment_method=card.id, confirm=True)
    assert refused.value.code == "payment_method_unexpected_state"


def test_a_bank_debit_takes_its_time(client: stripe.StripeClient, control: Control) -> None:
    debit: Any = {"type": "sepa_debit", "sepa_debit": {"iban": "DE89370400440532013000"}}
    made = intent(client, currency="eur", payment_method_data=debit, confirm=True)
    assert made.status == "processing"
    assert control(f"payment_intents/{made.id}/settle")["status"] == "succeeded"


def test_checkout_keeps_its_intents_to_itself(client: stripe.StripeClient, control: Control) -> None:
    from .shop import DECLINES, order

    session = client.v1.checkout.sessions.create(order())
    control.post(f"sessions/{session.id}/pay", card=DECLINES)
    made = client.v1.payment_intents.list().data[0]
    with pytest.raises(stripe.InvalidRequestError, match="created by Checkout"):
        client.v1.payment_intents.cancel(made.id)
    with pytest.raises(stripe.InvalidRequestError, match="created by Checkout"):
        client.v1.payment_intents.confirm(made.id, {"payment_method": "pm_card_visa"})


@pytest.mark.parametrize(
    ("more", "code", "param"),
    [
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"amount": "12.5"}, "parameter_invalid_integer", "amount"),
        ({"currency": "xxx"}, None, "currency"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"payment_method": "pm_nothing"}, "resource_missing", "payment_method"),
        ({"payment_method_types": ["card"]}, "payment_method_types_no_longer_supported", "payment_method_types"),
        ({"allowed_payment_method_types": ["card"]}, "parameters_exclusive", "automatic_payment_methods"),
        ({"off_session": True}, None, "off_session"),
        ({"transfer_data": {"destination": "acct_1"}}, None, "transfer_data"),
    ],
)
def test_refusals(client: stripe.StripeClient, more: dict[str, Any], code: str | None, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        intent(client, **more)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert client.v1.payment_intents.list().data == []


def test_redirects_need_somewhere_to_return_to(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        client.v1.payment_intents.create(
            {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        )


def test_an_authorisation_runs_out(client: stripe.StripeClient, control: Control) -> None:
    held = intent(client, capture_method="manual", payment_method="pm_card_visa", confirm=True)
    control("clock", advance=8 * 86400)
    gone = client.v1.payment_intents.retrieve(held.id)
    assert (gone.status, gone.cancellation_reason) == ("canceled", "expired")
    assert event_types(client)[-2:] == ["charge.expired", "payment_intent.canceled"]
