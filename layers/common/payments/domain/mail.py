"""A letter, and how sending one can fail."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    text: str
    html: str


class MailRejected(Exception):
    """This letter will never be accepted, as when its address is no address. Says why, without the address."""


class MailUnavailable(Exception):
    """Not now: throttled, paused, not verified, or no answer; another time it may be. Says why."""
