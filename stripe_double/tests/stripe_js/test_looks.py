"""The elements of the stand-in for Stripe.js as they are seen, read out and reached by keys."""

import json
from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from ..shop import ASKS, DECLINES, FIRST, until
from .page_shop import STAYING, PageShop, answer, element, fill_card

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


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
