"""The stand-in for Stripe.js, used by pages as Stripe's samples use the real one."""

import json
import shutil
import urllib.request
from collections.abc import Iterator
from importlib.resources import files
from urllib.parse import parse_qsl

import pytest
import stripe
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from stripe_double import StripeDouble

from .page_shop import PageShop, answer, element, fill_card
from .shop import ASKS, DECLINES, FIRST, until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
PAYMENT = """
const stripe = Stripe(KEY);
const elements = stripe.elements({ clientSecret: SECRET });
elements.create("payment").mount("#payment");
"""
STAYING = PAYMENT + 'pay(() => stripe.confirmPayment({ elements, redirect: "if_required" }));'
GOING = PAYMENT + "pay(() => stripe.confirmPayment({ elements, confirmParams: { return_url: BACK + '?order=7' } }));"
SAVING = PAYMENT + 'pay(() => stripe.confirmSetup({ elements, redirect: "if_required" }));'
CARD = """
const stripe = Stripe(KEY);
const card = stripe.elements().create("card");
card.mount("#payment");
pay(() => stripe.confirmCardPayment(SECRET, { payment_method: { card, billing_details: { name: "Ada" } } }));
"""
SPLIT = """
const stripe = Stripe(KEY);
const elements = stripe.elements();
const number = elements.create("cardNumber");
number.mount("#number");
elements.create("cardExpiry").mount("#expiry");
elements.create("cardCvc").mount("#cvc");
pay(() => stripe.confirmCardPayment(SECRET, { payment_method: { card: number } }));
"""
DEFERRED = """
const stripe = Stripe(KEY);
const elements = stripe.elements({ mode: "payment", amount: 2000, currency: "usd" });
elements.create("payment").mount("#payment");
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """At 360 pixels, where most goes wrong; nothing may be wider, break the policy, or fail unseen."""
    page = browser.new_page(viewport={"width": 360, "height": 900}, locale="en-US")
    page.set_default_timeout(30_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert complaints == []
    page.close()


@pytest.fixture
def shop(double: StripeDouble) -> Iterator[PageShop]:
    shop = PageShop(double.url, double.publishable_key)
    yield shop
    shop.close()


@pytest.fixture
def intent(client: stripe.StripeClient) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create({"amount": 2000, "currency": "usd"})


@pytest.fixture
def secret(intent: stripe.PaymentIntent) -> str:
    return str(intent.client_secret)


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
    features = {"payment_method_save": "enabled", "payment_method_save_usage": "off_session"}
    session = {
        "customer": {
            "payment_methods": [saved.to_dict()],
            "customer_session": {"components": {"payment_element": {"enabled": True, "features": features}}},
        }
    }
    page.route("**/v1/elements/sessions?*", lambda route: route.fulfill(json=session))
    with_session = STAYING.replace("SECRET }", 'SECRET, customerSessionClientSecret: "cuss_secret_1" }')
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
    assert [each.allow_redisplay for each in kept] == ["always", "unspecified"]


def test_a_confirmation_token_has_what_was_typed(page: Page, shop: PageShop) -> None:
    sent: list[str] = []

    def take(route: Route) -> None:
        sent.append(route.request.post_data or "")
        route.fulfill(json={"object": "confirmation_token", "id": "ctoken_1"})

    page.route("**/v1/confirmation_tokens", take)
    script = """
    pay(async () => {
      const { error } = await elements.submit();
      return error ? { error } : stripe.createConfirmationToken({ elements, params: { return_url: BACK } });
    });
    """
    shop.open(page, DEFERRED + script)
    fill_card(element(page), FIRST)
    page.click("#pay")
    assert answer(page) == {"confirmationToken": {"object": "confirmation_token", "id": "ctoken_1"}}
    form = dict(parse_qsl(sent[0]))
    assert form["payment_method_data[card][number]"] == FIRST
    assert form["payment_method_data[billing_details][address][postal_code]"] == "12345"
    assert form["return_url"] == f"{shop.url}/back"


def test_a_token_of_a_card_element(page: Page, shop: PageShop) -> None:
    sent: list[str] = []

    def take(route: Route) -> None:
        sent.append(route.request.post_data or "")
        route.fulfill(json={"object": "token", "id": "tok_1"})

    page.route("**/v1/tokens", take)
    shop.open(page, CARD.replace("pay(", "void (") + 'pay(() => stripe.createToken(card, { name: "Ada" }));')
    fill_card(element(page), FIRST)
    page.click("#pay")
    assert answer(page)["token"]["id"] == "tok_1"
    form = dict(parse_qsl(sent[0]))
    assert (form["card[number]"], form["card[exp_year]"], form["card[name]"]) == (FIRST, "2040", "Ada")


def test_appearance_is_the_shops(page: Page, shop: PageShop, secret: str) -> None:
    variables = {"colorPrimary": "#112233", "colorDanger": "#ff0000", "fontSizeBase": "20px", "borderRadius": "9px"}
    night = json.dumps({"theme": "night", "variables": variables})
    shop.open(page, STAYING.replace("SECRET }", f"SECRET, appearance: {night} }}"), secret)
    field = element(page).get_by_label("Card number")
    expect(field).to_have_css("color", "rgb(255, 255, 255)")
    expect(field).to_have_css("background-color", "rgb(48, 49, 61)")
    expect(field).to_have_css("border-top-left-radius", "9px")
    expect(field).to_have_css("font-size", "20px")
    field.focus()
    expect(field).to_have_css("outline-color", "rgb(17, 34, 51)")
    page.click("#pay")
    answer(page)
    expect(element(page).get_by_text("card number is incomplete")).to_have_css("color", "rgb(255, 0, 0)")
    page.evaluate("elements.update({ appearance: { theme: 'flat', variables: { colorText: '#010203' } } })")
    expect(element(page).get_by_label("Country or region")).to_have_css("color", "rgb(1, 2, 3)")


def test_with_the_keyboard_alone(page: Page, shop: PageShop, secret: str) -> None:
    shop.open(
        page,
        STAYING
        + 'for (const name of ["focus", "blur", "escape"]) elements.getElement("payment").on(name, tell(name));',
        secret,
    )
    expect(element(page).get_by_label("Card number")).to_be_visible()
    keyboard = page.keyboard
    keyboard.press("Tab")
    expect(element(page).get_by_label("Card", exact=True)).to_be_focused()
    keyboard.press("Tab")
    keyboard.type(FIRST)
    keyboard.press("Enter")
    keyboard.press("Escape")
    keyboard.press("Escape")
    for typed in ("1240", "123"):
        keyboard.press("Tab")
        keyboard.type(typed)
    expect(element(page).get_by_label("Card number")).to_have_value("4242 4242 4242 4242")
    expect(element(page).get_by_label("Expiration date")).to_have_value("12 / 40")
    for _ in range(2):
        keyboard.press("Tab")
    keyboard.type("12345")
    # The test data, then out of the frame to the page's own button; Enter paid nothing until here.
    for _ in range(2):
        keyboard.press("Tab")
    expect(page.locator("#pay")).to_be_focused()
    expect(page.locator("#result")).to_have_text("")
    keyboard.press("Enter")
    assert answer(page)["paymentIntent"]["status"] == "succeeded"
    happened = page.locator("#events").inner_text()
    assert [happened.count(f'{name}{{"elementType":"payment"') for name in ("focus", "escape", "blur")] == [1, 2, 1]


def axe_is_content(page: Page) -> None:
    """In the page and in each frame by itself, but that the heading is the page's."""
    for frame in page.frames:
        frame.evaluate(AXE)
        rules = {"page-has-heading-one": {"enabled": frame == page.main_frame}}
        found = frame.evaluate("rules => axe.run({ rules })", rules)["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


@pytest.mark.parametrize("theme", ["stripe", "night", "flat"])
def test_axe_finds_nothing(page: Page, shop: PageShop, secret: str, theme: str) -> None:
    script = STAYING.replace("SECRET }", f'SECRET, appearance: {{ theme: "{theme}" }} }}')
    shop.open(page, script + 'elements.create("address", { mode: "billing" }).mount("#number");', secret)
    expect(element(page).get_by_label("Card number")).to_be_visible()
    if theme == "night":
        # Frames are transparent: what is behind them is the page's.
        for frame in page.frames:
            frame.evaluate("document.documentElement.style.cssText += 'background: #1a1b25; color: #fff'")
    element(page).get_by_text("Test data").click()
    page.click("#pay")
    answer(page)
    element(page).get_by_label("Card number").fill(ASKS)
    axe_is_content(page)


def test_the_challenge_is_readable_to_all(page: Page, shop: PageShop, secret: str) -> None:
    shop.open(page, STAYING, secret)
    fill_card(element(page), ASKS)
    page.click("#pay")
    expect(page.frame_locator("[role=dialog] iframe").get_by_role("button", name="Complete")).to_be_visible()
    axe_is_content(page)


def test_a_test_card_fills_the_form(page: Page, shop: PageShop, secret: str) -> None:
    shop.open(page, STAYING, secret)
    frame = element(page)
    expect(frame.get_by_role("button", name=DECLINES)).to_be_hidden()
    frame.get_by_text("Test data").click()
    frame.get_by_role("button", name=DECLINES).click()
    page.click("#pay")
    assert answer(page)["error"]["decline_code"] == "generic_decline"


def test_the_frame_is_as_high_as_what_is_in_it(page: Page, shop: PageShop, secret: str) -> None:
    shop.open(page, STAYING, secret)
    frame = element(page)
    height = page.locator("#payment iframe").evaluate
    expect(frame.get_by_label("Card number")).to_be_visible()
    page.click("#pay")
    answer(page)
    expect(frame.get_by_text("card number is incomplete")).to_be_visible()
    with_errors = height("frame => frame.clientHeight")
    frame.get_by_label("SEPA Direct Debit").check()
    expect(frame.get_by_label("IBAN")).to_be_visible()
    until(lambda: bool(0 < height("frame => frame.clientHeight") < with_errors), 30)
    inner = frame.locator("body").evaluate("body => body.scrollHeight")
    until(lambda: bool(height("frame => frame.clientHeight") == inner), 30)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("stripe.confirmAlipayPayment(SECRET)", "the Stripe double's Stripe.js has no stripe.confirmAlipayPayment"),
        ("stripe.redirectToCheckout({})", "has no stripe.redirectToCheckout"),
        ("stripe.paymentRequest({})", "has no stripe.paymentRequest"),
        ("Stripe(KEY, { stripeAccount: 'acct_1' })", "has no option stripeAccount of Stripe()"),
        ("Stripe('')", "an empty string"),
        ("Stripe('sk_test_1')", "secret key"),
        ("elements.create('iban')", 'has no element "iban"'),
        ("elements.create('payment')", "only create one"),
        ("elements.create('card', { wallet: 1 })", "has no option wallet"),
        ("elements.create('address', {})", "mode should be"),
        ("elements.create('card').mount('#nowhere')", '"#nowhere"'),
        ("elements.create('card').focus()", "not mounted"),
        ("elements.getElement('payment').on('approve', () => {})", "has no event approve"),
        ("stripe.elements({ mode: 'subscription', amount: 1, currency: 'usd' })", 'has no mode "subscription"'),
        ("stripe.elements({ mode: 'payment', amount: 1.5, currency: 'usd' })", "amount should be"),
        ("stripe.elements({ clientSecret: 'pi_1' })", "You specified: pi_1."),
        ("stripe.elements().create('payment')", "needs stripe.elements({clientSecret})"),
        ("stripe.confirmPayment({ confirmParams: {} })", "elements or clientSecret"),
        ("stripe.confirmPayment({ elements })", "return_url"),
        ("stripe.confirmPayment({ elements: {}, redirect: 'if_required' })", "what stripe.elements() gave"),
        ("stripe.confirmSetup({ elements, redirect: 'if_required' })", "of a SetupIntent"),
        (
            "stripe.confirmPayment({ elements: stripe.elements(), clientSecret: SECRET, redirect: 'if_required' })",
            "mounted",
        ),
        ("stripe.confirmCardPayment()", "You specified: undefined."),
        ("stripe.createPaymentMethod({ elements })", 'paymentMethodCreation: "manual"'),
        ("stripe.createToken('pii', {})", 'has no stripe.createToken("pii")'),
        ("stripe.handleNextAction({ hashedValue: 'x' })", "has no option hashedValue"),
        ("stripe.handleCardAction(SECRET)", "that the server confirms"),
    ],
)
def test_what_it_cannot_do_throws_by_name(page: Page, shop: PageShop, secret: str, call: str, sentence: str) -> None:
    shop.open(page, STAYING + f"attempt(() => {call});", secret)
    thrown = answer(page)
    assert thrown["thrown"] == "IntegrationError"
    assert sentence in thrown["message"]


def test_a_wrong_key_and_an_intent_that_is_over_are_told_where_they_show(
    page: Page, shop: PageShop, secret: str, client: stripe.StripeClient, intent: stripe.PaymentIntent
) -> None:
    script = (
        STAYING
        + """
    elements.getElement("payment").on("loaderror", tell("loaderror"));
    attempt(() => stripe.retrievePaymentIntent(SECRET));
    """
    )
    shop.open(page, script, secret, key="pk_test_of_another_shop")
    assert "Invalid API Key" in answer(page)["error"]["message"]
    expect(page.locator("#events")).to_contain_text('loaderror{"elementType":"payment","error"')
    expect(element(page).get_by_role("alert")).to_contain_text("Invalid API Key")
    page.click("#pay")
    assert "Invalid API Key" in answer(page)["error"]["message"]
    client.v1.payment_intents.cancel(intent.id)
    shop.open(page, script, secret)
    assert answer(page)["paymentIntent"]["status"] == "canceled"
    expect(page.locator("#events")).to_contain_text("payment_intent_unexpected_state")


@pytest.mark.parametrize("address", ["/v3", "/v3/", "/v3/stripe.js", "/basil/stripe.js", "/endive/stripe.js?x=1"])
def test_every_address_of_the_script(double: StripeDouble, address: str) -> None:
    with urllib.request.urlopen(double.url + address, timeout=30) as script:
        assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert b"startPage(document.currentScript)" in script.read()


def test_frames_run_nothing_but_their_script(double: StripeDouble) -> None:
    with urllib.request.urlopen(f"{double.url}/v3/elements/payment.html", timeout=30) as frame:
        policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_elements_live_as_often_as_the_page_likes(page: Page, shop: PageShop, secret: str) -> None:
    shop.open(page, STAYING, secret)
    fill_card(element(page), FIRST)
    page.evaluate("elements.getElement('payment').clear()")
    expect(element(page).get_by_label("Card number")).to_have_value("")
    page.evaluate("elements.getElement('payment').unmount()")
    expect(page.locator("iframe")).to_have_count(0)
    page.evaluate("elements.getElement('payment').mount('#number')")
    fill_card(element(page, "number"), FIRST)
    page.evaluate("elements.getElement('payment').collapse()")
    page.click("#pay")
    assert answer(page)["error"]["code"] == "incomplete_payment_details"
    page.evaluate("elements.getElement('payment').destroy()")
    page.evaluate("elements.create('payment').mount('#payment')")
    fill_card(element(page), FIRST)
    page.click("#pay")
    expect(page.locator("#result")).to_contain_text("succeeded")


def test_what_the_page_asks_for_itself_it_must_pass(page: Page, shop: PageShop, secret: str) -> None:
    own = STAYING.replace('"payment")', '"payment", { fields: { billingDetails: { address: "never" } } })')
    shop.open(page, own, secret)
    frame = element(page)
    frame.get_by_label("Card number").fill(FIRST)
    expect(frame.get_by_label("Country or region")).to_be_hidden()
    frame.get_by_label("Expiration date").fill("12/40")
    frame.get_by_label("Security code").fill("123")
    page.click("#pay")
    assert "was told never to ask for country" in answer(page)["message"]
    details = (
        "confirmParams: { payment_method_data: { billing_details: { address: { country: 'DE', postal_code: '1' } } } }"
    )
    page.evaluate(f"attempt(() => stripe.confirmPayment({{ elements, redirect: 'if_required', {details} }}))")
    expect(page.locator("#result")).to_contain_text("succeeded")
