"""Starts of functions as built, each in a fresh interpreter, and what they cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.artefacts import BARE, FLOOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.artefacts import Build

_CHILD = Path(__file__).with_name("child.py")
_TIMEOUT = 120
_WARM_SECONDS = 2.0


@dataclass(frozen=True)
class Start:
    """How to start one function of a build: with the environment it is deployed with, and with invocations to make."""

    built: Build
    logical_id: str
    runtime: Path
    environment: Mapping[str, str]
    plan: Path | None
    options: tuple[str, ...] = ()

    def run(self, output: Path | None = None) -> tuple[dict[str, Any], str]:
        """What the child measured, in seconds, and its standard error. `output` takes the handler's standard output."""
        # Isolated, without site-packages, and writing no bytecode: what root may write to is not read-only for it.
        interpreter = [os.path.realpath(sys.executable), "-I", "-S", "-B", *self.options]
        reading, writing = os.pipe()
        paths = [self.built.function(self.logical_id), self.built.layers_of(self.logical_id), self.runtime]
        with os.fdopen(reading) as answer, (output or Path(os.devnull)).open("w") as standard_output:
            arguments = [str(self.plan or "-"), str(time.monotonic()), *map(str, paths), str(writing)]
            child = subprocess.Popen(  # noqa: S603 - our own
                [*interpreter, str(_CHILD), *arguments],
                env=dict(self.environment),
                stdout=standard_output,
                stderr=subprocess.PIPE,
                pass_fds=[writing],
                text=True,
                cwd=self.built.function(self.logical_id),
            )
            os.close(writing)
            try:
                _, errors = child.communicate(timeout=_TIMEOUT)
            finally:
                child.kill()
            said = answer.read()
        if child.returncode or not said:
            raise SystemExit(f"{self.logical_id} could not be started:\n{errors[-3000:]}")
        measured: dict[str, Any] = json.loads(said)
        if strangers := measured.get("imported_to_play_back"):
            raise SystemExit(f"Playing back imports what a handler may pay for: {', '.join(strangers)}")
        return measured, errors


def starts_of(
    built: Build, life: Mapping[str, Any], runtime: Path, plans: Path, *, warm: bool = False, **options: Any
) -> dict[str, Start]:
    """A start of each function; with its first request alone, or with its share of a life as well."""
    plans.mkdir(parents=True, exist_ok=True)
    starts = {}
    for logical_id, function in life["functions"].items():
        steps = [next(step for step in life["first"] if step["function"] == logical_id)]
        if warm:
            # A revision before this one may have nothing beside.
            recorded = [*life["life"], *life.get("beside", []), *life["idle"]]
            steps += [step for step in recorded if step["function"] == logical_id]
        plan = _plan(plans / f"{logical_id}{'-warm' if warm else ''}.json", steps, life, warm=warm)
        starts[logical_id] = Start(built, logical_id, runtime, function["environment"], plan, **options)
    return starts


def floor_starts(built: Build, life: Mapping[str, Any], runtime: Path, plans: Path) -> dict[str, Start]:
    """The floor, whose one request reads a payment, and Lambda's client alone."""
    plans.mkdir(parents=True, exist_ok=True)
    environment = life["functions"]["GetStatus"]["environment"]
    read = next(each for step in life["life"] for each in step["exchanges"] if each["name"] == "GetItem")
    plan = _plan(plans / "floor.json", [{"event": {}, "exchanges": [read]}], life)
    return {
        FLOOR: Start(built, FLOOR, runtime, environment, plan),
        BARE: Start(built, BARE, runtime, environment, None),
    }


def measure(
    starts: Mapping[str, Start], rounds: int, progress: Callable[[str], None]
) -> dict[str, list[dict[str, Any]]]:
    """Each start once in each round, in an order that rotates: whatever befalls the machine befalls all alike."""
    names = list(starts)
    for name in names:
        starts[name].run()  # The files are then in the page cache, for all alike.
    measured: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for turn in range(rounds):
        progress(f"round {turn + 1} of {rounds}")
        offset = turn % len(names)
        for name in [*names[offset:], *names[:offset]]:
            measured[name].append(starts[name].run()[0])
    return measured


def measure_warm(start: Start) -> dict[str, Any]:
    """Processor time for each invocation, whose it is, and what it logs; with the names of the metrics in its logs."""
    with tempfile.NamedTemporaryFile() as output:
        found, _ = start.run(Path(output.name))
        lines = Path(output.name).read_text(encoding="utf-8").splitlines()
    length = sum(len(line.encode()) + 1 for line in lines) / len(lines) if lines else 1
    found["log_lines"] = found["log_bytes"] / length
    return found | {"metrics": sorted({name for line in lines for name in metrics_in(line)})}


def metrics_in(line: str) -> list[str]:
    """The metrics that a log line carries in CloudWatch's embedded format."""
    if '"_aws"' not in line:
        return []
    directives = json.loads(line)["_aws"]["CloudWatchMetrics"]
    return [metric["Name"] for directive in directives for metric in directive["Metrics"]]


def _plan(path: Path, steps: Sequence[Mapping[str, Any]], life: Mapping[str, Any], *, warm: bool = False) -> Path:
    plan = {"steps": steps, "signing_secret": life["signing_secret"], "seconds": _WARM_SECONDS if warm else 0}
    path.write_text(json.dumps(plan), encoding="utf-8")
    return path
