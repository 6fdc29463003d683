"""What a person waits for who looks at a stack with many payments, and how much of its memory is the payments."""

from __future__ import annotations

import json
import time
import urllib.request
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from bench.processes import usage
from local.resources import client
from local.stack import STRIPE_API_KEY
from tools.browser import chromium

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Page

    from local.stack import Stack

LATER_LOOKS = 5
_VISITS = 3
_PATIENCE_MS = 120_000


@dataclass(frozen=True)
class Look:
    """Seconds of the clock, and of processors: of the stack's, or where a browser looks none."""

    what: str
    clock: float
    processors: float | None = None


@dataclass(frozen=True)
class Kept:
    """What a payment is, in kB of JSON: its items in the table; its mails, as they were sent; the
    events that Stripe sent of it."""

    items: float
    mails: float
    events: float


def looks(stack: Stack) -> list[Look]:
    """The Console's answers, for one who has not looked before and for one who has; then both pages in Chromium."""
    first = _asked(stack, "Console, first look")
    again = [_asked(stack, "") for _ in range(LATER_LOOKS)]
    status = _asked(stack, "Console, by a status that none has", "?search=expired")
    later = Look("Console, later looks", _median(again, "clock"), _median(again, "processors"))
    return [first, later, status, *_in_a_browser(stack)]


def kept(stack: Stack, payments: int) -> Kept:
    """Of each of so many payments."""
    ((_, table),) = stack.template.tables.items()
    pages = client("dynamodb", stack.dynamodb_url).get_paginator("scan").paginate(TableName=table.name)
    items = sum(len(json.dumps(item)) for page in pages for item in page["Items"])
    mails = sum(len(mail["raw"]) for mail in _json(f"{stack.aws_url}/_local/mails?after=0")["mails"])
    events = _json(f"{stack.stripe_url}/v1/events?limit=100", {"Authorization": f"Bearer {STRIPE_API_KEY}"})["data"]
    delivered = len(_json(f"{stack.stripe_url}/_control/webhooks")["deliveries"])
    of_one = len(json.dumps(events)) / len(events)
    return Kept(*(total / payments / 1000 for total in (items, mails, of_one * delivered)))


def _asked(stack: Stack, what: str, query: str = "") -> Look:
    processors, clock = sum(usage().seconds.values()), time.monotonic()
    _json(f"{stack.console_url}/payments.json{query}")
    return Look(what, time.monotonic() - clock, sum(usage().seconds.values()) - processors)


def _in_a_browser(stack: Stack) -> list[Look]:
    """From navigation to the list shown; nothing where there is no Chromium."""
    path = chromium()
    if path is None:
        return []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        return [
            Look("Mailbox in Chromium", _shown(page, stack.mailbox_url, "#mails > li")),
            Look("Console in Chromium", _shown(page, stack.console_url, ".payments > li")),
        ]


def _shown(page: Page, address: str, row: str) -> float:
    def visit() -> float:
        began = time.monotonic()
        page.goto(address, wait_until="commit")
        page.locator(row).first.wait_for(timeout=_PATIENCE_MS)
        return time.monotonic() - began

    return median(visit() for _ in range(_VISITS))


def _median(seen: list[Look], of: str) -> float:
    figures: list[float] = [getattr(look, of) for look in seen]
    return median(figures)


def _json(address: str, headers: Mapping[str, str] | None = None) -> Any:
    request = urllib.request.Request(address, headers=dict(headers or {}))  # noqa: S310 - the stack's own
    with urllib.request.urlopen(request, timeout=_PATIENCE_MS / 1000) as answer:  # noqa: S310 - the stack's own
        return json.load(answer)
