"""A clock for handlers, which a test moves forward."""

import time
from datetime import datetime, timedelta, tzinfo
from types import ModuleType


class Clock:
    """What a module reads from `datetime` and `time`, ahead by `offset`."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self._stopped_at: datetime | None = None
        clock = self

        class Ahead(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return clock.now(tz)

        self._datetime = Ahead

    def rule(self, module: ModuleType) -> None:
        """From now on the module's time is this clock's."""
        if hasattr(module, "datetime"):
            module.datetime = self._datetime  # type: ignore[attr-defined]
        if hasattr(module, "time"):
            module.time = self  # type: ignore[attr-defined]

    def stop(self) -> None:
        """From now on it is one moment, but for the offset."""
        self._stopped_at = datetime.now().astimezone()

    def now(self, tz: tzinfo | None = None) -> datetime:
        return (self._stopped_at.astimezone(tz) if self._stopped_at else datetime.now(tz)) + self.offset

    def monotonic(self) -> float:
        return time.monotonic() + self.offset.total_seconds()
