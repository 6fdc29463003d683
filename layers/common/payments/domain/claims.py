"""Claims on Idempotency-Keys: one key, one operation of one caller, one outcome."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

CLAIM_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True)
class Claim:
    """A key's hold on what its first request led to, with a hash of that request's body."""

    key_hash: str
    body_hash: str
    led_to: str
    expires_at: datetime


@dataclass(frozen=True)
class Claimant:
    """Who asks with which key for what: the hashes that a claim keeps.

    `key_hash` is of operation, caller (None for one whom nobody knows) and key, so that a key holds for one operation
    of one caller. `body_hash` is of the JSON as it was sent, before any default was filled in: a deployment that knows
    more fields does not take a repetition for another request.
    """

    key_hash: str
    body_hash: str

    @classmethod
    def of(cls, operation: str, caller: str | None, key: str, body: Mapping[str, object]) -> "Claimant":
        return cls(_hash([operation, caller, key]), _hash(body))

    def claim(self, led_to: str, now: datetime) -> Claim:
        return Claim(self.key_hash, self.body_hash, led_to, now + CLAIM_LIFETIME)


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
