"""The double's Stripe.js against npm's @stripe/stripe-js: its types, by a type checker, and its loader."""

from __future__ import annotations

import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from local import npm
from stripe_double import StripeDouble

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "stripe_double/stripe_js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def packages() -> Path:
    return npm.install("stripe-js", "what the tests know of Stripe.js", 25) / "node_modules"


@pytest.fixture
def program(tmp_path: Path, packages: Path) -> Path:
    """The scripts beside the types, where a change of them is nobody else's."""
    (tmp_path / "node_modules").symlink_to(packages)
    shutil.copytree(SCRIPTS, tmp_path, dirs_exist_ok=True)
    shutil.copytree(Path(__file__).parent / "stripe_js", tmp_path, dirs_exist_ok=True)
    return tmp_path


def complaints(program: Path, script: str) -> str:
    """What the type checker says of the page's or of the frame's script."""
    compiler = program / "node_modules/typescript/bin/tsc"
    done = subprocess.run(
        ["node", compiler, "--project", f"tsconfig.{script}.json"],
        cwd=program,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("script", ["page", "frame"])
def test_the_scripts_have_the_types_of_stripe(program: Path, script: str) -> None:
    assert complaints(program, script) == ""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("async retrievePaymentIntent(", "async retrieveIntent(", "'retrievePaymentIntent' is missing"),
        ("? intent : { paymentIntent: intent }", "? intent : { intent }", "PaymentIntentResult"),
        (
            "* @param {string} clientSecret @param {import",
            "* @param {number} clientSecret @param {import",
            "confirmCard",
        ),
        ("async handleCardAction(clientSecret)", "async handleCardAction(clientSecret, required)", "handleCardAction"),
    ],
)
def test_a_signature_that_is_not_stripes_is_seen(program: Path, old: str, new: str, complaint: str) -> None:
    script = program / "page/stripe.js"
    text = script.read_text()
    assert old in text
    script.write_text(text.replace(old, new))
    assert complaint in complaints(program, "page")


def test_what_stripe_has_and_nobody_names_is_seen(program: Path) -> None:
    script = program / "page/integration.js"
    script.write_text(script.read_text().replace('  "confirmAlipayPayment",\n', ""))
    assert "confirmAlipayPayment" in complaints(program, "page")


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with StripeDouble() as double:
        yield double


@pytest.fixture
def shop(double: StripeDouble, packages: Path, tmp_path: Path) -> Iterator[str]:
    """A page that has npm's loader; its title becomes what the API answers."""
    shutil.copy(packages / "@stripe/stripe-js/dist/index.mjs", tmp_path / "loader.mjs")
    (tmp_path / "index.html").write_text(f"""<!doctype html><title>A shop</title>
    <link rel="icon" href="data:,"><script src="{double.url}/endive/stripe.js"></script>
    <script type="module">
      import {{ loadStripe }} from "/loader.mjs";
      const stripe = await loadStripe("{double.publishable_key}");
      const {{ error }} = await stripe.retrievePaymentIntent("pi_none_secret_none");
      document.title = error.code;
    </script>""")
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_npms_loader_takes_the_one_that_is_there(shop: str) -> None:
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "warning" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(shop)
        expect(page).to_have_title("resource_missing", timeout=30_000)
        browser.close()
    # Not even that it had expected another release.
    assert said == []
