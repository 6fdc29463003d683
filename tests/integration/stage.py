"""A stage for histories: acts that are under way at once, each in a thread of its own.

It waits before every call that it makes until it is its turn. So one seed is one history, down to the order of calls;
and any call may be the last.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from tests.integration.memory_dynamodb import MemoryDynamoDB

# No function runs longer.
LONGEST_ACT = timedelta(minutes=2)


class Killed(BaseException):
    """The end of a process: no `except Exception` catches it."""


class Actor:
    """One invocation. `seen` is what Stripe's list showed it last of refunds that name no request."""

    def __init__(self, act: Callable[[], None], began: datetime) -> None:
        self.began = began
        self.is_over = False
        self.error: BaseException | None = None
        self.seen: set[str] = set()
        self._dies_after = False
        self._dies_before = False
        self._turn, self._waits = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(act,), daemon=True)
        self._thread.start()
        self._waits.acquire()

    def _run(self, act: Callable[[], None]) -> None:
        _here.actor = self
        try:
            act()
        except Killed:
            pass
        except BaseException as error:
            self.error = error
        self.is_over = True
        self._waits.release()

    @contextmanager
    def calling(self) -> Iterator[None]:
        self._waits.release()
        self._turn.acquire()
        if self._dies_before:
            raise Killed
        yield
        if self._dies_after:
            raise Killed

    def go_on(self, *, dies: str | None = None) -> None:
        """Its next call, after which it lives or not."""
        self._dies_before, self._dies_after = dies == "before", dies == "after"
        self._turn.release()
        self._waits.acquire()
        if self.is_over:
            self._thread.join()
        if self.error:
            raise self.error


_here = threading.local()


@contextmanager
def a_call() -> Iterator[Actor | None]:
    """Whoever is on the stage waits for their turn; the world itself does not."""
    actor: Actor | None = getattr(_here, "actor", None)
    if actor is None:
        yield None
        return
    with actor.calling():
        yield actor


class GatedDynamoDB:
    """The table in memory, each call of which waits for its turn."""

    def __init__(self, dynamodb: MemoryDynamoDB) -> None:
        self._dynamodb = dynamodb

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._dynamodb, name)
        if not callable(found) or name == "get_paginator":
            return found

        def call(**request: Any) -> Any:
            with a_call():
                return found(**request)

        return call


class Stage:
    """Who is at work, by a clock that stands still until it is put forward."""

    now: datetime
    actors: list[Actor]
    counts: Counter[str]

    def begin(self, act: Callable[[], None]) -> None:
        actor = Actor(act, self.now)
        if actor.error:
            raise actor.error
        if not actor.is_over:
            self.actors.append(actor)

    def go_on(self, actor: Actor, dies: str | None = None) -> None:
        if dies:
            self.counts["deaths"] += 1
        try:
            actor.go_on(dies=dies)
        finally:
            if actor.is_over:
                self.actors.remove(actor)

    def end_who_is_too_long(self) -> None:
        for actor in [each for each in self.actors if self.now - each.began >= LONGEST_ACT]:
            self.go_on(actor, dies="before")

    def end_all(self) -> None:
        for actor in [*self.actors]:
            self.go_on(actor, dies="before")
