"""docs/images/pages.png: the result page, the customer's mail and the console side by side, as `make run` shows them.

    PYTHONPATH=layers/common python -m tools.screenshots

An order is made and paid on a stack of its own, in the system's Chromium. Look at the picture before you commit it.
"""

import base64
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, expect, sync_playwright

from local.stack import Ports, Stack
from tools.browser import chromium

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "pages.png"
CUSTOMER = "ada@example.com"
# What `succeeded` raises: the customer's mail, the admin's, and the admin's copy.
MAILS = 3
PATIENCE_SECONDS = 30
HEIGHT, NARROW, WIDE, GAP = 820, 420, 760, 24
# Points a pixel: sharp where a screen has two, in half of the bytes.
SHARP = 1.5


def fill_in(page: Page) -> None:
    page.select_option("#service", "consulting-hour")
    page.fill("#name", "Ada Lovelace")
    page.fill("#email", CUSTOMER)


def pay(page: Page) -> None:
    page.click("#pay")
    page.fill("#cardNumber", "4242424242424242")
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


def pictures(browser: Browser, stack: Stack) -> list[tuple[int, bytes]]:
    def blank(width: int) -> Page:
        page = browser.new_page(viewport={"width": width, "height": HEIGHT}, locale="en-US", device_scale_factor=SHARP)
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        return page

    page, mail, console = blank(NARROW), blank(NARROW), blank(WIDE)
    page.goto(stack.site_url)
    fill_in(page)
    pay(page)
    mail.set_content(mail_to_customer(stack.mailbox_url))
    console.goto(stack.console_url)
    console.get_by_text("succeeded").first.wait_for()
    return [(NARROW, picture_of(page)), (NARROW, picture_of(mail)), (WIDE, picture_of(console))]


def main() -> int:
    path = chromium()
    if path is None:
        print("There is no Chromium: 'python -m tools.browser' installs it, or says how.", file=sys.stderr)
        return 1
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with (
        TemporaryDirectory() as logs,
        Stack(ROOT, ports=Ports.free(), logs=Path(logs)) as stack,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        PICTURE.write_bytes(side_by_side(browser, pictures(browser, stack)))
        browser.close()
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
