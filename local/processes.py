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

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# A run of reconcile that found nothing to do: every few seconds, and no news for the terminal.
_IDLE = '"notices_published":0,"payments_looked_at":0,"events_read":0,"missed":[],"failed":[]'
_CHILD = Path(__file__).with_name("child.py")


class Logs:
    """Lines of the stack's parts: one file for each part, and the terminal if wanted."""

    def __init__(self, folder: Path, echo: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._echo = echo
        self._lock = threading.Lock()
        self._started: set[str] = set()

    def write(self, part: str, line: str) -> None:
        """Adds a line; each start of the stack begins the files anew."""
        with self._lock:
            mode = "a" if part in self._started else "w"
            self._started.add(part)
            # A folder removed under the running stack costs the lines, not the stack.
            with suppress(OSError), (self.folder / f"{part}.log").open(mode, encoding="utf-8") as file:
                file.write(f"{line}\n")
            if self._echo and _IDLE not in line:
                with suppress(OSError, ValueError):
                    print(f"{part:<14}| {line}", flush=True)


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
        with self._process.stdout as lines:
            for line in lines:
                # awslambdaric ends the lines of a multi-line error with a carriage return.
                for part in line.rstrip("\n").replace("\r", "\n").splitlines():
                    if part:
                        self._logs.write(self._part, part)

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
