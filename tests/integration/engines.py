"""The two engines that the table is tested on: moto, which is always there, and AWS's DynamoDB Local."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.dynamodb_local import dynamodb_local, missing
from local.processes import Logs
from stripe_double import StripeDouble
from tests.integration.system import System, local_aws

ENGINES = ("moto", "dynamodb-local")
UNAVAILABLE = "Not tested on DynamoDB Local:"


def require_dynamodb_local() -> None:
    """Skip where it cannot run, with a warning at the end of the run; in CI, fail."""
    if reason := missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(f"{UNAVAILABLE} {reason}")


@contextmanager
def system_on(engine: str, logs: Path) -> Iterator[System]:
    """A system of its own whose table is in the engine, with nothing in it but the catalogue."""
    if engine == "moto":
        with local_aws() as aws_url, StripeDouble() as double:
            yield System(aws_url, double)
        return
    require_dynamodb_local()
    with dynamodb_local(Logs(logs)) as url, local_aws() as aws_url, StripeDouble() as double:
        yield System(aws_url, double, url)
