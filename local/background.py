"""What goes on beside the stack's requests, in a thread of its own."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod


class Background(ABC):
    """Runs from `start` until `stop`; `_run` ends soon after `_stopping` is set."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def join(self) -> None:
        """Waits a moment for its end; it may not have been started."""
        if self._thread.ident is not None:
            self._thread.join(timeout=2)

    @abstractmethod
    def _run(self) -> None: ...
