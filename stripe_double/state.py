"""Everything the double knows: objects by kind, what happened to them as events, and who is asking."""

import copy
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from . import errors
from .errors import StripeError
from .fields import API_VERSION, Json
from .objects import TABLES, fresh

# No object comes back from these statuses.
ENDS = {"checkout.session": {"complete", "expired"}, "payment_intent": {"succeeded", "canceled"}}


@dataclass(frozen=True)
class Caller:
    """The API request that an event names as its cause, without one where Stripe acts by itself. `is_page`: it came
    with the publishable key."""

    request_id: str | None = None
    idempotency_key: str | None = None
    is_page: bool = False


@dataclass
class Changes:
    """What a call has done so far: how each step is undone, and the events that nobody was told of yet."""

    steps: list[Callable[[], object]] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)

    def undo(self) -> None:
        for step in reversed(self.steps):
            step()


class State:
    """Objects and events. Every read and write happens inside `acting`, under one lock.

    A call is done as a whole: if it is refused, nothing of it stays, except by an error that `keeps`, as a declined
    payment does. Therefore fields are set by `change` and taken away by `drop`, never on the objects themselves.

    `base_url` is the double's own address, for the pages it sends people to.
    `on_event` is told of a call's events at its end, while the lock is held; it must only take note and return.
    `account_version` is the version of the API that the list of events is in; endpoints get the pinned one.
    """

    def __init__(self, on_event: Callable[[Json], None] = lambda _: None) -> None:
        self._lock = threading.RLock()
        self._objects: dict[str, dict[str, Json]] = {kind: {} for kind in TABLES}
        self._not_ended: dict[str, dict[str, Json]] = {kind: {} for kind in ENDS}
        self._private: dict[str, Json] = {}
        self._plans: dict[str, int] = {}
        self._caller = Caller()
        self._changes: Changes | None = None
        self._offset = 0.0
        self.on_event = on_event
        self.base_url = ""
        self.account_version = API_VERSION

    @contextmanager
    def acting(self, caller: Caller = Caller()) -> Iterator["State"]:
        """Hold the lock and attribute the events inside to `caller`; the outermost decides what stays."""
        with self._lock, self._as_a_whole():
            before, self._caller = self._caller, caller
            try:
                yield self
            finally:
                self._caller = before

    @contextmanager
    def _as_a_whole(self) -> Iterator[None]:
        if self._changes is not None:
            yield
            return
        changes = self._changes = Changes()
        keeps = True
        try:
            yield
        except BaseException as error:
            keeps = isinstance(error, StripeError) and error.keeps
            raise
        finally:
            self._changes = None
            if keeps:
                for event in changes.events:
                    self.on_event(event)
            else:
                changes.undo()

    @property
    def _call(self) -> Changes:
        if self._changes is None:
            raise RuntimeError("The state is changed inside `acting` only.")
        return self._changes

    @property
    def asked_by_page(self) -> bool:
        return self._caller.is_page

    def now(self) -> int:
        return int(time.time() + self._offset)

    def this_month(self) -> tuple[int, int]:
        """Year and month, to compare a card's expiry with."""
        today = time.gmtime(self.now())
        return today.tm_year, today.tm_mon

    def advance(self, seconds: float) -> None:
        """Move the double's clock forward, for expiry and everything else that waits for a date."""
        self._offset += seconds

    def plan(self, identifier: str, seconds: float) -> None:
        """So many seconds from now the object moves by itself (`due`)."""
        self._plans[identifier] = self.now() + int(seconds)
        self._call.steps.append(lambda: self._plans.pop(identifier))

    def due(self) -> list[str]:
        """The ids of the objects whose time has come, in its order; they are not named again."""
        now = self.now()
        due = {identifier: at for identifier, at in self._plans.items() if at <= now}
        for identifier in due:
            del self._plans[identifier]
        self._call.steps.append(lambda: self._plans.update(due))
        return sorted(due, key=lambda identifier: due[identifier])

    def add(self, kind: str, **values: Any) -> Json:
        """A new object, stored. Values are the table's fields; `prefix` and `extra` see `objects.fresh`."""
        thing = fresh(kind, self.now(), values)
        homes = [self._objects[kind], *([self._not_ended[kind]] if kind in ENDS else [])]
        for home in homes:
            home[thing["id"]] = thing
        self._call.steps.append(lambda: [home.pop(thing["id"], None) for home in homes])
        return thing

    def private(self, identifier: str) -> Json:
        """What Stripe knows about an object and does not show: card numbers, form data, links."""
        if identifier not in self._private:
            self._private[identifier] = {}
            self._call.steps.append(lambda: self._private.pop(identifier))
        secret = self._private[identifier]
        self._keep(secret)
        return secret

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
        before = dict(self._objects[kind])
        del self._objects[kind][identifier]
        self._call.steps.append(lambda: self._objects.update({kind: before}))

    def count(self, kind: str) -> int:
        return len(self._objects[kind])

    def oldest(self, kind: str) -> Iterator[Json]:
        return iter(self._objects[kind].values())

    def forget(self, kind: str, identifiers: Iterable[str]) -> None:
        """They are gone as if they had never been, whatever becomes of the call."""
        for identifier in identifiers:
            if self._objects[kind].pop(identifier, None) is not None:
                self._not_ended.get(kind, {}).pop(identifier, None)
                self._private.pop(identifier, None)
                self._plans.pop(identifier, None)

    def reset(self, keep: Mapping[str, Iterable[str]]) -> None:
        """As new, but for objects to keep, by kind; the clock is that of the machine again."""
        kept = {kind: {id_: self._objects[kind][id_] for id_ in ids} for kind, ids in keep.items()}
        private = {id_: self._private[id_] for things in kept.values() for id_ in things if id_ in self._private}
        self._objects = {kind: dict(kept.get(kind, {})) for kind in TABLES}
        self._not_ended = {kind: {} for kind in ENDS}
        self._private, self._plans, self._offset = private, {}, 0.0
        self.account_version = API_VERSION

    def all(self, kind: str, **equal: Any) -> list[Json]:
        """Newest first, those whose fields have the given values."""
        return [thing for thing in self.newest(kind) if all(thing.get(k) == v for k, v in equal.items())]

    def not_ended(self, kind: str, status: str) -> list[Json]:
        """Those of a kind of ENDS that have a status, newest first; what has ended is looked at no more."""
        things = self._not_ended[kind]
        for id_ in [id_ for id_, thing in things.items() if thing["status"] in ENDS[kind]]:
            del things[id_]
        return [thing for thing in reversed(things.values()) if thing["status"] == status]

    def newest(self, kind: str) -> Iterator[Json]:
        return reversed(self._objects[kind].values())

    def change(self, thing: Json, **values: Any) -> Json:
        """Set fields; returns the previous values of those that differ (an event's previous_attributes)."""
        previous = {k: copy.deepcopy(thing.get(k)) for k, v in values.items() if thing.get(k) != v}
        self._keep(thing)
        thing.update(values)
        return previous

    def drop(self, thing: Json, *names: str) -> None:
        """Take fields away that an object has at times only."""
        self._keep(thing)
        for name in names:
            thing.pop(name, None)

    def emit(self, type_: str, thing: Json, previous: Json | None = None) -> Json:
        """Record that something happened, with a snapshot of the object as it is now."""
        data: Json = {"object": copy.deepcopy(thing)}
        if previous is not None:
            data["previous_attributes"] = previous
        caller = {"id": self._caller.request_id, "idempotency_key": self._caller.idempotency_key}
        event = self.add("event", type=type_, data=data, request=caller)
        self._call.events.append(event)
        return event

    def _keep(self, thing: Json) -> None:
        """Note the fields as they are, to put them back if the call is refused."""
        before = dict(thing)

        def restore() -> None:
            thing.clear()
            thing.update(before)

        self._call.steps.append(restore)
