"""Customers, their payment methods, and setup intents."""

from typing import Any

import pytest
import stripe

from .shop import Control, event_types

BACK = "http://shop.example/back"


def test_a_customers_life(client: stripe.StripeClient) -> None:
    ada = client.v1.customers.create({"email": "ada@example.com", "name": "Ada", "metadata": {"a": "1", "b": "2"}})
    client.v1.customers.create({"email": "bob@example.com"})
    changed = client.v1.customers.update(
        ada.id, {"name": "", "metadata": {"a": "", "c": "3"}, "address": {"line1": "1 Main St", "country": "GB"}}
    )
    assert changed.name is None
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert changed.address is not None
    assert (changed.address.line1, changed.address.city) == ("1 Main St", None)
    event = client.v1.events.list({"type": "customer.updated"}).data[0]
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes["name"] == "Ada"
    assert [c.id for c in client.v1.customers.list({"email": "ada@example.com"}).data] == [ada.id]
    assert client.v1.customers.delete(ada.id).deleted
    assert client.v1.customers.retrieve(ada.id).deleted
    assert len(client.v1.customers.list().data) == 1
    assert event_types(client) == ["customer.created", "customer.created", "customer.updated", "customer.deleted"]


def test_methods_are_attached_listed_and_detached(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    card = client.v1.payment_methods.create(
        {
            "type": "card",
            "card": {"number": "5555555555554444", "exp_month": 3, "exp_year": 2040, "cvc": "123"},
            "billing_details": {"name": "Ada"},
        }
    )
    assert card.card is not None
    assert (card.card.brand, card.card.last4, card.billing_details.name) == ("mastercard", "4444", "Ada")
    client.v1.payment_methods.attach(card.id, {"customer": customer.id})
    visa = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    listed = client.v1.payment_methods.list({"customer": customer.id, "type": "card"}).data
    assert [method.id for method in listed] == [visa.id, card.id]
    assert client.v1.customers.payment_methods.retrieve(customer.id, card.id).id == card.id
    changed = client.v1.payment_methods.update(card.id, {"card": {"exp_month": 4}, "metadata": {"k": "v"}})
    assert changed.card is not None
    assert (changed.card.exp_month, changed.card.exp_year) == (4, 2040)
    preferred = client.v1.customers.update(
        customer.id,
        {
            "invoice_settings": {"default_payment_method": card.id},
            "expand": ["invoice_settings.default_payment_method"],
        },
    )
    assert preferred.invoice_settings is not None
    assert isinstance(preferred.invoice_settings.default_payment_method, stripe.PaymentMethod)
    assert client.v1.payment_methods.detach(card.id).customer is None
    # What is detached is nobody's default any longer.
    settings = client.v1.customers.retrieve(customer.id).invoice_settings
    assert settings is not None
    assert settings.default_payment_method is None
    assert [m.id for m in client.v1.customers.payment_methods.list(customer.id).data] == [visa.id]
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.payment_methods.attach(card.id, {"customer": customer.id})
    assert again.value.code == "payment_method_unexpected_state"


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"number": "4242424242424241", "exp_month": 1, "exp_year": 2040}, "incorrect_number"),
        ({"number": "4242424242424242", "exp_month": 13, "exp_year": 2040}, "invalid_expiry_month"),
        ({"number": "4242424242424242", "exp_month": 1, "exp_year": 2020}, "invalid_expiry_year"),
        ({"number": "4242424242424242", "exp_month": 1, "exp_year": 2040, "cvc": "12"}, "invalid_cvc"),
    ],
)
def test_impossible_cards(client: stripe.StripeClient, card: Any, code: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_methods.create({"type": "card", "card": card})
    assert refused.value.code == code


def test_a_card_that_declines_is_not_kept(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    with pytest.raises(stripe.CardError):
        client.v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})
    kept = client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.create(
            {
                "amount": 500,
                "currency": "usd",
                "customer": customer.id,
                "payment_method": kept.id,
                "confirm": True,
                "off_session": True,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            }
        )


def test_another_customers_method_cannot_be_used(client: stripe.StripeClient) -> None:
    ada, bob = client.v1.customers.create({}), client.v1.customers.create({})
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": ada.id})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(
            {"amount": 500, "currency": "usd", "payment_method": card.id, "customer": bob.id}
        )
    assert refused.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError, match="attached to a customer"):
        client.v1.payment_intents.create({"amount": 500, "currency": "usd", "payment_method": card.id})


def test_a_card_is_set_up_with_authentication_and_then_not_asked_again(
    client: stripe.StripeClient, control: Control
) -> None:
    customer = client.v1.customers.create({})
    setup = client.v1.setup_intents.create({"customer": customer.id})
    assert setup.status == "requires_payment_method"
    asked = client.v1.setup_intents.confirm(
        setup.id, {"payment_method": "pm_card_authenticationRequiredOnSetup", "return_url": BACK}
    )
    assert asked.status == "requires_action"
    assert control(f"setup_intents/{setup.id}/authenticate", approved=True)["status"] == "succeeded"
    card = client.v1.payment_methods.list({"customer": customer.id}).data[0]
    paid = client.v1.payment_intents.create(
        {
            "amount": 500,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": card.id,
            "confirm": True,
            "off_session": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    assert paid.status == "succeeded"
    assert event_types(client)[1:6] == [
        "setup_intent.created",
        "setup_intent.requires_action",
        "payment_method.attached",
        "setup_intent.succeeded",
        "payment_intent.created",
    ]


def test_a_setup_fails_and_is_canceled(client: stripe.StripeClient, control: Control) -> None:
    setup = client.v1.setup_intents.create({"metadata": {"k": "v"}})
    with pytest.raises(stripe.CardError) as refused:
        client.v1.setup_intents.confirm(setup.id, {"payment_method": "pm_card_chargeDeclined", "return_url": BACK})
    assert refused.value.error is not None
    assert refused.value.error.setup_intent is not None
    client.v1.setup_intents.confirm(setup.id, {"payment_method": "pm_card_authenticationRequired", "return_url": BACK})
    _, failed = control.post(f"setup_intents/{setup.id}/authenticate", approved=False)
    assert failed["error"]["code"] == "setup_intent_authentication_failure"
    assert client.v1.setup_intents.update(setup.id, {"description": "later"}).description == "later"
    assert client.v1.setup_intents.cancel(setup.id, {"cancellation_reason": "abandoned"}).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as late:
        client.v1.setup_intents.confirm(setup.id, {"payment_method": "pm_card_visa"})
    assert late.value.code == "setup_intent_unexpected_state"
    assert event_types(client).count("setup_intent.setup_failed") == 2


@pytest.mark.parametrize("kind", ["payment_intents", "setup_intents"])
@pytest.mark.parametrize("goes", ["method", "customer"])
def test_what_was_taken_from_its_customer_pays_no_more_though_an_intent_is_about_it(
    client: stripe.StripeClient, kind: str, goes: str
) -> None:
    customer = client.v1.customers.create({}).id
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    intents: Any = getattr(client.v1, kind)
    sum_ = {"amount": 1000, "currency": "usd"} if kind == "payment_intents" else {}
    intent = intents.create({"customer": customer, "payment_method": card, **sum_}).id
    if goes == "method":
        client.v1.payment_methods.detach(card)
    else:
        client.v1.customers.delete(customer)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        intents.confirm(intent, {"return_url": "https://shop.example/back"})
    assert refused.value.code == "payment_method_unexpected_state"
    another = {"payment_method": "pm_card_mastercard", "return_url": "https://shop.example/back"}
    if goes == "method":
        assert intents.confirm(intent, another).status == "succeeded"
