"""What the pages hold to beside the stories: weight, paper, policy, currencies, slow phones, other tabs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error, expect

from tests.e2e.conftest import ROOT
from tests.e2e.customer import PAYS, transaction_on
from tests.e2e.scenes import (
    ACCESS_KEY,
    CHECKOUT,
    NOT_PAYABLE,
    PAYMENT_ID,
    PAYMENT_PAGE,
    PRODUCTS,
    RESULT_PAGE,
    checkout,
    fill_in,
    order,
    payment,
    refuses,
    result,
    says,
)
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.customer import Customer
    from tests.e2e.scenes import Stage
    from tests.e2e.shop import Shop

FORM = PAYMENT_PAGE["form-empty"]
OPENED = says(checkout("about:blank"), 201)
OPENED_AT_STRIPE = says(checkout(), 201)
PAID_AT = "2026-11-21T11:05:31Z"


def details(page: Page, list_: str = "#details") -> dict[str, str]:
    """What the result page lists, as far as it is seen."""
    expect(page.locator(list_)).to_be_visible()
    rows = page.locator(f"{list_} > div:visible").all()
    return {row.locator("dt").inner_text(): row.locator("dd").inner_text() for row in rows}


def test_all_of_it_weighs_less_than_one_picture() -> None:
    weights = {path.name: path.stat().st_size for path in (ROOT / "frontend").iterdir() if path.is_file()}

    assert {"index.html", "quittance.js", "style.css"} <= set(weights)
    # 60,000 as long as there was no shop, 110,000 before cards could be taken on a page, 135,000
    # before there were accounts.
    assert sum(weights.values()) < 185_000, weights


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_result_prints_on_one_white_page(stage: Stage, scheme: str) -> None:
    page = stage.play(RESULT_PAGE["partially_refunded"], color_scheme=scheme)

    pdf = page.pdf(format="A4", print_background=True)
    page.emulate_media(media="print")

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    expect(page.locator("html")).to_have_css("background-color", "rgb(244, 245, 247)")
    expect(page.locator("main")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.locator("#heading")).to_have_css("color", "rgb(26, 31, 38)")
    expect(page.locator("#transaction-id")).to_be_visible()
    expect(page.locator("#receipt")).not_to_be_visible()


def test_only_the_pages_own_scripts_run_and_call_the_api_alone(stage: Stage) -> None:
    page = stage.play(FORM)

    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<i style=\"color: red\" id=styled>red</i>')")
    inline = "const script = document.createElement('script'); script.text = 'window.ran = true';"
    ran = page.evaluate(f"() => {{ {inline} document.body.append(script); return window.ran ?? false; }}")

    assert ran is False
    expect(page.locator("#styled")).not_to_have_css("color", "rgb(255, 0, 0)")
    assert page.evaluate("address => fetch(`${address}/products`).then(({ok}) => ok)", stage.api_url)
    elsewhere = stage.site_url.replace("localhost", "127.0.0.1")
    with pytest.raises(Error, match="Failed to fetch"):
        page.evaluate("address => fetch(address, {mode: 'no-cors'})", elsewhere)


@pytest.mark.parametrize(
    ("service", "typed", "amount"),
    [
        ("donation", "12.5", 1250),
        ("patronage", "1,200", 1200),
        ("patronage", "\N{YEN SIGN}500", 500),
        ("fund", "12.5", 12500),
        ("fund", "1.234", 1234),
    ],
)
def test_an_amount_is_typed_in_the_currencys_own_decimals(stage: Stage, service: str, typed: str, amount: int) -> None:
    page = stage.play(replace(FORM, answers={"/checkout-sessions": OPENED}))
    fill_in(page, service)
    page.fill("#amount", typed)

    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.click("#pay")

    assert dict(sent.value.post_data_json or {})["amount"] == amount


def test_a_chosen_amount_outlives_a_look_at_a_fixed_price(stage: Stage) -> None:
    page = stage.play(PAYMENT_PAGE["form-open-amount"])

    page.select_option("#service", "consulting-hour")
    expect(page.locator("#amount")).to_have_value("$99.00")
    page.fill("#name", "Grace Hopper")
    page.select_option("#service", "donation")

    expect(page.locator("#amount")).to_have_value("12.50")


@pytest.mark.parametrize(
    ("service", "typed", "sentence"),
    [
        ("donation", "12.345", "Enter at most 2 decimals."),
        ("patronage", "500.5", "Enter a whole amount, without decimals."),
        ("fund", "1.2345", "Enter at most 3 decimals."),
        ("fund", "0.999", "Enter an amount from BHD\N{NO-BREAK SPACE}1.000 to BHD\N{NO-BREAK SPACE}900.000."),
        ("donation", "ten", "Enter the amount in digits, such as $1.00."),
    ],
)
def test_what_the_currency_does_not_have_is_said_in_words(
    stage: Stage, service: str, typed: str, sentence: str
) -> None:
    page = stage.play(FORM)
    fill_in(page, service)
    page.fill("#amount", typed)

    page.click("#pay")

    expect(page.locator("#amount-error")).to_have_text(sentence)


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [("jpy", 12000, "\N{YEN SIGN}12,000"), ("kwd", 45500, "45.500"), ("huf", 3600000, "36,000.00")],
)
def test_an_amount_is_shown_in_the_currencys_own_decimals(stage: Stage, currency: str, amount: int, shown: str) -> None:
    page = stage.play(result("succeeded", currency=currency, amount=amount))

    assert details(page, "#sums")["Total"].endswith(shown)
    expect(page.locator("#message")).to_have_text(re.compile(rf"{shown}\.$"))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([(1, "Consulting, one hour")], ["Consulting, one hour"]),
        ([(2, "Workshop seat")], ["2 \N{MULTIPLICATION SIGN} Workshop seat at $99.00"]),
        (
            [(1, "Consulting, one hour"), (3, "Mug")],
            ["Consulting, one hour", "3 \N{MULTIPLICATION SIGN} Mug at $99.00"],
        ),
    ],
)
def test_the_result_says_what_was_ordered(stage: Stage, lines: list[tuple[int, str]], told: list[str]) -> None:
    page = stage.play(result("succeeded", order=order(*lines)))

    # As it was sold: the catalogue, which may have changed since, is not asked.
    assert [*details(page, "#sums")] == [*told, "Total"]


def test_an_order_is_told_with_its_number_and_all_that_makes_its_total(stage: Stage) -> None:
    page = stage.play(RESULT_PAGE["sent-order"])

    expect(page.locator("#order-heading")).to_have_text("Order 2026-1042")
    assert details(page, "#sums") == {
        "2 \N{MULTIPLICATION SIGN} Enamel mug at $18.00": "$36.00",
        "Notebook": "$14.50",
        "Shipping": "$5.90",
        "GST": "$4.35",
        "Total": "$60.75",
        "VAT, in the total": "$1.00",
    }
    page.evaluate("window.print = () => { window.printed = true; }")
    page.click("#print")
    assert page.evaluate("window.printed")


EUROS = "\N{EURO SIGN}92.00"
FORINTS = "HUF\N{NO-BREAK SPACE}36,500.00"


@pytest.mark.parametrize(
    ("scene", "paid", "refunded", "told"),
    [
        ("succeeded", "$99.00", None, "We have received $99.00."),
        ("partially_refunded", "$99.00", "$25.00", "$25.00 of $99.00 is on its way back to you."),
        ("refunded", "$99.00", "$99.00", "The whole amount is on its way back to you."),
        (
            "paid-too-much",
            "$120.00",
            "$21.00",
            "We have received $120.00. $21.00 of $120.00 is on its way back to you.",
        ),
        ("paid-too-much-refunded", "$120.00", "$46.00", "$46.00 of $120.00 is on its way back to you."),
        ("paid-twice", "$198.00", None, "Your payment has arrived"),
        (
            "paid-in-two-currencies",
            f"$99.00 and {EUROS}",
            EUROS,
            f"We have received $99.00 and {EUROS}. {EUROS} is on its way back to you.",
        ),
        (
            "refunded-in-two-currencies",
            f"$99.00 and {FORINTS}",
            f"$25.00 and {FORINTS}",
            f"$25.00 of $99.00 and {FORINTS} are on their way back to you.",
        ),
        ("pending", None, None, "This usually takes a few seconds."),
        ("not-payable", None, None, "It was open for too long."),
    ],
)
def test_what_came_in_and_what_goes_back_is_told_in_its_own_currency(
    stage: Stage, scene: str, paid: str | None, refunded: str | None, told: str
) -> None:
    page = stage.play(RESULT_PAGE[scene])

    expect(page.locator("#message")).to_have_text(re.compile(rf"^{re.escape(told)}"))
    rows = details(page)
    total = details(page, "#sums")["Total"]
    assert (total, rows.get("Received"), rows.get("Refunded")) == ("$99.00", paid, refunded)
    is_said = "5 to 10 days to show a refund" in page.inner_text("#next")
    assert is_said == bool(refunded)


def test_an_order_for_nothing_is_complete_without_money(stage: Stage) -> None:
    page = stage.play(result("succeeded", amount=0, received=[], paidAt=None))

    expect(page.locator("#heading")).to_have_text("Your order is complete, thank you")
    expect(page.locator("#message")).to_contain_text("nothing to pay")
    assert details(page).keys() == {"Ordered", "Transaction", "Payment"}


@pytest.mark.parametrize(
    ("paid_at", "told"),
    [("2026-11-22T09:05:30Z", "Nov 22, 2026, 9:05 AM"), (None, None)],
)
def test_when_it_was_ordered_and_when_it_was_paid_have_a_name_each(
    stage: Stage, paid_at: str | None, told: str | None
) -> None:
    rows = details(stage.play(result("succeeded", paidAt=paid_at)))

    assert rows["Ordered"] == "Nov 21, 2026, 10:42 AM"
    assert rows.get("Paid") == told


@pytest.mark.parametrize(
    ("code", "told", "shown"),
    [
        ("card_declined", "Your card was declined.", "Your card was declined."),
        ("insufficient_funds", "The bank did not make the payment.", "There was not enough money"),
        ("account_closed", "The bank did not make the payment.", "The bank did not make the payment."),
        ("expired_card", "Your card has expired.", "The card has expired."),
        ("incorrect_cvc", "Your card's security code is incorrect.", "security code was not right."),
        ("processing_error", "An error occurred.", "The bank could not handle the payment just then."),
        ("authentication_required", "Your card was declined.", "Your bank could not confirm that it was you."),
        ("payment_intent_authentication_failure", "Failed.", "Your bank could not confirm that it was you."),
        ("transaction_not_allowed", "Your card was declined.", "This card cannot be used for this payment."),
        ("generic_decline", "Your card was declined.", "Your payment was declined."),
        ("do_not_honor", "Your card was declined.", "Your card was declined."),
        ("payment_failed", "", "Your payment was declined."),
    ],
)
def test_a_failure_is_told_in_words_for_the_customer(stage: Stage, code: str, told: str, shown: str) -> None:
    failure = {"code": code, "message": told}
    page = stage.play(result("failed", failure=failure))

    expect(page.locator("#message")).to_contain_text(shown)
    expect(page.locator("#message")).to_contain_text("You have not been charged.")
    # What ended later failed for the same reason.
    page = stage.play(result("expired", failure=failure))
    expect(page.locator("#message")).to_have_text(
        re.compile(
            f"^It was open for too long .* did not go through. .*{re.escape(shown)}.* You have not been charged.$"
        )
    )


@pytest.mark.parametrize("status", ["failed", "expired", "canceled"])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("lost_card", "Your card was declined."),
        ("stolen_card", "Your card was declined."),
        ("fraudulent", "Your card was declined."),
        ("pickup_card", "Your card was declined."),
        ("restricted_card", "Your card was declined."),
        ("security_violation", "Your card was declined."),
        ("merchant_blacklist", "Your card was declined."),
        ("highest_risk_level", "Stripe blocked this payment as too risky."),
        ("card_declined", "Your card was reported stolen."),
        ("card_declined", "This card is blocked."),
        ("card_declined", "This payment is suspected of fraud."),
    ],
)
def test_a_suspicion_is_never_told_to_the_customer(stage: Stage, status: str, code: str, message: str) -> None:
    page = stage.play(result(status, failure={"code": code, "message": message}))

    expect(page.locator("#message")).to_contain_text(
        "Your payment was declined. Please try another way to pay, or ask your bank. You have not been charged."
    )
    suspicion = re.compile("lost|stol|fraud|suspect|pick|restrict|security|list|block|risk|Stripe", re.I)
    assert not suspicion.search(page.inner_text("main"))


@pytest.mark.parametrize("query", ["", "&checkout=canceled"])
def test_what_can_no_longer_be_paid_is_said_to_be_so_and_looked_at_on(stage: Stage, query: str) -> None:
    page = stage.page()
    page.clock.install()
    page.route(f"{stage.api_url}/payments/**", says(NOT_PAYABLE))
    page.goto(f"{stage.site_url}/result.html?paymentId={PAYMENT_ID}{query}")

    expect(page.locator("#heading")).to_have_text("This payment can no longer be made here")
    expect(page.locator("#message")).to_contain_text("If you have paid, please do not pay again. If not, you can start")
    start_again = page.get_by_role("link", name="Start again")
    expect(start_again).to_have_attribute("href", "index.html")
    expect(page.get_by_role("link", name="Continue")).to_have_count(0)
    page.route(f"{stage.api_url}/payments/**", says(payment("succeeded")))
    page.clock.run_for(2000)

    expect(page.locator("#heading")).to_have_text("Payment complete, thank you")
    expect(start_again).to_have_count(0)


def test_what_can_no_longer_be_paid_can_be_looked_at_again_when_the_page_has_stopped(stage: Stage) -> None:
    page = stage.page()
    page.clock.install()
    looks: list[str] = []
    page.on("request", lambda request: looks.extend([request.url] * ("/payments/" in request.url)))
    RESULT_PAGE["not-payable"].play(page, stage.site_url, stage.api_url)

    def a_minute_has_passed() -> bool:
        page.clock.run_for(2000)
        return len(looks) == 30

    eventually(a_minute_has_passed)
    page.clock.run_for(10_000)
    expect(page.locator("#status")).to_have_attribute("data-status", "not_payable")
    page.route(f"{stage.api_url}/payments/**", says(payment("expired")))
    page.get_by_role("button", name="Check again").click()

    expect(page.locator("#status")).to_have_attribute("data-status", "expired")
    assert len(looks) == 31


def test_looking_again_has_stripe_asked(stage: Stage) -> None:
    page = stage.play(RESULT_PAGE["gone-quiet"])
    # What is stored says nothing: the news is lost.
    page.route(f"{stage.api_url}/payments/*/refresh", says(payment("succeeded") | {"checkedAt": PAID_AT}))

    page.get_by_role("button", name="Check again").click()

    expect(page.locator("#heading")).to_have_text("Payment complete, thank you")


def test_a_receipt_that_comes_later_changes_nothing_that_was_said(stage: Stage) -> None:
    page = stage.page()
    page.clock.install()
    early = payment("succeeded", transactionId="pi_3TRq8uLkdIwHu7ix0vVq2mXa", receiptUrl=None)
    page.route(f"{stage.api_url}/payments/**", says(early))
    page.goto(f"{stage.site_url}/result.html?paymentId={PAYMENT_ID}")
    expect(page.locator("#heading")).to_have_text("Payment complete, thank you")
    expect(page.locator("#receipt")).to_be_hidden()
    page.evaluate(
        "window.changes = 0;"
        "const region = document.querySelector('[role=status]');"
        "const options = {childList: true, characterData: true, attributes: true, subtree: true};"
        "new MutationObserver((all) => { window.changes += all.length; }).observe(region, options);"
        "new MutationObserver((all) => { window.changes += all.filter("
        "  ({target, oldValue, attributeName}) => target.getAttribute(attributeName) !== oldValue"
        ").length; }).observe(document.querySelector('#status'), {attributes: true, attributeOldValue: true});"
    )

    page.route(f"{stage.api_url}/payments/**", says(payment("succeeded")))

    def receipt_is_there() -> bool:
        page.clock.run_for(1000)
        return page.locator("#receipt").is_visible()

    eventually(receipt_is_there)
    assert details(page)["Transaction"] == payment("succeeded")["transactionId"]
    assert page.evaluate("window.changes") == 0


BREAK = "delete AbortSignal.timeout"


def test_a_fault_of_the_program_is_not_called_one_of_the_network(stage: Stage) -> None:
    page = stage.page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(error.message))
    page.add_init_script(BREAK)
    page.route(f"{stage.api_url}/payments/**", says(payment("succeeded")))

    page.goto(stage.site_url)
    expect(page.locator("#form-error-message")).to_have_text("Something went wrong on this page. Please load it again.")
    page.goto(f"{stage.site_url}/result.html?paymentId={PAYMENT_ID}")
    expect(page.locator("#heading")).to_have_text("Something went wrong on this page")
    expect(page.locator("#message")).to_contain_text("What you have paid stays paid.")

    # Whoever looks for the reason finds it.
    eventually(lambda: [fault for fault in faults if "is not a function" in fault][1:])


def test_a_checkout_without_an_address_leads_to_how_its_payment_stands(stage: Stage) -> None:
    page = stage.page()
    keys: list[str] = []
    page.on("request", lambda request: keys.append(request.headers["idempotency-key"]) if request.post_data else None)
    page.route(CHECKOUT, lambda route: route.fulfill(body="Stripe", content_type="text/html"))
    page.route(f"{stage.api_url}/payments/**", says(NOT_PAYABLE))
    closed = {"/checkout-sessions": says(checkout(url=None), 201)}
    replace(PAYMENT_PAGE["form-filled"], answers=closed).play(page, stage.site_url, stage.api_url)

    page.click("#pay")
    expect(page).to_have_url(f"{stage.site_url}/result.html?paymentId={PAYMENT_ID}")
    page.route(f"{stage.api_url}/checkout-sessions", says(checkout() | {"paymentId": "pay_2"}, 201))
    page.get_by_role("link", name="Start again").click()
    expect(page.locator("#email")).to_have_value("ada@example.com")
    page.click("#pay")

    # The old key would bring the old checkout.
    expect(page).to_have_url(CHECKOUT)
    assert len(set(keys)) == 2


def test_money_that_came_after_all_is_not_paid_again(stage: Stage) -> None:
    page = stage.page()
    page.route(f"{stage.api_url}/payments/**", says(NOT_PAYABLE))
    closed = {"/checkout-sessions": says(checkout(url=None), 201)}
    replace(PAYMENT_PAGE["form-filled"], answers=closed).play(page, stage.site_url, stage.api_url)
    page.click("#pay")
    expect(page.get_by_role("link", name="Start again")).to_be_visible()

    page.route(f"{stage.api_url}/payments/**", says(payment("succeeded")))
    expect(page.locator("#heading")).to_have_text("Payment complete, thank you")
    page.goto(stage.site_url)

    expect(page.locator("#paid-before")).to_be_visible()
    expect(page.locator("#email")).to_have_value("")


@pytest.mark.parametrize("scene", ["not-payable", "expired", "canceled", "failed-for-good"])
def test_an_order_is_called_filled_in_where_it_is(stage: Stage, scene: str) -> None:
    page = stage.page()
    page.route(CHECKOUT, lambda route: route.fulfill(body="Stripe", content_type="text/html"))
    opened = {"/checkout-sessions": says(checkout(), 201)}

    def sees_the_result(is_filled_in: bool) -> None:
        RESULT_PAGE[scene].play(page, stage.site_url, stage.api_url)
        expect(page.get_by_role("link", name="Start again")).to_be_visible()
        said = "Your order is still filled in." in page.inner_text("#message")
        assert said == is_filled_in

    # Another browser's payment: here is nothing, or another order.
    sees_the_result(is_filled_in=False)
    page.click("#retry")
    fill_in(page)
    sees_the_result(is_filled_in=False)
    replace(PAYMENT_PAGE["form-filled"], answers=opened).play(page, stage.site_url, stage.api_url)
    page.click("#pay")
    expect(page).to_have_url(CHECKOUT)
    sees_the_result(is_filled_in=True)
    page.click("#retry")
    expect(page.locator("#email")).to_have_value("ada@example.com")

    # And once it has become another one.
    page.fill("#name", "Grace Hopper")
    sees_the_result(is_filled_in=False)


def test_another_order_says_which_open_one_it_replaces(stage: Stage) -> None:
    page = stage.page()
    sent: list[dict[str, Any]] = []
    page.on("request", lambda request: sent.extend([dict(request.post_data_json or {})] if request.post_data else []))
    page.route(CHECKOUT, lambda route: route.fulfill(body="Stripe", content_type="text/html"))
    replace(PAYMENT_PAGE["form-filled"], answers={"/checkout-sessions": OPENED_AT_STRIPE}).play(
        page, stage.site_url, stage.api_url
    )
    page.click("#pay")
    expect(page).to_have_url(CHECKOUT)

    page.goto(stage.site_url)
    page.select_option("#service", "online-course")
    page.click("#pay")
    expect(page).to_have_url(CHECKOUT)

    assert [each.get("replaces") for each in sent] == [None, {"paymentId": PAYMENT_ID, "accessKey": ACCESS_KEY}]


def test_a_result_seen_again_leaves_the_next_order_alone(stage: Stage) -> None:
    page = stage.page()
    page.route(CHECKOUT, lambda route: route.fulfill(body="Stripe", content_type="text/html"))
    page.route(f"{stage.api_url}/payments/**", says(payment("succeeded")))
    opened = {"/checkout-sessions": says(checkout(), 201)}
    replace(PAYMENT_PAGE["form-filled"], answers=opened).play(page, stage.site_url, stage.api_url)
    page.click("#pay")
    expect(page).to_have_url(CHECKOUT)
    for typed in ("", "grace@example.com"):
        page.goto(f"{stage.site_url}/result.html?paymentId={PAYMENT_ID}")
        expect(page.locator("#heading")).to_have_text("Payment complete, thank you")
        page.goto(stage.site_url)
        expect(page.locator("#email")).to_have_value(typed)
        page.fill("#email", "grace@example.com")


def test_services_that_could_not_be_loaded_are_loaded_again(stage: Stage) -> None:
    page = stage.play(PAYMENT_PAGE["form-unreachable"])
    expect(page.locator("#form-error")).to_contain_text("could not reach the payment service")
    expect(page.locator("#payment-form")).not_to_be_visible()
    expect(page.locator("#support-email")).to_be_visible()

    page.route(f"{stage.api_url}/products", says({"products": PRODUCTS}))
    page.click("#try-again")

    expect(page.locator("#service")).to_be_focused()
    expect(page.locator("#form-error")).not_to_be_visible()
    expect(page.locator("#pay")).to_be_enabled()


@pytest.mark.parametrize(("seconds", "told"), [("23", "23 seconds"), ("1", "1 second")])
def test_who_orders_too_often_is_told_when_to_try_again_and_loses_nothing(
    stage: Stage, seconds: str, told: str
) -> None:
    page = stage.play(PAYMENT_PAGE["form-filled"])
    name = page.input_value("#name")
    keys: list[str | None] = []
    page.on("request", lambda request: keys.append(request.headers.get("idempotency-key")))
    page.route(f"{stage.api_url}/checkout-sessions", refuses(429, "rate_limited", retry_after=seconds))
    page.click("#pay")
    expect(page.locator("#form-error")).to_contain_text(
        f"Too many tries from your connection; try again in {told}. You have not been charged."
    )
    assert name
    expect(page.locator("#name")).to_have_value(name)

    page.route(f"{stage.api_url}/checkout-sessions", OPENED_AT_STRIPE)
    page.route(CHECKOUT, says({}))
    page.click("#try-again")
    expect(page).to_have_url(CHECKOUT)
    first, second = filter(None, keys)
    assert first == second


def test_on_a_slow_phone_impatience_opens_one_checkout(customer: Customer, shop: Shop) -> None:
    customer.visits()
    customer.fills_in()
    devtools = customer.page.context.new_cdp_session(customer.page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 20_000}
    devtools.send("Network.emulateNetworkConditions", slow)

    customer.page.dblclick("#pay")
    expect(customer.page.locator("#pay")).to_be_disabled()
    expect(customer.page.locator("#pay")).to_have_text(re.compile("One moment"))

    session = customer.is_at_checkout()
    assert len(customer.keys) == 1
    assert shop.open_sessions(customer.email) == [session]


def test_who_comes_back_from_stripe_can_press_the_button_again(stage: Stage) -> None:
    page = stage.play(PAYMENT_PAGE["form-busy"])
    expect(page.locator("#pay")).to_be_disabled()

    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")

    expect(page.locator("#pay")).to_be_enabled()
    expect(page.locator("#pay")).to_have_text("Pay $99.00")


def test_a_checkout_open_in_two_tabs_is_paid_once(customer: Customer, shop: Shop) -> None:
    customer.orders()
    second_tab = customer.page.context.new_page()
    second_tab.goto(customer.page.url)
    expect(second_tab.locator("#submit")).to_be_visible()

    customer.tries_card(PAYS)
    payment_id = customer.sees("succeeded")
    first_tab, customer.page = customer.page, second_tab
    customer.tries_card(PAYS)

    # Stripe's page leads to the result of the first.
    assert customer.sees("succeeded") == payment_id
    assert customer.transaction == transaction_on(first_tab)
    assert shop.open_sessions(customer.email) == []


def test_no_other_site_can_frame_a_page(stage: Stage) -> None:
    page = stage.page()
    framing = f'<!doctype html><iframe src="{stage.site_url}/index.html"></iframe>'
    page.route("**/framing.html", lambda route: route.fulfill(body=framing, content_type="text/html"))

    page.goto(f"{stage.site_url}/framing.html")

    expect(page.frame_locator("iframe").locator("body")).to_be_attached()
    expect(page.frame_locator("iframe").locator("#payment-form")).to_have_count(0)


@pytest.mark.parametrize("path", ["", "result.html?paymentId=pay_1"])
def test_without_scripts_the_pages_say_what_they_need(stage: Stage, path: str) -> None:
    page = stage.page(java_script_enabled=False)

    page.goto(f"{stage.site_url}/{path}")

    expect(page.locator("noscript p")).to_contain_text("needs JavaScript")
    expect(page.locator("form, #status")).not_to_be_visible()
