"""`make load`: the local stack under load, and the same requests on an ever larger table; writes docs/load.md.

LOAD_SECONDS is how long customers come (90), GROWTH how many payments the table holds in the end (10000). Ends with 1
if anything was lost, doubled or answered wrongly, or costs another number of calls or units in a larger table.
"""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.growth import ROUNDS, Costs, Filling, differences, growth, table_of_growth
from bench.load_check import losses
from bench.load_figures import Stage, table_of_stage, table_of_stages
from bench.load_run import under_load
from bench.load_tables import table
from local.dynamodb_local import missing
from local.workers import MAXIMUM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.load_check import World
    from bench.load_clients import Ledger

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "load.md"
SIZES = (1_000, 10_000, 100_000)

# Played by a test, and not by this machine's engine.
HOT_PRODUCT = """## A hot product

An order that takes from stock writes the product's one item in its transaction. DynamoDB lets one transaction at a time
at an item and refuses whatever meets it; an item takes 1,000 write units a second, and a transaction uses two for it:
500 orders a second of one product at the very most, and about one for each time that a transaction takes. An order that
is refused is tried twelve times with ever longer pauses, and then answered 503 "try again", with nothing written: sent
again with its key, it goes on. Orders of other products do not wait for it.

DynamoDB Local refuses nothing for this, so `.venv/bin/python -m pytest tests/integration/test_hot_product.py` plays it
in memory, with transactions of 10 ms. Of 256 buyers who want one of 200 at the same moment, two in three had theirs at
once, the others were told to try again, and then the rest was sold; five in six transactions were refused on the way.
Of 64 buyers nobody was told to. What would come next is in [ADR 24](adr/0024-stock-follows-from-the-facts.md)."""


def main() -> int:
    if reason := missing():
        print(reason, file=sys.stderr)
        return 1
    seconds, most = float(os.environ.get("LOAD_SECONDS") or 90), int(os.environ.get("GROWTH") or 10_000)
    ledger, stages, world = under_load(ROOT, seconds)
    wrong = [*ledger.unexpected, *losses(ledger.visits, world)]
    # Of one size nothing can be told.
    sizes = [*([size for size in SIZES if size < most] or [most // 10]), most]
    fillings, by_size = growth(sizes, ROOT / ".local" / "load")
    grown = differences(by_size)
    document = "\n\n".join(
        [_head(), _load(ledger, stages, world, wrong), _growth(fillings, by_size, grown), HOT_PRODUCT]
    )
    print(document)
    DOCUMENT.write_text(document + "\n")
    return 1 if wrong or grown else 0


def _head() -> str:
    chosen = " ".join(f"{name}={os.environ[name]}" for name in ("LOAD_SECONDS", "GROWTH") if os.environ.get(name))
    return f"""# Load and growth

Written by `{f"{chosen} " if chosen else ""}make load` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, on {machine()}.
The whole local stack ran: the real handlers in Lambda's runtime client, AWS's DynamoDB Local, moto's SQS and SES, the
Stripe double."""


def machine() -> str:
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{os.cpu_count()} cores of {model}, {platform.system()}, Python {platform.python_version()}"


def _load(ledger: Ledger, stages: Sequence[Stage], world: World, wrong: Sequence[str]) -> str:
    paid = sum(view["status"] == "succeeded" for view in world.views.values())
    states = [state for stored in world.stored.values() for state in stored.notices.values()]
    by_stage = "\n\n".join(
        f"### {stage.clients} {'client' if stage.clients == 1 else 'clients'}\n\n"
        f"{table_of_stage(stage, ledger.samples)}"
        for stage in stages
    )
    return f"""## Load

Each client is one customer after the other, without a pause: the products, an order with an Idempotency-Key (three in
ten send it twice), then the card is paid, declined, declined and then paid, declined and left to expire, or never
shown, while the page polls up to ten times. Three in ten come with a forged webhook. Stripe's events arrive twice each,
in any order. What is answered 503 is sent again, as a page and Stripe do, and counted.

{_found(wrong, "Nothing was lost, doubled or answered wrongly.")}

{len(ledger.visits)} customers left {len(world.stored)} payments, {paid} of them succeeded; {len(states)}
notices, {states.count("sent")} of them sent and {states.count("moot")} no longer true when their time came;
{len(world.mails)} mails. Checked for each: its status and amount by the API, its one Checkout Session at Stripe, its
notices in the table, its mails in the mailbox, one payment for each Idempotency-Key.

{table_of_stages(stages, ledger.samples)}

"Cores busy" is the whole machine, whatever else ran on it; "this process" is the part of the clients, the gateway and
the Runtime APIs. "Caught up" is when the last webhook and mail were done after the customers had left.

These are this machine's limits, not Lambda's. Here every function has at most {MAXIMUM} workers, customers and gateway
share one Python process, SQS and SES answer one request at a time, DynamoDB Local is one Java process, and all of them
share {os.cpu_count()} cores with Stripe's double. On Lambda each request has a worker of its own.

{by_stage}"""


def _found(wrong: Sequence[str], nothing: str) -> str:
    if not wrong:
        return f"**{nothing}**"
    return "\n".join([f"**Wrong, {len(wrong)} times:**", "", *(f"- {each}" for each in wrong)])


def _growth(fillings: Sequence[Filling], by_size: Mapping[int, Costs], grown: Sequence[str]) -> str:
    filled = table(
        ("payments", "items written", "seconds"),
        [(f"{each.payments:,}", f"{each.items:,}", f"{each.seconds:.0f}") for each in fillings],
    )
    return f"""## Growth

What a request costs with ever more payments in the table: calls to AWS and Stripe, and the capacity units that DynamoDB
Local says it consumed. {_found(grown, "They are the same at every size.")}

{table_of_growth(by_size)}

Calls and units are those of {ROUNDS} rounds, the least and the most where rounds differ. Milliseconds are medians, for
information. The payments in the table are copies of real ones, with their events, notices, pointers and claims; three
in twenty are open and in the index of what is due. Reading a secret is not counted: a function keeps it for minutes.
The units compare sizes; they are no bill: for a condition that fails the engine says nothing, and AWS bills a write.

{filled}"""


if __name__ == "__main__":
    sys.exit(main())
