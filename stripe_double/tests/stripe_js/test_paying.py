"""Paying and saving by the stand-in for Stripe.js, used by pages as Stripe's samples use the real one."""

import pytest
import stripe
from playwright.sync_api import Page, expect

from stripe_double import StripeDouble

from ..shop import ASKS, DECLINES, FIRST
from .page_shop import CARD, DEFERRED, GOING, SAVING, SPLIT, STAYING, PageShop, answer, element, fill_card


def test_a_card_that_is_declined_and_another_that_pays(page: Page, shop: PageShop, secret: str) -> None:
    shop.open(page, STAYING, secret)
    element(page).get_by_label("Card", exact=True).check()
    fill_card(element(page), DECLINES)
    page.click("#pay")
    error = answer(page)["error"]
    assert (error["type"], error["code"], error["decline_code"]) == ("card_error", "card_declined", "generic_decline")
    assert error["payment_intent"]["status"] == "requires_payment_method"
    fill_card(element(page), FIRST)
    page.click("#pay")
    expect(page.locator("#result")).to_contain_text('"status":"succeeded"')
    assert answer(page)["paymentIntent"]["amount"] == 2000


def test_by_default_the_customer_is_sent_on(
    page: Page, shop: PageShop, secret: str, intent: stripe.PaymentIntent
) -> None:
    shop.open(page, GOING, secret)
    fill_card(element(page), ASKS)
    page.click("#pay")
    challenge = page.frame_locator("[role=dialog] iframe")
    challenge.get_by_role("button", name="Fail").click()
    # Who fails stays, and may try again.
    assert answer(page)["error"]["code"] == "payment_intent_authentication_failure"
    page.click("#pay")
    challenge.get_by_role("button", name="Complete").click()
    page.wait_for_url(
        f"**/back?order=7&payment_intent={intent.id}&payment_intent_client_secret={secret}&redirect_status=succeeded"
    )


def test_what_is_typed_stays_in_the_frame(page: Page, shop: PageShop, secret: str, double: StripeDouble) -> None:
    said: list[str] = []
    page.add_init_script("addEventListener('message', ({ data }) => console.log('heard', JSON.stringify(data)));")
    page.on("console", lambda message: said.append(message.text))
    shop.open(
        page,
        STAYING + 'elements.getElement("payment").on("change", (event) => console.log(JSON.stringify(event)));',
        secret,
    )
    fill_card(element(page), FIRST)
    page.click("#pay")
    answer(page)
    told = [line for line in said if not line.startswith('heard {"channel"')]
    assert told
    assert not [line for line in told if "4242" in line.replace(" ", "")]
    assert page.locator("#payment iframe").evaluate("frame => new URL(frame.src).origin") == double.url


@pytest.mark.parametrize(("button", "status"), [("Complete", "succeeded"), ("Fail", "requires_payment_method")])
def test_a_challenge_is_answered_in_a_dialog(
    page: Page,
    shop: PageShop,
    secret: str,
    button: str,
    status: str,
    client: stripe.StripeClient,
    intent: stripe.PaymentIntent,
) -> None:
    shop.open(page, STAYING, secret)
    fill_card(element(page), ASKS)
    page.click("#pay")
    expect(page.get_by_role("dialog", name="Confirm with your bank")).to_be_visible()
    page.frame_locator("[role=dialog] iframe").get_by_role("button", name=button).click()
    result = answer(page)
    assert (result.get("paymentIntent") or result["error"]["payment_intent"])["status"] == status
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert client.v1.payment_intents.retrieve(intent.id).status == status


@pytest.mark.parametrize("where", ["in the bank's page", "beside it"])
def test_escape_refuses_the_challenge_and_focus_comes_back(page: Page, shop: PageShop, secret: str, where: str) -> None:
    shop.open(page, STAYING, secret)
    fill_card(element(page), ASKS)
    page.click("#pay")
    challenge = page.frame_locator("[role=dialog] iframe")
    expect(challenge.get_by_role("button", name="Complete")).to_be_visible()
    for _ in range(6):
        page.keyboard.press("Tab")
        expect(page.locator("[role=dialog] iframe")).to_be_focused()
    # Nobody but the bank's page says that it was answered.
    page.evaluate("postMessage('answered', '*')")
    if where == "beside it":
        page.mouse.click(5, 5)
        expect(page.locator("[role=dialog] iframe")).not_to_be_focused()
    page.keyboard.press("Escape")
    error = answer(page)["error"]
    assert (error["code"], error["payment_intent"]["status"]) == (
        "payment_intent_authentication_failure",
        "requires_payment_method",
    )
    assert page.evaluate("document.activeElement.id") == "pay"


def test_a_debit_is_processing(page: Page, shop: PageShop, secret: str) -> None:
    shop.open(page, STAYING, secret)
    frame = element(page)
    frame.get_by_label("SEPA Direct Debit").check()
    frame.get_by_label("IBAN").fill("DE89370400440532013001")
    frame.get_by_label("Full name").fill("Ada Lovelace")
    frame.get_by_label("Email").fill("ada@example.com")
    page.click("#pay")
    assert answer(page)["error"]["code"] == "invalid_iban"
    frame.get_by_label("IBAN").fill("DE89 3704 0044 0532 0130 00")
    page.click("#pay")
    expect(page.locator("#result")).to_contain_text("paymentIntent")
    assert answer(page)["paymentIntent"]["status"] == "processing"


def test_mistakes_are_named_in_the_frame_without_a_request(page: Page, shop: PageShop, secret: str) -> None:
    shop.open(page, STAYING, secret)
    frame = element(page)
    expect(frame.get_by_label("Card number")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for number, expiry, cvc, code, sentence in (
        ("", "12/40", "123", "incomplete_number", "card number is incomplete"),
        ("4242 4242", "12/40", "123", "incomplete_number", "card number is incomplete"),
        ("4242424242424241", "12/40", "123", "invalid_number", "card number is invalid"),
        (FIRST, "12", "123", "incomplete_expiry", "expiration date is incomplete"),
        (FIRST, "13/40", "123", "invalid_expiry_month", "expiration date is invalid"),
        (FIRST, "12/20", "123", "invalid_expiry_year_past", "expiration year is in the past"),
        (FIRST, "12/40", "1", "incomplete_cvc", "security code is incomplete"),
        ("378282246310005", "12/40", "123", "incomplete_cvc", "security code is incomplete"),
    ):
        fill_card(frame, number, expiry, cvc)
        page.click("#pay")
        error = answer(page)["error"]
        assert (error["type"], error["code"]) == ("validation_error", code), number
        expect(frame.get_by_text(sentence)).to_be_visible()
        wrong = frame.locator("[aria-invalid=true]")
        expect(wrong).to_have_count(1)
        assert sentence in frame.locator(f"#{wrong.get_attribute('aria-describedby')}").inner_text()
    fill_card(frame, FIRST, zip_code="")
    page.click("#pay")
    assert answer(page)["error"]["code"] == "incomplete_zip"
    assert asked == []


def test_deferred_with_the_secret_at_the_end(page: Page, shop: PageShop, secret: str) -> None:
    script = """
    let submitted;
    pay(async () => {
      submitted = await elements.submit();
      if (submitted.error) return submitted;
      const done = await stripe.confirmPayment({ elements, clientSecret: SECRET, redirect: "if_required" });
      return { ...submitted, ...done };
    });
    attempt(() => stripe.confirmPayment({ elements, clientSecret: SECRET, redirect: "if_required" }));
    """
    shop.open(page, DEFERRED + script, secret)
    assert "elements.submit() must be called" in answer(page)["message"]
    page.click("#pay")
    assert answer(page)["error"]["code"] == "incomplete_number"
    fill_card(element(page), FIRST)
    page.click("#pay")
    expect(page.locator("#result")).to_contain_text("succeeded")
    assert answer(page)["selectedPaymentMethod"] == "card"


def test_the_card_element_and_a_saved_card(
    page: Page, shop: PageShop, secret: str, client: stripe.StripeClient
) -> None:
    shop.open(page, CARD + 'card.on("change", tell("change")); card.on("ready", tell("ready"));', secret)
    expect(page.locator("#events")).to_contain_text("ready")
    expect(page.locator("#payment")).to_contain_class("StripeElement--empty")
    fill_card(element(page), DECLINES)
    expect(page.locator("#payment")).to_contain_class("StripeElement--complete StripeElement--focus")
    expect(page.locator("#events")).to_contain_text('"brand":"visa"')
    page.click("#pay")
    assert answer(page)["error"]["decline_code"] == "generic_decline"
    fill_card(element(page), FIRST)
    page.click("#pay")
    expect(page.locator("#result")).to_contain_text("succeeded")
    customer = client.v1.customers.create({"email": "ada@example.com"})
    saved = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    again = client.v1.payment_intents.create({"amount": 500, "currency": "usd", "customer": customer.id})
    script = f'attempt(() => Stripe(KEY).confirmCardPayment(SECRET, {{ payment_method: "{saved.id}" }}));'
    shop.open(page, script, str(again.client_secret))
    assert answer(page)["paymentIntent"]["payment_method"] == saved.id


def test_a_cards_fields_each_in_its_frame(page: Page, shop: PageShop, secret: str) -> None:
    shop.open(page, SPLIT, secret)
    element(page, "number").get_by_label("Card number").fill(FIRST)
    element(page, "expiry").get_by_label("Expiration date").fill("1240")
    page.click("#pay")
    assert answer(page)["error"]["code"] == "incomplete_cvc"
    expect(page.locator("#cvc")).to_contain_class("StripeElement--empty StripeElement--invalid")
    element(page, "cvc").get_by_label("Security code").fill("123")
    page.click("#pay")
    expect(page.locator("#result")).to_contain_text("succeeded")


@pytest.mark.parametrize("number", [FIRST, ASKS])
def test_a_card_is_saved(page: Page, shop: PageShop, client: stripe.StripeClient, number: str) -> None:
    setup = client.v1.setup_intents.create({"customer": client.v1.customers.create().id})
    shop.open(page, SAVING, str(setup.client_secret))
    fill_card(element(page), number)
    page.click("#pay")
    if number == ASKS:
        page.frame_locator("[role=dialog] iframe").get_by_role("button", name="Complete").click()
    assert answer(page)["setupIntent"]["status"] == "succeeded"
    saved = client.v1.setup_intents.retrieve(setup.id, {"expand": ["payment_method"]}).payment_method
    assert isinstance(saved, stripe.PaymentMethod)
    assert saved.card is not None
    assert saved.card.last4 == number[-4:]


def test_the_next_action_in_the_page_or_elsewhere(page: Page, shop: PageShop, client: stripe.StripeClient) -> None:
    def confirmed(**how: str) -> str:
        made = client.v1.payment_intents.create(
            {
                "amount": 2000,
                "currency": "usd",
                "payment_method": "pm_card_authenticationRequired",
                "confirm": True,
                "return_url": f"{shop.url}/back",
                **how,  # type: ignore[typeddict-item]
            }
        )
        assert made.status == "requires_action"
        return str(made.client_secret)

    script = "attempt(() => Stripe(KEY).handleNextAction({ clientSecret: SECRET }));"
    shop.open(page, script, confirmed(use_stripe_sdk="true"))
    page.frame_locator("[role=dialog] iframe").get_by_role("button", name="Complete").click()
    assert answer(page)["paymentIntent"]["status"] == "succeeded"
    shop.open(page, script, confirmed())
    page.get_by_role("button", name="Complete").click()
    page.wait_for_url("**/back?payment_intent=*redirect_status=succeeded")
