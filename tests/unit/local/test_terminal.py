"""The terminal: what is written there, and what is typed."""

from __future__ import annotations

import io
import os
import pty
import re
from typing import TYPE_CHECKING

import pytest

from local.news import News, Weight
from local.processes import Logs
from local.terminal import Keyboard, Terminal, wants_colour

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAYMENT = "pay_01M8H28A7SQJSJTB4AWJY0D98Y"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    """Whoever read it has gone away."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def open_terminal(stream: io.StringIO, *, colour: bool = False) -> Terminal:
    terminal = Terminal(stream, colour=colour)
    terminal.unmute()
    return terminal


def test_a_line_has_time_what_payment_and_outcome() -> None:
    screen = Screen()
    terminal = open_terminal(screen)
    terminal.show(News("mail", "payment_confirmation sent", PAYMENT))
    terminal.tell("stack", "The queue is empty.")
    first, second = screen.getvalue().splitlines()
    assert re.fullmatch(rf"\d\d:\d\d:\d\d  mail        {PAYMENT}  payment_confirmation sent", first)
    assert second[10:] == "stack       The queue is empty."


def test_colour_tells_what_matters_and_goes_no_further_than_its_line() -> None:
    screen = Screen()
    terminal = open_terminal(screen, colour=True)
    for weight in Weight:
        terminal.show(News("mail", "sent", weight=weight))
    lines = screen.getvalue().splitlines()
    styles = [re.findall(r"\033\[([\d;]+)m", line.partition("  ")[2]) for line in lines]
    assert styles == [["2", "0"], [], ["32", "0"], ["33", "0"], ["1;31", "0"]]
    assert all(line.count("\033[") % 2 == 0 for line in lines)


@pytest.mark.parametrize(
    ("stream", "environ", "wanted"),
    [
        (Screen(), {"TERM": "xterm"}, True),
        (Screen(), {"TERM": "xterm", "NO_COLOR": ""}, True),
        (Screen(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Screen(), {"TERM": "dumb"}, False),
        (Screen(), {}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(stream: io.StringIO, environ: dict[str, str], wanted: bool) -> None:
    assert wants_colour(stream, environ) is wanted


def test_it_is_mute_until_it_is_told_otherwise_and_at_the_end() -> None:
    screen = Screen()
    terminal = Terminal(screen, colour=False)
    terminal.show(News("stack", "early"))
    terminal.unmute()
    terminal.show(News("stack", "in time"))
    terminal.mute()
    terminal.show(News("stack", "late"))
    assert [line[22:] for line in screen.getvalue().splitlines()] == ["in time"]


def test_a_reader_that_went_away_is_no_error() -> None:
    terminal = open_terminal(Gone())
    terminal.say("Quittance is ready.")
    terminal.tell("stack", "The queue is empty.")
    terminal.close()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_what_is_no_terminal_types_nothing(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, b"q\n")
    keyboard = Keyboard(reading)
    assert not keyboard.present
    assert keyboard.wait(0.01) is None
    assert os.read(reading, 9) == b"q\n"


def test_a_terminal_of_other_programs_is_left_alone() -> None:
    """A program in the background that reads is stopped by its shell's terminal."""
    main, side = pty.openpty()
    try:
        os.write(main, b"q\n")
        keyboard = Keyboard(side)
        assert not keyboard.present
        assert keyboard.wait(0.01) is None
    finally:
        os.close(main)
        os.close(side)


def test_a_sentence_of_the_stacks_is_whole_for_it_has_what_is_to_be_typed(tmp_path: Path) -> None:
    stream = io.StringIO()
    setting = ",".join(f"http://localhost:{port}" for port in range(5170, 5180))
    logs = Logs(tmp_path, open_terminal(stream))

    logs.write("api", f"ALLOWED_ORIGINS={setting} make run allows it.", Weight.PLAIN)
    logs.write("api", "what a part says " * 20)

    sentence, said = stream.getvalue().splitlines()
    assert sentence.endswith(f"{setting} make run allows it.")
    assert said.endswith("...")
