"""What the stack's parts print: all of it in files, and on the terminal what is news."""

import io
import json
from dataclasses import asdict
from pathlib import Path

import pytest
from aws_lambda_powertools import Logger

from local.processes import Logs
from payments.services.reconciliation import Summary


def line(service: str, summary: Summary) -> str:
    """As reconcile logs it; a service's logger is made once, with its stream."""
    stream = io.StringIO()
    Logger(service=service, level="INFO", stream=stream).info("reconciled", extra=asdict(summary))
    return stream.getvalue().strip()


def test_a_run_that_found_nothing_is_no_news_but_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = Logs(tmp_path, echo=True)
    idle, busy = line("idle", Summary()), line("busy", Summary(payments_looked_at=1))
    logs.write("Reconcile", idle)
    logs.write("Reconcile", busy)
    assert capsys.readouterr().out == f"Reconcile     | {busy}\n"
    kept = (tmp_path / "Reconcile.log").read_text().splitlines()
    assert [json.loads(each)["payments_looked_at"] for each in kept] == [0, 1]
