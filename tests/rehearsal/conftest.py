"""One deployment for all stories, made as docs/deploying.md says; where a story fails, what AWS and Stripe noted."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright

from local.issuer.app import Issuer
from local.servers import Server, listen
from local.site import pages
from local.stack import STRIPE_API_KEY, STRIPE_PUBLISHABLE_KEY
from tests.e2e.conftest import QUIET
from tests.e2e.customer import Customer
from tests.rehearsal.deployment import Deployment
from tests.rehearsal.documents import DEPLOYING, Reader
from tests.rehearsal.emulator import ROOT, Emulator, free_port
from tests.rehearsal.names import resolve_to
from tests.rehearsal.shop import PATIENCE_SECONDS, Addresses, DeployedShop
from tests.rehearsal.workshop import Workshop
from tools.browser import chromium

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from socket import socket

    from playwright.sync_api import Browser

STACK = "quittance-staging"
# Each story finds the stack as those before it left it; the last one deletes it.
STORIES = (
    "deploying",
    "paying",
    "shopping",
    "cards",
    "desk",
    "trouble",
    "operating",
    "updating",
    "two_releases",
    "deleting",
    "differences",
    "arm64",
    "mutations",
)
TAIL = 4000

_numbers = itertools.count(1)
_WITNESSES = pytest.StashKey[dict[str, Any]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_WITNESSES] = {}
    if pipe := os.environ.get("REHEARSAL_PIPE"):
        folder = os.environ["REHEARSAL_FOLDER"]
        threading.Thread(target=_end_with_the_runner, args=(int(pipe), folder), daemon=True).start()


def _end_with_the_runner(pipe: int, folder: str) -> None:
    """Where the runner was killed, and can remove nothing any more."""
    os.read(pipe, 1)
    # Of a session of its own, so that it outlives this one.
    subprocess.Popen(["sh", "-c", 'sleep 1; rm -rf "$0"', folder], start_new_session=True)
    os.killpg(0, signal.SIGKILL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: STORIES.index(item.path.stem.removeprefix("test_")))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        witnesses = item.config.stash[_WITNESSES]
        for name in ("emulator", "double"):
            if log := witnesses.get(name):
                report.sections.append((f"the {name}'s log", _end_of(log)))
        if stack := witnesses.get("stack"):
            try:
                report.sections.append(("the stack", stack.tells()))
            except Exception as error:
                report.sections.append(("the stack", f"could not be asked: {error}"))
    return report


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-TAIL:]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(os.environ.get("REHEARSAL_FOLDER") or tmp_path_factory.mktemp("rehearsal"))


@pytest.fixture(scope="session")
def emulator(folder: Path, pytestconfig: pytest.Config) -> Iterator[Emulator]:
    running = Emulator(folder / "aws")
    pytestconfig.stash[_WITNESSES]["emulator"] = running.log
    resolve_to(running.port)
    # Whatever this process asks by https is the emulator.
    os.environ["SSL_CERT_FILE"] = str(running.certificate)
    yield running
    running.close()


@pytest.fixture(scope="session")
def stripe_url(folder: Path, emulator: Emulator, pytestconfig: pytest.Config) -> Iterator[str]:
    port, log = free_port(), folder / "double.log"
    pytestconfig.stash[_WITNESSES]["double"] = log
    command = [sys.executable, "-m", "tests.rehearsal.stripe", str(emulator.port), "--port", str(port)]
    with log.open("wb") as lines:
        double = subprocess.Popen(
            [*command, "--api-key", STRIPE_API_KEY, "--publishable-key", STRIPE_PUBLISHABLE_KEY, "--verbose"],
            cwd=ROOT,
            stdout=lines,
            stderr=subprocess.STDOUT,
        )
    yield f"http://127.0.0.1:{port}"
    double.kill()
    double.wait()


@pytest.fixture(scope="session")
def site_listener() -> Iterator[socket]:
    """Where the pages will be: known before there is an API that they could call."""
    listener = listen(0)
    yield listener
    listener.close()


@pytest.fixture(scope="session")
def issuer(site_listener: socket) -> Iterator[Issuer]:
    """The provider that customers and admins sign in with."""
    listener = listen(0)
    port, site_port = (each.getsockname()[1] for each in (listener, site_listener))
    known = Issuer(f"http://localhost:{port}", "quittance", [f"http://localhost:{site_port}"])
    server = Server(listener, known)
    yield known
    server.close()


@pytest.fixture(scope="session")
def workshop(folder: Path, emulator: Emulator, stripe_url: str, site_listener: socket, issuer: Issuer) -> Workshop:
    """The shop's clone, its settings made."""
    clone = Workshop(folder / "quittance", ROOT, emulator.environment)
    clone.sets(
        {
            "AllowedOrigins": f"http://localhost:{site_listener.getsockname()[1]}",
            "AlarmEmail": "alarms@example.com",
            "FailureNoticeDelaySeconds": "2",
            # The emulator has no managed login.
            "OidcIssuer": issuer.url,
            "StripeApiBase": stripe_url,
            "StripePublishableKey": STRIPE_PUBLISHABLE_KEY,
            # Each is a process; two are enough, and Stripe repeats what is throttled.
            "WebhookConcurrency": "2",
        }
    )
    return clone


@pytest.fixture(scope="session")
def reader(workshop: Workshop) -> Reader:
    return Reader(workshop, STACK)


@pytest.fixture(scope="session")
def deployment(emulator: Emulator, reader: Reader, pytestconfig: pytest.Config) -> Deployment:
    """The stack as docs/deploying.md makes it, with Stripe's key, a webhook endpoint, a sender and a catalogue."""
    made = Deployment(emulator, STACK)
    pytestconfig.stash[_WITNESSES]["stack"] = made
    reader.types(DEPLOYING, "aws sesv2 create-email-identity").well()
    reader.types(DEPLOYING, "make deploy", answers="y\n").well()
    made.make_routes()
    made.reserve_concurrency()
    made.hasten()
    reader.types(DEPLOYING, "make stripe", answers=f"{STRIPE_API_KEY}\n").well()
    reader.types(DEPLOYING, "make catalogue").well()
    return made


@pytest.fixture(scope="session")
def shop(
    deployment: Deployment, workshop: Workshop, stripe_url: str, site_listener: socket, issuer: Issuer
) -> Iterator[DeployedShop]:
    api_url = deployment.outputs()["ApiUrl"]
    site_url = f"http://localhost:{site_listener.getsockname()[1]}"
    server = Server(site_listener, pages(workshop.folder / "frontend", api_url, issuer.url, stripe_url))
    opened = DeployedShop(Addresses(api_url, site_url, stripe_url, issuer.url), deployment)
    opened.opens()
    yield opened
    server.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.fail("The rehearsal needs Chromium: 'python -m tools.browser' installs it, or says how.")
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def customer(shop: DeployedShop, browser: Browser) -> Iterator[Customer]:
    """The browser takes the emulator's certificate, which no authority that it knows has signed."""
    context = browser.new_context(locale="en-US", ignore_https_errors=True)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield Customer(context.new_page(), shop, f"ada-{next(_numbers)}@example.com")
    context.close()
    assert errors == []
