"""docs/cost.md, from the measured counts and the list prices: a payment, a million, and a month without any."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bench.tables import document_of, names_of, table_of
from bench.usage import Costs, Deployment, Line, deployment_of, priced, share_of_processor
from local.intrinsics import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
_PRICES = Path(__file__).with_name("prices.yaml")
_RESULTS = ROOT / ".local" / "bench" / "results.json"
_MEMORY_SIZES = (128, 256, 512, 1024, 1769)


def document(results: Mapping[str, Any], prices: Mapping[str, Any], deployment: Deployment) -> str:
    assumptions = prices["assumptions"]
    costs = Costs(results, deployment, assumptions)
    machine = results["machine"]
    waits = ", ".join(f"{kind.replace('_', ' ')} {ms}" for kind, ms in assumptions["waiting_ms"].items())
    why = results["life"]["no_capacity_because"]
    missing = f"\n\n**Without DynamoDB's units**, which were not measured. {why}" if why else ""
    scenarios = [
        (
            "One payment",
            "The whole life of one on a quiet day: five events, ten polls, three mails; every function has to start.",
            1,
        ),
        (
            "A million payments in a month",
            "All alike, and the first month of keeping them. An idle month is not in it.",
            10**6,
        ),
        ("An idle month", "Nobody buys.", 1),
    ]
    quantities = (costs.payment(), costs.million(), costs.idle_month())
    parts = [
        f"""# Cost

Written by `make bench` on {machine["date"]} at revision {machine["revision"]}: the counts that it measured,
times the list prices of {prices["region"]} as of {prices["date"]}, without the free tier
([bench/prices.yaml](../bench/prices.yaml), where every price has its page). Stripe's fees are not in it, nor
the hosting of the page.{missing}

Lambda's duration is estimated: the processor time that the bench measured, divided by the share of a processor
that the memory buys (512 MB is {share_of_processor(512, assumptions):.2f}), which is pessimistic for short
bursts, and waiting that is assumed (ms: {waits}). Of a busy month's invocations
{assumptions["starts_when_busy"]:.0%} are assumed to start a sandbox, of reconcile's
{assumptions["starts_of_reconcile"]:.0%}."""
    ]
    for (title, what, divisor), counted in zip(scenarios, quantities, strict=True):
        parts.append(_scenario(title, what, priced(counted, prices["prices"]), divisor))
    parts += [_cuts(results, prices, deployment), _memory(results, costs, prices)]
    return document_of(parts)


def _scenario(title: str, what: str, lines: Sequence[Line], payments: int) -> str:
    total = sum(each.usd for each in lines)
    by_service: dict[str, float] = {}
    for each in lines:
        by_service[each.service] = by_service.get(each.service, 0.0) + each.usd
    services = ", ".join(f"{name} {usd / total:.0%}" for name, usd in sorted(by_service.items(), key=lambda i: -i[1]))
    each_payment = f", {_usd(total / payments)} for each" if payments > 1 else ""
    rows = [
        (each.service, each.line, _quantity(each.quantity), _usd(each.usd), f"{each.usd / total:.1%}") for each in lines
    ]
    dearest = lines[0]
    return f"""## {title}: {_usd(total)}

{what} {_usd(total)}{each_payment}. By service: {services}. The dearest line is {dearest.service}'s {dearest.line}.

{table_of(("service", "line", "quantity", "USD", "share"), rows)}"""


def _cuts(results: Mapping[str, Any], prices: Mapping[str, Any], deployment: Deployment) -> str:
    """What choices save a million payments, by doing the sums again without them."""

    def total(**changes: bool) -> float:
        quantities = Costs(results, replace(deployment, **changes), prices["assumptions"]).million()
        return sum(line.usd for line in priced(quantities, prices["prices"]))

    lines = priced(Costs(results, deployment, prices["assumptions"]).million(), prices["prices"])
    (mails,) = (line for line in lines if line.line == "mails")
    third = mails.usd / len(results["life"]["mail_bytes"])
    return f"""## What was cut, and what can be

The dearest line of a payment is its mails, of which one is the admin's copy of the customer's: AdminCopy=false saves
{_usd(third)} of a million payments' {_usd(mails.usd)}. System logs from level WARN on, not INFO, save
{_usd(total(logs_system_lines=True) - total())}, traces that were not recorded at all would save
{_usd(total() - total(traces=False))}. In an idle month the alarms are dearest, of which AWS gives every account
ten: outcomes with one remedy therefore share one."""


def _memory(results: Mapping[str, Any], costs: Costs, prices: Mapping[str, Any]) -> str:
    assumptions = prices["assumptions"]
    life = results["life"]
    rows = []
    for id_, name in names_of(results).items():
        steps = [step for step in [*life["life"], *life["beside"], *life["idle"]] if step["function"] == id_]
        peak = max(run["peak_kib"] for run in results["cold"][id_]) / 1024
        memory = costs.memory(id_)
        cells = []
        for size in _MEMORY_SIZES:
            lasting = sum(costs.duration_ms(step, size) for step in steps) / len(steps)
            gb_seconds = lasting / 1000 * size / 1024
            [line] = priced({"lambda_gb_seconds": gb_seconds * 10**6}, prices["prices"])
            cells.append(f"{costs.start_ms(id_, size):.0f} / {lasting:.0f} / {line.usd:.2f}")
        rows.append((name, str(memory), f"{peak:.0f}", *cells))
    shares = ", ".join(f"{size} MB {share_of_processor(size, assumptions):.2f}" for size in _MEMORY_SIZES)
    head = ("", "set, MB", "peak, MiB", *(f"{size} MB" for size in _MEMORY_SIZES))
    return f"""## Memory sizes

Estimated for each size: ms to start / ms for an invocation / USD for a million running invocations' duration.
More memory is a larger share of a processor ({shares}), so it costs less than it seems while a function
computes, and is wasted while it waits. The peak is measured, until after the first request; a function needs
some 30 % more than that.

{table_of(head, rows)}"""


def _usd(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}" if amount >= 0.001 else f"${amount:.7f}"


def _quantity(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity >= 100 else f"{quantity:.3g}"


def write(results: Mapping[str, Any]) -> None:
    prices = yaml.safe_load(_PRICES.read_text(encoding="utf-8"))
    deployment = deployment_of(read_document(ROOT / "template.yaml"))
    (ROOT / "docs" / "cost.md").write_text(document(results, prices, deployment), encoding="utf-8")


def main() -> int:
    """From the last measurements."""
    if not _RESULTS.exists():
        print("Nothing was measured yet: run `make bench` first.", file=sys.stderr)
        return 1
    write(json.loads(_RESULTS.read_text(encoding="utf-8")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
