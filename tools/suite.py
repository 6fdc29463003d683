"""All tests, as two runs side by side: `python -m tools.suite`. Those in a browser wait much, and the others compute.

The first run's lines come as it goes on, the second's once that has ended; the suite fails if either does.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# What is logged in a run is looked at in that run.
LOGGED = "tests/test_log_lines.py"
# Deaths at every call take a quarter of an hour: with them the second run is about as long as the first.
DEATHS = "tests/integration/test_crashes.py"
RUNS = (
    ("tests/unit", "stripe_double/tests", "tests/integration", f"--ignore={DEATHS}", LOGGED),
    (DEATHS, "tests/template", "tests/e2e", LOGGED),
)


def run(runs: Sequence[Sequence[str]] = RUNS, command: Sequence[str] = (sys.executable, "-m", "pytest")) -> int:
    """The greatest exit code of the runs."""
    first, *others = runs
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder) / str(number) for number, _ in enumerate(others)]
        beside: list[subprocess.Popen[bytes]] = []
        try:
            for output, paths in zip(outputs, others, strict=True):
                with output.open("wb") as file:
                    beside.append(subprocess.Popen([*command, *paths], stdout=file, stderr=subprocess.STDOUT))  # noqa: S603 - our own command
            codes = [subprocess.call([*command, *first])]  # noqa: S603 - our own command
            for process, output in zip(beside, outputs, strict=True):
                codes.append(process.wait())
                sys.stdout.flush()
                sys.stdout.buffer.write(output.read_bytes())
                sys.stdout.flush()
        finally:
            for process in beside:
                process.terminate()
                process.wait()
    # One that a signal ended has a code below 0.
    return max(abs(code) for code in codes)


if __name__ == "__main__":
    try:
        sys.exit(run())
    except KeyboardInterrupt:
        sys.exit(130)
