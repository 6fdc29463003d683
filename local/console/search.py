"""A search for payments, in words that say what they are by how they look."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING

from payments.domain.payment import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from local.console.register import Entry

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STRIPE_ID = re.compile(r"(cs|pi|ch|py|re|pyr|du|dp|prv|issfr)_\w+")
_STATUSES = [status.value for status in Status]


class Kind(StrEnum):
    STATUS = "status"
    MAIL = "mail address"
    PAYMENT = "payment"
    STRIPE = "Stripe's"
    DAY = "day"
    NAME = "name"


# A payment has one of each: two words are two ways to match. Of the others every word must match.
_ALTERNATIVES = (Kind.PAYMENT, Kind.STRIPE, Kind.DAY)


@dataclass(frozen=True)
class Word:
    kind: Kind
    text: str


@dataclass(frozen=True)
class Search:
    words: tuple[Word, ...] = ()

    @classmethod
    def of(cls, text: str) -> Search:
        return cls(tuple(dict.fromkeys(Word(_kind_of(each), each) for each in text.split())))

    @property
    def statuses(self) -> set[str]:
        """Those to be found; none if any will do. A status changes, so the table is asked about it."""
        return {word.text.lower() for word in self.words if word.kind is Kind.STATUS}

    def among(self, entries: Sequence[Entry], payment_of: Callable[[str], str | None]) -> list[Entry]:
        """The entries that match in everything but the status. `payment_of` says whose a Stripe object is."""
        tests: dict[Kind, list[Callable[[Entry], bool]]] = {}
        for word in self.words:
            if word.kind is not Kind.STATUS:
                tests.setdefault(word.kind, []).append(_test(word, payment_of))
        return [entry for entry in entries if all(_passes(kind, each, entry) for kind, each in tests.items())]

    def problems(self, entries: Sequence[Entry], payment_of: Callable[[str], str | None]) -> list[str]:
        """Why words can find nothing, a sentence for each."""
        return [problem for word in self.words if (problem := _problem(word, entries, payment_of))]


def _kind_of(text: str) -> Kind:
    if text.lower() in _STATUSES:
        return Kind.STATUS
    if "@" in text:
        return Kind.MAIL
    if text.startswith("pay_"):
        return Kind.PAYMENT
    if _STRIPE_ID.fullmatch(text):
        return Kind.STRIPE
    return Kind.DAY if _DAY.fullmatch(text) else Kind.NAME


def _test(word: Word, payment_of: Callable[[str], str | None]) -> Callable[[Entry], bool]:
    text, small = word.text, word.text.casefold()
    match word.kind:
        case Kind.MAIL:
            return lambda entry: small in entry.email
        case Kind.PAYMENT:
            return lambda entry: entry.id.startswith(text)
        case Kind.STRIPE:
            owner = payment_of(text)
            return lambda entry: entry.id == owner
        case Kind.DAY:
            return lambda entry: entry.day == text
    return lambda entry: small in entry.words


def _passes(kind: Kind, tests: Iterable[Callable[[Entry], bool]], entry: Entry) -> bool:
    passed = (test(entry) for test in tests)
    return any(passed) if kind in _ALTERNATIVES else all(passed)


def _problem(word: Word, entries: Sequence[Entry], payment_of: Callable[[str], str | None]) -> str | None:
    text = word.text
    if word.kind is Kind.DAY and not _is_day(text):
        return f"{text} is no day; write one as 2026-11-28."
    if word.kind is Kind.STATUS or any(map(_test(word, payment_of), entries)):
        return None
    match word.kind:
        case Kind.DAY:
            return None
        case Kind.STRIPE:
            return f"No payment is known for {text}."
        case Kind.MAIL:
            return f"There is no payment of {text}."
        case Kind.PAYMENT:
            return f"There is no payment {text}."
    close = get_close_matches(text.lower(), _STATUSES, 1)
    meant = f" Did you mean {close[0]}?" if close else ""
    return f"“{text}” is no status, mail address, id or day, and nobody's name or product.{meant}"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
