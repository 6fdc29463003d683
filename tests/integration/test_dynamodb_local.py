"""The stack on DynamoDB Local, and that nothing of it stays behind."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

from local.resources import client
from local.stack import Ports, Stack
from tests.integration.engines import require_dynamodb_local
from tests.integration.system import ROOT

STARTS_AND_WAITS = """
import sys
from pathlib import Path
from local.dynamodb_local import dynamodb_local
from local.processes import Logs

with dynamodb_local(Logs(Path(sys.argv[1]))) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _available() -> None:
    require_dynamodb_local()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


def test_the_stack_keeps_its_table_in_dynamodb_local(tmp_path: Path) -> None:
    ports = Ports.free()
    with Stack(ROOT, ports=ports, logs=tmp_path, stripe_double=False, dynamodb_local=True) as stack:
        with urlopen(f"{stack.api_url}/products") as answer:  # noqa: S310 - our own address
            assert json.load(answer)["products"]
        assert client("dynamodb", stack.aws_url).list_tables()["TableNames"] == []
        assert "of every network interface" in (tmp_path / "dynamodb.log").read_text()


def test_it_ends_with_its_parent_whatever_ended_that(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", STARTS_AND_WAITS, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout
        url = parent.stdout.readline().strip()
        assert answers(url)
        parent.kill()
    until(lambda: not answers(url))
