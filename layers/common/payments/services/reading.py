"""Stripe's list of events, read for what no webhook told us.

Its events are in the account's version of the API, so they teach nothing: they name payments, and one that does not
know what an event says becomes due for a look, in the table, before the reader goes on.
"""

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.actors import LOOK
from payments.domain.errors import NewerRelease, NotConfigured, StripeRefused, StripeUnavailable
from payments.domain.events import Cursor, Event, EventSet, Lesson
from payments.domain.facts import adds
from payments.domain.payment import Payment
from payments.services.recording import record
from payments.services.webhook import Owners, WebhookStore, owner_of

# Stripe forgets events after so long.
REACH = timedelta(days=30)
# So late an event may come into Stripe's list.
LATE = timedelta(minutes=5)
# So much too early may a run of every five minutes come, and read all at once.
EARLY = timedelta(minutes=1)
# An object whose owner Stripe has failed to tell for so long is taken for nobody's.
HOPELESS = timedelta(days=3)
# The first window's seconds: the next are longer, or shorter, as there are few events or many.
FIRST_WINDOW = 3600
MANY = 200
# Of the payments that events name, so many are remembered: what is said of one comes close together, and a first
# reading may name all of a month.
REMEMBERED = 100
_SECOND = timedelta(seconds=1)


class ReadingStore(WebhookStore, Protocol):
    def cursor(self, events: EventSet) -> Cursor | None:
        """How far events of a set were read; None for a set of other types than before."""

    def move_cursor(self, events: EventSet, cursor: Cursor) -> None: ...


class EventList(Owners, Protocol):
    def events(
        self, events: EventSet, first: datetime, last: datetime | None, *, whole: bool
    ) -> tuple[list[Event], bool]:
        """The events of a window, the oldest first, and whether there are more than one answer holds."""


@dataclass
class _Stretch:
    """A part of the list from `first` to `last`, whole seconds and both included, and how much of it was `done`."""

    first: datetime
    last: datetime
    done: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.done = self.first


@dataclass
class Reader:
    """One run's reading. `report` is told which event could not be asked about, and why; `read` counts events.

    What was found out about an object is remembered, and the REMEMBERED payments that were looked up last, so that any
    number of events about one cost as much as one.
    """

    store: ReadingStore
    stripe: EventList
    clock: Callable[[], datetime]
    report: Callable[[dict[str, object], Exception], None]
    read: int = 0
    _owners: dict[tuple[str, ...], str | None] = field(default_factory=dict)
    _payments: dict[str, Payment | None] = field(default_factory=dict)

    def named_by(self, events: EventSet) -> Generator[str | None]:
        """The payments that are due for a look because of an event, and None wherever a pause may be made.

        The first reading begins as far back as Stripe goes: the oldest payment may have been disputed since. However it
        ends, the next one goes on from there.
        """
        now = self.clock().replace(microsecond=0)
        before = self.store.cursor(events) or Cursor(now - REACH, now - REACH)
        stretches = _stretches(before, now)
        try:
            for stretch in stretches:
                yield from self._named_in(stretch, events, now)
        finally:
            once = max(before.once, stretches[-1].done)
            for_good = max(before.for_good, min(stretches[0].done, now - LATE))
            if (cursor := Cursor(once, for_good)) != before:
                self.store.move_cursor(events, cursor)

    def _named_in(self, stretch: _Stretch, events: EventSet, now: datetime) -> Generator[str | None]:
        """Windows are halved while there is more than an answer holds."""
        first, seconds, is_held = stretch.first, FIRST_WINDOW, False
        while first <= stretch.last:
            # No wider than what is left, or halving it would ask for the same again.
            seconds = min(seconds, int((stretch.last - first).total_seconds()) + 1)
            last = first + timedelta(seconds=seconds - 1)
            # Stripe's clock may be ahead of ours: the newest window has no end.
            found, has_more = self.stripe.events(events, first, last if last < now else None, whole=seconds == 1)
            yield None
            if has_more:
                seconds //= 2
                continue
            for event in found:
                try:
                    yield self._named_by(event)
                except (StripeUnavailable, NotConfigured) as error:
                    # The events after it are read all the same, and it is asked about by the next run too.
                    self.report({"event_id": event.id}, error)
                    is_held = is_held or (event.created or now) > now - HOPELESS
                    yield None
                if event.created and not is_held:
                    stretch.done = min(event.created, last) - _SECOND
            first, stretch.done = last + _SECOND, stretch.done if is_held else last
            seconds *= 1 if len(found) > MANY else 2

    def _named_by(self, event: Event) -> str | None:
        """The payment that does not know what the event says: it is due for a look now, durably."""
        self.read += 1
        lesson = event.lesson
        payment_id = self._owner_of(event, lesson) if lesson else None
        payment = self._payment(payment_id) if payment_id else None
        # An event that could not be read has no facts, and may say anything.
        if payment is None or lesson is None or (lesson.facts and not adds(payment.facts, lesson.facts)):
            return None
        now = self.clock()
        record(self.store, payment, (), actor=LOOK, now=now, look_by=now)
        # It is named, and that is enough.
        self._payments[payment.id] = None
        return payment.id

    def _owner_of(self, event: Event, lesson: Lesson) -> str | None:
        if lesson.payment_id or lesson.says_whose:
            return lesson.payment_id
        if lesson.names not in self._owners:
            try:
                self._owners[lesson.names] = owner_of(lesson, self.store, self.stripe)
            except StripeRefused as error:
                # Stripe will never say whose it is.
                self.report({"event_id": event.id}, error)
                self._owners[lesson.names] = None
        return self._owners[lesson.names]

    def _payment(self, payment_id: str) -> Payment | None:
        if payment_id not in self._payments:
            # What is for newer code that has a cursor of its own, and reads this event again.
            self._payments[payment_id] = None
            with suppress(NewerRelease):
                self._payments[payment_id] = self.store.payment(payment_id)
            if len(self._payments) > REMEMBERED:
                del self._payments[next(iter(self._payments))]
        return self._payments[payment_id]


def _stretches(read: Cursor, now: datetime) -> list[_Stretch]:
    """What is new, and once more what has come to be LATE, for by now it is whole; one stretch where they meet.

    So an event is read twice, however often runs come.
    """
    once, for_good = (max(each, now - REACH) for each in (read.once, read.for_good))
    if once <= now - LATE + EARLY:
        return [_Stretch(for_good, now)]
    return [_Stretch(for_good, now - LATE), _Stretch(once, now)]
