"""Growth: what the same requests cost with ever more payments in the table, in calls and in capacity units.

The real handlers run in this process, on AWS's DynamoDB Local, which says what each call consumed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.exchanges import Exchange, recorded
from bench.growth_fill import copies, fill
from bench.growth_requests import Shop
from bench.load_tables import table
from local.dynamodb_local import dynamodb_local
from local.processes import Logs
from stripe_double import StripeDouble
from tests.integration.clock import Clock
from tests.integration.system import System, local_aws
from tests.integration.wire import masked

if TYPE_CHECKING:
    from pathlib import Path

SIZES = (1_000, 10_000)

ROUNDS = 5
# Secrets are kept for minutes, whatever the table holds.
_NOT_COUNTED = {"GetSecretValue"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one request cost: its calls in their order, capacity units read and written, and its time in seconds."""

    calls: tuple[str, ...]
    read: float
    written: float
    seconds: float


_UNITS: Mapping[str, Callable[[Cost], float]] = {"read": lambda cost: cost.read, "write": lambda cost: cost.written}

# By request, at one size of the table.
type Costs = Mapping[str, Sequence[Cost]]


@dataclass(frozen=True, slots=True)
class Filling:
    payments: int
    items: int
    seconds: float


class Books:
    """Notes the cost of each request. A call that fails says nothing of units, though AWS bills a failed condition."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.costs: dict[str, list[Cost]] = {}

    def measured(self, name: str, action: Callable[[], Any]) -> Any:
        # An entry of the `due` index moves when the second has changed: so it always has.
        self._clock.offset += timedelta(seconds=2)
        began = time.perf_counter()
        with recorded(measuring_capacity=True) as exchanges:
            answer = action()
        seconds = time.perf_counter() - began
        calls = tuple(masked(each["name"]) for each in exchanges if each["name"] not in _NOT_COUNTED)
        cost = Cost(calls, _units(exchanges, reading=True), _units(exchanges, reading=False), seconds)
        self.costs.setdefault(name, []).append(cost)
        return answer


def growth(sizes: Sequence[int], logs: Path) -> tuple[list[Filling], dict[int, Costs]]:
    """How the table was filled to each of the rising sizes, and what each request cost then.

    Says on the standard error where it is; what the functions log goes into `logs`.
    """
    fillings: list[Filling] = []
    by_size: dict[int, Costs] = {}
    logs.mkdir(parents=True, exist_ok=True)
    with (
        (logs / "growth.log").open("w") as log,
        redirect_stdout(log),
        dynamodb_local(Logs(logs)) as engine,
        local_aws() as aws,
        StripeDouble() as double,
    ):
        system = System(aws, double, engine)
        (name,) = [each.name for each in system.template.tables.values()]
        clock = Clock()
        for module in system.functions.values():
            clock.rule(module)
        patterns = Shop(system, Books(clock).measured).patterns()
        filled = 0
        for size in sizes:
            began = time.monotonic()
            # What is open in the table is due some day, but not while this runs.
            due_at = int((datetime.now(UTC) + timedelta(days=1)).timestamp())
            items = fill(system.dynamodb, name, copies(patterns, range(filled, size), due_at))
            filled = size
            fillings.append(Filling(size, items, time.monotonic() - began))
            print(f"{size:,} payments are in the table", file=sys.stderr, flush=True)
            # The first round opens connections and reads secrets.
            Shop(system, Books(clock).measured).serve(datetime.now(UTC))
            books = Books(clock)
            for _ in range(ROUNDS):
                Shop(system, books.measured).serve(datetime.now(UTC))
            by_size[size] = books.costs
    return fillings, by_size


def differences(by_size: Mapping[int, Costs]) -> list[str]:
    """What does not cost the same at every size, a sentence each.

    Rounds may differ by a unit, where an item's size does; units differ when no round at one size is within those at
    another.
    """
    found = []
    for request in sorted({request for costs in by_size.values() for request in costs}):
        at = {size: costs.get(request, ()) for size, costs in by_size.items()}
        if missing := [size for size, rounds in at.items() if not rounds]:
            found.append(f"{request}: not measured with {missing} payments")
            continue
        if any("Scan" in cost.calls for rounds in at.values() for cost in rounds):
            # Its first page costs the same in every table that has more.
            found.append(f"{request}: it reads the whole table")
        if not set.intersection(*({cost.calls for cost in rounds} for rounds in at.values())):
            shown = "; ".join(f"{', '.join(rounds[0].calls)} with {size:,} payments" for size, rounds in at.items())
            found.append(f"{request}: other calls: {shown}")
        for what, of in _UNITS.items():
            ranges = [_range(rounds, of) for rounds in at.values()]
            if max(least for least, _ in ranges) > min(most for _, most in ranges):
                shown = ", ".join(f"{_shown(rounds, of)} with {size:,} payments" for size, rounds in at.items())
                found.append(f"{request}: {what} units: {shown}")
    return found


def table_of_growth(by_size: Mapping[int, Costs]) -> str:
    """A line each request: calls, units read, units written and median milliseconds at each size."""
    groups: dict[str, Callable[[Sequence[Cost]], str]] = {
        "calls": lambda rounds: _shown(rounds, lambda cost: len(cost.calls)),
        "read": lambda rounds: _shown(rounds, _UNITS["read"]),
        "write": lambda rounds: _shown(rounds, _UNITS["write"]),
        "ms": lambda rounds: f"{1000 * median(cost.seconds for cost in rounds):.0f}",
    }
    columns = ["request", *(f"{group} {_short(size)}" for group in groups for size in by_size)]
    requests = next(iter(by_size.values()))
    return table(
        columns,
        [
            [request, *(of(costs[request]) for of in groups.values() for costs in by_size.values())]
            for request in requests
        ],
    )


def _units(exchanges: Sequence[Exchange], *, reading: bool) -> float:
    capacities = [each["capacity"] for each in exchanges if each["capacity"]]
    return float(sum(sum(each["units"].values()) for each in capacities if each["reading"] is reading))


def _range(rounds: Sequence[Cost], of: Callable[[Cost], float]) -> tuple[float, float]:
    return min(of(cost) for cost in rounds), max(of(cost) for cost in rounds)


def _shown(rounds: Sequence[Cost], of: Callable[[Cost], float]) -> str:
    least, most = _range(rounds, of)
    return f"{least:g}" if least == most else f"{least:g} to {most:g}"


def _short(size: int) -> str:
    return f"{size // 1000}k" if size % 1000 == 0 else str(size)
