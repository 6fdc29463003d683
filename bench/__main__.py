"""`make bench`: measures this revision and writes docs/performance.md, docs/cost.md and .local/bench/results.json.

`--against REVISION` measures another revision in the same run and prints the differences instead.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import comparison, cost, performance
from bench.artefacts import (
    build_floor,
    copy_runtime,
    discard,
    fingerprint,
    package_sizes,
    sizes,
    without_bytecode,
)
from bench.imports import imports_in, least
from bench.revision import ROOT, Revision, checked_out, described, prepared
from bench.starts import floor_starts, measure, measure_warm, starts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RESULTS = ROOT / ".local" / "bench" / "results.json"
ROUNDS = 15
_ROUNDS_WITHOUT_BYTECODE = 3
_ROUNDS_OF_IMPORTS = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="starts of each function")
    parser.add_argument("--against", metavar="REVISION", help="compare with this revision of the project")
    arguments = parser.parse_args()
    with _workshop() as folder:
        if arguments.against:
            with checked_out(arguments.against) as other:
                print(comparison.table(_compared(folder, other, arguments.against, arguments.rounds)))
            return 0
        machine = _machine()
        results = {"machine": machine, **_measured(folder, arguments.rounds)}
        machine["load_after"] = os.getloadavg()[0]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (ROOT / "docs" / "performance.md").write_text(performance.document(results), encoding="utf-8")
    cost.write(results)
    progress("docs/performance.md and docs/cost.md are written")
    return 0


def _measured(folder: Path, rounds: int) -> dict[str, Any]:
    revision = _prepared(folder, ROOT, "this")
    runtime = copy_runtime(folder / "runtime")
    floors = floor_starts(build_floor(folder / "floor"), revision.life, runtime, folder / "plans")
    starts = starts_of(revision.built, revision.life, runtime, folder / "plans")
    before = fingerprint(folder / "this" / "built")
    progress("starts")
    cold = measure(floors | starts, rounds, progress)
    progress("starts without bytecode")
    sources = without_bytecode(revision.built, folder / "sources")
    bare = {name: replace(start, built=sources) for name, start in starts.items()}
    without = measure(bare, _ROUNDS_WITHOUT_BYTECODE, progress)
    progress("imports")
    imports = {}
    for name, start in starts.items():
        timed = replace(start, options=("-X", "importtime"))
        imports[name] = [
            asdict(each) for each in least([imports_in(timed.run()[1]) for _ in range(_ROUNDS_OF_IMPORTS)])
        ]
    warm = _warm(revision, runtime, folder)
    if fingerprint(folder / "this" / "built") != before:
        raise SystemExit("A start has written into the artefacts, so the figures are not those of a Lambda.")
    progress("package sizes")
    packages = {name: sizes(revision.built.function(name)) for name in starts}
    layers = {
        f"layer {path.name}": sizes(path / "python") for path in sorted((revision.built.folder / "layers").iterdir())
    }
    return {
        "cold": cold,
        "without_bytecode": without,
        "imports": imports,
        "warm": warm,
        "sizes": {**layers, **packages},
        "layer_packages": package_sizes(revision.built.layer()),
        "life": _without_content(revision.life),
    }


def _compared(folder: Path, other: Path, name: str, rounds: int) -> comparison.Compared:
    revisions = [_prepared(folder, ROOT, "this"), _prepared(folder, other, name)]
    runtime = copy_runtime(folder / "runtime")
    starts = floor_starts(build_floor(folder / "floor"), revisions[0].life, runtime, folder / "plans")
    for revision in revisions:
        own = starts_of(revision.built, revision.life, runtime, folder / revision.built.folder.parent / "plans")
        starts |= {f"{revision.name} {name}": start for name, start in own.items()}
    progress("starts")
    cold = measure(starts, rounds, progress)
    # Twice each, in turn.
    warm = [[_warm(revision, runtime, folder) for revision in revisions] for _ in range(2)]
    return comparison.Compared(
        names=(revisions[0].name, revisions[1].name),
        cold=cold,
        warm=tuple([turn[side] for turn in warm] for side in range(2)),
        lives=(revisions[0].life, revisions[1].life),
        layers=(sizes(revisions[0].built.layer()), sizes(revisions[1].built.layer())),
    )


def _prepared(folder: Path, root: Path, name: str) -> Revision:
    progress(f"building {name}, and one payment's life")
    return prepared(root, name, folder / name.replace("/", "_"))


def _warm(revision: Revision, runtime: Path, folder: Path) -> dict[str, Any]:
    plans = folder / f"warm-{revision.built.folder.parent.name}"
    found = {}
    for name, start in starts_of(revision.built, revision.life, runtime, plans, warm=True).items():
        progress(f"warm {name}")
        found[name] = measure_warm(start)
    return found


def _without_content(life: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of a life, without what was said in it."""
    kept = {key: value for key, value in life.items() if key not in ("signing_secret", "payments")}
    for part in ("first", "life", "beside", "idle"):
        kept[part] = [
            {key: step[key] for key in ("function", "purpose", "answer_bytes")}
            | {"calls": [{"name": each["name"], "capacity": each["capacity"]} for each in step["exchanges"]]}
            for step in life[part]
        ]
    return kept


def _machine() -> dict[str, Any]:
    model = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": model[0] if model else platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
        "date": datetime.now(UTC).date().isoformat(),
        "revision": described(),
        "command": "make bench",
    }


@contextmanager
def _workshop() -> Iterator[Path]:
    """A folder for artefacts that are not to be written to."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        yield folder
    finally:
        discard(folder)


_STARTED = time.monotonic()


def progress(what: str) -> None:
    print(f"{time.monotonic() - _STARTED:5.0f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (KeyboardInterrupt, subprocess.TimeoutExpired) as error:
        sys.exit(f"Stopped: {error!r}")
