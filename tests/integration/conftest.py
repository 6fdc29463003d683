import io
from collections.abc import Iterator
from typing import Any

import pytest

from stripe_double import StripeDouble
from stripe_double.api import Api
from stripe_double.resources.routing import Route
from tests.integration.engines import ENGINES, system_on
from tests.integration.system import System, local_aws


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


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Stripe is asked, as far as that changes nothing there."""
    asked: list[str] = []
    serve = Api.serve

    def noted(self: Api, route: Route, ids: dict[str, str]) -> Any:
        if route.method == "GET":
            asked.append(route.path)
        return serve(self, route, ids)

    monkeypatch.setattr(Api, "serve", noted)
    return asked
