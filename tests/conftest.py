"""What several kinds of tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.artefacts import build
from tests.integration.engines import UNAVAILABLE

pytest_plugins = ["tests.log_lines"]

# On a busy machine making an example takes long, and says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A make that a test runs says and does the same, whether or not a make runs the tests.
for _name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(_name, None)

# Lines that tests have for the end of the run: how much they tried.
FIGURES = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(FIGURES, []):
        terminalreporter.write_line(line)
    # A skip's third part is its reason.
    reasons = [report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", ())]
    unavailable = [reason for reason in reasons if reason.startswith(UNAVAILABLE)]
    if unavailable:
        warning = f"WARNING: {len(unavailable)} tests did not run. {unavailable[0]}"
        terminalreporter.write_line(warning, red=True, bold=True)


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> list[str]:
    """Lines to print at the end of the run."""
    return pytestconfig.stash.setdefault(FIGURES, [])


@pytest.fixture(scope="session")
def built_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template of what the build makes for this machine, beside the artefacts; nobody may change those."""
    return build(tmp_path_factory.mktemp("built"))
