"""The local AWS's outbox, read on: each mail is fetched and parsed once, whoever asks for it how often."""

from __future__ import annotations

import http.client
import json
import threading
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local.mailbox.mail import mail_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.mailbox.mail import Mail

_PATH = "/_local/mails"
_PAUSE_SECONDS = 1.0


class Mails:
    """What the local AWS at `aws` was given to send. OSError or HTTPException where it does not answer.

    `first` is the number before which all were deleted.
    """

    def __init__(self, aws: str) -> None:
        self._aws = urlsplit(aws).netloc
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self.first = 1
        self._last = 0
        self._mails: list[Mail] = []
        self._of_payment: defaultdict[str, list[Mail]] = defaultdict(list)

    def all(self) -> Sequence[Mail]:
        """Every mail, the oldest first."""
        with self._lock:
            self._read_on()
            return list(self._mails)

    def of_payment(self, payment_id: str) -> Sequence[Mail]:
        """The mails that name a payment, the oldest first."""
        with self._lock:
            self._read_on()
            return list(self._of_payment.get(payment_id, ()))

    def follow(self) -> None:
        """Reads on by itself until closed: who opens the mailbox late does not wait for all of them to be parsed."""
        threading.Thread(target=self._follow, daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def clear(self) -> None:
        self._call("DELETE", _PATH)

    def _follow(self) -> None:
        while not self._closed.wait(_PAUSE_SECONDS):
            with suppress(OSError, http.client.HTTPException, ValueError), self._lock:
                self._read_on()

    def _read_on(self) -> None:
        answer = json.loads(self._call("GET", f"{_PATH}?after={self._last}"))
        if answer["first"] > self.first:
            self.first = answer["first"]
            kept = [mail for mail in self._mails if mail.number >= self.first]
            self._mails.clear()
            self._of_payment.clear()
            self._keep(kept)
        self._keep([mail_of(sent) for sent in answer["mails"]])

    def _keep(self, mails: Sequence[Mail]) -> None:
        for mail in mails:
            self._last = mail.number
            self._mails.append(mail)
            if mail.payment:
                self._of_payment[mail.payment].append(mail)

    def _call(self, method: str, path: str) -> bytes:
        connection = http.client.HTTPConnection(self._aws, timeout=10)
        try:
            connection.request(method, path)
            return connection.getresponse().read()
        finally:
            connection.close()
