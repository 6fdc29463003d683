"""`make run`: everything starts with one command, and ends with it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import ROOT
from tests.e2e.waiting import eventually

FREE_PORTS = {f"{name}_PORT": "0" for name in ("SITE", "API", "WEBHOOK", "STRIPE", "MAILBOX", "CONSOLE")}
LAST_LINE = "Ctrl-C ends everything."


def start(**ports: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env=os.environ | FREE_PORTS | ports,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def program() -> Iterator[subprocess.Popen[str]]:
    with start() as process:
        yield process
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def family_of(ancestor: int) -> set[int]:
    """The processes that a process started, and those that these started."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(parent) for pid, parent in (line.split() for line in listed.splitlines())}
    family = {ancestor}
    while grown := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= grown
    return family - {ancestor}


def alive(pids: set[int]) -> set[int]:
    numbers = ",".join(map(str, pids))
    listed = subprocess.run(["ps", "-o", "pid=,stat=", "-p", numbers], capture_output=True, text=True, check=False)
    lines = [line.split() for line in listed.stdout.splitlines()]
    return {int(pid) for pid, state in lines if not state.startswith("Z")}


def test_it_says_where_everything_is_and_ends_at_once(program: subprocess.Popen[str]) -> None:
    assert program.stdout is not None
    said: list[str] = []
    while LAST_LINE not in (line := program.stdout.readline()):
        assert line, f"It ended, and said {said}"
        said.append(line)
    # What a part of the stack logs has its name and a bar in front.
    banner = [line for line in said if "http://" in line and "|" not in line]
    addresses = {line.rpartition("http")[0].strip(): line.split()[-1] for line in banner}

    assert addresses.keys() == {"Payment page", "Mailbox", "Console", "API", "Webhook", "Stripe double"}
    for place, path in (("Payment page", ""), ("Mailbox", "/messages"), ("API", "/products")):
        with urllib.request.urlopen(addresses[place] + path, timeout=30) as response:  # noqa: S310 - its own
            assert response.status == 200
    family = family_of(program.pid)
    assert len(family) > 6
    program.send_signal(signal.SIGINT)
    output, _ = program.communicate(timeout=20)

    assert program.returncode == 0
    assert "Traceback" not in output
    eventually(lambda: not alive(family))


def test_a_taken_port_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with start(SITE_PORT=str(port)) as process:
            output, _ = process.communicate(timeout=20)

    assert process.returncode == 1
    taken, _, proposal = output.partition(" Stop it, or take other ports: ")
    assert taken == f"Port {port} (site) is taken by another program."
    assert re.fullmatch(r"PORTS=(\d+) SITE_PORT=\1 make run\n", proposal)
