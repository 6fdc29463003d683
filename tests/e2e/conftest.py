"""The whole system once, a Chromium once, both for this folder alone, and for each test a customer of its own."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from local.servers import Server, listen
from local.site import pages
from local.stack import Ports, Stack
from tests.e2e.customer import Customer
from tests.e2e.scenes import Stage
from tests.e2e.shop import Shop
from tools.browser import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Request

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_MS = 10_000

# The browser asks for nothing on its own, and runs as root too.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(ROOT, ports=Ports.free(), logs=tmp_path_factory.mktemp("logs")) as running:
        assert running.broken == {}
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.fail("The browser tests need Chromium: 'python -m tools.browser' installs it, or says how.")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def pages_alone() -> Iterator[tuple[str, str]]:
    """Where the pages are, and the API that they call: it takes calls and never answers."""
    silence, listener = listen(0), listen(0)
    api_url, site_url = (f"http://localhost:{each.getsockname()[1]}" for each in (silence, listener))
    server = Server(listener, pages(ROOT / "frontend", api_url))
    yield site_url, api_url
    server.close()
    silence.close()


@pytest.fixture
def stage(browser: Browser, pages_alone: tuple[str, str]) -> Iterator[Stage]:
    stage = Stage(browser, *pages_alone)
    yield stage
    stage.close()


@pytest.fixture
def shop(stack: Stack) -> Shop:
    return Shop(stack)


@pytest.fixture
def customer(shop: Shop, browser: Browser) -> Iterator[Customer]:
    """In the end, no page had an error of its own, and no request went anywhere but to this machine."""
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    elsewhere: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # Chromium reports each answer from 400 on as an error; what the page makes of it is up to the test.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            errors.append(message.text)

    def on_request(request: Request) -> None:
        if urlsplit(request.url).hostname not in ("localhost", "127.0.0.1"):
            elsewhere.append(request.url)

    context.on("console", on_console)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("request", on_request)
    yield Customer(context.new_page(), shop, f"ada-{next(_numbers)}@example.com")
    context.close()
    assert errors == []
    assert elsewhere == []
