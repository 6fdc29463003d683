"""An API that misbehaves on request: which calls, how many, and in which of the ways an API does."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, get_args

type Kind = Literal["error500", "timeout_before", "timeout_after", "slow", "rate_limit"]
KINDS: tuple[str, ...] = get_args(Kind.__value__)


@dataclass(frozen=True)
class Canned:
    """An answer that is given instead of doing anything."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Rule:
    """What happens to the next `calls` calls of a path, in which * stands for anything, by a method or by any."""

    happens: Kind | Canned
    calls: int
    method: str = "*"
    path: str = "*"

    def is_for(self, method: str, path: str) -> bool:
        return self.calls > 0 and self.method in ("*", method) and fnmatchcase(path, self.path)


class Outage:
    """`take` tells what happens to the next call: what was said of its path, first what was said last, else what was
    said of all. The hanging ones hang for `seconds`, or until `end`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._rules: list[Rule] = []
        self.calls = 0
        self.kind: Kind = "error500"
        self.seconds = 30.0

    def start(self, kind: Kind, calls: int, seconds: float = 30.0) -> None:
        with self._lock:
            self.kind, self.calls, self.seconds = kind, calls, seconds

    def add(self, rule: Rule) -> None:
        with self._lock:
            self._rules.insert(0, rule)

    def clear(self) -> None:
        """Every call is answered as it should be again."""
        with self._lock:
            self._rules.clear()
            self.calls = 0

    @property
    def rules(self) -> list[Rule]:
        """Those that wait for a call."""
        with self._lock:
            return [rule for rule in self._rules if rule.calls > 0]

    def take(self, method: str, path: str) -> Kind | Canned | None:
        with self._lock:
            for rule in self._rules:
                if rule.is_for(method, path):
                    rule.calls -= 1
                    return rule.happens
            self._rules = [rule for rule in self._rules if rule.calls > 0]
            if self.calls <= 0:
                return None
            self.calls -= 1
            return self.kind

    def hang(self) -> None:
        self._over.wait(self.seconds)

    def end(self) -> None:
        """Nothing hangs any longer: the double stops."""
        self._over.set()
