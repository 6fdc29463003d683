"""What was granted and not used up: codes, good for one use, and refresh tokens."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.issuer.tokens import Person

_CODE_SECONDS = 5 * 60
# As long as the template's Cognito pool has it: a working day.
_REFRESH_SECONDS = 12 * 60 * 60
# RFC 7636: what a verifier may be.
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


@dataclass(frozen=True)
class Grant:
    """Who signed in, for what, and the challenge that shows who asked."""

    person: Person
    scope: str
    redirect_uri: str
    challenge: str
    nonce: str | None


class Grants:
    """`clock` tells the seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._codes: dict[str, tuple[Grant, float]] = {}
        self._refreshing: dict[str, tuple[Grant, float]] = {}

    def code_for(self, grant: Grant) -> str:
        return self._kept(self._codes, grant, _CODE_SECONDS)

    def redeemed(self, code: str, redirect_uri: str, verifier: str) -> Grant | None:
        """What a code was given for; None for one that is unknown, used, too old or another's."""
        grant, until = self._codes.pop(code, (None, 0.0))
        if grant is None or until <= self._clock() or redirect_uri != grant.redirect_uri:
            return None
        return grant if _challenge_of(verifier) == grant.challenge else None

    def refresh_token_for(self, grant: Grant) -> str:
        return self._kept(self._refreshing, grant, _REFRESH_SECONDS)

    def refreshed(self, token: str) -> Grant | None:
        """What a refresh token was given for; it stays good, as Cognito's does."""
        grant, until = self._refreshing.get(token, (None, 0.0))
        return grant if until > self._clock() else None

    def revoke(self, token: str) -> None:
        self._refreshing.pop(token, None)

    def _kept(self, grants: dict[str, tuple[Grant, float]], grant: Grant, seconds: float) -> str:
        now = self._clock()
        for old in [token for token, (_, until) in list(grants.items()) if until <= now]:
            grants.pop(old, None)
        token = secrets.token_urlsafe(32)
        grants[token] = (grant, now + seconds)
        return token


def _challenge_of(verifier: str) -> str | None:
    """S256; None for what is no verifier."""
    if not _VERIFIER.fullmatch(verifier):
        return None
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
