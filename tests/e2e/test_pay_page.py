"""Paying in the form on the page: what the customer sees, on the whole system with Stripe's stand-in."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import stripe
from playwright.sync_api import expect

from tests.e2e.customer import ASKS_FOR_AUTHENTICATION, CHECKOUT, IS_DECLINED, PAYS, Customer, second_tab
from tests.e2e.form import PAY_PAGE, PayPage
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from tests.e2e.shop import Shop

UNCHARGED = "You have not been charged."


@pytest.fixture
def form(customer: Customer) -> PayPage:
    return PayPage(customer)


def test_a_card_pays_on_the_page(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()
    expect(customer.page.locator("#sums .total")).to_contain_text("$99.00")
    expect(form.button).to_have_text("Pay $99.00")

    form.pays()

    assert customer.sees("succeeded") == payment_id
    assert shop.payment(payment_id)["paidBy"] == "embedded"
    assert shop.charges(payment_id) == ["succeeded"]
    # The same order was sent again under the same key: for its secret, and to have Stripe asked once it was paid.
    assert len(customer.keys) == 3
    assert len(set(customer.keys)) == 1
    customer.page.go_back()
    # Not to the form that was paid.
    expect(customer.page.locator("#paid-before")).to_be_visible()


def test_after_a_decline_another_card_pays_the_same_payment(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()

    form.pays(IS_DECLINED)
    form.has_problem(f"Your payment was declined. Please try another way to pay, or ask your bank. {UNCHARGED}")
    form.pays(PAYS)

    assert customer.sees("succeeded") == payment_id
    assert shop.charges(payment_id) == ["failed", "succeeded"]


def test_a_payment_after_a_decline_is_told_even_where_stripe_is_silent(
    form: PayPage, customer: Customer, shop: Shop
) -> None:
    form.orders()
    form.pays(IS_DECLINED)
    form.has_problem("declined")
    shop.await_deliveries()

    with shop.lost_news():
        form.pays()

        customer.sees("succeeded")


def test_what_is_missing_is_said_and_gone_to(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()

    form.frame.get_by_label("Card number").fill("4242")
    form.button.click()

    expect(customer.page.locator("#announcement")).to_have_text("Your card number is incomplete.")
    expect(form.frame.get_by_label("Card number")).to_be_focused()
    expect(form.problem).to_be_hidden()
    assert shop.charges(payment_id) == []
    form.pays()
    customer.sees("succeeded")


def test_the_bank_is_satisfied_in_a_dialog(form: PayPage, customer: Customer) -> None:
    payment_id = form.orders()

    form.pays(ASKS_FOR_AUTHENTICATION)
    expect(form.button).to_be_disabled()
    form.challenge.get_by_role("button", name="Complete").click()

    assert customer.sees("succeeded") == payment_id


@pytest.mark.parametrize("way", ["refused", "closed"])
def test_after_a_challenge_that_is_refused_or_closed_the_same_payment_goes_on(
    form: PayPage, customer: Customer, shop: Shop, way: str
) -> None:
    payment_id = form.orders()

    form.pays(ASKS_FOR_AUTHENTICATION)
    fail = form.challenge.get_by_role("button", name="Fail")
    if way == "refused":
        fail.click()
    else:
        fail.press("Escape")

    form.has_problem(f"Your bank could not confirm that it was you. Please try again. {UNCHARGED}")
    form.pays()
    assert customer.sees("succeeded") == payment_id
    assert shop.charges(payment_id)[-1] == "succeeded"


def leaves_for_the_bank(form: PayPage, shop: Shop, payment_id: str) -> None:
    """Some ways to pay lead over a page of the bank's, and back."""
    intent = shop.pay_intent(payment_id, "pm_card_threeDSecure2Required", return_url=form.page.url)
    assert intent.next_action
    assert intent.next_action.redirect_to_url
    form.page.goto(str(intent.next_action.redirect_to_url.url))


def test_who_comes_back_from_the_banks_page_has_paid(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()
    secret = str(shop.intent(payment_id).client_secret)
    asked: list[tuple[str, str]] = []
    customer.page.on("request", lambda request: asked.append((request.url, request.headers.get("referer", ""))))

    leaves_for_the_bank(form, shop, payment_id)
    customer.page.get_by_role("button", name="Complete").click()

    assert customer.sees("succeeded") == payment_id
    # It came in the address, and went nowhere from there.
    [(came, _)] = [each for each in asked if secret in each[0] and "/pay.html" in each[0]]
    assert "redirect_status=succeeded" in came
    assert not [referrer for _, referrer in asked if secret in referrer or payment_id in referrer]
    assert secret not in customer.page.evaluate("JSON.stringify([sessionStorage, localStorage, history.state])")
    entries = customer.page.context.new_cdp_session(customer.page).send("Page.getNavigationHistory")["entries"]
    assert not [entry for entry in entries if secret in entry["url"]]


def test_who_comes_back_refused_may_try_again(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()

    leaves_for_the_bank(form, shop, payment_id)
    customer.page.get_by_role("button", name="Fail").click()

    assert form.is_open() == payment_id
    expect(customer.page).to_have_url(PAY_PAGE)
    form.has_problem(f"Your bank could not confirm that it was you. Please try again. {UNCHARGED}")
    form.pays()
    assert customer.sees("succeeded") == payment_id


def test_who_comes_back_in_another_tab_is_told_the_result(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()
    address = customer.page.url
    shop.pay_intent(payment_id)

    customer.page = customer.page.context.new_page()
    customer.page.goto(f"{address}&redirect_status=succeeded&payment_intent_client_secret=pi_1_secret_2")

    assert customer.sees("succeeded") == payment_id


def test_a_bank_debit_is_in_progress_and_ends_the_order(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders("website-review")

    form.frame.get_by_label("SEPA Direct Debit").check()
    for label, text in {"IBAN": "AT321904300235473204", "Full name": "Ada Lovelace", "Email": customer.email}.items():
        form.frame.get_by_label(label).fill(text)
    form.button.click()

    assert customer.sees("processing") == payment_id


def test_a_cart_is_kept_until_it_is_paid(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders_cart("enamel-mug", "stickers")
    form.pays(IS_DECLINED)
    form.has_problem("declined")

    customer.page.click("#change-order")
    expect(customer.page.locator("#lines .line")).to_have_count(2)
    customer.has_total("$29.90")
    customer.page.click("#pay")
    assert form.is_open() == payment_id
    form.pays()

    assert customer.sees("succeeded") == payment_id
    customer.page.click("#continue")
    expect(customer.page.locator(".product").first).to_be_visible()
    expect(customer.page.locator("#lines .line")).to_have_count(0)


def test_another_cart_takes_the_place_of_the_first(form: PayPage, customer: Customer, shop: Shop) -> None:
    first = form.orders_cart("enamel-mug")
    left = shop.left("enamel-mug")

    customer.page.go_back()
    add_one = customer.page.locator("#add-enamel-mug")
    add_one.click()
    customer.has_total()
    customer.page.click("#pay")
    second = form.is_open()

    assert second != first
    assert shop.intent(first).status == "canceled"
    assert shop.left("enamel-mug") == left - 1
    form.pays()
    assert customer.sees("succeeded") == second


def test_an_order_is_canceled_from_the_form(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()

    customer.page.click("#cancel")

    assert customer.sees("canceled") == payment_id
    assert shop.intent(payment_id).status == "canceled"
    customer.page.click("#retry")
    expect(customer.page.locator("#email")).to_have_value(customer.email)


def test_a_reload_shows_the_same_payment_and_no_secret_was_kept(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()

    customer.page.reload()

    assert form.is_open() == payment_id
    secret = str(shop.intent(payment_id).client_secret)
    kept = customer.page.evaluate("JSON.stringify([sessionStorage, localStorage, document.cookie])")
    assert payment_id in kept
    assert secret not in kept
    assert secret not in customer.page.content()
    form.pays()
    assert customer.sees("succeeded") == payment_id


def test_pressing_twice_pays_once(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()
    confirmed: list[str] = []
    customer.page.on("request", lambda request: confirmed.extend([request.url] * request.url.endswith("/confirm")))

    form.fills_in()
    # Faster than any finger: the button is not even disabled yet.
    sent = "document.querySelector('#payment-form').dispatchEvent(new SubmitEvent('submit', {cancelable: true}));"
    customer.page.evaluate(sent * 2)

    assert customer.sees("succeeded") == payment_id
    assert len(confirmed) == 1
    assert shop.charges(payment_id) == ["succeeded"]


def test_on_a_slow_phone_impatience_pays_once(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()
    form.fills_in()
    devtools = customer.page.context.new_cdp_session(customer.page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 20_000}
    devtools.send("Network.emulateNetworkConditions", slow)

    form.button.dblclick()
    expect(form.button).to_be_disabled()
    expect(form.button).to_have_text(re.compile("One moment"))
    expect(customer.page.locator("#assurance")).to_contain_text("your payment is being made")
    expect(customer.page.locator("#cancel")).to_be_disabled()

    expect(customer.status).to_have_attribute("data-status", "succeeded", timeout=60_000)
    assert shop.charges(payment_id) == ["succeeded"]


def test_a_keyboard_is_enough_to_pay(form: PayPage, customer: Customer) -> None:
    form.orders()
    page = customer.page
    form.frame.get_by_label("Card number").focus()
    for text in (IS_DECLINED, "1234", "123"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("12345")

    form.button.focus()
    page.keyboard.press("Enter")
    form.has_problem("declined")
    page.keyboard.press("Tab")
    expect(page.locator("#change-order")).to_be_focused()
    form.frame.get_by_label("Card number").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(PAYS)
    form.button.focus()
    page.keyboard.press("Enter")

    customer.sees("succeeded")


def test_what_one_tab_paid_the_other_shows(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()
    other = second_tab(customer.page)
    expect(other.locator("#payment-form #pay")).to_be_enabled()

    form.pays()
    customer.sees("succeeded")
    other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(other.locator("#status")).to_have_attribute("data-status", "succeeded")
    assert shop.charges(payment_id) == ["succeeded"]


def test_two_tabs_pay_once_even_unseen(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()
    shop.pay_intent(payment_id)

    form.pays()

    assert customer.sees("succeeded") == payment_id
    assert shop.charges(payment_id) == ["succeeded"]


def test_two_tabs_with_two_carts_are_paid_once(form: PayPage, customer: Customer, shop: Shop) -> None:
    first = form.orders_cart("stickers")
    other = PayPage(Customer(second_tab(customer.page), shop, customer.email))
    assert other.is_open() == first

    other.page.click("#change-order")
    other.page.click("#add-stickers")
    other.customer.has_total("$17.90")
    other.page.click("#pay")
    second = other.is_open()
    assert second != first
    form.pays()
    form.has_problem("or changed in another tab")
    customer.page.click("#try-again")
    # What is on this page can be paid, and nothing else.
    third = form.is_open()
    assert [shop.intent(each).status for each in (first, second)] == ["canceled", "canceled"]
    form.pays()
    assert customer.sees("succeeded") == third
    other.pays()
    other.has_problem("or changed in another tab")
    other.page.click("#try-again")

    expect(other.page.locator("#status")).to_have_attribute("data-status", "succeeded")
    expect(other.page).to_have_url(re.compile(third))


def test_a_cart_that_another_tab_has_changed_and_paid_is_not_ordered_once_more(
    form: PayPage, customer: Customer, shop: Shop
) -> None:
    form.orders_cart("stickers")
    other = PayPage(Customer(second_tab(customer.page), shop, customer.email))
    other.is_open()
    other.page.click("#change-order")
    other.page.click("#add-stickers")
    other.customer.has_total("$17.90")
    other.page.click("#pay")
    other.is_open()
    other.pays()
    paid = other.customer.sees("succeeded")

    customer.page.click("#change-order")
    customer.has_total("$11.90")
    customer.page.click("#pay")

    assert customer.sees("succeeded") == paid


def test_the_back_button_shows_what_was_paid_meanwhile(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()
    shop.pay_intent(payment_id)

    customer.page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")

    assert customer.sees("succeeded") == payment_id


@pytest.mark.parametrize("found", ["when it is loaded", "when it is paid"])
def test_an_order_whose_time_was_over_is_opened_again_once(
    form: PayPage, customer: Customer, shop: Shop, found: str
) -> None:
    first = form.orders()
    form.time_is_over(first)

    if found == "when it is loaded":
        customer.page.reload()
    else:
        form.pays()

    expect(form.problem).to_contain_text("so we have opened it again.")
    second = form.is_open()
    assert second != first
    assert len(set(customer.keys)) == 2
    form.time_is_over(second)
    customer.page.reload()
    form.has_problem("This order can no longer be paid")
    expect(customer.page.locator("#payment-form")).to_be_hidden()
    customer.page.click("#start-again")
    expect(customer.page.locator("#email")).to_have_value(customer.email)
    customer.page.click("#pay")
    third = form.is_open()
    form.pays()
    assert customer.sees("succeeded") == third
    assert third not in (first, second)


def test_an_order_that_is_opened_again_is_one_whatever_the_network_loses(
    form: PayPage, customer: Customer, shop: Shop
) -> None:
    first = form.orders()
    form.time_is_over(first)

    def answers_who_comes_back(route: Route) -> None:
        """What is sent under a new key is done, and its answer lost."""
        if route.request.headers["idempotency-key"] == customer.keys[0]:
            route.continue_()
        else:
            answers_nobody(route)

    customer.page.route("**/payment-intents", answers_who_comes_back)
    customer.page.reload()
    form.has_problem("We could not reach the payment service.")
    customer.page.unroute("**/payment-intents")
    customer.page.click("#try-again")

    expect(form.problem).to_contain_text("so we have opened it again.")
    assert form.is_open() != first
    assert len(set(customer.keys)) == 2


def test_an_order_that_the_business_has_called_off_is_not_opened_again_by_itself(
    form: PayPage, customer: Customer, shop: Shop
) -> None:
    payment_id = form.orders()
    shop.close_intent(payment_id)

    customer.page.reload()

    form.has_problem("This order was closed before it was paid: it was called off")
    expect(customer.page.locator("#payment-form")).to_be_hidden()
    assert len(set(customer.keys)) == 1
    customer.page.click("#try-again")
    assert form.is_open() != payment_id


def test_too_many_declines_close_the_order_and_it_can_be_started_again(
    form: PayPage, customer: Customer, shop: Shop
) -> None:
    payment_id = form.orders()
    for _ in range(int(shop.stack.template.parameters["MostDeclines"])):
        with suppress(stripe.CardError):
            shop.pay_intent(payment_id, "pm_card_visa_chargeDeclined")
    eventually(lambda: shop.intent(payment_id).status == "canceled")

    form.pays()

    form.has_problem("too many tries to pay failed")
    customer.page.click("#start-again")
    expect(customer.page.locator("#email")).to_have_value(customer.email)
    customer.page.click("#pay")
    assert form.is_open() != payment_id


STRIPE_JS = re.compile(r"/stripe\.js$")


def test_without_stripe_js_it_is_said_and_tried_again(form: PayPage, customer: Customer) -> None:
    customer.page.route(STRIPE_JS, lambda route: route.abort())
    customer.page.goto(f"{form.site_url}/")
    customer.fills_in()
    customer.page.click("#pay")

    form.has_problem(f"The payment form could not be loaded. Please check your connection and try again. {UNCHARGED}")
    customer.page.unroute(STRIPE_JS)
    customer.page.click("#try-again")

    payment_id = form.is_open()
    expect(form.problem).to_be_hidden()
    form.pays()
    assert customer.sees("succeeded") == payment_id


def test_without_stripe_js_it_can_be_paid_on_stripes_page(form: PayPage, customer: Customer, shop: Shop) -> None:
    customer.page.route(STRIPE_JS, lambda route: route.abort())
    customer.page.goto(f"{form.site_url}/")
    customer.fills_in()
    customer.page.click("#pay")
    form.has_problem("could not be loaded")
    payment_id = urlsplit(customer.page.url).query.partition("=")[2]

    customer.page.click("#pay-at-stripe")

    expect(customer.page).to_have_url(CHECKOUT)
    assert shop.intent(payment_id).status == "canceled"
    customer.tries_card(PAYS)
    assert customer.sees("succeeded") != payment_id


def test_a_network_that_is_lost_when_the_order_is_sent_is_said_in_its_form(form: PayPage, customer: Customer) -> None:
    customer.page.route("**/payment-intents", lambda route: route.abort())
    customer.page.goto(f"{form.site_url}/")
    customer.fills_in()
    customer.page.click("#pay")

    expect(customer.page.locator("#form-error")).to_contain_text(
        f"Please check your connection and try again. {UNCHARGED}"
    )
    customer.page.unroute("**/payment-intents")
    customer.page.click("#try-again")
    form.is_open()
    assert len(set(customer.keys)) == 1


def test_a_network_that_is_lost_on_the_way_to_the_form_is_said_there(form: PayPage, customer: Customer) -> None:
    payment_id = form.orders()
    customer.page.route("**/payment-intents", lambda route: route.abort())

    customer.page.reload()
    form.has_problem(f"We could not reach the payment service. Please check your connection and try again. {UNCHARGED}")
    customer.page.unroute("**/payment-intents")
    customer.page.click("#try-again")

    assert form.is_open() == payment_id


CONFIRM = re.compile(r"/v1/payment_intents/pi_\w+/confirm$")
INTENT = re.compile(r"/v1/payment_intents/pi_\w+\?")


def answers_nobody(route: Route) -> None:
    """It is done, and the answer is lost."""
    route.fetch()
    route.abort()


def test_an_answer_that_is_lost_is_no_second_payment(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()
    customer.page.route(CONFIRM, answers_nobody)

    form.pays()

    assert customer.sees("succeeded") == payment_id
    assert shop.charges(payment_id) == ["succeeded"]


def test_what_never_reached_stripe_can_be_sent_again(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()
    customer.page.route(CONFIRM, lambda route: route.abort())

    form.pays()
    form.has_problem(f"Your payment did not go through, for the connection broke. Please try again. {UNCHARGED}")
    customer.page.unroute(CONFIRM)
    form.button.click()

    assert customer.sees("succeeded") == payment_id
    assert shop.charges(payment_id) == ["succeeded"]


def test_what_nobody_knows_is_said_and_asked_for(form: PayPage, customer: Customer, shop: Shop) -> None:
    payment_id = form.orders()
    customer.page.route(CONFIRM, answers_nobody)
    customer.page.route(INTENT, lambda route: route.abort())

    form.pays()
    form.has_problem("We do not know yet whether your payment went through")
    expect(form.button).to_be_disabled()
    expect(customer.page.locator("#to-result")).to_be_visible()
    customer.page.click("#try-again")
    form.has_problem("We do not know yet whether your payment went through")
    customer.page.unroute(INTENT)
    customer.page.click("#try-again")

    assert customer.sees("succeeded") == payment_id
    assert shop.charges(payment_id) == ["succeeded"]
