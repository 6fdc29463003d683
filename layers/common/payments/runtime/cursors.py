"""Cursors: where the next page goes on, in a text that callers send back as it is.

A cursor belongs to the query that it came from: with another one the place would mean something else. It holds no more
than ids and times.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from re import Pattern

from payments.domain.errors import FieldError, ValidationFailed

LONGEST = 1000


def cursor_of(query: Mapping[str, str], parts: Sequence[str]) -> str:
    """A cursor of a query, without its own cursor, and the parts of a place."""
    written = json.dumps([_fingerprint(query), *parts], separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def parts_of(cursor: str, query: Mapping[str, str], *patterns: Pattern[str]) -> list[str]:
    """The parts of a place, each as its pattern wants it; ValidationFailed for a cursor of anything else."""
    found = _read(cursor)
    if len(found) == len(patterns) + 1 and all(isinstance(part, str) for part in found):
        fingerprint, *parts = found
        if fingerprint == _fingerprint(query) and all(map(_fits, patterns, parts)):
            return parts
    raise not_ours()


def not_ours() -> ValidationFailed:
    return ValidationFailed(
        FieldError("cursor", "This is no cursor of this query; send it as it came, or begin without one.")
    )


def day_of(part: str) -> date:
    """The day that a part of a place names; ValidationFailed for one that there is not."""
    try:
        return date.fromisoformat(part)
    except ValueError:
        raise not_ours() from None


def _read(cursor: str) -> list[str]:
    if len(cursor) > LONGEST:
        return []
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def _fits(pattern: Pattern[str], part: str) -> bool:
    return pattern.fullmatch(part) is not None


def _fingerprint(query: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(query.items())).encode()).hexdigest()[:16]
