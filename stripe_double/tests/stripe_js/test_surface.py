"""What the stand-in for Stripe.js has, what it refuses by name, and where it is served."""

import urllib.request

import pytest
import stripe
from playwright.sync_api import Page, expect

from stripe_double import StripeDouble

from ..shop import FIRST
from .page_shop import CARD, STAYING, PageShop, answer, element, fill_card


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


def test_a_card_element_saves_and_wallets_are_none(page: Page, shop: PageShop, client: stripe.StripeClient) -> None:
    setup = client.v1.setup_intents.create({})
    script = """
    const wallets = stripe.elements({ mode: "payment", amount: 100, currency: "usd" }).create("expressCheckout");
    wallets.on("ready", tell("wallets")).mount("#number");
    """
    saving = CARD.replace("confirmCardPayment", "confirmCardSetup")
    shop.open(page, saving + script, str(setup.client_secret))
    expect(page.locator("#events")).to_contain_text('wallets{"elementType":"expressCheckout"')
    fill_card(element(page), FIRST)
    page.click("#pay")
    assert answer(page)["setupIntent"]["status"] == "succeeded"
    shop.open(page, "attempt(() => Stripe(KEY).retrieveSetupIntent(SECRET));", str(setup.client_secret))
    assert answer(page)["setupIntent"]["id"] == setup.id


def test_what_a_server_changes_is_fetched(
    page: Page, shop: PageShop, secret: str, client: stripe.StripeClient, intent: stripe.PaymentIntent
) -> None:
    shop.open(page, STAYING, secret)
    expect(element(page).get_by_label("SEPA Direct Debit")).to_be_visible()
    client.v1.payment_intents.update(intent.id, {"excluded_payment_method_types": ["sepa_debit"]})
    page.evaluate("elements.fetchUpdates().then((answer) => attempt(() => answer))")
    assert answer(page) == {}
    expect(element(page).get_by_label("SEPA Direct Debit")).to_have_count(0)
    client.v1.payment_intents.cancel(intent.id)
    page.evaluate("attempt(() => elements.fetchUpdates())")
    expect(page.locator("#result")).to_contain_text("payment_intent_unexpected_state")


def test_what_is_typed_goes_nowhere_but_to_the_double(page: Page, shop: PageShop, double: StripeDouble) -> None:
    """A page that speaks to the frame by itself may name another API: the frame asks its own."""
    script = f"""
    const frame = document.createElement("iframe");
    frame.src = "{double.url}/v3/elements/card.html#mine";
    const {{ port1, port2 }} = new MessageChannel();
    const start = {{ account: {{ origin: location.origin, key: KEY }}, group: "g", options: {{}}, shared: {{}} }};
    frame.onload = () => frame.contentWindow.postMessage({{ channel: "mine", ...start }}, "*", [port2]);
    document.getElementById("payment").append(frame);
    const post = {{ path: "/v1/payment_methods", as: "method", parameters: {{}} }};
    pay(() => new Promise((resolve) => {{
      port1.onmessage = ({{ data }}) => data.answers && resolve(data.answer);
      port1.postMessage({{ number: 1, command: "post", detail: post }});
    }}));
    """
    shop.open(page, script)
    fill_card(element(page), FIRST)
    page.click("#pay")
    assert answer(page)["card"]["last4"] == FIRST[-4:]


def test_who_unmounts_an_element_that_is_asked_is_told(page: Page, shop: PageShop, secret: str) -> None:
    page.route("**/confirm", lambda _: page.evaluate("card.unmount()"))
    shop.open(page, CARD, secret)
    fill_card(element(page), FIRST)
    page.click("#pay")
    thrown = answer(page)
    assert thrown["thrown"] == "IntegrationError"
    assert "unmounted before" in thrown["message"]
