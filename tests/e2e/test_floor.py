"""The pages in the oldest browsers that they are for: nothing that these lack is used, or needed."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import ROOT
from tests.e2e.customer import IS_DECLINED, PAYS, Customer
from tests.e2e.floor import FLOOR, aging_script, compat_data, interfaces, is_known, members, packages
from tests.e2e.form import PayPage
from tests.e2e.pay_scenes import PAY_PAGE
from tests.e2e.scenes import PAYMENT_PAGE, RESULT_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.floor import Feature
    from tests.e2e.scenes import Stage
    from tests.e2e.shop import Shop

SCRIPTS = sorted((ROOT / "frontend").rglob("*.js"))
STYLES = sorted((ROOT / "frontend").rglob("*.css"))
PAGES = sorted((ROOT / "frontend").rglob("*.html"))

# Whoever does without sees the same page a little less well set.
HARMLESS = {
    "cursor",  # a finger has none
    "text-wrap",
    ":has",  # an empty line of buttons keeps its distance
    "scripting",  # without scripts, a form that cannot be sent stands under the notice that says so
}
# Global names that are not called as their kind is.
INSTANCES = {
    "crypto": "Crypto",
    "document": "Document",
    "location": "Location",
    "sessionStorage": "Storage",
    "window": "Window",
}
# Names of the API's, of Stripe.js, of config.js and of the desk's own, which something newer has as well.
OURS = {"city", "country", "destroy", "details", "endpoints", "lines", "locale", "number", "requestId", "token"}
# Of what acorn takes for ES2022, what is not as old.
SYNTAX = {"StaticBlock": "classes.static.initialization_blocks"}


def test_the_floor_is_the_documented_one() -> None:
    words = (ROOT / "docs" / "pages.md").read_text(encoding="utf-8")
    assert f"Safari {FLOOR['safari']}, Chrome {FLOOR['chrome']}, Firefox {FLOOR['firefox']}" in words


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every node of a syntax tree, each with the key that it has in its parent as `role`."""
    for role, child in tree.items():
        for each in child if isinstance(child, list) else [child]:
            if isinstance(each, dict):
                if "type" in each:
                    yield {"role": role, "parent": tree, **each}
                yield from nodes(each)


def too_new(path: str, root: Feature) -> bool:
    """`path` names a feature below `root`; what the data does not have is no concern of it."""
    found: Any = root
    for part in path.split("."):
        found = found.get(part, {})
    return not is_known(found)


def named_members(name: str) -> dict[str, list[Feature]]:
    return {member: [feature] for kind, feature in interfaces() if kind == name for member, feature in members(feature)}


def newer_in_script(tree: dict[str, Any]) -> list[str]:
    """What of JavaScript and of the Web a script uses that the floor does not have."""
    everywhere: dict[str, list[Feature]] = {}
    for _, feature in interfaces():
        for member, each in members(feature):
            everywhere.setdefault(member, []).append(each)
    kinds = dict(interfaces())
    found: list[str] = []
    for node in nodes(tree):
        kind = node["type"]
        if kind in SYNTAX and too_new(SYNTAX[kind], compat_data()["javascript"]):
            found.append(kind)
        if "regex" in node and re.search(r"\(\?<[=!]", node["regex"]["pattern"]):
            found.append("lookbehind")
        if kind == "MemberExpression" and not node["computed"]:
            owner, member = node["object"].get("name", ""), node["property"]["name"]
            owner = INSTANCES.get(owner, owner)
            candidates = named_members(owner).get(member, []) if owner in kinds else everywhere.get(member, [])
            if member not in OURS and candidates and not any(is_known(each) for each in candidates):
                found.append(f"{owner}.{member}")
        elif kind == "Identifier" and node["role"] not in ("property", "key") and node["name"] in kinds:
            if not is_known(kinds[node["name"]]):
                found.append(node["name"])
        elif kind == "Identifier" and node["role"] == "callee":
            candidates = [each.get(node["name"], {}) for each in (kinds["Window"], kinds.get("_globals", {}))]
            if not all(is_known(each) for each in candidates):
                found.append(node["name"])
    return found


def newer_in_style(style: str) -> list[str]:
    css = compat_data()["css"]
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    found: list[str] = []
    for name, value in re.findall(r"[{;]\s*([a-z-]+)\s*:\s*([^;{}]+)", style):
        words = re.findall(r"[a-z][a-z-]*", value)
        used = [f"properties.{name}", *(f"properties.{name}.{word}" for word in words)]
        used += [f"types.{function}" for function in re.findall(r"([a-z-]+)\(", value)]
        found += [name for each in used if too_new(each, css)][:1]
    for name, prelude in re.findall(r"@([a-z-]+)([^{]*)", style):
        features = re.findall(r"\(([a-z-]+)", prelude)
        used = [f"at-rules.{name}", *(f"at-rules.{name}.{each}" for each in features)]
        found += [each.rsplit(".", 1)[-1] for each in used if too_new(each, css)]
    selectors = re.findall(r"(?:^|[{};])\s*([^{};@]+)\{", style)
    for name in re.findall(r"(?<!:):{1,2}([a-z-]+)", " ".join(selectors)):
        found += [f":{name}"] * too_new(f"selectors.{name}", css)
    return found


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.newer: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        html = compat_data()["html"]
        for name in ("", *(name for name, _ in attrs)):
            path = f"elements.{tag}.{name}".rstrip(".")
            if too_new(path, html) or too_new(f"global_attributes.{name}", html):
                self.newer.append(path)


@pytest.fixture
def acorn(stage: Stage) -> Page:
    """A page that can parse JavaScript as of 2022."""
    page = stage.page()
    page.add_script_tag(path=packages() / "acorn" / "dist" / "acorn.js")
    return page


def parse(acorn: Page, script: str) -> dict[str, Any]:
    tree: dict[str, Any] = acorn.evaluate(
        "(script) => JSON.parse(JSON.stringify(acorn.parse(script, {ecmaVersion: 2022, sourceType: 'module'}),"
        " (key, value) => (typeof value === 'bigint' || value instanceof RegExp ? String(value) : value)))",
        script,
    )
    return tree


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT / "frontend")))
def test_a_script_uses_nothing_newer(acorn: Page, path: Path) -> None:
    assert newer_in_script(parse(acorn, path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: str(path.relative_to(ROOT / "frontend")))
def test_a_style_sheet_uses_nothing_newer_but_for_good_looks(path: Path) -> None:
    assert set(newer_in_style(path.read_text(encoding="utf-8"))) <= HARMLESS


def test_what_is_harmless_is_used() -> None:
    assert {each for path in STYLES for each in newer_in_style(path.read_text(encoding="utf-8"))} == HARMLESS


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "frontend")))
def test_a_page_uses_nothing_newer(path: Path) -> None:
    tags = _Tags()
    tags.feed(path.read_text(encoding="utf-8"))
    assert tags.newer == []


@pytest.mark.parametrize(
    ("script", "newer"),
    [
        ("AbortSignal.any([])", ["AbortSignal.any"]),
        ("class A { static { } }", ["StaticBlock"]),
        ("/(?<=a)b/.test(c)", ["lookbehind"]),
        ("[1].toSorted()", [".toSorted"]),
        ("Object.groupBy([], f)", ["Object.groupBy"]),
        ("new URLPattern(a)", ["URLPattern"]),
        ("Promise.any([AbortSignal.timeout(5)])", []),
        ("structuredClone(a).at(-1)", []),
    ],
)
def test_what_is_newer_in_a_script_is_seen(acorn: Page, script: str, newer: list[str]) -> None:
    assert newer_in_script(parse(acorn, script)) == newer


def test_what_is_newer_in_a_style_sheet_is_seen() -> None:
    style = "@container (width > 1px) { a:has(b) { text-wrap: balance; color: oklch(0 0 0); } } @scope { }"
    assert newer_in_style(style) == ["text-wrap", "scope", ":has"]


def test_a_customer_pays_in_the_oldest_browsers(customer: Customer, shop: Shop) -> None:
    customer.page.add_init_script(aging_script(shop.stack.site_url))

    customer.orders()
    customer.is_declined()
    customer.page.click("a#cancel")
    customer.sees("failed")
    assert customer.page.evaluate("'any' in AbortSignal || 'toSorted' in []") is False
    customer.page.click("a#retry")
    customer.tries_card(PAYS)

    customer.sees("succeeded")
    assert customer.transaction
    expect(customer.page.locator("#receipt")).to_be_visible()


def test_a_customer_pays_in_the_form_in_the_oldest_browsers(customer: Customer, shop: Shop) -> None:
    customer.page.add_init_script(aging_script(shop.stack.site_url))
    form = PayPage(customer)

    form.orders()
    form.pays(IS_DECLINED)
    form.has_problem("declined")
    form.pays()

    customer.sees("succeeded")


@pytest.mark.parametrize(
    "scene",
    [
        "form-errors",
        "form-refused",
        "gone-quiet",
        "left-checkout",
        "unreachable",
        "pay-unknown",
        "pay-without-stripe",
        "pay-opened-again",
    ],
)
def test_the_oldest_browsers_show_each_state(stage: Stage, scene: str) -> None:
    page = stage.page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(error.message))
    page.add_init_script(aging_script(stage.site_url))

    (PAYMENT_PAGE | RESULT_PAGE | PAY_PAGE)[scene].play(page, stage.site_url, stage.api_url)

    assert faults == []
