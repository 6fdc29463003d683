"""STRIPE=test: the stack runs against a Stripe that cannot reach it, and hears of everything all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from local.stack import Ports, Stack
from local.stripe_account import StripeAccount
from local.stripe_events import StripeEvents
from tests.e2e.conftest import ROOT
from tests.e2e.test_run import FREE_PORTS, LAST_LINE, family_of
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEY = "sk_test_aKeyThatNobodySees"
ORDER = {"name": "Ada", "email": "ada@example.com", "serviceType": "consulting-hour"}
PATIENCE = 60


def call(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310 - our own
        return json.load(response)


@contextmanager
def ending(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    with process:
        try:
            yield process
        finally:
            process.terminate()


def started(module: str, output: int | IO[str], *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def stripe_url() -> Iterator[str]:
    """A Stripe that knows of no webhook."""
    with ending(started("stripe_double", subprocess.PIPE, "--port", "0", "--api-key", KEY)) as double:
        assert double.stdout is not None
        yield double.stdout.readline().split()[3].rstrip(",")


@dataclass(frozen=True)
class Shop:
    api_url: str
    mailbox_url: str
    stripe_url: str

    def sells(self) -> str:
        """An order that is paid at Stripe; the payment's id."""
        order = call(f"{self.api_url}/checkout-sessions", ORDER)
        assert order["url"].startswith(self.stripe_url)
        call(f"{self.stripe_url}/_control/sessions/{order['sessionId']}/pay", {"card": "4242424242424242"})
        return str(order["paymentId"])

    def knows_of(self, payment_id: str) -> None:
        """The payment is over, whole, and told to whom it concerns."""

        def payment() -> dict[str, Any]:
            return dict(call(f"{self.api_url}/payments/{payment_id}"))

        eventually(lambda: payment()["status"] == "succeeded", PATIENCE)
        eventually(lambda: payment()["transactionId"] and payment()["receiptUrl"], PATIENCE)
        eventually(lambda: self.mails_about(payment_id) == {"ada@example.com", "admin@example.com"}, PATIENCE)

    def mails_about(self, payment_id: str) -> set[str]:
        paid = [mail for mail in call(f"{self.mailbox_url}/messages") if payment_id in mail["text"]]
        return {to for mail in paid for to in mail["to"]}


def test_make_run_with_a_test_key_hears_of_a_payment_and_keeps_the_key(stripe_url: str, tmp_path: Path) -> None:
    account = {"STRIPE": "test", "STRIPE_API_KEY": KEY, "STRIPE_API_BASE": stripe_url}
    # Reconcile would find the payment as well.
    environment = {**FREE_PORTS, **account, "LOCAL_SCHEDULE_SECONDS": "3600"}
    terminal = tmp_path / "terminal"
    with terminal.open("w") as output, ending(started("local", output, **environment)) as program:
        eventually(lambda: program.poll() is not None or LAST_LINE in terminal.read_text(), PATIENCE)
        said = terminal.read_text().splitlines()
        addresses = {line.rpartition("  ")[0].strip(): line.split()[-1] for line in said if line.startswith("  ")}
        assert addresses["Stripe (test)"] == stripe_url, said
        assert "Stripe double" not in addresses
        assert "  Orders are paid at Stripe itself, in your account's test mode." in said
        state = call(f"{addresses['Console']}/state.json")
        assert state["links"]["Stripe (test)"] == stripe_url
        assert (state["stripe"], state["withoutDouble"].partition(",")[0]) == (None, "Orders are paid at Stripe itself")
        shop = Shop(addresses["API"], addresses["Mailbox"], stripe_url)

        shop.knows_of(shop.sells())

        children = commands_and_environments(family_of(program.pid))
        logs = [path.read_text() for path in Path(addresses["Logs"]).glob("*.log")]
    assert logs
    assert "AWS_LAMBDA_FUNCTION_NAME" in children
    assert "stripe_double" not in children
    assert not [each for each in (children, *logs, terminal.read_text()) if KEY in each]


def commands_and_environments(processes: Iterable[int]) -> str:
    numbers = ",".join(map(str, processes))
    return subprocess.run(
        ["ps", "eww", "-o", "command=", "-p", numbers], capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture
def shop(stripe_url: str, tmp_path: Path) -> Iterator[Shop]:
    account = StripeAccount(KEY, stripe_url)
    with Stack(ROOT, ports=Ports.free(), logs=tmp_path, stripe_account=account, schedule_seconds=1) as stack:
        yield Shop(stack.api_url, stack.mailbox_url, stripe_url)


@pytest.fixture
def account_of_2019(stripe_url: str) -> Iterator[None]:
    version = call(f"{stripe_url}/_control/events", {"api_version": "2019-05-16"})
    assert version
    yield
    call(f"{stripe_url}/_control/events", {"api_version": "2026-10-28.endive"})


@pytest.mark.usefixtures("account_of_2019")
def test_an_account_of_an_old_version_teaches_the_same(shop: Shop, tmp_path: Path) -> None:
    shop.knows_of(shop.sells())

    # Reconcile may have known of it before the events were polled.
    log = tmp_path / "stripe.log"
    told = "The account's API version is 2019-05-16"
    eventually(lambda: log.exists() and told in log.read_text(), PATIENCE)


@pytest.fixture
def nobody_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StripeEvents, "start", lambda self: None)


@pytest.mark.usefixtures("nobody_polls")
def test_what_was_not_polled_is_found_by_reconcile(shop: Shop) -> None:
    shop.knows_of(shop.sells())
