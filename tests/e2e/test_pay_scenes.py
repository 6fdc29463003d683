"""What the page with the form holds to beside the stories: policy, address, looks, and where orders go instead."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error, expect

from tests.e2e.conftest import ROOT
from tests.e2e.pay_scenes import (
    CLIENT_SECRET,
    OPENED_ON_PAGE,
    PAY_PAGE,
    PAY_PATH,
    STRIPE_JS,
    intent,
    stripe_js,
)
from tests.e2e.scenes import (
    CHECKOUT,
    OUT_OF_STOCK,
    PAYMENT_ID,
    PAYMENT_PAGE,
    PRODUCTS,
    SHOP_PAGE,
    Scene,
    checkout,
    fill_in,
    payment,
    refuses,
    says,
)
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.scenes import Answer, Stage
    from tests.e2e.shop import Shop

PAGES = sorted((ROOT / "frontend").rglob("*.html"))


OF_STRIPE = ("pay.html", "card.html")


def policy_of(page: str) -> dict[str, set[str]]:
    """The sources of each directive."""
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert found
    return {name: set(sources) for name, *sources in (each.split() for each in found[1].split(";"))}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "frontend")))
def test_only_pages_with_a_form_of_stripes_let_it_in(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    policy = policy_of(page)
    of_stripe = {"https://js.stripe.com", "https://*.js.stripe.com"}

    assert policy["default-src"] == {"'none'"}
    if path.name in OF_STRIPE:
        assert policy["script-src"] == {"'self'"} | of_stripe
        assert policy["frame-src"] == of_stripe | {"https://hooks.stripe.com"}
    else:
        assert policy["script-src"] == {"'self'"}
        assert policy.get("frame-src", {"'none'"}) == {"'none'"}
        assert "stripe" not in str(policy)
    assert '<meta name="referrer" content="strict-origin">' in page or "no-referrer" in page


def test_locally_the_double_is_let_in_instead_of_stripe(stage: Stage, shop: Shop) -> None:
    page = stage.page()

    def served(path: str) -> str:
        return page.request.get(f"{shop.stack.site_url}{path}").text()

    for name in OF_STRIPE:
        policy = policy_of(served(f"/embedded/{name}"))
        assert policy["script-src"] == {"'self'", shop.stack.stripe_url, "https://*.js.stripe.com"}
    assert f'"{shop.stack.stripe_url}/endive/stripe.js"' in served("/config.js")
    assert 'payment: "hosted"' in served("/config.js")
    assert 'payment: "embedded"' in served("/embedded/config.js")
    for each in PAGES:
        if each.name not in OF_STRIPE:
            path = each.relative_to(ROOT / "frontend")
            assert served(f"/embedded/{path}") == served(f"/{path}") == each.read_text(encoding="utf-8")


def test_the_pages_with_a_form_are_found_without_the_slash(stage: Stage) -> None:
    page = stage.page()

    page.goto(f"{stage.site_url}/embedded")

    expect(page).to_have_url(f"{stage.site_url}/embedded/")


def test_the_page_calls_the_api_and_stripe_alone(stage: Stage) -> None:
    page = stage.play(PAY_PAGE["pay-form"])
    page.route("https://api.stripe.com/**", says({}))

    assert page.evaluate("fetch('https://api.stripe.com/v1/elements/sessions').then(({ ok }) => ok)")
    for elsewhere in (stage.site_url.replace("localhost", "127.0.0.1"), "https://example.com"):
        with pytest.raises(Error, match="Failed to fetch"):
            page.evaluate("address => fetch(address, {mode: 'no-cors'})", elsewhere)


def test_the_secret_leaves_the_address_before_anything_else_runs(stage: Stage) -> None:
    page = stage.page()
    # Even if nothing else ever does.
    page.route("**/pay-page.js", lambda route: route.abort())
    came = f"&payment_intent=pi_1&payment_intent_client_secret={CLIENT_SECRET}&redirect_status=succeeded"

    page.goto(f"{stage.site_url}/{PAY_PATH}{came}#form")

    expect(page).to_have_url(f"{stage.site_url}/{PAY_PATH}#form")


@pytest.mark.parametrize(("scheme", "color"), [("light", "#2447b2"), ("dark", "#9db8ff")])
def test_the_form_has_the_colours_of_the_page(stage: Stage, scheme: Any, color: str) -> None:
    page = stage.play(PAY_PAGE["pay-form"], color_scheme=scheme)
    look = "window.elementsOptions.appearance"

    assert page.evaluate("window.keyOfStripe") == "pk_test_1"
    assert page.evaluate(f"{look}.variables.colorPrimary") == color
    assert page.evaluate(f"{look}.theme") == ("night" if scheme == "dark" else "stripe")
    assert "system-ui" in page.evaluate(f"{look}.variables.fontFamily")
    # As it changes at nightfall.
    other: Any = "light" if scheme == "dark" else "dark"
    page.emulate_media(color_scheme=other)
    eventually(lambda: page.evaluate(f"{look}.theme") == ("night" if other == "dark" else "stripe"))


def test_the_form_has_the_colour_of_the_brand(stage: Stage) -> None:
    page = stage.page()

    def rebrand(source: str) -> str:
        return source.replace('color: "#2447b2"', 'color: "#c2185b"')

    page.route("**/config.js", lambda route: route.fulfill(response=route.fetch(), body=rebrand(route.fetch().text())))
    PAY_PAGE["pay-form"].play(page, stage.site_url, stage.api_url)

    assert page.evaluate("window.elementsOptions.appearance.variables.colorPrimary") == "#c2185b"


@pytest.mark.parametrize("secret", [None, "cuss_secret_1"])
def test_saved_cards_are_shown_where_there_are_any(stage: Stage, secret: str | None) -> None:
    answer = says(intent(customerSessionClientSecret=secret), 201)
    scene = PAY_PAGE["pay-form"]
    page = stage.play(replace(scene, answers={**scene.answers, "/payment-intents": answer}))

    assert page.evaluate("window.elementsOptions.customerSessionClientSecret ?? null") == secret


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        ("pay-loading", "Loading the payment form"),
        ("pay-declined", "There was not enough money for this payment. Please try another way to pay."),
        ("pay-too-many-tries", "This order is closed: it was called off, or too many tries to pay failed."),
        ("pay-too-often", "Too many tries from your connection; try again in 30 seconds."),
        ("pay-sold-out", "Some of this is sold out. You have not been charged."),
        ("pay-without-form", "The payment form could not be loaded."),
    ],
)
def test_each_state_is_told_in_words(stage: Stage, scene: str, words: str) -> None:
    page = stage.play(PAY_PAGE[scene])

    expect(page.locator("#problem, #loading").filter(visible=True)).to_contain_text(words)
    ways = page.locator("#problem .button:visible").all_inner_texts()
    assert ways == {
        "pay-too-many-tries": ["Start again"],
        "pay-too-often": ["Try again"],
        "pay-sold-out": ["Start again"],
        "pay-without-form": ["Try again", "Pay on Stripe\N{RIGHT SINGLE QUOTATION MARK}s page"],
    }.get(scene, [])


def test_what_a_key_stands_for_after_a_day_is_shown_as_what_it_is(stage: Stage) -> None:
    scene = PAY_PAGE["pay-form"]
    other = f"{PAYMENT_ID[:-1]}F"
    page = stage.play(replace(scene, answers={**scene.answers, "/payment-intents": says(intent(paymentId=other), 201)}))

    expect(page).to_have_url(f"{stage.site_url}/{PAY_PATH[:-1]}F")


@pytest.mark.parametrize("status", ["pending", "processing", "succeeded"])
def test_what_another_tab_has_is_told_by_its_result(stage: Stage, status: str) -> None:
    asked: list[str] = []
    page = stage.page()
    page.on("request", lambda request: asked.extend([request.url] * (request.method == "POST")))

    Scene(PAY_PATH, {"/payments/**": says(payment(status))}).play(page, stage.site_url, stage.api_url)

    expect(page.locator("#status")).to_have_attribute("data-status", status)
    # An order without its key would be another one.
    assert not [url for url in asked if url.endswith("/payment-intents")]


@pytest.mark.parametrize("is_here", [True, False])
def test_a_failure_leads_back_to_the_form_where_the_order_is_known(stage: Stage, is_here: bool) -> None:
    stands = says(payment("failed", paidBy="embedded", checkoutUrl=None))
    remembers = PAY_PAGE["pay-form"].remembers if is_here else None
    path = f"embedded/result.html?paymentId={PAYMENT_ID}"
    answers: dict[str, Answer | None] = {
        "/payments/**": stands,
        "/payment-intents": OPENED_ON_PAGE,
        STRIPE_JS: stripe_js(),
    }
    page = stage.play(Scene(path, answers, remembers=remembers))

    retry = page.get_by_role("link", name="Try again" if is_here else "Start again")
    expect(page.locator("#cancel")).to_be_visible(visible=is_here)
    retry.click()

    if is_here:
        expect(page).to_have_url(f"{stage.site_url}/{PAY_PATH}")
    else:
        expect(page).to_have_url(re.compile(r"/embedded/(index|shop)\.html"))


def test_the_forms_say_where_one_pays(stage: Stage) -> None:
    for path, words in (
        ("", "Stripe\N{RIGHT SINGLE QUOTATION MARK}s secure page"),
        ("embedded/", "on the next page, in a form of Stripe\N{RIGHT SINGLE QUOTATION MARK}s"),
    ):
        page = stage.play(replace(PAYMENT_PAGE["form-empty"], path=path))
        expect(page.locator("#assurance")).to_contain_text(words)
        shop = stage.play(replace(SHOP_PAGE["shop-order"], path=f"{path}shop.html"))
        expect(shop.locator("#assurance")).to_contain_text(words)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refuses(429, "rate_limited", retry_after="9"), "Too many tries from your connection; try again in 9 seconds."),
        (refuses(503, "stripe_unavailable"), "Payments are not available at this moment."),
        (refuses(409, "in_progress", "This is being ordered."), "This is being ordered."),
        (lambda route: route.abort(), "We could not reach the payment service."),
    ],
    ids=["too often", "unavailable", "conflict", "unreachable"],
)
def test_a_refused_order_stays_in_its_form(stage: Stage, answer: Answer, words: str) -> None:
    page = stage.play(replace(PAYMENT_PAGE["form-filled"], path="embedded/", answers={"/payment-intents": answer}))

    page.click("#pay")

    expect(page.locator("#form-error")).to_contain_text(words)
    expect(page.locator("#form-error")).to_be_focused()


def test_what_is_sold_out_is_said_in_the_cart(stage: Stage) -> None:
    scene = SHOP_PAGE["shop-sold-out"]
    answers = {**scene.answers, "/payment-intents": says(OUT_OF_STOCK, 409)}

    page = stage.play(replace(scene, path="embedded/shop.html", answers=answers))

    expect(page.locator("#form-error")).to_contain_text("Some of it was sold to others just now.")


def sent_to(page: Page, button: str = "#pay") -> str:
    """The endpoint that an order goes to."""
    with page.expect_request(lambda request: request.method == "POST" and "/quotes" not in request.url) as sent:
        page.click(button)
    return sent.value.url.rpartition("/")[2]


def test_an_order_goes_where_config_says(stage: Stage) -> None:
    for path, endpoint in (("", "checkout-sessions"), ("embedded/", "payment-intents")):
        page = stage.play(replace(PAYMENT_PAGE["form-filled"], path=path))
        assert sent_to(page) == endpoint
        cart = stage.play(replace(SHOP_PAGE["shop-order"], path=f"{path}shop.html"))
        assert sent_to(cart) == endpoint


def test_an_order_for_nothing_is_confirmed_at_stripe(stage: Stage) -> None:
    free = PRODUCTS[0] | {"price": {"amount": 0}}
    answers: dict[str, Answer | None] = {"/products": says({"products": [free]}), "/checkout-sessions": None}
    page = stage.play(replace(PAYMENT_PAGE["form-empty"], path="embedded/", answers=answers))
    fill_in(page)

    assert sent_to(page) == "checkout-sessions"


def test_where_the_browser_keeps_nothing_stripes_page_takes_the_payment(stage: Stage) -> None:
    page = stage.page()
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('no', 'QuotaExceededError'); }")
    page.route(CHECKOUT, lambda route: route.fulfill(body="Stripe", content_type="text/html"))
    answers: dict[str, Answer | None] = {"/checkout-sessions": says(checkout(), 201)}
    replace(PAYMENT_PAGE["form-filled"], path="embedded/", answers=answers).play(page, stage.site_url, stage.api_url)

    assert sent_to(page) == "checkout-sessions"


def test_a_config_of_before_pays_as_before(stage: Stage) -> None:
    page = stage.page()

    def without(source: str) -> str:
        return re.sub(r"  (payment|stripeJs): .*\n", "", source)

    page.route("**/config.js", lambda route: route.fulfill(response=route.fetch(), body=without(route.fetch().text())))
    PAYMENT_PAGE["form-filled"].play(page, stage.site_url, stage.api_url)

    assert sent_to(page) == "checkout-sessions"
