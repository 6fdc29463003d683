"""Stripe's list of events, read for what no webhook told us.

Its events are in the account's version of the API, so they teach nothing: they name payments, and one that does not
know what an event says becomes due for a look, in the table, before the reader goes on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from payments.domain.actors import LOOK
from payments.domain.errors import NewerRelease, StripeRefused
from payments.domain.events import Event, EventSet, Lesson
from payments.domain.facts import adds
from payments.services.recording import record
from payments.services.webhook import Owners, WebhookStore, owner_of

# Stripe forgets events after so long.
REACH = timedelta(days=30)
# Events can come into Stripe's list a little late, so the newest are read again by the next run.
OVERLAP = timedelta(minutes=5)
_SECOND = timedelta(seconds=1)


class ReadingStore(WebhookStore, Protocol):
    def cursor(self, events: EventSet) -> datetime | None:
        """Up to when events of a set were read; None for a set of other types than before."""

    def move_cursor(self, events: EventSet, read_until: datetime) -> None: ...


class EventList(Owners, Protocol):
    def events(self, events: EventSet, first: datetime, last: datetime, *, whole: bool) -> tuple[list[Event], bool]:
        """The events of a window, the oldest first, and whether there are more than one answer holds."""


@dataclass
class Reader:
    """One run's reading. `report` is told which event could not be asked about, and why; `read` counts events.

    What was found to be nobody's is remembered, so that a thousand events of another system cost a call for each of
    its objects at most.
    """

    store: ReadingStore
    stripe: EventList
    clock: Callable[[], datetime]
    report: Callable[[dict[str, object], Exception], None]
    read: int = 0
    _owners: dict[tuple[str, ...], str | None] = field(default_factory=dict)

    def named_by(self, events: EventSet) -> Iterator[str | None]:
        """The payments that are due for a look because of an event, and None wherever a pause may be made.

        Windows are halved while there is more than an answer holds, and the cursor follows each that is done. The first
        reading begins as far back as Stripe goes: the oldest payment may have been disputed since.
        """
        now = self.clock().replace(microsecond=0)
        read_until = self.store.cursor(events)
        first = max(read_until - OVERLAP, now - REACH) if read_until else now - REACH
        seconds = int((now - first).total_seconds()) + 1
        while first <= now:
            last = min(first + timedelta(seconds=seconds - 1), now)
            found, has_more = self.stripe.events(events, first, last, whole=seconds == 1)
            yield None
            if has_more:
                seconds //= 2
                continue
            yield from self._named(found)
            self.store.move_cursor(events, last)
            first, seconds = last + _SECOND, seconds * 2

    def _named(self, events: Sequence[Event]) -> Iterator[str | None]:
        """Each payment once, however many events are about it."""
        said: dict[str, list[Lesson]] = {}
        for event in events:
            self.read += 1
            owner = self._owner_of(event)
            yield None
            if owner and event.lesson:
                said.setdefault(owner, []).append(event.lesson)
        for payment_id, lessons in said.items():
            if self._is_news(payment_id, lessons):
                yield payment_id

    def _owner_of(self, event: Event) -> str | None:
        lesson = event.lesson
        if lesson is None or lesson.payment_id:
            return lesson.payment_id if lesson else None
        asked = (*lesson.names, str(lesson.says_whose))
        if asked not in self._owners:
            self._owners[asked] = self._found(event, lesson)
        return self._owners[asked]

    def _found(self, event: Event, lesson: Lesson) -> str | None:
        try:
            return owner_of(lesson, self.store, self.stripe)
        except StripeRefused as error:
            # Stripe will never say whose it is: that must not keep the events after it from being read.
            self.report({"event_id": event.id}, error)
            return None

    def _is_news(self, payment_id: str, lessons: Sequence[Lesson]) -> bool:
        """Whether a payment does not know what an event says: then it is due for a look, durably."""
        try:
            payment = self.store.payment(payment_id)
        except NewerRelease:
            # Newer code has a cursor of its own, and reads this event again.
            return False
        # An event that could not be read has no facts, and may say anything.
        if payment is None or not any(not each.facts or adds(payment.facts, each.facts) for each in lessons):
            return False
        now = self.clock()
        record(self.store, payment, (), actor=LOOK, now=now, look_by=now)
        return True
