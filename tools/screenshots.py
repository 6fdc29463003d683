"""docs/images/pages.png: the payment page and the result page side by side, as `make run` shows them.

    PYTHONPATH=layers/common python -m tools.screenshots

An order is made and paid on a stack of its own, in the system's Chromium. Look at the picture before you commit it.
"""

import base64
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from local.stack import Ports, Stack
from tools.browser import chromium

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "pages.png"
SIZE: ViewportSize = {"width": 420, "height": 870}
PATIENCE_MS = 20_000


def fill_in(page: Page) -> None:
    page.select_option("#service", "consulting-hour")
    page.fill("#name", "Ada Lovelace")
    page.fill("#email", "ada@example.com")


def pay(page: Page) -> None:
    page.click("#pay")
    page.fill("#cardNumber", "4242424242424242")
    page.fill("#cardExpiry", "12 / 34")
    page.fill("#cardCvc", "123")
    page.fill("#billingName", "Ada Lovelace")
    page.click("#submit")
    expect(page.locator("#status")).to_have_attribute("data-status", "succeeded", timeout=PATIENCE_MS)


def picture_of(page: Page) -> bytes:
    # A focus ring or a caret would be of the moment.
    page.evaluate("document.activeElement.blur()")
    return page.screenshot()


def side_by_side(browser: Browser, pictures: list[bytes]) -> bytes:
    images = "".join(
        f'<img width="{SIZE["width"]}" src="data:image/png;base64,{base64.b64encode(each).decode()}">'
        for each in pictures
    )
    page = browser.new_page(viewport={"width": len(pictures) * SIZE["width"], "height": SIZE["height"]})
    page.set_content(f'<body style="margin: 0; display: flex">{images}</body>')
    return page.screenshot()


def main() -> int:
    path = chromium()
    if path is None:
        print("There is no Chromium: 'python -m tools.browser' installs it, or says how.", file=sys.stderr)
        return 1
    with (
        TemporaryDirectory() as logs,
        Stack(ROOT, ports=Ports.free(), logs=Path(logs)) as stack,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, locale="en-US", device_scale_factor=2)
        page.set_default_timeout(PATIENCE_MS)
        page.goto(stack.site_url)
        fill_in(page)
        before = picture_of(page)
        pay(page)
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        PICTURE.write_bytes(side_by_side(browser, [before, picture_of(page)]))
        browser.close()
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
