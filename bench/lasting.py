"""`python -m bench.lasting`: the local stack while PAYMENTS (1000) are made; writes docs/lasting.md.

It stops after LASTING_SECONDS (3600) if they take longer. Ends with 1 if one of the last fifty took more than MOST
times what one of the first fifty did: of the clock or of processors.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.lasting_looks import Kept, Look, kept, looks
from bench.load import machine
from bench.load_clients import UnexpectedError, call, control
from bench.load_tables import table
from bench.processes import AWS, STACK, STRIPE, WORKERS, Usage, usage
from local.ports import Ports
from local.resources import client
from local.stack import UNLIMITED, Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "lasting.md"
WATCHED = 50
MOST = 1.15

PARTS = (AWS, STRIPE, WORKERS, STACK)

# So many customers at once.
_CROWD = 3
# As many payments as start the workers that they need: that is no part of a payment's cost.
_FIRST = 2 * _CROWD
_PATIENCE = 120.0
# Looking costs processor time, too.
_LOOK_EVERY_SECONDS = 0.25
_MAILS = 3
_CARD = "4242424242424242"
_ORDER = {"name": "Ada Lovelace", "serviceType": "consulting-hour"}


@dataclass(frozen=True)
class Payment:
    """How long it took, in seconds: to be ordered, to be known as paid after the card was, and to have its mails."""

    ordered: float
    paid: float
    mailed: float

    @property
    def whole(self) -> float:
        return self.ordered + self.paid + self.mailed


@dataclass(frozen=True)
class Spell:
    """Some payments, and what the stack used before and after them."""

    payments: Sequence[Payment]
    before: Usage
    after: Usage

    def milliseconds(self, part: str) -> float:
        """Of processor time, for one payment."""
        seconds = self.after.seconds.get(part, 0.0) - self.before.seconds.get(part, 0.0)
        return seconds / len(self.payments) * 1000


class Shop:
    """The running stack, and customers who pay at once."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._dynamodb = client("dynamodb", stack.dynamodb_url)
        ((_, self._table),) = stack.template.tables.items()

    def spells(self, payments: int, deadline: float) -> Iterator[Spell]:
        """Spells of WATCHED payments, after _FIRST that are not counted, until there are so many or the monotonic clock
        is at `deadline`."""
        with ThreadPoolExecutor(_CROWD) as pool:
            list(pool.map(lambda _: self.pay(), range(_FIRST)))
            for _ in range(payments // WATCHED):
                before = usage()
                yield Spell(list(pool.map(lambda _: self.pay(), range(WATCHED))), before, usage())
                if time.monotonic() > deadline:
                    return

    def pay(self) -> Payment:
        """An order, paid; UnexpectedError if it does not succeed, or its mails are not sent."""
        times = [time.monotonic()]
        key = str(uuid.uuid4())
        order = {**_ORDER, "email": f"customer-{key[:18]}@example.com"}
        made = call("POST", f"{self._stack.api_url}/checkout-sessions", order, {"idempotency-key": key})
        if made.status != 201:
            raise UnexpectedError(f"an order was answered {made.status} {made.body}")
        times.append(time.monotonic())
        payment_id: str = made.body["paymentId"]
        control(self._stack, f"sessions/{made.body['sessionId']}/pay", {"card": _CARD})
        for is_done in (self._is_paid, self._is_mailed):
            _wait(is_done, payment_id)
            times.append(time.monotonic())
        began, ordered, paid, mailed = times
        return Payment(ordered - began, paid - ordered, mailed - paid)

    def _is_paid(self, payment_id: str) -> bool:
        answer = call("GET", f"{self._stack.api_url}/payments/{payment_id}")
        if answer.status != 200:
            raise UnexpectedError(f"{payment_id} was answered {answer.status} {answer.body}")
        return bool(answer.body["status"] == "succeeded")

    def _is_mailed(self, payment_id: str) -> bool:
        found = self._dynamodb.query(
            TableName=self._table.name,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :notice)",
            ExpressionAttributeValues={":pk": {"S": f"PAYMENT#{payment_id}"}, ":notice": {"S": "NOTICE#"}},
        )
        return [item["state"]["S"] for item in found["Items"]].count("sent") == _MAILS


def _wait(is_done: Callable[[str], bool], payment_id: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_done(payment_id):
        if time.monotonic() > deadline:
            raise UnexpectedError(
                f"{payment_id} is not {is_done.__name__.removeprefix('_is_')} after {_PATIENCE:.0f} s"
            )
        time.sleep(_LOOK_EVERY_SECONDS)


def main() -> int:
    payments = int(os.environ.get("PAYMENTS") or 1000)
    if payments < 2 * WATCHED:
        print(f"PAYMENTS must be {2 * WATCHED} or more.", file=sys.stderr)
        return 1
    seconds = float(os.environ.get("LASTING_SECONDS") or 3600)
    spells: list[Spell] = []
    with Stack(ROOT, ports=Ports.free(), logs=ROOT / ".local" / "lasting", parameters=UNLIMITED) as stack:
        for spell in Shop(stack).spells(payments, time.monotonic() + seconds):
            spells.append(spell)
            print(_line(len(spells) * WATCHED, spell), file=sys.stderr, flush=True)
        seen, each = looks(stack), kept(stack, _FIRST + len(spells) * WATCHED)
    if len(spells) == 1:
        print(f"There was time for {WATCHED} payments only, and nothing to compare them with.", file=sys.stderr)
        return 1
    first, last = spells[0], spells[-1]
    document = "\n\n".join([_document(len(spells) * WATCHED, first, last), _kept(each), _looks(seen)])
    print(document)
    DOCUMENT.write_text(document + "\n")
    return 1 if grown(first, last) else 0


def _line(payments: int, spell: Spell) -> str:
    memory = ", ".join(f"{part} {spell.after.megabytes[part]:.0f} MB" for part in PARTS)
    times = f"{_median(spell, 'whole') * 1000:.0f} ms, {_all_milliseconds(spell):.0f} ms of processors"
    return f"{payments} payments: {times}; {memory}"


def grown(first: Spell, last: Spell) -> list[str]:
    """What a payment of the last spell costs more of than one of the first did, as a sentence each."""
    clock = _median(last, "whole") / _median(first, "whole")
    processors = _all_milliseconds(last) / _all_milliseconds(first)
    costs = {"the time of a payment": clock, "its processor time": processors}
    return [f"{what} has grown to {times:.2f} times what it was." for what, times in costs.items() if times > MOST]


def _median(spell: Spell, step: str) -> float:
    seconds: Sequence[float] = [getattr(payment, step) for payment in spell.payments]
    return median(seconds)


def _all_milliseconds(spell: Spell) -> float:
    return sum(spell.milliseconds(part) for part in PARTS)


def _document(payments: int, first: Spell, last: Spell) -> str:
    steps = {
        "ordered": "order to answer",
        "paid": "card to succeeded",
        "mailed": "succeeded to mails sent",
        "whole": "all",
    }
    times = [
        (name, f"{(a := _median(first, step)) * 1000:.0f}", f"{(b := _median(last, step)) * 1000:.0f}", f"{b / a:.2f}")
        for step, name in steps.items()
    ]
    used = [
        (part, f"{(a := first.milliseconds(part)):.0f}", f"{(b := last.milliseconds(part)):.0f}", f"{b / a:.2f}")
        for part in PARTS
    ]
    a, b = _all_milliseconds(first), _all_milliseconds(last)
    used.append(("all", f"{a:.0f}", f"{b:.0f}", f"{b / a:.2f}"))
    held = [
        (
            part,
            f"{first.before.megabytes[part]:.0f}",
            f"{(a := first.after.megabytes[part]):.0f}",
            f"{(b := last.after.megabytes[part]):.0f}",
            f"{b / a:.2f}",
            f"{(b - a) * 1000 / (payments - WATCHED):.0f}",
        )
        for part in PARTS
    ]
    spells = (f"1 to {WATCHED}", f"{payments - WATCHED + 1} to {payments}")
    chosen = "".join(f"{name}={os.environ[name]} " for name in ("PAYMENTS", "LASTING_SECONDS") if os.environ.get(name))
    found = "\n".join(grown(first, last)) or "A payment costs what the first ones did."
    return f"""# A stack that stays up

Written by `{chosen}python -m bench.lasting` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC,
on {machine()}.
The whole local stack ran, on moto, as `make run` has it: {payments} payments were ordered through the API, paid at
Stripe's double, heard of by webhooks and mailed about, by {_CROWD} customers at once; {_FIRST} before them started
workers. Whatever else ran on the machine is in the figures; a row's ratio compares, and that of all may be {MOST}.

**{found}**

## Time

Milliseconds of a payment, medians. Mails wait for the poller, which looks into the queue twice a second.

{table(("step", *spells, "ratio"), times)}

Milliseconds of processor time for one payment, with all that runs beside it, reconcile every ten seconds among it.

{table(("part", *spells, "ratio"), used)}

## Memory

Megabytes, of the functions' workers those of the largest.

{table(("part", "fresh", f"after {WATCHED}", f"after {payments}", "ratio", "kB a payment"), held)}"""


def _kept(each: Kept) -> str:
    item, mail, event = (f"{size:.0f} kB" for size in (each.items, each.mails, each.events))
    return f"""This much of it is the payment itself, as JSON: {item} of items in the table, {mail} of mails, which are
kept packed, and {event} of events at Stripe's double. Table and double keep theirs as Python's objects, which are many
times that."""


def _looks(seen: Sequence[Look]) -> str:
    lines = [
        (look.what, f"{look.clock * 1000:.0f}", "-" if look.processors is None else f"{look.processors * 1000:.0f}")
        for look in seen
    ]
    return f"""## Looking at all of it

Milliseconds: of the clock until it is answered, in Chromium from the navigation until the list is there, and of the
processor time of the whole stack meanwhile.

{table(("look", "clock", "processors"), lines)}"""


if __name__ == "__main__":
    sys.exit(main())
