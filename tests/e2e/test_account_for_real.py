"""The account before the real API, the local issuer and Stripe's stand-in: orders, money back, cards."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.customer import ASKS_FOR_AUTHENTICATION, IS_DECLINED, PAYS, second_tab
from tests.e2e.form import FORM_MS, PayPage
from tests.e2e.scenes import add_to_cart, fill_in_order
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Locator, Page, Response

    from tests.e2e.customer import Customer
    from tests.e2e.shop import Shop


ALWAYS_ASKS = "4000002760003184"
MASTERCARD = "5555555555554444"


class Member:
    """A customer with an account."""

    def __init__(self, customer: Customer, shop: Shop) -> None:
        self.customer, self.shop = customer, shop
        self.page: Page = customer.page
        self.site_url = shop.stack.site_url

    def signs_in(self, email: str = "") -> None:
        self.page.goto(f"{self.site_url}/account.html")
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page).to_have_url(re.compile(re.escape(self.shop.stack.issuer_url)))
        self.page.get_by_role("textbox").fill(email or self.customer.email)
        self.page.get_by_role("textbox").press("Enter")
        expect(self.page.locator("#who-name")).to_have_text(email or self.customer.email)

    def visits(self) -> None:
        self.page.goto(f"{self.site_url}/account.html")
        expect(self.page.locator("#payments-note")).not_to_have_text("Loading\u2026")

    def adds_card(self, number: str) -> None:
        self.page.get_by_role("link", name="Add a card").click()
        self.fills_in(number)
        self.page.get_by_role("button", name="Save the card").click()

    def fills_in(self, number: str) -> None:
        expect(self.page.locator("#save")).to_be_enabled(timeout=FORM_MS)
        frame = self.page.frame_locator("#payment-element iframe")
        for label, text in {"Card number": number, "Expiration date": "12 / 34", "Security code": "123"}.items():
            frame.get_by_label(label).fill(text)
        if frame.get_by_label("ZIP").is_visible():
            frame.get_by_label("ZIP").fill("12345")

    def has_saved(self) -> None:
        expect(self.page).to_have_url(f"{self.site_url}/account.html#cards", timeout=FORM_MS)
        expect(self.page.locator("#cards-note")).to_have_text("The card is saved.")
        expect(self.page.locator("#cards-heading")).to_be_focused()

    @property
    def entries(self) -> Locator:
        return self.page.locator("#payment-list > li")

    @property
    def cards(self) -> Locator:
        return self.page.locator("#card-list > li")


@pytest.fixture
def member(customer: Customer, shop: Shop) -> Member:
    return Member(customer, shop)


def test_what_is_ordered_while_signed_in_is_in_the_account(member: Member, customer: Customer, shop: Shop) -> None:
    member.signs_in()
    customer.visits()
    expect(member.page.locator("#email")).to_have_value(customer.email)
    customer.fills_in()
    customer.goes_to_checkout()
    # Stripe asks a customer whose address it does not know.
    member.page.fill("#email", customer.email)
    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")
    eventually(lambda: shop.payment(payment_id)["invoiceNumber"])

    member.visits()
    expect(member.entries).to_contain_text("Consulting, one hour")
    expect(member.entries).to_contain_text("Paid")
    with urllib.request.urlopen(  # noqa: S310 - the stack's own
        member.entries.get_by_role("link", name="Invoice").get_attribute("href") or ""
    ) as invoice:
        assert invoice.read(5) == b"%PDF-"
    gives_back(shop, payment_id, 2100)
    member.visits()
    expect(member.entries).to_contain_text("Partly refunded")
    expect(member.entries).to_contain_text("$21.00 of $99.00 came back to you, or is on its way.")
    member.entries.get_by_role("link", name="Details").click()
    customer.sees("partially_refunded")
    expect(member.page.locator("#invoice")).to_be_visible()


def gives_back(shop: Shop, payment_id: str, amount: int) -> None:
    """As an admin would."""
    body = {"email": "grace@example.com", "groups": ["admin"]}
    token = call(f"{shop.stack.issuer_url}/_control/tokens", body)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "account-refund-0001"}
    call(f"{shop.stack.api_url}/admin/payments/{payment_id}/refunds", {"amount": amount}, headers)
    eventually(lambda: shop.payment(payment_id)["status"] == "partially_refunded", 30)


def call(url: str, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> dict[str, str]:
    sent = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, json.dumps(body).encode(), sent)  # noqa: S310 - the stack's own
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        return dict(json.load(response))


def test_an_open_order_goes_on_from_the_account(member: Member, customer: Customer) -> None:
    member.signs_in()
    session = customer.orders()

    member.visits()
    member.entries.get_by_role("link", name="Continue to payment").click()

    assert customer.is_at_checkout() == session


def test_nobody_sees_what_is_anothers(member: Member, customer: Customer, shop: Shop) -> None:
    member.signs_in()
    customer.orders()
    member.visits()
    expect(member.entries).to_have_count(1)
    member.adds_card(PAYS)
    member.has_saved()
    member.page.get_by_role("button", name="Sign out").click()
    expect(member.page.get_by_role("button", name="Sign in")).to_be_visible()

    member.signs_in(f"other-{customer.email}")

    expect(member.page.locator("#payments-note")).to_have_text("You have not ordered anything yet.")
    expect(member.page.locator("#cards-note")).to_have_text("You have not saved a card.")
    expect(member.entries).to_have_count(0)


def test_a_card_is_added_and_removed(member: Member) -> None:
    member.signs_in()
    expect(member.page.locator("#cards-note")).to_have_text("You have not saved a card.")

    member.adds_card(PAYS)
    member.has_saved()
    expect(member.cards).to_contain_text("Visa ···· 4242Expires 12/2034")
    # It is said once.
    member.page.reload()
    expect(member.cards).to_have_count(1)
    expect(member.page.locator("#cards-note")).to_have_text("")
    member.cards.get_by_role("button", name="Remove").click()
    member.cards.get_by_role("button", name="Remove it").click()

    expect(member.page.locator("#cards-note")).to_contain_text("is removed. You have not saved a card.")
    expect(member.cards).to_have_count(0)


def test_a_bank_that_asks_is_answered_over_the_page(member: Member) -> None:
    member.signs_in()
    member.adds_card(ASKS_FOR_AUTHENTICATION)
    challenge = member.page.frame_locator("[role=dialog] iframe")

    challenge.get_by_role("button", name=re.compile("fail", re.IGNORECASE)).click()
    expect(member.page.locator("#card-problem")).to_contain_text("Your bank could not confirm that it was you")
    expect(member.page.locator("#card-problem")).to_be_focused()
    member.page.get_by_role("button", name="Save the card").click()
    challenge.get_by_role("button", name=re.compile("complete", re.IGNORECASE)).click()

    member.has_saved()
    expect(member.cards).to_have_count(1)


def test_a_card_that_the_bank_refuses_is_not_saved_and_another_one_is(member: Member) -> None:
    member.signs_in()
    member.adds_card(IS_DECLINED)
    expect(member.page.locator("#card-problem")).to_contain_text("Your bank did not accept this card.")

    member.fills_in(PAYS)
    member.page.get_by_role("button", name="Save the card").dblclick()

    member.has_saved()
    expect(member.cards).to_have_count(1)


def test_what_is_incomplete_is_said_in_the_form(member: Member) -> None:
    member.signs_in()
    member.page.get_by_role("link", name="Add a card").click()
    expect(member.page.locator("#save")).to_be_enabled(timeout=FORM_MS)

    member.page.get_by_role("button", name="Save the card").click()

    expect(member.page.locator("#announcement")).not_to_be_empty()
    expect(member.page.locator("#save")).to_be_enabled()


def is_beginning(response: Response) -> bool:
    return response.request.method == "POST" and response.url.endswith("/me/payment-methods")


def begins_setup(member: Member) -> str:
    """The secret of the setup that the page has begun."""
    with member.page.expect_response(is_beginning, timeout=FORM_MS) as asked:
        member.page.goto(f"{member.site_url}/card.html")
    secret: str = asked.value.json()["clientSecret"]
    expect(member.page.locator("#save")).to_be_enabled(timeout=FORM_MS)
    return secret


@pytest.mark.parametrize("is_saved", [True, False])
def test_whoever_comes_back_from_a_banks_page_reads_how_it_stands_and_leaves_no_secret(
    member: Member, is_saved: bool
) -> None:
    member.signs_in()
    secret = begins_setup(member)
    if is_saved:
        member.fills_in(PAYS)
        member.page.get_by_role("button", name="Save the card").click()
        member.has_saved()
    # What the address says of it counts for nothing.
    said = (
        f"setup_intent={secret.partition('_secret')[0]}&setup_intent_client_secret={secret}&redirect_status=succeeded"
    )

    member.page.goto(f"{member.site_url}/card.html?{said}")

    if is_saved:
        member.has_saved()
    else:
        expect(member.page.locator("#card-problem")).to_contain_text("so the card is not saved", timeout=FORM_MS)
        expect(member.page).to_have_url(f"{member.site_url}/card.html")
    assert secret not in member.page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")


def test_whoever_is_not_signed_in_is_asked_to_before_adding_a_card(member: Member) -> None:
    member.page.goto(f"{member.site_url}/card.html")
    expect(member.page.locator("#card-problem")).to_contain_text("Sign in to save a card.")

    member.page.get_by_role("button", name="Sign in").click()
    member.page.get_by_role("textbox").fill(member.customer.email)
    member.page.get_by_role("textbox").press("Enter")

    expect(member.page).to_have_url(f"{member.site_url}/card.html")
    expect(member.page.locator("#save")).to_be_enabled(timeout=FORM_MS)


def test_a_form_that_cannot_be_loaded_is_said_and_tried_again(member: Member) -> None:
    member.signs_in()
    member.page.route("**/stripe.js", lambda route: route.abort())
    member.page.get_by_role("link", name="Add a card").click()
    expect(member.page.locator("#card-problem")).to_contain_text("The card form could not be loaded.")
    member.page.unroute_all()

    member.page.get_by_role("button", name="Try again").click()

    expect(member.page.locator("#save")).to_be_enabled(timeout=FORM_MS)


CONFIRM_SETUP = re.compile(r"/v1/setup_intents/\w+/confirm")


def test_a_connection_that_breaks_while_saving_is_looked_into(member: Member) -> None:
    member.signs_in()
    member.page.get_by_role("link", name="Add a card").click()
    member.fills_in(PAYS)
    # The card is saved, and the page never hears of it.
    member.page.route(CONFIRM_SETUP, lambda route: (route.fetch(), route.abort()))
    member.page.get_by_role("button", name="Save the card").click()
    expect(member.page.locator("#card-problem")).to_contain_text("We do not know yet whether the card was saved")

    member.page.locator("#card-again").click()

    member.has_saved()
    expect(member.cards).to_have_count(1)


def test_a_card_that_never_reached_stripe_is_said_to_be_lost_on_the_way(member: Member) -> None:
    member.signs_in()
    member.page.get_by_role("link", name="Add a card").click()
    member.fills_in(PAYS)
    member.page.route(CONFIRM_SETUP, lambda route: route.abort())
    member.page.get_by_role("button", name="Save the card").click()
    expect(member.page.locator("#card-problem")).to_contain_text("We do not know yet whether the card was saved")
    member.page.unroute(CONFIRM_SETUP)

    member.page.locator("#card-again").click()

    expect(member.page.locator("#card-problem")).to_contain_text("The card is not saved, for the connection broke.")
    member.page.get_by_role("button", name="Save the card").click()
    member.has_saved()


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        (re.compile(r"/v1/setup_intents/\w+\?"), "We do not know yet whether the card was saved"),
        (re.compile(r"/stripe\.js$"), "The card form could not be loaded."),
        (re.compile(r"/me/payment-methods$"), "We could not reach the payment service."),
    ],
)
def test_a_connection_that_breaks_on_the_way_back_from_a_bank_hides_no_saved_card(
    member: Member, lost: re.Pattern[str], words: str
) -> None:
    member.signs_in()
    secret = begins_setup(member)
    member.fills_in(PAYS)
    member.page.get_by_role("button", name="Save the card").click()
    member.has_saved()
    member.page.route(lost, lambda route: route.abort())

    member.page.goto(f"{member.site_url}/card.html?setup_intent_client_secret={secret}")
    expect(member.page.locator("#card-problem")).to_contain_text(words, timeout=FORM_MS)
    member.page.unroute(lost)
    member.page.locator("#card-again").click()

    member.has_saved()
    expect(member.cards).to_have_count(1)


def test_a_saved_card_pays_in_the_form_on_the_page_with_one_press(
    member: Member, customer: Customer, shop: Shop
) -> None:
    member.signs_in()
    member.adds_card(PAYS)
    member.has_saved()
    form = PayPage(customer)
    payment_id = form.orders()
    expect(form.frame.get_by_text("4242").first).to_be_visible()

    form.button.click()

    assert customer.sees("succeeded") == payment_id
    assert shop.payment(payment_id)["paidBy"] == "embedded"
    member.visits()
    expect(member.entries).to_have_count(1)
    expect(member.entries).to_contain_text("Paid")


def orders_with_card(member: Member, number: str) -> PayPage:
    """Saves a card, and presses its button at the form for services."""
    member.signs_in()
    member.adds_card(number)
    if number in (ASKS_FOR_AUTHENTICATION, ALWAYS_ASKS):
        member.page.frame_locator("[role=dialog] iframe").get_by_role(
            "button", name=re.compile("complete", re.IGNORECASE)
        ).click()
    member.has_saved()
    form = PayPage(member.customer)
    member.page.goto(f"{form.site_url}/")
    expect(member.page.locator("#pay")).to_be_enabled()
    member.customer.fills_in()
    member.page.get_by_role("button", name=re.compile("^Pay with Visa")).click()
    return form


def test_a_saved_card_pays_from_the_form_of_the_order(member: Member, customer: Customer, shop: Shop) -> None:
    orders_with_card(member, PAYS)

    payment_id = customer.sees("succeeded")
    assert shop.charges(payment_id) == ["succeeded"]


def test_a_bank_that_asks_about_a_saved_card_is_answered_over_the_page(member: Member, customer: Customer) -> None:
    form = orders_with_card(member, ALWAYS_ASKS)

    form.challenge.get_by_role("button", name=re.compile("complete", re.IGNORECASE)).click()

    customer.sees("succeeded")


def test_a_saved_card_that_is_declined_leaves_the_form_for_another_and_is_not_tried_again(
    member: Member, customer: Customer, shop: Shop
) -> None:
    form = orders_with_card(member, "4000000000000341")
    form.has_problem("You have not been charged.")
    payment_id = form.is_open()
    assert shop.charges(payment_id) == ["failed"]

    member.page.reload()
    form.is_open()

    assert shop.charges(payment_id) == ["failed"]
    expect(form.button).to_be_enabled()


@pytest.mark.parametrize("where", ["index.html", "shop.html"])
def test_a_saved_card_that_is_gone_is_said_to_be_and_the_next_one_is_offered(
    member: Member, customer: Customer, where: str
) -> None:
    member.signs_in()
    member.adds_card(PAYS)
    member.has_saved()
    member.adds_card(MASTERCARD)
    member.has_saved()
    member.page.goto(f"{PayPage(customer).site_url}/{where}")
    if where == "index.html":
        expect(member.page.locator("#pay")).to_be_enabled()
        customer.fills_in()
    else:
        expect(member.page.locator(".product").first).to_be_visible()
        add_to_cart(member.page, "stickers")
        fill_in_order(member.page, "US", customer.email)
        customer.has_total()
    expect(member.page.locator("#pay-with-card")).to_contain_text("Mastercard")
    other = second_tab(member.page)
    other.goto(f"{member.site_url}/account.html")
    newest = other.locator("#card-list > li").first
    newest.get_by_role("button", name="Remove").click()
    newest.get_by_role("button", name="Remove it").click()
    expect(other.locator("#card-list > li")).to_have_count(1)

    member.page.click("#pay-with-card")

    error = member.page.locator("#form-error")
    expect(error).to_have_text(
        "This card is not saved any more. Please pay with another one. You have not been charged.", use_inner_text=True
    )
    expect(error).to_be_focused()
    expect(member.page.locator("#pay-with-card")).to_contain_text("Visa")
    member.page.click("#pay-with-card")
    customer.sees("succeeded")


@pytest.mark.parametrize("where", ["index.html", "shop.html"])
def test_whoever_goes_back_after_signing_out_finds_no_card_and_no_name(
    member: Member, customer: Customer, where: str
) -> None:
    member.signs_in()
    member.adds_card(PAYS)
    member.has_saved()
    page = member.page
    page.goto(f"{PayPage(customer).site_url}/{where}")
    if where == "shop.html":
        add_to_cart(page, "stickers")
    page.fill("#name", "Ada Lovelace")
    expect(page.locator("#pay-with-card")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("account.html"))

    page.go_back()

    expect(page).to_have_url(re.compile(rf"/embedded/({where})?$"))
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.locator("#name")).to_have_value("")
    expect(page.locator("#email")).to_have_value("")
    expect(page.locator("#pay-with-card")).to_be_hidden()


def test_a_page_that_the_browser_kept_offers_no_card_of_whoever_has_left(member: Member, customer: Customer) -> None:
    member.signs_in()
    member.adds_card(PAYS)
    member.has_saved()
    page = member.page
    page.goto(f"{PayPage(customer).site_url}/")
    expect(page.locator("#pay-with-card")).to_be_visible()

    page.evaluate("sessionStorage.removeItem('quittance-sign-in')")
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")

    expect(page.locator("#pay-with-card")).to_be_hidden()


def test_where_the_customer_pays_at_stripe_no_card_is_offered(member: Member, customer: Customer) -> None:
    member.signs_in()
    member.adds_card(PAYS)
    member.has_saved()
    customer.visits()

    expect(member.page.get_by_role("button", name=re.compile("^Pay with Visa"))).to_have_count(0)
