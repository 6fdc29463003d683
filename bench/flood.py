"""`python -m bench.flood`: what it costs when one address floods the API with orders, and what others notice of it.

Writes docs/flood.md. The real handler runs in this process on DynamoDB Local and the Stripe double, everything that it
asks of either counted; the clock is the flood's, which comes as fast as the gateway lets it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.exchanges import recorded
from bench.revision import described
from bench.tables import document_of, table_of, units_of
from local.dynamodb_local import dynamodb_local, missing
from local.processes import Logs
from local.template import Template
from stripe_double import StripeDouble
from tests.integration.clock import Clock
from tests.integration.system import ROOT, System, local_aws

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT = ROOT / "docs" / "flood.md"
FLOODING, ANOTHER = "203.0.113.7", "198.51.100.1"
# Without a limit each order is like the others, so that a part of them tells what all cost.
SAMPLE = 200


@dataclass
class Bill:
    """What orders were answered, and what they asked."""

    answers: Counter[int] = field(default_factory=Counter)
    stripe: float = 0
    written: float = 0
    read: float = 0
    calls: list[str] = field(default_factory=list)

    def times(self, factor: float) -> Bill:
        answers = Counter({status: round(number * factor) for status, number in self.answers.items()})
        return Bill(answers, self.stripe * factor, self.written * factor, self.read * factor)


@dataclass(frozen=True)
class Flood:
    """`orders` from one address, so many a second, with the limit and without, and one from another amid them."""

    orders: int
    a_second: int
    limit: int
    limited: Bill
    unlimited: Bill
    another_before: Bill
    another_amid: Bill


class Flooded:
    """A system, whose clock goes by the orders."""

    def __init__(self, system: System, a_second: int) -> None:
        self._system, self._a_second = system, a_second
        # With the minute, and near to the double's time.
        self._began = datetime.now(UTC).replace(second=0, microsecond=0)
        self._clock = Clock()
        self._module = system.functions["CreateSession"]
        self._clock.rule(self._module)

    def limit(self, number: int) -> None:
        self._module.rate = replace(self._module.rate, limit=number)  # type: ignore[attr-defined]

    def order(self, number: int, source: str, bill: Bill) -> None:
        """The flood's order of that number, or one that comes with it."""
        self._clock.offset = self._began + timedelta(seconds=number / self._a_second) - datetime.now(UTC)
        self._system.source = source
        with recorded(measuring_capacity=True) as exchanges:
            status = self._system.order().status
        if status not in (201, 429):
            raise RuntimeError(f"An order was answered with {status}.")
        bill.answers[status] += 1
        units = units_of(exchanges)
        bill.written += units.written
        bill.read += units.read
        bill.stripe += sum(" /v1/" in each["name"] for each in exchanges)
        bill.calls += [each["name"] for each in exchanges]


def flooded(system: System, orders: int, a_second: int, limit: int) -> Flood:
    flood = Flooded(system, a_second)
    limited, unlimited, before, amid = Bill(), Bill(), Bill(), Bill()
    flood.limit(limit)
    # The first of all reads a secret and the first days, which is not what is asked here.
    flood.order(-a_second, ANOTHER, Bill())
    flood.order(-1, ANOTHER, before)
    for number in range(orders):
        flood.order(number, FLOODING, limited)
        if number == orders // 2:
            flood.order(number, ANOTHER, amid)
    flood.limit(0)
    for number in range(SAMPLE):
        flood.order(number, FLOODING, unlimited)
    return Flood(orders, a_second, limit, limited, unlimited.times(orders / SAMPLE), before, amid)


def document(flood: Flood, revision: str) -> str:
    sentence = (
        "**Another client's order amid the flood makes the same calls as before it.**"
        if is_unmoved(flood)
        else "**Another client's order amid the flood does not make the same calls as before it.**"
    )
    rows = [
        _row("without a limit", flood.unlimited, flood.orders),
        _row(f"`ClientRateLimit={flood.limit}`", flood.limited, flood.orders),
    ]
    head = ("", "invocations", "orders made", "429", "requests to Stripe", "write units", "read units")
    return document_of(
        [
            f"""# A flood

Written by `python -m bench.flood`, which `make bench` runs too, at revision {revision}. One address sends
{flood.orders:,} orders for one service, {flood.a_second} a second, which is as much as the gateway lets through
(`ApiRateLimit`). What the order's function asks is counted, DynamoDB's units as in [performance](performance.md);
without a limit that is what {SAMPLE} orders asked, multiplied, for each is like the others. Stripe's events, mails
and looks that follow from orders that were made are not in it.""",
            table_of(head, rows),
            """One process answered all of them. Of those that Lambda may run at once, each asks the table once a minute
before it remembers that the limit is met: a write unit each, at most.""",
            sentence + f" {_told('Before', flood.another_before)} {_told('Amid it', flood.another_amid)}",
        ]
    )


def is_unmoved(flood: Flood) -> bool:
    before, amid = flood.another_before, flood.another_amid
    return (amid.answers, amid.calls, amid.written) == (before.answers, before.calls, before.written)


def _told(when: str, bill: Bill) -> str:
    [status] = bill.answers
    return (
        f"{when}: answered {status} after {len(bill.calls)} calls ({', '.join(_named(each) for each in bill.calls)})."
    )


def _named(call: str) -> str:
    return f"Stripe's {call}" if " /v1/" in call else call


def _row(name: str, bill: Bill, orders: int) -> tuple[str, ...]:
    numbers = (orders, bill.answers[201], bill.answers[429], bill.stripe, bill.written, bill.read)
    return (name, *(f"{number:,.0f}" for number in numbers))


def defaults() -> Mapping[str, Any]:
    parameters = Template(ROOT / "template.yaml").document["Parameters"]
    return {name: each.get("Default") for name, each in parameters.items()}


def main() -> int:
    if reason := missing():
        print(f"docs/flood.md is not written. {reason}", file=sys.stderr)
        return 0
    orders, known = int(os.environ.get("ORDERS") or 10_000), defaults()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        dynamodb = stack.enter_context(dynamodb_local(Logs(folder)))
        system = System(stack.enter_context(local_aws()), stack.enter_context(StripeDouble()), dynamodb)
        for module in system.functions.values():
            module.logger.setLevel("CRITICAL")
        flood = flooded(system, orders, int(known["ApiRateLimit"]), int(known["ClientRateLimit"]))
    DOCUMENT.write_text(document(flood, described()), encoding="utf-8")
    print("docs/flood.md is written", file=sys.stderr)
    return 0 if is_unmoved(flood) else 1


if __name__ == "__main__":
    sys.exit(main())
