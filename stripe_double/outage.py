"""An API that fails on request: how many calls, and in which of the ways an API fails."""

import threading
from typing import Literal, get_args

type Kind = Literal["error500", "timeout_before", "timeout_after", "slow", "rate_limit"]
KINDS: tuple[str, ...] = get_args(Kind.__value__)


class Outage:
    """`take` tells what happens to the next call. The hanging ones hang for `seconds`, or until `end`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._over = threading.Event()
        self.calls = 0
        self.kind: Kind = "error500"
        self.seconds = 30.0

    def start(self, kind: Kind, calls: int, seconds: float = 30.0) -> None:
        with self._lock:
            self.kind, self.calls, self.seconds = kind, calls, seconds

    def take(self) -> Kind | None:
        with self._lock:
            if self.calls <= 0:
                return None
            self.calls -= 1
            return self.kind

    def hang(self) -> None:
        self._over.wait(self.seconds)

    def end(self) -> None:
        """Nothing hangs any longer: the double stops."""
        self._over.set()
