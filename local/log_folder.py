"""A folder for the logs of one running stack: `logs`, and `logs-2`, ... for those that run at the same time."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO


@contextmanager
def log_folder(usual: Path) -> Iterator[Path]:
    """`usual`, or the first beside it that no running stack has; it is kept until the block ends, or the process."""
    for number in count(1):
        folder = usual if number == 1 else usual.with_name(f"{usual.name}-{number}")
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".in-use").open("w") as file:
            if _locked(file):
                yield folder
                return


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
