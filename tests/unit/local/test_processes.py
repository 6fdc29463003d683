"""The logs' files, and how a child that ended is spoken of."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest

from local.log_folder import log_folder
from local.news import Weight
from local.ports import StackError
from local.processes import Logs, Process, base_environment
from local.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path


def test_each_part_has_a_file_and_a_new_stack_begins_with_none(tmp_path: Path) -> None:
    earlier = Logs(tmp_path)
    earlier.write("aws", "old")
    earlier.write("Reconcile", "old")
    (tmp_path / "notes.txt").write_text("mine")
    later = Logs(tmp_path)
    assert later.file("aws").read_text() == "old\n"
    later.write("aws", '{"message": "new"}')
    later.write("aws", "a sentence", Weight.ERROR)
    assert {file.name for file in tmp_path.iterdir()} == {"aws.log", "notes.txt"}
    assert later.file("aws").read_text() == '{"message": "new"}\na sentence\n'


def test_a_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    logs = Logs(tmp_path, most_bytes=100)
    for number in range(1000):
        logs.write("aws", f"line {number}")
    files = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert files.keys() == {"aws.log", "aws.log.1"}
    assert all(len(text) <= 110 for text in files.values())
    assert (files["aws.log.1"] + files["aws.log"]).endswith("line 997\nline 998\nline 999\n")


def test_a_full_disk_is_said_once_and_costs_the_lines_alone(tmp_path: Path) -> None:
    screen = io.StringIO()
    terminal = Terminal(screen, colour=False)
    terminal.unmute()
    logs = Logs(tmp_path, terminal)
    logs.write("stack", "begin")
    logs.file("aws").symlink_to("/dev/full")
    logs.write("aws", "first")
    logs.write("aws", "second")
    begin, full, first, second = (line[10:] for line in screen.getvalue().splitlines())
    assert [begin, first, second] == ["stack       begin", "aws         first", "aws         second"]
    assert full.startswith("stack       ")
    assert "No space left on device" in full


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("a file")
    sentence = r"The folder for logs, .+, cannot be written \(Not a directory\): make it"
    with pytest.raises(StackError, match=sentence):
        Logs(tmp_path / ".local" / "logs")
    with pytest.raises(StackError, match=sentence), log_folder(tmp_path / ".local" / "logs"):
        pass


def run(tmp_path: Path, program: str) -> tuple[Process, list[str]]:
    """A child that ran the program, and what it logged."""
    (tmp_path / "program.py").write_text(program)
    logs = Logs(tmp_path / "logs")
    process = Process("part", "program", [], base_environment() | {"PYTHONPATH": str(tmp_path)}, tmp_path, logs)
    process.wait()
    return process, logs.file("part").read_text().splitlines()


def test_a_child_that_failed_is_spoken_of_by_its_last_words(tmp_path: Path) -> None:
    process, lines = run(tmp_path, "import nothing_of_this_name")
    assert (
        process.end == "ended with exit code 1, saying \"ModuleNotFoundError: No module named 'nothing_of_this_name'\""
    )
    assert lines[0] == "Traceback (most recent call last):"


def test_a_child_that_was_killed_has_no_last_words(tmp_path: Path) -> None:
    process, _ = run(tmp_path, "import os\nprint('alive', flush=True)\nos.kill(os.getpid(), 9)")
    assert process.end == "was killed by SIGKILL"


def test_whatever_a_child_prints_is_kept(tmp_path: Path) -> None:
    program = "import os\nos.write(1, b'\\xff\\x00 \\xe2\\x80\\xa8{}\\r\\n\\n' + b'x' * 3_000_000 + b'\\nno end')"
    _, lines = run(tmp_path, program)
    text = "\n".join(lines)
    assert text.startswith("\\xff\x00 ")
    assert text.count("x") >= 3_000_000
    assert text.endswith("no end")
    assert os.path.getsize(tmp_path / "logs" / "part.log") < 3_100_000
