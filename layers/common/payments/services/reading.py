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
from payments.domain.events import Event, EventSet, Lesson
from payments.domain.facts import adds
from payments.domain.payment import Payment
from payments.services.recording import record
from payments.services.webhook import Owners, WebhookStore, owner_of

# Stripe forgets events after so long.
REACH = timedelta(days=30)
# So late an event may come into Stripe's list.
LATE = timedelta(minutes=5)
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
    def cursor(self, events: EventSet) -> datetime | None:
        """Up to when events of a set were read; None for a set of other types than before."""

    def move_cursor(self, events: EventSet, read_until: datetime) -> None: ...


class EventList(Owners, Protocol):
    def events(
        self, events: EventSet, first: datetime, last: datetime | None, *, whole: bool
    ) -> tuple[list[Event], bool]:
        """The events of a window, the oldest first, and whether there are more than one answer holds."""


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

        Windows are halved while there is more than an answer holds. The first reading begins as far back as Stripe
        goes: the oldest payment may have been disputed since. However it ends, the next one goes on from there.
        """
        now = self.clock().replace(microsecond=0)
        read_until = self.store.cursor(events) or now - REACH
        first = done = max(read_until, now - REACH)
        seconds, is_held = FIRST_WINDOW, False
        try:
            while first <= now:
                # No wider than what is left, or halving it would ask for the same again.
                seconds = min(seconds, int((now - first).total_seconds()) + 1)
                last = first + timedelta(seconds=seconds - 1)
                # Stripe's clock may be ahead of ours: the newest window has no end.
                until = last if last < now else None
                found, has_more = self.stripe.events(events, first, until, whole=seconds == 1)
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
                    done = done if is_held else (event.created or done) - _SECOND
                first, done = last + _SECOND, done if is_held else last
                seconds *= 1 if len(found) > MANY else 2
        finally:
            # Events can come into Stripe's list a little late, so the newest are read again by the next run.
            if (done := min(done, now - LATE)) > read_until:
                self.store.move_cursor(events, done)

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
