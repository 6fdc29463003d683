"""docs/performance.md, from what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.artefacts import BARE, FLOOR
from bench.counts import calls, capacity, package_sizes
from bench.figures import ratio, spread, verdict
from bench.imports import Import, by_package, dearest
from bench.tables import document_of, names_of, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.figures import Spread

type Results = Mapping[str, Any]
type Runs = Sequence[Mapping[str, float]]

# Times the floor, by function.
TARGETS = {
    "GetStatus": 1.05,
    "ListProducts": 1.05,
    "MyPayments": 1.05,
    "AdminRead": 1.10,
    "GetInvoice": 1.15,
    "TendPayment": 1.20,
    "PaymentMethods": 1.20,
    "StripeWebhook": 1.20,
    "SendEmail": 1.15,
    "Reconcile": 1.25,
    "GetQuote": 1.35,
    "CreateSession": 1.45,
    "CreateIntent": 1.45,
    "AdminAct": 1.45,
}
OWN_WEBHOOK_MS = 2.0
_OWN = "payments"


def document(results: Results) -> str:
    sections = [
        _head(results["machine"]),
        _starts(results),
        _first_requests(results),
        _without_bytecode(results),
        _imports(results),
        _warm(results),
        calls(results),
        capacity(results),
        package_sizes(results),
    ]
    return document_of(sections)


def _head(machine: Mapping[str, Any]) -> str:
    busy = " Others were at work on this machine, so trust the ratios more than the milliseconds." * (
        max(machine["load"], machine["load_after"]) > machine["cores"] / 2
    )
    return f"""# Performance

Measured by `{machine["command"]}`, which writes this file, on {machine["date"]} at revision
{machine["revision"]}. {machine["processor"]}, {machine["cores"]} cores, {machine["system"]}, Python
{machine["python"]}; load average {machine["load"]:.2f} at the start,
{machine["load_after"]:.2f} at the end.{busy}

The functions run as `sam build` leaves them, built for this machine's processor: layer and handler on the path
in Lambda's order before the runtime's own packages, loaded by Lambda's own client, nothing written. AWS and
Stripe are played back in the process from one payment's recorded life, so there is no network in these figures.
Not in them either: how long Lambda takes to get a sandbox and the package, TLS, and how much slower a function
with a share of a processor is (docs/cost.md estimates that). Figures in brackets are quartiles: half of the
measurements lie between them."""


def _starts(results: Results) -> str:
    cold = results["cold"]
    rows = [
        _start_row("Lambda's client alone", cold[BARE], None, None),
        _start_row("the floor", cold[FLOOR], None, None),
    ]
    functions = names_of(results)
    for id_, name in functions.items():
        rows.append(_start_row(name, cold[id_], cold[FLOOR], TARGETS.get(id_)))
    head = ("", "wall ms", "x floor", "CPU ms", "x floor", "target", "")
    return f"""## Starting

From the start of the interpreter until the handler is loaded, {len(cold[FLOOR])} fresh processes each, in turns
with the floor: a handler that does nothing but `boto3.client("dynamodb")`. All of them include the interpreter
and Lambda's client. A target is met when both ratios are, to two decimals.

{table_of(head, rows)}"""


def _start_row(name: str, runs: Runs, floor: Runs | None, target: float | None) -> tuple[str, ...]:
    wall, cpu = _column(runs, "init_wall"), _column(runs, "init_cpu")
    if floor is None:
        return name, _ms(spread(wall)), "", _ms(spread(cpu)), "", "", ""
    ratios = ratio(wall, _column(floor, "init_wall")), ratio(cpu, _column(floor, "init_cpu"))
    judged = "" if target is None else verdict(max(each.median for each in ratios), target)
    return (
        name,
        _ms(spread(wall)),
        _times(ratios[0]),
        _ms(spread(cpu)),
        _times(ratios[1]),
        f"{target:.2f}" if target else "",
        judged,
    )


def _first_requests(results: Results) -> str:
    cold = results["cold"]
    floor = [_both(run) for run in cold[FLOOR]]
    rows = [("the floor", *_first_columns(cold[FLOOR], floor), _mebibytes(cold[FLOOR]))]
    for id_, name in names_of(results).items():
        rows.append((name, *_first_columns(cold[id_], floor), _mebibytes(cold[id_])))
    head = (
        "",
        "load, CPU ms",
        "first request, CPU ms",
        "both, wall ms",
        "x floor",
        "both, CPU ms",
        "x floor",
        "peak MiB",
    )
    return f"""## Starting and the first request

What is not imported at start may be at the first request, and a first call is dearer than a second. So here is
both together; the floor's request reads one payment. The memory is the most that the process had until then.

{table_of(head, rows)}"""


def _first_columns(runs: Runs, floor: Runs) -> tuple[str, ...]:
    both = [_both(run) for run in runs]
    wall, cpu = _column(both, "wall"), _column(both, "cpu")
    return (
        _ms(spread(_column(runs, "init_cpu"))),
        _ms(spread(_column(runs, "first_cpu"))),
        _ms(spread(wall)),
        _times(ratio(wall, _column(floor, "wall"))),
        _ms(spread(cpu)),
        _times(ratio(cpu, _column(floor, "cpu"))),
    )


def _without_bytecode(results: Results) -> str:
    rows = []
    for id_, name in names_of(results).items():
        compiled = spread(_column(results["cold"][id_], "init_cpu")).median
        sources = spread(_column(results["without_bytecode"][id_], "init_cpu")).median
        rows.append((name, f"{compiled * 1000:.0f}", f"{sources * 1000:.0f}", f"{sources / compiled:.1f}"))
    head = ("", "CPU ms", "without bytecode", "x")
    return f"""### Without bytecode

Why the build compiles (ADR 6): the same starts with the sources of layer and function alone, as a plain install
has them.

{table_of(head, rows)}"""


def _imports(results: Results) -> str:
    functions = names_of(results)
    accounts = {id_: [Import(**each) for each in results["imports"][id_]] for id_ in functions}
    sums = {id_: by_package(account) for id_, account in accounts.items()}
    packages = sorted(
        {p for each in sums.values() for p in each}, key=lambda p: -max(s.get(p, 0) for s in sums.values())
    )
    rows = [(package, *(f"{sums[id_].get(package, 0):.1f}" for id_ in functions)) for package in packages[:14]]
    parts = [
        "## Imports\n\nMilliseconds as Python accounts for them (`-X importtime`, which slows them), by package:",
        table_of(("", *functions.values()), rows),
        "The ten dearest of each function: a module's own cost, and with what it imports, the least of several starts.",
    ]
    for id_, name in functions.items():
        lines = [
            (each.module + (" (at the first request)" if each.late else ""), f"{each.own:.1f}", f"{each.total:.1f}")
            for each in dearest(accounts[id_])
        ]
        parts.append(f"### {name}\n\n{table_of(('', 'own ms', 'with imports'), lines)}")
    return "\n\n".join(parts)


def _warm(results: Results) -> str:
    rows = []
    for id_, name in names_of(results).items():
        warm = results["warm"][id_]
        samples = sum(warm["owners"].values())
        shares = {owner: count / samples for owner, count in warm["owners"].items()}
        others = sorted((item for item in shares.items() if item[0] != _OWN), key=lambda item: -item[1])
        rows.append(
            (
                name,
                f"{warm['warm_cpu'] * 1000:.2f}",
                f"{own_ms(warm):.2f}",
                f"{shares.get(_OWN, 0):.0%}",
                ", ".join(f"{owner} {share:.0%}" for owner, share in others[:4]),
                f"{warm['log_bytes']:.0f}",
            )
        )
    own = own_ms(results["warm"]["StripeWebhook"])
    head = ("", "CPU ms", "of it ours", "share", "the rest", "bytes logged")
    return f"""## Warm

For each invocation of a running function, over its share of a payment's life (for stripe_webhook: Stripe's five
events, signatures checked; for reconcile: a run with nothing overdue). Whose time it is was sampled by a clock
of processor time; what the standard library does is counted to who called it, so "ours" is our code with all
the parsing, hashing and writing that it has Python do.

{table_of(head, rows)}

Our own code for each webhook: {own:.2f} ms of CPU; target below {OWN_WEBHOOK_MS:.0f} ms: {
        verdict(own, OWN_WEBHOOK_MS)
    }."""


def own_ms(warm: Mapping[str, Any]) -> float:
    """Milliseconds of processor time for each invocation that are our own."""
    owners = warm["owners"]
    share: float = owners.get(_OWN, 0) / sum(owners.values())
    return float(warm["warm_cpu"]) * 1000 * share


def _both(run: Mapping[str, float]) -> dict[str, float]:
    return {clock: run[f"init_{clock}"] + run[f"first_{clock}"] for clock in ("wall", "cpu")}


def _column(runs: Runs, key: str) -> list[float]:
    return [run[key] for run in runs]


def _ms(seconds: Spread) -> str:
    digits = 0 if seconds.median >= 0.02 else 1
    low, median, high = (f"{each * 1000:.{digits}f}" for each in (seconds.low, seconds.median, seconds.high))
    return f"{median} [{low}, {high}]"


def _times(ratios: Spread) -> str:
    return f"{ratios.median:.2f} [{ratios.low:.2f}, {ratios.high:.2f}]"


def _mebibytes(runs: Runs) -> str:
    return f"{max(_column(runs, 'peak_kib')) / 1024:.0f}"
