"""Idempotency keys as Stripe treats them (https://docs.stripe.com/api/idempotent_requests)."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from .errors import StripeError

KEPT_SECONDS = 24 * 3600
LONGEST_KEY = 255


@dataclass(frozen=True)
class Answer:
    """What was answered: enough to answer it again."""

    status: int
    body: bytes
    request_id: str
    headers: dict[str, str]


@dataclass
class _Entry:
    path: str
    parameters: bytes
    at: float
    answer: Answer | None = None


class Idempotency:
    """One entry per key. Between `begin` and `keep` or `forget` the key is in flight."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}

    def begin(self, key: str, path: str, parameters: bytes) -> Answer | None:
        """Claim the key. Returns the answer to replay, or None: then the caller executes and reports back."""
        if len(key) > LONGEST_KEY:
            raise StripeError(
                f"The idempotency key is {len(key)} characters long, which is longer than the maximum of "
                f"{LONGEST_KEY} characters.",
                type="idempotency_error",
            )
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or self._clock() - entry.at > KEPT_SECONDS:
                self._entries[key] = _Entry(path, parameters, self._clock())
                return None
            if entry.path != path:
                raise StripeError(
                    f"Keys for idempotent requests can only be used for the same endpoint they were first used "
                    f"for ('{path}' vs '{entry.path}'). Try using a key other than '{key}' if you meant to "
                    "execute a different request.",
                    type="idempotency_error",
                )
            if entry.parameters != parameters:
                raise StripeError(
                    "Keys for idempotent requests can only be used with the same parameters they were first "
                    f"used with. Try using a key other than '{key}' if you meant to execute a different "
                    "request.",
                    type="idempotency_error",
                )
            if entry.answer is None:
                raise StripeError(
                    "There is currently another in-progress request using this Idempotent Key (that probably "
                    f"means you submitted twice, and the other request is still going through): {key}. "
                    "Please try again later.",
                    status=409,
                    type="idempotency_error",
                    code="idempotency_key_in_use",
                )
            return entry.answer

    def keep(self, key: str, answer: Answer) -> None:
        with self._lock:
            if entry := self._entries.get(key):
                entry.answer = answer

    def prune(self, most: int) -> None:
        """Forget what Stripe forgets, and the oldest of more than `most`."""
        with self._lock:
            entries = list(self._entries.items())
            surplus, now = len(entries) - most, self._clock()
            for number, (key, entry) in enumerate(entries):
                is_old = now - entry.at > KEPT_SECONDS
                if entry.answer is not None and (is_old or number < surplus):
                    del self._entries[key]

    def clear(self) -> None:
        """Every key is new, but those of calls under way."""
        with self._lock:
            self._entries = {key: entry for key, entry in self._entries.items() if entry.answer is None}

    def forget(self, key: str) -> None:
        """Nothing was executed: the key is free again."""
        with self._lock:
            self._entries.pop(key, None)
