import io
from collections.abc import Iterator

import pytest

from local.stripe_double import StripeDouble
from tests.integration.engines import ENGINES, UNAVAILABLE, system_on
from tests.integration.system import System, local_aws

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


@pytest.fixture(scope="module", params=ENGINES)
def engine_system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of the module's own, on each engine in turn."""
    with system_on(request.param, tmp_path_factory.mktemp("engine")) as system:
        yield system


@pytest.fixture(scope="session")
def running_system() -> Iterator[System]:
    with local_aws() as aws_url, StripeDouble() as double:
        yield System(aws_url, double)


@pytest.fixture
def system(running_system: System) -> System:
    """The one system of the session: tests tell their payments apart by id."""
    running_system.run_mailer()
    running_system.calls.clear()
    return running_system


@pytest.fixture
def logs(system: System) -> Iterator[io.StringIO]:
    """What the functions log during the test, one JSON object a line."""
    lines = io.StringIO()
    handlers = [module.logger.registered_handler for module in system.functions.values()]
    streams = [handler.setStream(lines) for handler in handlers]
    yield lines
    for handler, stream in zip(handlers, streams, strict=True):
        handler.setStream(stream)
