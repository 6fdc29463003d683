"""Everything the double knows: objects by kind, what happened to them as events, and who is asking."""

import copy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from . import errors
from .fields import API_VERSION, Json
from .objects import TABLES, fresh


@dataclass(frozen=True)
class Caller:
    """The API request that an event names as its cause; both None where Stripe acts by itself."""

    request_id: str | None = None
    idempotency_key: str | None = None


class State:
    """Objects and events. Every read and write happens inside `acting`, under one lock.

    `base_url` is the double's own address, for the pages it sends people to.
    `on_event` is told of each new event while the lock is held; it must only take note and return.
    `account_version` is the version of the API that the list of events is in; endpoints get the pinned one.
    """

    def __init__(self, on_event: Callable[[Json], None] = lambda _: None) -> None:
        self._lock = threading.RLock()
        self._objects: dict[str, dict[str, Json]] = {kind: {} for kind in TABLES}
        self._private: dict[str, Json] = {}
        self._caller = Caller()
        self._offset = 0.0
        self.on_event = on_event
        self.base_url = ""
        self.account_version = API_VERSION

    @contextmanager
    def acting(self, caller: Caller = Caller()) -> Iterator["State"]:
        """Hold the lock and attribute the events inside to `caller`."""
        with self._lock:
            before, self._caller = self._caller, caller
            try:
                yield self
            finally:
                self._caller = before

    def now(self) -> int:
        return int(time.time() + self._offset)

    def this_month(self) -> tuple[int, int]:
        """Year and month, to compare a card's expiry with."""
        today = time.gmtime(self.now())
        return today.tm_year, today.tm_mon

    def advance(self, seconds: float) -> None:
        """Move the double's clock forward, for expiry and everything else that waits for a date."""
        self._offset += seconds

    def add(self, kind: str, **values: Any) -> Json:
        """A new object, stored. Values are the table's fields; `prefix` and `extra` see `objects.fresh`."""
        thing = fresh(kind, self.now(), values)
        self._objects[kind][thing["id"]] = thing
        return thing

    def private(self, identifier: str) -> Json:
        """What Stripe knows about an object and does not show: card numbers, form data, links."""
        return self._private.setdefault(identifier, {})

    def find(self, kind: str, identifier: str | None) -> Json | None:
        return self._objects[kind].get(identifier or "")

    def get(self, kind: str, identifier: str, *, param: str | None = None) -> Json:
        """The object, or Stripe's resource_missing: 404 for an id in the path, 400 where `param` names it."""
        thing = self.find(kind, identifier)
        if thing is None:
            table = TABLES[kind]
            raise errors.no_such(table.noun, identifier, param=param or table.param, status=400 if param else 404)
        return thing

    def named(self, identifier: str) -> Json:
        """The object of whatever kind, or Stripe's resource_missing."""
        thing = next((things[identifier] for things in self._objects.values() if identifier in things), None)
        if thing is None:
            raise errors.no_such("object", identifier, param="id", status=404)
        return thing

    def remove(self, kind: str, identifier: str) -> None:
        del self._objects[kind][identifier]

    def all(self, kind: str, **equal: Any) -> list[Json]:
        """Newest first, those whose fields have the given values."""
        return [thing for thing in self.newest(kind) if all(thing.get(k) == v for k, v in equal.items())]

    def newest(self, kind: str) -> Iterator[Json]:
        return reversed(self._objects[kind].values())

    def change(self, thing: Json, **values: Any) -> Json:
        """Set fields; returns the previous values of those that differ (an event's previous_attributes)."""
        previous = {k: copy.deepcopy(thing.get(k)) for k, v in values.items() if thing.get(k) != v}
        thing.update(values)
        return previous

    def emit(self, type_: str, thing: Json, previous: Json | None = None) -> Json:
        """Record that something happened, with a snapshot of the object as it is now."""
        data: Json = {"object": copy.deepcopy(thing)}
        if previous is not None:
            data["previous_attributes"] = previous
        caller = {"id": self._caller.request_id, "idempotency_key": self._caller.idempotency_key}
        event = self.add("event", type=type_, data=data, request=caller)
        self.on_event(event)
        return event
