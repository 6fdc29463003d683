"""Ports, catalogue of failures and partial batches: the stack's smaller rules."""

from __future__ import annotations

import json
import os
import re
import socket
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from local.diagnosis import import_failure
from local.log_folder import log_folder
from local.ports import PARTS, listeners_at
from local.processes import base_environment
from local.runtime_api import Result
from local.servers import PortTakenError, listen
from local.stack import Ports, StackError
from local.template import Function
from local.triggers import failed_items

if TYPE_CHECKING:
    from pathlib import Path


def test_ports_come_from_the_environment() -> None:
    ports = Ports.from_environment({"API_PORT": "3005", "SITE_PORT": "0", "STRIPE_PORT": ""})

    assert ports == Ports(site=0, api=3005, webhook=3001, stripe=12111, mailbox=8025)


@pytest.mark.parametrize("text", ["http", "-1", "65536"])
@pytest.mark.parametrize(("variable", "highest"), [("API_PORT", 65535), ("PORTS", 65529)])
def test_a_port_that_is_none_is_refused(variable: str, highest: int, text: str) -> None:
    with pytest.raises(StackError, match=f"{variable} must be a port from 0 to {highest}"):
        Ports.from_environment({variable: text})


def test_ports_move_together_and_single_ones_win() -> None:
    ports = Ports.from_environment({"PORTS": "20000", "STRIPE_PORT": "12111"})

    assert ports == Ports(
        site=20000, api=20001, webhook=20002, stripe=12111, mailbox=20004, console=20005, issuer=20006
    )
    assert Ports.from_environment({"PORTS": "0"}) == Ports.free()


def test_two_parts_cannot_have_one_port() -> None:
    with pytest.raises(StackError, match="site and API cannot both have port 20000: change API_PORT"):
        Ports.from_environment({"PORTS": "20000", "API_PORT": "20000"})


def test_taken_ports_are_named_at_once_and_free_ones_proposed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        site, mailbox = one.getsockname()[1], other.getsockname()[1]
        with pytest.raises(StackError) as caught:
            listeners_at(replace(Ports.free(), site=site, mailbox=mailbox, named=frozenset({"mailbox"})))

    sentence = str(caught.value)
    assert sentence.startswith(
        f"Ports {site} (site) and {mailbox} (mailbox) are taken by other programs. Stop them, or"
    )
    proposed = dict(setting.split("=") for setting in re.findall(r"[A-Z_]+=[0-9]+", sentence))
    assert proposed.keys() == {"PORTS", "MAILBOX_PORT"}
    for listener in listeners_at(Ports.from_environment(proposed)).values():
        listener.close()


def test_ports_that_are_proposed_are_free() -> None:
    with ExitStack() as others:
        other = others.enter_context(socket.create_server(("127.0.0.1", 0)))
        taken = replace(Ports.free(), api=other.getsockname()[1])
        with pytest.raises(StackError) as caught:
            listeners_at(taken)
        first = int(re.findall(r"PORTS=([0-9]+)", str(caught.value))[0])
        others.enter_context(socket.create_server(("127.0.0.1", first + len(PARTS) - 1)))

        with pytest.raises(StackError) as caught:
            listeners_at(taken)

    assert f"PORTS={first} " not in str(caught.value)


def test_the_console_gives_way_unless_it_is_told_a_port() -> None:
    with ExitStack() as others:
        with suppress(OSError):
            others.enter_context(socket.create_server(("127.0.0.1", 8026)))
        for listener in listeners_at(replace(Ports.free(), console=None)).values():
            others.callback(listener.close)
        with pytest.raises(StackError, match=r"Port 8026 \(console\) is taken"):
            listeners_at(replace(Ports.free(), console=8026))


def test_stacks_of_one_folder_have_logs_of_their_own(tmp_path: Path) -> None:
    usual = tmp_path / "logs"
    with log_folder(usual) as first, log_folder(usual) as second:
        assert (first, second) == (usual, tmp_path / "logs-2")
    with log_folder(usual) as again:
        assert again == usual


def test_a_port_is_taken_if_localhost_leads_to_another_program() -> None:
    try:
        other = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with other, pytest.raises(PortTakenError):
        listen(other.getsockname()[1])


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": "unheard of"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"id": "b"}]}, {"a", "b"}),
        ("nonsense", {"a", "b"}),
    ],
)
def test_a_batch_fails_in_the_parts_that_the_function_names(answer: object, failed: set[str]) -> None:
    assert failed_items(Result(json.dumps(answer).encode()), {"a", "b"}) == failed


def function(root: Path) -> Function:
    return Function(
        logical_id="Shop",
        name="shop",
        arn="arn",
        code_uri=root / "functions" / "shop",
        layers=(root / "layer",),
        handler="handler.handler",
        timeout=3,
        memory=128,
        log_format="JSON",
        environment={},
        routes=(),
        queue_events=(),
        schedules=(),
        has_url=False,
    )


@pytest.mark.parametrize(
    ("handler", "layer", "sentence"),
    [
        ("import shelf\nx = 1 +\n", "", "functions/shop/handler.py, line 2: SyntaxError: invalid syntax."),
        ("x = 1\ny = z\n", "", "functions/shop/handler.py, line 2: NameError: name 'z' is not defined."),
        ("import shelf\n", "\n\nprice = 1 / 0\n", "layer/shelf.py, line 3: ZeroDivisionError: division by zero."),
        ("import json\njson.loads('')\n", "", "functions/shop/handler.py, line 2: json.decoder.JSONDecodeError: "),
        ("def handle(): pass\n", "", "Handler 'handler' missing on module 'handler'."),
        (None, "", "functions/shop/handler.py does not exist."),
    ],
)
def test_a_handler_that_cannot_be_loaded_is_explained(
    tmp_path: Path, handler: str | None, layer: str, sentence: str
) -> None:
    broken = function(tmp_path)
    broken.code_uri.mkdir(parents=True)
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer" / "shelf.py").write_text(layer)
    if handler is not None:
        (broken.code_uri / "handler.py").write_text(handler)
    environment = base_environment() | {"PYTHONPATH": str(tmp_path / "layer")}

    reason = import_failure(broken, environment, {"errorMessage": "Handler 'handler' missing on module 'handler'"})

    assert reason.startswith(f"Shop cannot start: {sentence}")


def test_a_handler_is_explained_wherever_the_project_is(tmp_path: Path) -> None:
    broken = function(tmp_path / "my shöp")
    broken.code_uri.mkdir(parents=True)
    broken.code_uri.joinpath("handler.py").write_text("x = 'ü'\nx = 1 +\n")

    reason = import_failure(broken, base_environment(), {})

    assert reason == "Shop cannot start: functions/shop/handler.py, line 2: SyntaxError: invalid syntax."


def test_an_explanation_says_nothing_of_where_the_project_is(tmp_path: Path) -> None:
    broken = replace(function(tmp_path), layers=())
    broken.code_uri.mkdir(parents=True)

    assert os.fspath(tmp_path) not in import_failure(broken, base_environment(), {})
