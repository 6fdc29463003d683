"""`make run`: everything starts with one command, tells of what happens, and ends with it."""

import contextlib
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import termios
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from tests.e2e.conftest import ROOT
from tests.e2e.waiting import eventually

FREE_PORTS = {f"{name}_PORT": "0" for name in ("SITE", "API", "WEBHOOK", "STRIPE", "MAILBOX", "CONSOLE", "ISSUER")}
LAST_LINE = "Ctrl-C ends everything."
PATIENCE = 60.0


def start(**ports: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env=os.environ | FREE_PORTS | ports,
        stdin=subprocess.DEVNULL,
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


def started(program: subprocess.Popen[str]) -> dict[str, str]:
    """What the banner names, and where it is."""
    assert program.stdout is not None
    said: list[str] = []
    while LAST_LINE not in (line := program.stdout.readline()):
        assert line, f"It ended, and said {said}"
        said.append(line)
    return dict(re.findall(r"^  (\w[\w ]+?)  +(\S+)$", "".join(said), re.MULTILINE))


def family_of(ancestor: int) -> dict[int, str]:
    """The processes that a process started, and those that these started, with their commands."""
    listed = subprocess.run(["ps", "-ewwo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    parents = {int(pid): int(parent) for pid, parent, _ in rows}
    family = {ancestor}
    while grown := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= grown
    return {int(pid): command for pid, _, command in rows if int(pid) in family - {ancestor}}


def part(program: subprocess.Popen[str], name: str) -> int:
    """The process of a part, as soon as there is one."""

    def look() -> list[int]:
        assert program.poll() is None
        return [pid for pid, command in family_of(program.pid).items() if name in command]

    return eventually(look, PATIENCE)[0]


def alive(pids: Iterable[int]) -> set[int]:
    numbers = ",".join(map(str, pids))
    listed = subprocess.run(["ps", "-o", "pid=,stat=", "-p", numbers], capture_output=True, text=True, check=False)
    lines = [line.split() for line in listed.stdout.splitlines()]
    return {int(pid) for pid, state in lines if not state.startswith("Z")}


def ended(program: subprocess.Popen[str], family: Iterable[int]) -> str:
    """What it said at last, when nothing of it is left."""
    output, _ = program.communicate(timeout=PATIENCE)
    assert "Traceback" not in output
    eventually(lambda: not alive(family))
    return output


def post(url: str, body: dict[str, str]) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - its own
        return json.load(response)


def test_it_says_where_everything_is_and_ends_at_once(program: subprocess.Popen[str]) -> None:
    addresses = started(program)

    web = {place for place, address in addresses.items() if address.startswith("http://")}
    pages = {"Payment page", "Form on a page", "Desk"}
    assert web == pages | {"Mailbox", "Console", "API", "Webhook", "Stripe double"}
    for place, path in (*((page, "") for page in sorted(pages)), ("Mailbox", "/messages"), ("API", "/products")):
        with urllib.request.urlopen(addresses[place] + path, timeout=30) as response:  # noqa: S310 - its own
            assert response.status == 200
    family = family_of(program.pid)
    assert len(family) > 6
    program.send_signal(signal.SIGINT)

    assert ended(program, family).strip() == ""
    assert program.returncode == 0


def test_each_thing_that_happens_is_a_line_and_its_json_is_in_a_file(program: subprocess.Popen[str]) -> None:
    addresses = started(program)
    order = {"name": "Ada Lovelace", "email": "ada@example.com", "serviceType": "consulting-hour"}
    checkout = post(f"{addresses['API']}/checkout-sessions", order)
    with pytest.raises(urllib.error.HTTPError):
        post(f"{addresses['API']}/checkout-sessions", order | {"email": ""})
    post(f"{addresses['Stripe double']}/_control/sessions/{checkout['sessionId']}/pay", {"card": "4242424242424242"})

    payment = checkout["paymentId"]
    expected = {
        f"order       {payment}  99.00 USD  {checkout['order']['number']}  consulting-hour",
        "request     POST /checkout-sessions  422 Some fields cannot be accepted: email",
        f"webhook     {payment}  -> succeeded",
        f"mail        {payment}  payment_confirmation sent",
    }
    assert program.stdout is not None
    # A line that never comes must not be waited for.
    patience = Timer(PATIENCE, program.kill)
    patience.start()
    while expected:
        line = program.stdout.readline()
        assert line, f"It ended without {expected}"
        if line.strip():
            assert re.match(r"\d\d:\d\d:\d\d  [^{]", line)
            assert len(line) <= 111
            expected.discard(re.sub(r"\S+ (?=-> )", "", line.strip()[10:]))
    patience.cancel()
    logged = Path(addresses["Logs"], "CreateSession.log").read_text().splitlines()
    assert [json.loads(line)["message"] for line in logged] == ["checkout", "refused"]


@pytest.mark.parametrize(
    ("name", "at", "sentence"),
    [
        ("local.aws", "start", "The local AWS was killed by SIGKILL: run `make run` again, "),
        ("stripe_double", "start", "The Stripe double was killed by SIGKILL: run `make run` again, "),
        ("local.catalogue", "start", f"{ROOT}/catalogue.yaml cannot be put into the table, "),
        ("local.aws", "banner", "The local AWS was killed by SIGKILL: run `make run` again, "),
    ],
)
def test_a_part_that_has_ended_is_a_sentence(program: subprocess.Popen[str], name: str, at: str, sentence: str) -> None:
    if at == "banner":
        started(program)
    os.kill(part(program, name), signal.SIGKILL)

    output = ended(program, ())
    assert program.returncode == 1
    assert output.strip().startswith(sentence)
    assert len(output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "number"),
    [("local.aws", signal.SIGINT), ("awslambdaric", signal.SIGTERM), ("local.catalogue", signal.SIGHUP)],
)
def test_a_signal_in_the_middle_of_the_start_ends_everything(
    program: subprocess.Popen[str], name: str, number: signal.Signals
) -> None:
    part(program, name)
    family = family_of(program.pid)
    program.send_signal(number)
    with contextlib.suppress(ProcessLookupError):
        program.send_signal(number)

    assert ended(program, family) == ""
    assert program.returncode == 0


class Screen:
    """A terminal window with the program in it."""

    def __init__(self) -> None:
        self.pid, self.window = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execve(  # noqa: S606 - it is to have no shell
                sys.executable, [sys.executable, "-m", "local"], os.environ | FREE_PORTS | {"TERM": "xterm"}
            )
        self.settings = termios.tcgetattr(self.window)

    def read_until(self, text: str) -> str:
        seen = ""
        while text not in seen:
            seen += os.read(self.window, 4096).decode()
        return seen

    def type(self, keys: str) -> None:
        os.write(self.window, keys.encode())

    def exit_code(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            os.close(self.window)


@pytest.fixture
def screen() -> Iterator[Screen]:
    screen = Screen()
    yield screen
    screen.close()


@pytest.mark.parametrize("ending", ["q\n", "\x03"])
def test_enter_shows_the_addresses_again_and_the_terminal_stays_as_it_was(screen: Screen, ending: str) -> None:
    screen.read_until(LAST_LINE)
    screen.type("\n")
    assert "Payment page" in screen.read_until(LAST_LINE)
    os.kill(screen.pid, signal.SIGSTOP)
    os.kill(screen.pid, signal.SIGCONT)
    screen.type("\n")
    screen.read_until(LAST_LINE)
    family = family_of(screen.pid)
    screen.type(ending)

    assert screen.exit_code() == 0
    assert termios.tcgetattr(screen.window) == screen.settings
    eventually(lambda: not alive(family))


def test_nothing_outlives_a_window_that_is_closed(screen: Screen) -> None:
    screen.read_until(LAST_LINE)
    family = family_of(screen.pid)
    os.close(screen.window)

    assert screen.exit_code() == 0
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
