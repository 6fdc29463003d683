"""What docs/performance.md says that is counted and not timed: calls, capacity units, sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.tables import names_of, ran_of, table_of, units_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def calls(results: Mapping[str, Any]) -> str:
    life, names = results["life"], names_of(results)
    rows = []
    for step, times in ran_of([*life["life"], *life["beside"], *life["idle"]]):
        calls = ", ".join(_call(each["name"]) for each in step["calls"])
        rows.append((_purpose(names, step, times), str(len(step["calls"])), calls))
    secrets = sorted(
        {names[s["function"]] for s in life["first"] if any(call["name"] == "GetSecretValue" for call in s["calls"])}
    )
    return f"""## Calls

What each request of a payment's life, and beside it, asks of AWS and Stripe, in order. Every five minutes at most,
{_listed(secrets)} also read a secret when they need it.

{table_of(("", "calls", "in order"), rows)}"""


def capacity(results: Mapping[str, Any]) -> str:
    life, names = results["life"], names_of(results)
    if life["no_capacity_because"]:
        return f"## Capacity units\n\nNot measured. {life['no_capacity_because']}"
    steps = [*life["life"]]
    rows = [(_purpose(names, step, times), *_units(step["calls"], times)) for step, times in ran_of(steps)]
    rows.append(("**a payment's life**", *_units([call for step in steps for call in step["calls"]], 1)))
    others = ran_of([*life["beside"], *life["idle"]])
    rows.extend((_purpose(names, step, times), *_units(step["calls"], times)) for step, times in others)
    return f"""## Capacity units

What DynamoDB Local counts for the same requests: units of on-demand capacity, of the table and of what its
indexes copy. Of transactions, the table's units are counted from their items as DynamoDB bills them, two for each
begun KB of each item; this engine rounds up their sum. DynamoDB itself counts half a unit for a query that finds
nothing, where this engine counts none. A life leaves {life["stored_bytes"]:,} bytes in the table.

{table_of(("", "read", "written", "of it table", "of it indexes"), rows)}"""


def _units(calls: Iterable[Mapping[str, Any]], times: int) -> tuple[str, ...]:
    units = units_of(calls)
    indexes = units.written - units.written_to_table
    return tuple(f"{each * times:g}" for each in (units.read, units.written, units.written_to_table, indexes))


def package_sizes(results: Mapping[str, Any]) -> str:
    functions = names_of(results)
    rows = [
        (name, *(_kb(found[key]) for key in ("unpacked", "zipped", "unpacked_without", "zipped_without")))
        for name, found in (
            *((each, results["sizes"][each]) for each in results["sizes"] if each not in functions),
            *((name, results["sizes"][id_]) for id_, name in functions.items()),
        )
    ]
    packages = [(name, _kb(size)) for name, size in list(results["layer_packages"].items())[:10]]
    return f"""## Package sizes

In kB. Lambda takes 250 MB unpacked, layers and function together; get_invoice has both layers.

{table_of(("", "unpacked", "zipped", "sources only", "sources zipped"), rows)}

The largest packages of the layer that all have:

{table_of(("", "kB"), packages)}"""


def _purpose(names: Mapping[str, str], step: Mapping[str, Any], times: int) -> str:
    return f"{names[step['function']]}: {step['purpose']}" + (f" (x {times})" if times > 1 else "")


def _call(name: str) -> str:
    return f"Stripe's {name}" if " /v1/" in name else "SES SendEmail" if "outbound-emails" in name else name


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words) or "none"


def _kb(size: int) -> str:
    return f"{size / 1000:,.0f}" if size >= 10_000 else f"{size / 1000:.1f}"
