"""The pages for everybody: any eyes, no mouse, a screen reader, large text, a brand's own colours."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.pay_scenes import PAY_PAGE
from tests.e2e.scenes import PAYMENT_PAGE, RESULT_PAGE, SCENES, payment, says
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.e2e.customer import Customer
    from tests.e2e.scenes import Scene, Stage

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds against WCAG 2.2 AA and good practice, or against `rules` alone: rule and element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, {runOnly: rules})", list(rules) or STANDARD)
    assert found["passes"], "axe has looked at nothing"
    return [f"{rule['id']}: {node['html']}" for rule in found["violations"] for node in rule["nodes"]]


def overhang(page: Page) -> int:
    """By how many pixels something is wider than the window."""
    return int(
        page.evaluate(
            "Math.max(document.documentElement.scrollWidth,"
            " ...Array.from(document.querySelectorAll('body *'), (each) => each.getBoundingClientRect().right))"
            " - document.documentElement.clientWidth"
        )
    )


# Where a line ends in the middle of a word: but for ids, addresses and words that are longer than any line.
BROKEN_WORDS = """() => {
  const broken = [];
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (!text.parentElement.offsetParent || text.parentElement.matches("[id$=-id]")) continue;
    const bottom = (at) => {
      const range = document.createRange();
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      return range.getBoundingClientRect().bottom;
    };
    for (const { 0: word, index } of text.data.matchAll(/\\S+/g)) {
      const fits = word.length < 30 && !word.includes("@");
      if (fits && bottom(index) !== bottom(index + word.length - 1)) broken.push(word);
    }
  }
  return broken;
}"""


def is_read_by_everybody(page: Page) -> None:
    """As it stands, in light, in the dark, on small screens and with large text."""
    page.emulate_media(color_scheme="light")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, "color-contrast") == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert overhang(page) <= 0
    assert page.evaluate(BROKEN_WORDS) == []
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    for width in (360, 640):
        page.set_viewport_size({"width": width, "height": 640})
        assert overhang(page) <= 0
        assert page.evaluate(BROKEN_WORDS) == []


@pytest.mark.parametrize("scene", [*SCENES.values(), *PAY_PAGE.values()], ids=[*SCENES, *PAY_PAGE])
def test_every_state_can_be_read_by_everybody(stage: Stage, scene: Scene) -> None:
    is_read_by_everybody(stage.play(scene))


@pytest.mark.parametrize("color", ["#ffd500", "#8a8a8a", "#757575", "#c2185b", "#f4f5f7"])
def test_text_upon_any_brand_colour_can_be_read(stage: Stage, color: str) -> None:
    page = stage.page()

    def rebrand(source: str) -> str:
        return re.sub(r'(color|colorOnDark): "#\w+"', rf'\1: "{color}"', source)

    page.route("**/config.js", lambda route: route.fulfill(response=route.fetch(), body=rebrand(route.fetch().text())))
    PAYMENT_PAGE["form-filled"].play(page, stage.site_url, stage.api_url)

    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("#pay")).to_have_css("background-color", f"rgb({red}, {green}, {blue})")
        assert violations(page, "color-contrast") == []


def test_a_keyboard_is_enough_to_pay_and_to_go_on(customer: Customer) -> None:
    page = customer.page
    customer.visits()

    def tab_to(id_: str) -> None:
        tab_on(page.locator(f"#{id_}"))

    def tab_on(place: Locator) -> None:
        page.keyboard.press("Tab")
        expect(place).to_be_focused()
        # The ring that shows where one is.
        assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2

    tab_on(page.get_by_role("button", name="Sign in"))
    tab_to("service")
    page.keyboard.type("Consulting")
    tab_to("amount")
    tab_to("name")
    page.keyboard.type("Ada Lovelace")
    tab_to("email")
    page.keyboard.type("ada")
    tab_to("pay")
    page.keyboard.press("Enter")
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(customer.email)
    tab_to("pay")
    page.keyboard.press("Enter")
    session = customer.is_at_checkout()

    page.locator("#cancel").press("Enter")
    customer.sees("left_checkout")
    tab_on(page.get_by_role("button", name="Sign in"))
    tab_to("retry")
    page.keyboard.press("Enter")
    assert customer.is_at_checkout() == session


def test_a_refused_order_leaves_the_keyboard_at_its_reason(stage: Stage) -> None:
    page = stage.play(PAYMENT_PAGE["form-refused"])

    expect(page.locator("#form-error")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#try-again")).to_be_focused()


def test_each_error_belongs_to_its_field(stage: Stage) -> None:
    page = stage.play(PAYMENT_PAGE["form-errors"])

    for label, sentence in (
        ("Amount", "Enter an amount from $1.00 to $5,000.00."),
        ("Name", "Enter your name."),
        ("Email", "Enter an email address such as name@example.com."),
    ):
        field = page.get_by_label(label)
        expect(field).to_have_accessible_description(re.compile(re.escape(sentence)))
        expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Amount")).to_be_focused()
    expect(page.get_by_label("Service")).not_to_have_attribute("aria-invalid", "true")


def test_a_browser_can_fill_in_who_pays(stage: Stage) -> None:
    page = stage.play(PAYMENT_PAGE["form-empty"])

    expect(page.get_by_label("Name")).to_have_attribute("autocomplete", "name")
    expect(page.get_by_label("Email")).to_have_attribute("autocomplete", "email")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_change_is_announced_once(stage: Stage) -> None:
    page = stage.page()
    page.clock.install()
    RESULT_PAGE["pending"].play(page, stage.site_url, stage.api_url)
    announced = page.get_by_role("status")
    expect(announced).to_contain_text("Confirming your payment")
    announced.evaluate(
        "(region) => { window.changes = 0; new MutationObserver(() => { window.changes += 1; })"
        ".observe(region, {childList: true, characterData: true, subtree: true}); }"
    )

    with page.expect_response("**/payments/**"):
        page.clock.run_for(2000)
    assert page.evaluate("window.changes") == 0
    page.route(f"{stage.api_url}/payments/**", says(payment("succeeded")))
    page.clock.run_for(2000)

    # The region that was there from the start: a new one would not be read out.
    eventually(lambda: page.evaluate("window.changes") > 0)
    expect(announced).to_contain_text("Payment complete, thank you")
    expect(page).to_have_title(re.compile("Payment complete"))


def test_waiting_for_the_checkout_is_announced(stage: Stage) -> None:
    page = stage.play(PAYMENT_PAGE["form-busy"])

    expect(page.get_by_role("status")).to_contain_text("One moment")
    expect(page.locator("#pay")).to_be_disabled()


@pytest.mark.parametrize(("motion", "animation"), [("reduce", "none"), ("no-preference", "turn")])
def test_nothing_turns_for_who_asks_for_stillness(stage: Stage, motion: str, animation: str) -> None:
    page = stage.play(RESULT_PAGE["loading"], reduced_motion=motion)

    expect(page.locator(".sign")).to_have_css("animation-name", animation)
