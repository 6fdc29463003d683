"""Goods at the desk: what to ship and to whom, what is missing, and what is left in stock."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.desk import payment, refusal
from tests.e2e.scenes import PAYMENT_ID, order
from tests.e2e.test_accessibility import overhang, violations
from tests.e2e.test_desk import PAYMENT, Desk, desk

__all__ = ["desk"]

ADDRESS = {
    "name": "\u0639\u0627\u0626\u0634\u0629",
    "line1": "1 Congress Avenue",
    "line2": None,
    "city": "Austin",
    "region": "TX",
    "postalCode": "78701",
    "country": "US",
}
SHORT = {"sku": "product-2", "name": "Enamel mug", "quantity": 2, "state": "open"}


def goods() -> dict[str, object]:
    """An order of which two mugs are missing."""
    ordered = order((2, "Enamel mug"), (1, "A course"), total=31190) | {
        "number": "7K3M-9XQ2",
        "shipping": {"amount": 1490},
    }
    return payment(
        order=ordered,
        number="7K3M-9XQ2",
        address=ADDRESS,
        billingAddress=ADDRESS | {"name": "ACME Inc."},
        note="Please ring twice.\nThank you.",
        shortages=[SHORT],
        attention={"why": ["shortage"], "since": "2026-11-21T11:05:30Z", "deadline": None},
    )


def test_a_payment_shows_what_to_ship_to_whom_and_the_note(desk: Desk) -> None:
    desk.api.payments[PAYMENT_ID] = goods()
    page = desk.signs_in(PAYMENT)
    part = page.locator("section", has=page.get_by_role("heading", name="Delivery", exact=True))
    for words in (
        "1 Congress Avenue",
        "Austin TX 78701",
        "United States",
        "ACME Inc.",
        "Please ring twice.",
        "Thank you.",
    ):
        expect(part).to_contain_text(words)
    lines = page.locator("section", has=page.get_by_role("heading", name="Order", exact=True))
    for words in ("7K3M-9XQ2", "2 \u00d7 Enamel mug", "$198.00", "Shipping", "$14.90", "$311.90"):
        expect(lines).to_contain_text(words)


def test_without_goods_there_is_no_such_part(desk: Desk) -> None:
    page = desk.signs_in(PAYMENT)
    desk.sees("Payment of $120.00")
    for name in ("Delivery", "Out of stock"):
        expect(page.get_by_role("heading", name=name, exact=True)).to_have_count(0)


@pytest.mark.parametrize(
    ("choice", "resolution", "state"),
    [("Take it from stock", "supplied", "taken from stock since"), ("Not delivered", "waived", "not delivered")],
)
def test_a_shortage_is_settled_after_a_question(desk: Desk, choice: str, resolution: str, state: str) -> None:
    desk.api.payments[PAYMENT_ID] = goods()
    page = desk.signs_in(PAYMENT)
    page.get_by_role("button", name=choice).click()
    page.get_by_role("dialog").get_by_role("button", name=choice).click()

    expect(page.get_by_role("cell", name=state, exact=True)).to_be_visible()
    [sent] = desk.api.sent("/shortages")
    assert sent.body == {"sku": "product-2", "resolution": resolution}
    expect(page.get_by_role("button", name="Not delivered")).to_have_count(0)


def test_what_is_not_there_is_said_in_words(desk: Desk) -> None:
    desk.api.payments[PAYMENT_ID] = goods()
    desk.api.scripts["shortages"].append(
        lambda _: refusal(409, "stock_too_low", "1 is left; take away at most as many.")
    )
    page = desk.signs_in(PAYMENT)
    page.get_by_role("button", name="Take it from stock").click()
    page.get_by_role("dialog").get_by_role("button", name="Take it from stock").click()
    expect(page.locator("#problem")).to_have_text("1 is left; take away at most as many.")


def test_stock_is_shown_and_changed_with_a_reason(desk: Desk) -> None:
    page = desk.signs_in("#/stock")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Enamel mug").click()
    desk.sees("Enamel mug")
    expect(page.get_by_role("cell", name="a delivery")).to_be_visible()

    page.get_by_label("Change").fill("\u22122")
    page.get_by_label("Why").fill("broken")
    page.get_by_role("button", name="Change the stock").click()

    expect(page.locator("#news")).to_have_text("10 are left now.")
    expect(page.get_by_role("row").nth(1)).to_contain_text("broken")
    expect(page.get_by_role("row").nth(1)).to_contain_text("you")
    [sent] = desk.api.sent("/stock")
    assert sent.body == {"change": -2, "reason": "broken"}


def test_a_change_without_an_answer_is_sent_again_as_the_same(desk: Desk) -> None:
    page = desk.signs_in("#/stock/enamel-mug")
    desk.loses_answers("stock")
    page.get_by_label("Change").fill("5")
    page.get_by_label("Why").fill("a delivery")
    page.get_by_role("button", name="Change the stock").click()
    expect(page.locator("#problem")).to_contain_text("Doing it again is safe")
    page.get_by_role("button", name="Change the stock").click()
    expect(page.locator("#news")).to_have_text("17 are left now.")
    first, second = desk.api.sent("/stock")
    assert first.key == second.key


@pytest.mark.parametrize(("change", "why"), [("0", "x"), ("1.5", "x"), ("", "x"), ("5", " ")])
def test_what_is_no_change_is_not_sent(desk: Desk, change: str, why: str) -> None:
    page = desk.signs_in("#/stock/enamel-mug")
    page.get_by_label("Change").fill(change)
    page.get_by_label("Why").fill(why)
    page.get_by_role("button", name="Change the stock").click()
    expect(page.locator("#stock-problem")).not_to_be_empty()
    assert desk.api.sent("/stock") == []


def test_a_product_that_is_not_there_is_said_so(desk: Desk) -> None:
    desk.signs_in("#/stock/nothing")
    desk.sees("There is no such product")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("view", [PAYMENT, "#/stock", "#/stock/enamel-mug"])
def test_goods_fit_the_screen_and_can_be_used_by_everyone(desk: Desk, view: str, width: int) -> None:
    desk.api.payments[PAYMENT_ID] = goods()
    page = desk.signs_in(view)
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.get_by_role("table").first).to_be_visible()
    assert overhang(page) <= 0
    assert violations(page) == []
