"""The pictures of docs/images/, taken in the system's Chromium on a stack of its own, as `make run` shows the pages.

    PYTHONPATH=layers/common python -m tools.screenshots [pages] [shop] [desk]

`pages`: the result page, the customer's mail and the console side by side. `shop`: a cart before it is ordered.
`desk`: what an admin sees of two orders; only the figures of its statistics are made up, for they take a month. Look
at the pictures before you commit them.
"""

import base64
import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

from local.stack import UNLIMITED, Ports, Stack
from tools.browser import chromium

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "images"
PAYS, IS_DISPUTED = "4242424242424242", "4000000000000259"
CUSTOMER = "ada@example.com"
# What `succeeded` raises: the customer's mail, the admin's, and the admin's copy.
MAILS = 3
PATIENCE_SECONDS = 30
HEIGHT, NARROW, WIDE, GAP = 820, 420, 760, 24
DESK_WIDTH, DESK_HEIGHT, LIST_HEIGHT = 1000, 640, 320
SHOP_WIDTH = 1200
# Points a pixel: sharp where a screen has two, in half of the bytes.
SHARP = 1.5


def fill_in(page: Page) -> None:
    page.select_option("#service", "consulting-hour")
    page.fill("#name", "Ada Lovelace")
    page.fill("#email", CUSTOMER)


def pay(page: Page, card: str = PAYS) -> None:
    page.click("#pay")
    page.fill("#cardNumber", card)
    page.fill("#cardExpiry", "12 / 34")
    page.fill("#cardCvc", "123")
    page.fill("#billingName", "Ada Lovelace")
    page.click("#submit")
    expect(page.locator("#status")).to_have_attribute("data-status", "succeeded")


def mail_to_customer(mailbox_url: str) -> str:
    """Its HTML, once every mail of the payment is there; TimeoutError if they do not come."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        with urlopen(f"{mailbox_url}/messages") as answer:  # noqa: S310 - the stack's own
            mails = json.load(answer)
        if len(mails) >= MAILS:
            return next(str(mail["html"]) for mail in mails if mail["to"] == [CUSTOMER])
        time.sleep(0.2)
    raise TimeoutError(f"{mailbox_url} did not get {MAILS} mails.")


def picture_of(page: Page) -> bytes:
    # A focus ring or a caret would be of the moment.
    page.evaluate("document.activeElement.blur()")
    return page.screenshot(animations="disabled")


def blank(browser: Browser, width: int, height: int = HEIGHT) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": height}, locale="en-US", color_scheme="light", device_scale_factor=SHARP
    )
    page.set_default_timeout(PATIENCE_SECONDS * 1000)
    return page


def side_by_side(browser: Browser, pictures: list[tuple[int, bytes]]) -> bytes:
    """The pictures, each with its width."""
    images = "".join(
        f'<img width="{width}" src="data:image/png;base64,{base64.b64encode(each).decode()}">'
        for width, each in pictures
    )
    width = sum(width for width, _ in pictures) + GAP * (len(pictures) + 1)
    page = browser.new_page(viewport={"width": width, "height": HEIGHT + 2 * GAP}, device_scale_factor=SHARP)
    page.set_content(f'<body style="margin: {GAP}px; display: flex; gap: {GAP}px; background: #d8dce3">{images}</body>')
    return page.screenshot()


def pages(browser: Browser, stack: Stack) -> Iterator[tuple[str, bytes]]:
    page, mail, console = (blank(browser, width) for width in (NARROW, NARROW, WIDE))
    page.goto(stack.site_url)
    fill_in(page)
    pay(page)
    mail.set_content(mail_to_customer(stack.mailbox_url))
    console.goto(stack.console_url)
    console.get_by_text("succeeded").first.wait_for()
    alone = [(NARROW, picture_of(page)), (NARROW, picture_of(mail)), (WIDE, picture_of(console))]
    yield "pages.png", side_by_side(browser, alone)


def shop(browser: Browser, stack: Stack) -> Iterator[tuple[str, bytes]]:
    page = blank(browser, SHOP_WIDTH)
    page.goto(f"{stack.site_url}/shop.html")
    for sku in ("enamel-mug", "enamel-mug", "notebook"):
        page.click(f"#add-{sku}")
    page.locator(".product img").first.wait_for()
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    yield "shop.png", picture_of(page)


def desk(browser: Browser, stack: Stack) -> Iterator[tuple[str, bytes]]:
    page = blank(browser, DESK_WIDTH, LIST_HEIGHT)
    for card in (PAYS, IS_DISPUTED):
        page.goto(stack.site_url)
        fill_in(page)
        pay(page, card)
    page.goto(f"{stack.site_url}/admin/")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("Grace").first.click()
    page.get_by_role("link", name="Payments").click()
    rows = page.locator("tbody tr")
    rows.nth(1).wait_for()
    page.get_by_role("link", name="Attention").click()
    # It is heard of a moment after the payment.
    wait_for_dispute(page)
    yield "desk-attention.png", picture_of(page)
    page.set_viewport_size({"width": DESK_WIDTH, "height": DESK_HEIGHT})
    page.get_by_role("link", name="Payments").click()
    ask_for_refund(page, rows.filter(has_not_text="Dispute").last, "21.00")
    yield "desk-refund.png", picture_of(page)
    page.keyboard.press("Escape")
    page.route("**/admin/stats?*", tell_statistics)
    page.get_by_role("link", name="Statistics").click()
    page.locator("svg.bars").wait_for()
    yield "desk-statistics.png", picture_of(page)


def wait_for_dispute(page: Page) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not page.get_by_role("listitem").count():
        if time.monotonic() > give_up:
            raise TimeoutError("The desk was not told of the dispute.")
        with page.expect_response("**/admin/attention"):
            page.reload()
        expect(page.locator("#content")).not_to_contain_text("Loading")


def ask_for_refund(page: Page, row: Locator, amount: str) -> None:
    """As far as the question."""
    row.get_by_role("link").click()
    page.get_by_label("Amount").fill(amount)
    page.get_by_role("button", name="Refund").click()


def tell_statistics(route: Route) -> None:
    """Of the days asked for: more orders towards the end of a week, some of them unpaid, few refunded."""
    query = parse_qs(urlsplit(route.request.url).query)
    first, last = (date.fromisoformat(query[name][0]) for name in ("from", "to"))
    days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
    shares = {"succeeded": 9, "refunded": 1, "expired": 3}
    rows = [
        {
            "day": day.isoformat(),
            "currency": "usd",
            "status": status,
            "count": count,
            "amount": 9900 * count,
            "received": 0 if status == "expired" else 9900 * count,
            "returned": 9900 * count if status == "refunded" else 0,
        }
        for day in days
        for status, share in shares.items()
        if (count := share * (day.isoweekday() + day.day % 4) // 6)
    ]
    # The page is on another origin.
    route.fulfill(json={"days": rows}, headers={"access-control-allow-origin": "*"})


SETS: dict[str, Callable[[Browser, Stack], Iterator[tuple[str, bytes]]]] = {"pages": pages, "shop": shop, "desk": desk}


def main(names: list[str]) -> int:
    path = chromium()
    if path is None:
        print("There is no Chromium: 'python -m tools.browser' installs it, or says how.", file=sys.stderr)
        return 1
    if unknown := set(names) - set(SETS):
        print(f"There are pictures of {' and '.join(SETS)}, not of {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 1
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with (
        TemporaryDirectory() as logs,
        Stack(ROOT, ports=Ports.free(), logs=Path(logs), parameters=UNLIMITED) as stack,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in names or SETS:
            for file, picture in SETS[name](browser, stack):
                (FOLDER / file).write_bytes(picture)
                print(f"docs/images/{file}: {len(picture)} bytes")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
