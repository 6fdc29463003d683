"""The account in front of an issuer and an API of its own: who sees what, and what they can do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.account import ADA, CARDS, EVE, MANY, AccountApi, own
from tests.e2e.conftest import ROOT
from tests.e2e.desk import json_answer, refusal
from tests.e2e.pay_scenes import STRIPE_JS, stripe_js
from tests.e2e.scenes import ACCESS_KEY, CHECKOUT, PAYMENT_ID
from tests.e2e.test_accessibility import is_read_by_everybody
from tests.e2e.windows import Windows, made_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Locator, Page

    from tests.e2e.desk import Issuer


class Account(Windows):
    """A customer's windows, with the issuer and the API that the pages talk to."""

    def __init__(self, browser: Browser, site: str, issuer: Issuer, api: AccountApi, api_url: str) -> None:
        super().__init__(browser)
        self.site, self.issuer, self.api, self.api_url = site, issuer, api, api_url
        issuer.person = dict(ADA)

    def opens(self, page: str = "account.html") -> None:
        self.page.goto(f"{self.site}/{page}")

    def signs_in(self) -> Page:
        self.opens()
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.locator("#who-name")).to_have_text(self.issuer.person["email"])
        return self.page

    @property
    def entries(self) -> Locator:
        return self.page.locator("#payment-list > li")


@pytest.fixture
def account(browser: Browser) -> Iterator[Account]:
    """In the end, no page had an error of its own, nor one against its policy."""
    with made_up(ROOT / "frontend", AccountApi) as (site, issuer, api, api_url):
        account = Account(browser, site, issuer, api, api_url)
        yield account
        account.close()
    assert account.faults == []


# Who sees it


def test_nothing_is_asked_of_the_api_before_signing_in(account: Account) -> None:
    account.opens()

    expect(account.page.locator("main")).to_contain_text("Signed in, you see what you have ordered here")
    expect(account.page.locator("#account")).to_be_hidden()
    assert account.api.seen == []


def test_a_customer_signs_in_and_sees_their_payments(account: Account) -> None:
    account.signs_in()

    expect(account.entries).to_have_count(1)
    expect(account.entries).to_contain_text("Order 7K3M-9XQ2")
    # The code was gone before anybody could copy the address.
    expect(account.page).to_have_url(f"{account.site}/account.html")
    assert account.issuer.asked["redirect_uri"] == f"{account.site}/account.html"
    assert account.page.evaluate("Object.keys(localStorage)") == []


def test_another_customer_sees_nothing_of_it(account: Account) -> None:
    account.issuer.person = dict(EVE)
    account.signs_in()

    expect(account.page.locator("#payments-note")).to_have_text("You have not ordered anything yet.")
    expect(account.entries).to_have_count(0)


def test_signing_out_ends_it_here_and_at_the_issuer_and_leaves_nothing_of_the_person(account: Account) -> None:
    account.opens("shop.html")
    account.page.click("#add-mug")
    account.page.fill("#name", "Ada Lovelace")
    account.signs_in()
    expect(account.entries).to_have_count(1)
    assert ACCESS_KEY in account.page.evaluate("sessionStorage.quittance")

    account.page.get_by_role("button", name="Sign out").click()

    expect(account.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert [each["post_logout_redirect_uri"] for each in account.issuer.ended] == [f"{account.site}/account.html"]
    assert account.page.evaluate("sessionStorage['quittance-sign-in']") is None
    kept = account.page.evaluate("sessionStorage.quittance")
    assert "mug" in kept
    assert ACCESS_KEY not in kept
    assert "Ada" not in kept


def test_going_back_after_signing_out_shows_nothing(account: Account) -> None:
    account.signs_in()
    expect(account.entries).to_have_count(1)
    account.page.get_by_role("button", name="Sign out").click()
    expect(account.page.get_by_role("button", name="Sign in")).to_be_visible()

    account.page.go_back()

    expect(account.page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(account.entries).to_have_count(0)


@pytest.mark.parametrize("is_another", [True, False])
def test_what_a_sign_in_leaves_that_ended_by_itself_is_for_the_same_person_alone(
    account: Account, is_another: bool
) -> None:
    page = account.signs_in()
    expect(account.entries).to_have_count(1)
    account.opens("shop.html")
    page.click("#add-mug")
    page.fill("#name", "Countess of Lovelace")
    account.opens("index.html")
    page.fill("#name", "Countess of Lovelace")
    page.evaluate("sessionStorage.removeItem('quittance-sign-in')")
    account.issuer.person = dict(EVE if is_another else ADA)

    comes_from(account, "index.html")

    expect(page.get_by_label("Name", exact=True)).to_have_value("" if is_another else "Countess of Lovelace")
    expect(page.get_by_label("Email")).to_have_value(account.issuer.person["email"])
    kept = page.evaluate("sessionStorage.quittance")
    assert "mug" in kept
    assert (ACCESS_KEY in kept) is not is_another
    account.opens("shop.html")
    expect(page.get_by_label("Name", exact=True)).to_have_value("" if is_another else "Countess of Lovelace")


def test_who_is_told_of_no_issuer_reads_that_nobody_can_sign_in(account: Account) -> None:
    without_issuer(account)
    account.opens()

    expect(account.page.locator("main")).to_contain_text("Nobody can sign in here.")
    expect(account.page.get_by_role("button", name="Sign in")).to_have_count(0)


def without_issuer(account: Account) -> None:
    address = account.issuer.address
    account.page.route(
        "**/config.js",
        lambda route: route.fulfill(response=route.fetch(), body=route.fetch().text().replace(address, "")),
    )


@pytest.mark.parametrize("how", ["no refresh token", "refused"])
def test_a_sign_in_that_has_ended_is_said_and_can_be_begun_again(account: Account, how: str) -> None:
    account.issuer.gives_refresh = how != "no refresh token"
    account.signs_in()
    expect(account.entries).to_have_count(1)
    account.issuer.live.clear()
    account.issuer.forget_refresh_tokens()

    account.page.reload()

    expect(account.page.locator("main")).to_contain_text("Your sign-in has ended. Sign in again")
    account.page.get_by_role("button", name="Sign in").click()
    expect(account.entries).to_have_count(1)


def test_a_refused_token_is_renewed_once_and_the_call_repeated(account: Account) -> None:
    account.signs_in()
    expect(account.entries).to_have_count(1)
    account.issuer.live.clear()

    account.page.reload()

    expect(account.entries).to_have_count(1)
    assert account.issuer.refreshes == 1


# What they have ordered


def test_every_payment_says_what_it_is_and_how_it_stands(account: Account) -> None:
    account.api.payments["ada-sub"] = [MANY]
    account.signs_in()

    expect(account.page.locator(".state")).to_have_text(
        [
            "Not paid yet",
            "Not paid in time",
            "Your bank is at work",
            "The payment did not go through",
            "Paid",
            "Partly refunded",
            "Refunded",
            "Paid, and we are looking at it",
            "Not paid, closed",
            "Canceled",
            "Paid",
        ]
    )
    entries = account.entries
    expect(entries.nth(4)).to_contain_text("Order AAAA-0005$99.00")
    expect(entries.nth(4)).to_contain_text("Nov 21, 2026, 10:42 AM")
    expect(entries.nth(4)).to_contain_text("2 \u00d7 Enamel mug, Notebook, ")
    expect(entries.nth(5)).to_contain_text("$25.00 of $99.00 came back to you, or is on its way.")
    expect(entries.nth(6)).to_contain_text("$99.00 came back to you, or is on its way.")
    expect(entries.nth(9)).to_contain_text("Your order")
    expect(entries.nth(10)).to_contain_text("Your bank is asking us about it.")


def test_a_payment_leads_to_its_result_its_invoice_and_its_checkout(account: Account) -> None:
    account.api.payments["ada-sub"] = [MANY]
    page = account.signs_in()

    open_one, paid = account.entries.nth(0), account.entries.nth(4)
    expect(open_one.get_by_role("link", name="Continue to payment")).to_have_attribute("href", CHECKOUT)
    expect(open_one.get_by_role("link", name="Invoice")).to_have_count(0)
    expect(account.entries.nth(1).get_by_role("link", name="Continue to payment")).to_have_count(0)
    invoice = f"{account.api_url}/payments/pay_4/invoice.pdf?key={ACCESS_KEY}"
    expect(paid.get_by_role("link", name="Invoice")).to_have_attribute("href", invoice)
    expect(paid.get_by_role("link", name="Details")).to_have_accessible_description("Order AAAA-0005")
    paid.get_by_role("link", name="Details").click()

    # The right to act on it comes along, and not in the address.
    expect(page).to_have_url(f"{account.site}/result.html?paymentId=pay_4")
    expect(page.locator("#status")).to_have_attribute("data-status", "succeeded")
    expect(page.locator("#invoice")).to_have_attribute("href", invoice)


def test_older_ones_are_asked_for_and_the_keyboard_goes_on_there(account: Account) -> None:
    account.api.payments["ada-sub"] = [[own("succeeded", "AAAA-0001")], [], [own("succeeded", "AAAA-0002")]]
    page = account.signs_in()
    expect(account.entries).to_have_count(1)

    page.get_by_role("button", name="Show older ones").click()

    expect(account.entries).to_have_count(2)
    expect(account.entries.nth(1).get_by_role("heading")).to_be_focused()
    expect(page.get_by_role("button", name="Show older ones")).to_have_count(0)
    expect(page.locator("#payments-note")).to_have_text("These are all.")
    assert [each.query for each in account.api.sent("GET", "/me/payments")] == [{}, {"cursor": "1"}, {"cursor": "2"}]


REFUSALS = {
    "scope": (lambda _: json_answer({"message": "Forbidden"}, 403), "You are signed in, but may not see this.", False),
    "missing": (lambda _: json_answer({"message": "Not Found"}, 404), "This cannot be shown here", False),
    "rate": (lambda _: refusal(429, "too_many_requests", "Too many requests."), "wait a little", True),
    "away": (lambda _: refusal(503, "try_again", "Not now."), "Please wait a little and try again.", True),
}


@pytest.mark.parametrize("how", REFUSALS)
def test_what_cannot_be_shown_is_said_in_its_place(account: Account, how: str) -> None:
    script, words, can_repeat = REFUSALS[how]
    account.api.scripts["GET /me/payments"].append(script)
    page = account.signs_in()

    problem = page.locator("#payments-problem")
    expect(problem).to_contain_text(words)
    expect(problem).to_be_focused()
    expect(page.locator("#payments-note")).to_have_text("")
    again = problem.get_by_role("button", name="Try again")
    expect(again).to_have_count(int(can_repeat))
    if can_repeat:
        again.click()
        expect(account.entries).to_have_count(1)
        expect(problem).to_be_hidden()


def test_a_lost_connection_is_said_and_repeated(account: Account) -> None:
    account.page.route(f"{account.api_url}/me/payments", lambda route: route.abort())
    page = account.signs_in()
    expect(page.locator("#payments-problem")).to_contain_text("Please check your connection")

    page.unroute_all()
    page.get_by_role("button", name="Try again").click()

    expect(account.entries).to_have_count(1)


# Anybody


def is_empty(account: Account) -> None:
    account.api.payments.clear()
    account.api.cards.clear()


def is_full(account: Account) -> None:
    account.api.payments["ada-sub"] = [MANY, [own("succeeded")]]
    account.api.cards["ada-sub"] = CARDS


def fails(account: Account) -> None:
    account.api.scripts["GET /me/payments"].append(lambda _: refusal(503, "try_again", "Not now."))
    account.api.scripts["GET /me/payment-methods"].append(lambda _: refusal(403, "forbidden", "No."))


@pytest.mark.parametrize("state", [is_empty, is_full, fails])
def test_every_state_of_the_account_can_be_read_by_everybody(
    account: Account, state: Callable[[Account], None]
) -> None:
    state(account)
    page = account.signs_in()
    expect(page.locator("#payments-note")).not_to_have_text("Loading\u2026")
    expect(page.locator("#cards-note")).not_to_have_text("Loading\u2026")
    if state is is_full:
        cards_of(page).nth(0).get_by_role("button", name="Remove").click()

    is_read_by_everybody(page)


@pytest.mark.parametrize("where", ["account.html", "shop.html"])
def test_signing_in_can_be_read_by_everybody(account: Account, where: str) -> None:
    account.opens(where)
    expect(account.page.get_by_role("button", name="Sign in")).to_be_visible()
    is_read_by_everybody(account.page)

    comes_from(account, where)
    is_read_by_everybody(account.page)


# Their cards


def cards_of(page: Page) -> Locator:
    return page.locator("#card-list > li")


def test_saved_cards_are_listed_with_the_expired_ones_marked(account: Account) -> None:
    account.api.cards["ada-sub"] = CARDS
    page = account.signs_in()

    expect(cards_of(page)).to_have_count(4)
    expect(cards_of(page).nth(0)).to_contain_text("Visa ···· 4242Expires 04/2029")
    expect(cards_of(page).nth(1)).to_contain_text("Mastercard ···· 4444Expired 12/2024")
    expect(cards_of(page).nth(2)).to_contain_text("From Apple Pay")
    expect(cards_of(page).nth(3)).to_contain_text("Card ···· 0005")


def test_a_card_is_removed_after_a_question(account: Account) -> None:
    account.api.cards["ada-sub"] = CARDS
    page = account.signs_in()
    first = cards_of(page).nth(0)

    first.get_by_role("button", name="Remove").click()
    expect(first.get_by_text("Remove Visa ···· 4242?")).to_be_focused()
    first.get_by_role("button", name="Keep it").click()
    expect(first.get_by_role("button", name="Remove")).to_be_focused()
    assert account.api.sent("DELETE", "/me/payment-methods/pm_1") == []
    first.get_by_role("button", name="Remove").click()
    first.get_by_role("button", name="Remove it").dblclick()

    expect(page.locator("#cards-note")).to_have_text("Visa ···· 4242 is removed.")
    expect(page.locator("#cards-heading")).to_be_focused()
    expect(cards_of(page)).to_have_count(3)
    assert len(account.api.sent("DELETE", "/me/payment-methods/pm_1")) == 1


def test_a_card_that_is_gone_already_is_removed(account: Account) -> None:
    page = account.signs_in()
    cards_of(page).get_by_role("button", name="Remove").click()
    account.api.cards.clear()

    page.get_by_role("button", name="Remove it").click()

    expect(page.locator("#cards-note")).to_have_text("Visa ···· 4242 is removed. You have not saved a card.")


def test_a_card_that_cannot_be_removed_now_stays_and_can_be_tried_again(account: Account) -> None:
    account.api.scripts["DELETE /me/payment-methods/pm_1"].append(lambda _: refusal(503, "stripe_unavailable", "Away."))
    page = account.signs_in()
    cards_of(page).get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator("#cards-problem")).to_be_focused()
    expect(cards_of(page)).to_have_count(1)

    page.get_by_role("button", name="Try again").click()

    expect(cards_of(page)).to_have_count(0)
    expect(page.locator("#payments-problem")).to_be_hidden()


def test_cards_that_cannot_be_shown_leave_the_payments(account: Account) -> None:
    account.api.scripts["GET /me/payment-methods"].append(lambda _: refusal(503, "stripe_unavailable", "Away."))
    page = account.signs_in()

    expect(page.locator("#cards-problem")).to_contain_text("Please wait a little")
    expect(account.entries).to_have_count(1)
    page.locator("#cards-again").click()
    expect(cards_of(page)).to_have_count(1)


def test_the_page_that_adds_a_card_can_be_read_by_everybody(account: Account) -> None:
    account.page.route(STRIPE_JS, stripe_js())
    page = account.signs_in()
    page.get_by_role("link", name="Add a card").click()
    expect(page.get_by_role("button", name="Save the card")).to_be_enabled()

    is_read_by_everybody(page)


# Ordering while signed in


def comes_from(account: Account, page: str) -> Page:
    """Signed in by the way of a page that orders."""
    account.opens(page)
    account.page.get_by_role("button", name="Sign in").click()
    expect(account.page.locator("#who-name")).to_have_text(account.issuer.person["email"])
    return account.page


def test_signing_in_at_the_shop_leads_back_there_and_fills_in_who_it_is(account: Account) -> None:
    account.opens("shop.html")
    account.page.click("#add-talk")
    account.page.fill("#note", "By the door, please.")
    page = comes_from(account, "shop.html")

    expect(page).to_have_url(f"{account.site}/shop.html")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ada Lovelace")
    expect(page.get_by_label("Email")).to_have_value("ada@example.com")
    expect(page.locator("#note")).to_have_value("By the door, please.")
    page.fill("#name", "Countess of Lovelace")
    page.reload()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Countess of Lovelace")
    expect(page.get_by_role("link", name="Your account")).to_have_attribute("href", "account.html")


def orders_at_the_shop(page: Page) -> None:
    page.click("#add-talk")
    page.fill("#name", "Ada Lovelace")
    page.fill("#email", "ada@example.com")
    expect(page.locator("#sums .total")).to_contain_text("$25.00")
    page.click("#pay")


def orders_a_service(page: Page) -> None:
    page.select_option("#service", "consulting-hour")
    page.fill("#name", "Ada Lovelace")
    page.fill("#email", "ada@example.com")
    page.click("#pay")


WAYS = {"shop.html": orders_at_the_shop, "index.html": orders_a_service}


@pytest.mark.parametrize("where", WAYS)
def test_an_order_of_who_is_signed_in_is_theirs(account: Account, where: str) -> None:
    page = comes_from(account, where)

    WAYS[where](page)

    page.wait_for_url("**/result.html*")
    assert len(account.api.sent("POST", "/me/checkout-sessions")) == 1
    assert account.api.sent("POST", "/checkout-sessions") == []


@pytest.mark.parametrize("where", WAYS)
def test_an_order_of_who_is_not_signed_in_is_nobodys(account: Account, where: str) -> None:
    account.opens(where)

    WAYS[where](account.page)

    account.page.wait_for_url("**/result.html*")
    assert account.api.sent("POST", "/me/checkout-sessions") == []


def test_the_same_order_after_signing_in_takes_the_place_of_the_one_before(account: Account) -> None:
    account.opens("index.html")
    orders_a_service(account.page)
    account.page.wait_for_url("**/result.html*")
    page = comes_from(account, "index.html")
    account.api.seen.clear()

    orders_a_service(page)

    page.wait_for_url("**/result.html*")
    (sent,) = account.api.sent("POST", "/me/checkout-sessions")
    assert sent.body["replaces"] == {"paymentId": PAYMENT_ID, "accessKey": ACCESS_KEY}


@pytest.mark.parametrize("where", WAYS)
def test_a_token_that_ends_while_ordering_is_renewed(account: Account, where: str) -> None:
    page = comes_from(account, where)
    account.issuer.live.clear()

    WAYS[where](page)

    page.wait_for_url("**/result.html*")
    assert account.issuer.refreshes == 1
    assert len(account.api.sent("POST", "/me/checkout-sessions")) == 1


@pytest.mark.parametrize("where", WAYS)
def test_a_sign_in_that_ends_while_ordering_is_said_and_nothing_typed_is_lost(account: Account, where: str) -> None:
    page = comes_from(account, where)
    account.issuer.live.clear()
    account.issuer.forget_refresh_tokens()
    WAYS[where](page)

    expect(page.locator("#form-error")).to_contain_text("Your sign-in has ended.")
    expect(page.locator("#form-error")).to_be_focused()
    page.fill("#name", "Countess of Lovelace")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#who-name")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Countess of Lovelace")
    expect(page.locator("#pay")).to_have_text(re.compile("[$]"))
    page.click("#pay")
    page.wait_for_url("**/result.html*")
    (sent,) = account.api.sent("POST", "/me/checkout-sessions")
    assert sent.body["name"] == "Countess of Lovelace"


def test_an_issuer_that_is_away_is_said_where_one_signs_in(account: Account) -> None:
    account.page.route(f"{account.issuer.address}/**", lambda route: route.abort())
    account.opens("shop.html")

    account.page.get_by_role("button", name="Sign in").click()

    expect(account.page.locator("#visitor")).to_contain_text("The sign-in service does not answer.")
    expect(account.page.get_by_role("button", name="Sign in")).to_be_enabled()


@pytest.mark.parametrize("where", ["index.html", "shop.html", "result.html", "pay.html"])
def test_without_an_issuer_no_page_speaks_of_signing_in(account: Account, where: str) -> None:
    without_issuer(account)
    account.opens(where)

    expect(account.page.locator("#business-name")).to_have_text("Example Studio")
    expect(account.page.get_by_text("Sign in")).to_have_count(0)
    assert account.api.sent("GET", "/me/payments") == []
