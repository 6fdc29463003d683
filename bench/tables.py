"""What documents about measurements have in common: tables, names, and counts of a life's steps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from textwrap import fill
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_TABLE = "table"


@dataclass(frozen=True)
class Units:
    """Capacity units, indexes included in `written` and `read`."""

    read: float
    written: float
    written_to_table: float


def units_of(calls: Iterable[Mapping[str, Any]]) -> Units:
    """The sum over calls that each say their `capacity`."""
    read = written = to_table = 0.0
    for capacity in (call["capacity"] for call in calls):
        if not capacity:
            continue
        units = sum(capacity["units"].values())
        if capacity["reading"]:
            read += units
        else:
            written += units
            to_table += capacity["units"].get(_TABLE, 0.0)
    return Units(read, written, to_table)


def ran_of(steps: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], int]]:
    """Each step that differs from all before it in what it is for or asks, and how often it comes."""
    found: dict[str, tuple[Mapping[str, Any], int]] = {}
    for step in steps:
        key = repr((step["function"], step["purpose"], step["calls"]))
        found[key] = (step, found.get(key, (step, 0))[1] + 1)
    return list(found.values())


def names_of(results: Mapping[str, Any]) -> dict[str, str]:
    """Functions as they are called in the house, by logical id."""
    functions = results["life"]["functions"]
    return {id_: PurePosixPath(function["folder"]).name for id_, function in functions.items()}


def table_of(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def document_of(sections: Sequence[str]) -> str:
    """Markdown whose prose is as wide as the code, whatever figures are in it."""
    blocks = "\n\n".join(sections).split("\n\n")
    return "\n\n".join(block if block.startswith(("|", "#")) else _filled(block) for block in blocks) + "\n"


def _filled(prose: str) -> str:
    return fill(prose, width=120, break_long_words=False, break_on_hyphens=False)
