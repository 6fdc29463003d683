"""Child processes of the local stack and what they print."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from local import log_folder
from local.news import News, Weight, word_for
from local.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from local.terminal import Terminal

_CHILD = Path(__file__).with_name("child.py")
# A child that ends no line is read all the same.
_LONGEST_LINE = 1024 * 1024
MOST_BYTES = 10 * 1024 * 1024


class Logs:
    """Lines of the stack's parts: one file for each part, and the terminal if there is one.

    The first line empties the folder of what an earlier stack has logged. A file of `most_bytes` is begun anew, and
    what it held is kept beside it, as `<part>.log.1`, until the next time. StackError if the folder cannot be had.
    """

    def __init__(self, folder: Path, terminal: Terminal | None = None, *, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self.terminal = terminal
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._begun = False
        self._lost: set[str] = set()
        log_folder.make(folder)

    def file(self, part: str) -> Path:
        return self.folder / f"{part}.log"

    def write(self, part: str, line: str, weight: Weight | None = None) -> None:
        """Adds a line: one that the part has written, or, with a weight, a sentence of the stack's about it."""
        with self._lock:
            self._keep(part, line)
        if self.terminal is None:
            return
        if weight is None:
            self.terminal.tell(part, line)
        else:
            self.terminal.show(News(word_for(part), line, weight=weight, whole=True))

    def _keep(self, part: str, line: str) -> None:
        file = self.file(part)
        try:
            if not self._begun:
                self._begun = True
                for old in (*self.folder.glob("*.log"), *self.folder.glob("*.log.1")):
                    old.unlink()
            with file.open("a", encoding="utf-8", errors="backslashreplace") as opened:
                opened.write(f"{line}\n")
                is_full = opened.tell() >= self._most_bytes
            if is_full:
                file.replace(file.with_name(f"{file.name}.1"))
        except OSError as error:
            # A folder that was removed, or a full disk, costs lines and not the stack.
            if self.terminal and part not in self._lost:
                self._lost.add(part)
                text = f"{file.name} cannot be written ({error.strerror}): its lines are lost until it can."
                self.terminal.show(News("stack", text, weight=Weight.ERROR))


class Process:
    """A child that runs `module` of this Python, in a process group of its own.

    It sees `environment` and nothing else of ours. `on_exit` is called once, from another thread, with the exit
    code when it has ended.
    """

    def __init__(
        self,
        part: str,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        logs: Logs,
        *,
        pass_fds: Sequence[int] = (),
        on_exit: Callable[[int], None] | None = None,
    ) -> None:
        self._part = part
        self._logs = logs
        self._last_words = ""
        self._on_exit = on_exit
        self._process = subprocess.Popen(
            [sys.executable, str(_CHILD), module, *arguments],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
            start_new_session=True,
            pass_fds=pass_fds,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        threading.Thread(target=self._wait, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    @property
    def end(self) -> str | None:
        """How it ended, and its last words, for the middle of a sentence; None while it runs."""
        code = self.exit_code
        if code is None:
            return None
        self._reader.join(timeout=1)
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        said = f', saying "{printable(self._last_words)}"' if self._last_words else ""
        return f"ended with exit code {code}{said}"

    def kill(self) -> None:
        """Ends the process and whatever it started, at once."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def wait(self) -> None:
        """Returns when the process has ended and its last line is logged."""
        self._process.wait()
        self._reader.join(timeout=1)

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        with self._process.stdout as stream:
            for line in iter(lambda: stream.readline(_LONGEST_LINE), ""):
                # awslambdaric ends the lines of a multi-line error with a carriage return.
                for part in line.replace("\r", "\n").split("\n"):
                    if part:
                        self._note(part)

    def _note(self, line: str) -> None:
        # The lines of a stack are indented, in Python's as in Java's.
        if not line[0].isspace():
            self._last_words = line
        self._logs.write(self._part, line)

    def _wait(self) -> None:
        code = self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._on_exit is not None:
            self._on_exit(code)


def base_environment() -> dict[str, str]:
    """What every child needs of this machine."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
    }
