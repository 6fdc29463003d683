"""The terminal of `make run`: a readable line for each thing that happens, and what is typed there."""

from __future__ import annotations

import os
import select
import threading
import time
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from local.news import Reporter, Weight

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from local.news import News

WIDTH = 110
_WHAT_WIDTH = 10
_STYLES = {Weight.QUIET: "2", Weight.GOOD: "32", Weight.WARNING: "33", Weight.ERROR: "1;31"}


def wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour what is written there: https://no-color.org."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM", "dumb") != "dumb"


class Terminal:
    """Writes news to a stream; whoever reads it may go away at any time. It is mute until `unmute`."""

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._reporter = Reporter()
        self._lock = threading.Lock()
        self._mute = True

    def tell(self, part: str, line: str) -> None:
        """Shows what a line of a part's log is worth."""
        with self._lock:
            for news in self._reporter.news(part, line):
                self._show(news)

    def show(self, news: News) -> None:
        with self._lock:
            self._show(news)

    def say(self, text: str) -> None:
        """Writes as it is."""
        with self._lock:
            self._write(text)

    def unmute(self) -> None:
        self._mute = False

    def mute(self) -> None:
        """No more news: it is about to end, and what a part says of that is none."""
        with self._lock:
            self._mute = True

    def close(self) -> None:
        """Nothing more is written; what could not be is given up, so that Python does not try at its end."""
        with self._lock:
            self._mute = True
            try:
                self._stream.flush()
            except (OSError, ValueError):
                with suppress(OSError, ValueError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def _show(self, news: News) -> None:
        if not self._mute:
            self._write(self._styled(news))

    def _styled(self, news: News) -> str:
        head, body = line_of(news)
        style = _STYLES.get(news.weight)
        now = f"{datetime.now():%H:%M:%S}"  # noqa: DTZ005 - the clock of whoever looks on
        if not self._colour:
            return f"{now}  {head}{body}"
        return f"\033[2m{now}\033[0m  " + (f"\033[{style}m{head}{body}\033[0m" if style else head + body)

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            print(text, file=self._stream, flush=True)


def line_of(news: News) -> tuple[str, str]:
    """What happened and to which payment, and how it came out, shortened to fit beside a time unless it is `whole`."""
    head = f"{news.what:<{_WHAT_WIDTH}}  {news.payment and f'{news.payment}  '}"
    file = f" ({news.more_in}.log)" if news.more_in else ""
    room = max(WIDTH - len("HH:MM:SS  ") - len(head) - len(file), 20)
    text = printable(news.text)
    return printable(head), (text if news.whole or len(text) <= room else f"{text[: room - 3]}...") + file


def printable(text: str) -> str:
    """Without anything that a terminal might take for a command."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class Keyboard:
    """What is typed at the terminal that is the program's input, a line at a time; where that is none, nothing.

    The terminal stays as it is: it echoes, and it hands over whole lines.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.present = self._is_ours()

    def wait(self, seconds: float) -> str | None:
        """A line without its end, or None if none was typed within so many seconds."""
        # Whoever reads in the background is stopped.
        if not self._is_ours():
            time.sleep(seconds)
            return None
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        if not ready or not self._is_ours():
            return None
        try:
            typed = os.read(self._descriptor, 1024)
        except OSError:
            # The terminal is gone.
            time.sleep(seconds)
            return None
        return typed.decode(errors="replace").strip() if typed else None

    def _is_ours(self) -> bool:
        try:
            return os.isatty(self._descriptor) and os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            return False
