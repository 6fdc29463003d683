"""What pages make by the stand-in for Stripe.js for a server to go on with, and what goes with a payment."""

from typing import Any

import stripe
from playwright.sync_api import Page, expect

from ..shop import FIRST
from .page_shop import CARD, DEFERRED, STAYING, PageShop, answer, element, fill_card


def test_methods_are_made_for_a_server(page: Page, shop: PageShop, client: stripe.StripeClient) -> None:
    script = 'pay(() => stripe.createPaymentMethod({ type: "card", card, billing_details: { name: "Ada" } }));'
    shop.open(page, CARD.replace("pay(", "void (") + script)
    fill_card(element(page), FIRST)
    page.click("#pay")
    made = client.v1.payment_methods.retrieve(answer(page)["paymentMethod"]["id"])
    assert (made.billing_details.name, made.billing_details.address and made.billing_details.address.postal_code) == (
        "Ada",
        "12345",
    )
    script = """
    const params = { billing_details: { name: "Bob" } };
    pay(async () => (await elements.submit(), stripe.createPaymentMethod({ elements, params })));
    """
    shop.open(page, DEFERRED.replace("amount", 'paymentMethodCreation: "manual", amount') + script)
    fill_card(element(page), FIRST)
    page.click("#pay")
    assert client.v1.payment_methods.retrieve(answer(page)["paymentMethod"]["id"]).billing_details.name == "Bob"


def test_address_and_email_go_with_the_payment(
    page: Page, shop: PageShop, client: stripe.StripeClient, secret: str, intent: stripe.PaymentIntent
) -> None:
    script = """
    elements.create("linkAuthentication", { defaultValues: { email: "ada@example.com" } }).mount("#contact");
    const address = elements.create("address", { mode: "shipping", defaultValues: { address: { country: "DE" } } });
    address.mount("#number");
    address.on("change", tell("address"));
    """
    shop.open(page, STAYING + script, secret)
    fill_card(element(page), FIRST)
    page.click("#pay")
    assert answer(page)["error"]["code"] == "incomplete_name"
    frame = element(page, "number")
    expect(frame.get_by_label("State or province")).to_be_hidden()
    for label, value in (("Full name", "Ada"), ("Address line 1", "Weg 1"), ("City", "Ulm"), ("Postal code", "89073")):
        frame.get_by_label(label).fill(value)
    expect(page.locator("#events")).to_contain_text('"complete":true')
    page.click("#pay")
    expect(page.locator("#result")).to_contain_text("succeeded")
    paid = client.v1.payment_intents.retrieve(intent.id, {"expand": ["payment_method"]})
    assert paid.shipping is not None
    assert paid.shipping.address is not None
    assert (paid.shipping.name, paid.shipping.address.city, paid.shipping.address.country) == ("Ada", "Ulm", "DE")
    assert isinstance(paid.payment_method, stripe.PaymentMethod)
    assert paid.payment_method.billing_details.email == "ada@example.com"


def test_saved_cards_of_a_customer_session(page: Page, shop: PageShop, client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()
    saved = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    intent = client.v1.payment_intents.create({"amount": 2000, "currency": "usd", "customer": customer.id})
    client.v1.payment_methods.update(saved.id, {"allow_redisplay": "always"})
    features: Any = {
        "payment_method_redisplay": "enabled",
        "payment_method_save": "enabled",
        "payment_method_save_usage": "off_session",
    }
    session = client.v1.customer_sessions.create(
        {"customer": customer.id, "components": {"payment_element": {"enabled": True, "features": features}}}
    )
    secret_of_session = f'SECRET, customerSessionClientSecret: "{session.client_secret}" }}'
    with_session = STAYING.replace("SECRET }", secret_of_session)
    shop.open(page, with_session, str(intent.client_secret))
    expect(element(page).get_by_label("Visa •••• 4242")).to_be_checked()
    page.click("#pay")
    assert answer(page)["paymentIntent"]["payment_method"] == saved.id
    # A new one is kept where the customer says so.
    again = client.v1.payment_intents.create({"amount": 2000, "currency": "usd", "customer": customer.id})
    shop.open(page, with_session, str(again.client_secret))
    element(page).get_by_label("Card", exact=True).check()
    fill_card(element(page), FIRST)
    element(page).get_by_label("Save payment details").check()
    page.click("#pay")
    assert answer(page)["paymentIntent"]["setup_future_usage"] == "off_session"
    kept = client.v1.payment_methods.list({"customer": customer.id}).data
    assert {each.allow_redisplay for each in kept} == {"always"}
    assert len(kept) == 2


def test_a_confirmation_token_pays_at_the_server(page: Page, shop: PageShop, client: stripe.StripeClient) -> None:
    script = """
    pay(async () => {
      const { error } = await elements.submit();
      return error ? { error } : stripe.createConfirmationToken({ elements, params: { return_url: BACK } });
    });
    """
    shop.open(page, DEFERRED + script)
    fill_card(element(page), FIRST)
    page.click("#pay")
    token = answer(page)["confirmationToken"]
    assert token["payment_method_preview"]["card"]["last4"] == "4242"
    assert token["payment_method_preview"]["billing_details"]["address"]["postal_code"] == "12345"
    assert token["return_url"] == f"{shop.url}/back"
    intent = client.v1.payment_intents.create(
        {"amount": 2000, "currency": "usd", "confirm": True, "confirmation_token": token["id"]}
    )
    assert intent.status == "succeeded"


def test_a_token_of_a_card_element_pays_at_the_server(page: Page, shop: PageShop, client: stripe.StripeClient) -> None:
    shop.open(page, CARD.replace("pay(", "void (") + 'pay(() => stripe.createToken(card, { name: "Ada" }));')
    fill_card(element(page), FIRST)
    page.click("#pay")
    token = answer(page)["token"]
    assert (token["card"]["last4"], token["card"]["exp_year"], token["card"]["name"]) == ("4242", 2040, "Ada")
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": token["id"]}})
    intent = client.v1.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "confirm": True,
            "payment_method": method.id,
            "return_url": f"{shop.url}/back",
        }
    )
    assert intent.status == "succeeded"
