"""Pages elsewhere that may call the local API: ALLOWED_ORIGINS, and a word to those that are not named."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from local.ports import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# As browsers write it: lower case, no path, a port unless it is the scheme's own.
_ORIGIN = re.compile(r"(http://(?!.*:80$)|https://(?!.*:443$))[a-z0-9.\-]+(:[0-9]{1,5})?")
_MOST_NAMED = 100


def origins_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The origins that ALLOWED_ORIGINS names, commas between; StackError if one is none."""
    named = [origin for each in environ.get("ALLOWED_ORIGINS", "").split(",") if (origin := each.strip())]
    for origin in named:
        if not _ORIGIN.fullmatch(origin):
            raise StackError(
                f"ALLOWED_ORIGINS names {origin!r}, which is no origin: write each as a browser does, such as "
                "http://localhost:5173 or https://shop.test, without a path or a slash at the end."
            )
    return tuple(dict.fromkeys(named))


class RefusedOrigins:
    """Tells once of each origin how it could be allowed beside those that are, `allowed` by ALLOWED_ORIGINS."""

    def __init__(self, allowed: Sequence[str], tell: Callable[[str], None]) -> None:
        self._allowed = allowed
        self._tell = tell
        self._lock = threading.Lock()
        self._told: set[str] = set()

    def note(self, origin: str) -> None:
        with self._lock:
            if origin in self._told or len(self._told) == _MOST_NAMED:
                return
            self._told.add(origin)
        if origin == "null":
            self._tell(
                "A page that was opened as a file may not call the API: serve it, as `python3 -m http.server` does."
            )
        elif _ORIGIN.fullmatch(origin):
            setting = ",".join([*self._allowed, origin])
            self._tell(f"A page of another origin was refused; ALLOWED_ORIGINS={setting} make run allows it.")
