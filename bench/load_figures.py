"""What clients saw, as figures: rates, percentiles and errors for each route of each stage."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.load_tables import table

# What is no answer of the system itself: the machine ended the wait.
NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Sample:
    """One request and its answer; times are seconds of one clock. `code` is the problem's, where it is an error."""

    route: str
    began: float
    ended: float
    status: int | None
    code: str | None = None

    @property
    def error(self) -> str | None:
        if self.status is None:
            return NO_ANSWER
        return f"{self.status} {self.code}" if self.status >= 400 else None


@dataclass(frozen=True, slots=True)
class Stage:
    """A number of clients for some time; `machine` and `front` are how busy all cores and this process were (1 is
    one core)."""

    clients: int
    began: float
    ended: float
    machine: float | None
    front: float
    caught_up_after: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of all do not exceed; ValueError for none."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]


def table_of_stage(stage: Stage, samples: Iterable[Sample]) -> str:
    """One line a route, of the requests that were answered during the stage; milliseconds."""
    answered: dict[str, list[Sample]] = {}
    for sample in samples:
        if stage.began <= sample.ended <= stage.ended:
            answered.setdefault(sample.route, []).append(sample)
    return table(
        ("route", "requests", "per s", "p50 ms", "p95 ms", "p99 ms", "errors"),
        [_line(route, each, stage.seconds) for route, each in sorted(answered.items())],
    )


def _line(route: str, samples: Sequence[Sample], seconds: float) -> tuple[str, ...]:
    times = [1000 * (sample.ended - sample.began) for sample in samples]
    errors = Counter(sample.error for sample in samples if sample.error)
    return (
        route,
        str(len(samples)),
        f"{len(samples) / seconds:.1f}",
        *(f"{percentile(times, share):.0f}" for share in (0.5, 0.95, 0.99)),
        ", ".join(f"{number} x {error}" for error, number in sorted(errors.items())) or "none",
    )


def table_of_stages(stages: Sequence[Stage], samples: Sequence[Sample]) -> str:
    """One line a stage: all routes together, and who was busy."""
    lines = []
    for stage in stages:
        within = [sample for sample in samples if stage.began <= sample.ended <= stage.ended]
        machine = "unknown" if stage.machine is None else f"{stage.machine:.1f}"
        lines.append(
            (
                str(stage.clients),
                f"{stage.seconds:.0f}",
                f"{len(within) / stage.seconds:.1f}",
                machine,
                f"{stage.front:.1f}",
                f"{stage.caught_up_after:.0f}",
            )
        )
    columns = ("clients", "seconds", "answers per s", "cores busy", "this process", "caught up after s")
    return table(columns, lines)
