"""Two revisions of the project, measured in one run."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.artefacts import FLOOR
from bench.figures import ratio
from bench.performance import own_ms
from bench.tables import table_of, units_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

type Pair[T] = tuple[T, T]


@dataclass(frozen=True)
class Compared:
    """This revision's first, the other's second. `cold` has both, as `<name> <function>`, and the floor."""

    names: Pair[str]
    cold: Mapping[str, Sequence[Mapping[str, float]]]
    warm: tuple[list[dict[str, Any]], ...]
    lives: Pair[Mapping[str, Any]]
    layers: Pair[Mapping[str, int]]


def table(compared: Compared) -> str:
    this, other = compared.names
    functions = [id_ for id_ in compared.lives[0]["functions"] if id_ in compared.lives[1]["functions"]]
    lines: list[tuple[str, float, float, str]] = []
    for id_ in functions:
        ours, theirs = compared.cold[f"{this} {id_}"], compared.cold[f"{other} {id_}"]
        floor = compared.cold[FLOOR]
        for key, what in (("init_wall", "start, wall x floor"), ("init_cpu", "start, CPU x floor")):
            sides = [ratio([r[key] for r in runs], [r[key] for r in floor]).median for runs in (ours, theirs)]
            lines.append((f"{id_}: {what}", sides[0], sides[1], ".3f"))
        for key, what in (("first_cpu", "first request, CPU ms"), ("init_cpu", "start, CPU ms")):
            sides = [1000 * median(run[key] for run in runs) for runs in (ours, theirs)]
            lines.append((f"{id_}: {what}", sides[0], sides[1], ".1f"))
        warm = [[turn[id_] for turn in side] for side in compared.warm]
        measures: dict[str, tuple[Callable[[dict[str, Any]], float], str]] = {
            "warm, CPU ms": (lambda found: 1000 * float(found["warm_cpu"]), ".2f"),
            "warm, ours, CPU ms": (own_ms, ".2f"),
            "bytes logged": (lambda found: float(found["log_bytes"]), ".0f"),
        }
        for what, (measure, digits) in measures.items():
            sides = [median(measure(found) for found in side) for side in warm]
            lines.append((f"{id_}: {what}", sides[0], sides[1], digits))
    exchanges = [[each for step in life["life"] for each in step["exchanges"]] for life in compared.lives]
    units = [units_of(side) for side in exchanges]
    lines.append(("a life's calls", len(exchanges[0]), len(exchanges[1]), ".0f"))
    lines.append(("a life's read units", units[0].read, units[1].read, "g"))
    lines.append(("a life's write units", units[0].written, units[1].written, "g"))
    for key in ("unpacked", "zipped"):
        lines.append((f"layer, {key}, kB", compared.layers[0][key] / 1000, compared.layers[1][key] / 1000, ".0f"))
    head = ("", this, other, "difference", f"{this} / {other}")
    return table_of(head, [_row(*line) for line in lines])


def _row(what: str, ours: float, theirs: float, digits: str) -> tuple[str, ...]:
    times = f"{ours / theirs:.2f}" if theirs else ""
    return what, f"{ours:{digits}}", f"{theirs:{digits}}", f"{ours - theirs:+{digits}}", times
