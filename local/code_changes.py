"""Notices that Python files have changed."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from local.background import Background

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

_POLL_SECONDS = 1.0

type _Snapshot = dict[str, tuple[int, int]]


class CodeChanges(Background):
    """Calls `changed(key)` within about a second after a .py file in one of that key's folders has changed."""

    def __init__(self, folders: Mapping[str, Iterable[Path]], changed: Callable[[str], None]) -> None:
        super().__init__()
        self._folders = {key: frozenset(paths) for key, paths in folders.items()}
        self._changed = changed
        self._snapshots = self._look()

    def _run(self) -> None:
        while not self._stopping.wait(_POLL_SECONDS):
            before, self._snapshots = self._snapshots, self._look()
            changed = {folder for folder, now in self._snapshots.items() if now != before[folder]}
            for key, folders in self._folders.items():
                if folders & changed and not self._stopping.is_set():
                    self._changed(key)

    def _look(self) -> dict[Path, _Snapshot]:
        return {folder: _snapshot(folder) for folder in frozenset().union(*self._folders.values())}


def _snapshot(folder: Path) -> _Snapshot:
    files: _Snapshot = {}
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            if name.endswith(".py"):
                full = os.path.join(path, name)
                # An editor may just be replacing the file.
                with suppress(OSError):
                    status = os.stat(full)
                    files[full] = (status.st_mtime_ns, status.st_size)
    return files
