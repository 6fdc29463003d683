"""A folder for the logs of one running stack: `logs`, and `logs-2`, ... for those that run at the same time."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from local.ports import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO


@contextmanager
def log_folder(usual: Path) -> Iterator[Path]:
    """`usual`, or the first beside it that no running stack has; it is kept until the block ends, or the process.

    StackError if it cannot be had.
    """
    for number in count(1):
        folder = usual if number == 1 else usual.with_name(f"{usual.name}-{number}")
        make(folder)
        with _opened(folder / ".in-use") as file:
            if _locked(file):
                yield folder
                return


def make(folder: Path) -> None:
    """StackError if it cannot be made, or nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def _opened(file: Path) -> IO[str]:
    try:
        return file.open("w")
    except OSError as error:
        raise _unwritable(file.parent, error) from error


def _unwritable(folder: Path, error: OSError) -> StackError:
    return StackError(
        f"The folder for logs, {folder}, cannot be written ({error.strerror}): make it yours, or free some space."
    )


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
