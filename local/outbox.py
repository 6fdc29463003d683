"""What the local SES was given to send: moto's list of it, kept so that a reader asks for what is new only."""

from __future__ import annotations

import json
import threading
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from local.template import ACCOUNT_ID, REGION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from wsgiref.types import StartResponse, WSGIEnvironment


@dataclass(frozen=True)
class _Sent:
    """A mail, packed: all of them are kept, and read once."""

    to: list[str]
    packed: bytes
    at: str

    def shown(self, number: int) -> dict[str, Any]:
        raw = zlib.decompress(self.packed).decode(errors="surrogatepass")
        return {"number": number, "to": self.to, "raw": raw, "sentAt": self.at}


class Outbox:
    """Each mail has a number that no other ever has, from 1 on.

    GET ?after=N answers {"first", "mails": [{"number", "to", "raw", "sentAt"}]}: the mails with greater numbers than N,
    the oldest first, and the number before which all were deleted. DELETE empties it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first = 1
        self._mails: list[_Sent] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if request.method == "DELETE":
            self._clear()
            response = Response(status=204)
        else:
            content = json.dumps(self._after(request.args.get("after", 0, type=int)))
            response = Response(content, content_type="application/json")
        return response(environ, start_response)

    def take(self) -> None:
        """Takes over what moto has; nobody may use moto meanwhile. moto keeps no time of sending."""
        from moto.ses.models import ses_backends

        messages: list[Any] = ses_backends[ACCOUNT_ID][REGION].sent_messages
        for message in messages:
            # Only a raw message is kept whole, and ours are.
            if hasattr(message, "raw_data"):
                self.keep(message.destinations, message.raw_data)
        messages.clear()

    def keep(self, to: Sequence[str], raw: str) -> None:
        """A mail that is sent now."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        packed = zlib.compress(raw.encode(errors="surrogatepass"), level=1)
        with self._lock:
            self._mails.append(_Sent(list(to), packed, now))

    def _after(self, number: int) -> dict[str, Any]:
        with self._lock:
            first, mails = self._first, self._mails[max(0, number + 1 - self._first) :]
            after = self._first + len(self._mails) - len(mails)
        return {"first": first, "mails": [mail.shown(after + place) for place, mail in enumerate(mails)]}

    def _clear(self) -> None:
        with self._lock:
            self._first += len(self._mails)
            self._mails = []
