"""The ports of the local stack."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class StackError(Exception):
    """The stack cannot start; the message is a sentence for whoever started it."""


USUAL_CONSOLE_PORT = 8026


@dataclass(frozen=True)
class Ports:
    """The stack's ports on 127.0.0.1; 0 is any free one.

    Nobody but a person looks at the console, so unless it is told a port it gives way where the usual one is taken.
    """

    site: int = 8000
    api: int = 3000
    webhook: int = 3001
    stripe: int = 12111
    mailbox: int = 8025
    console: int | None = None

    @classmethod
    def free(cls) -> Ports:
        """Any free ports, for a stack beside others."""
        return cls(**{field.name: 0 for field in fields(cls)})

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Ports:
        """The ports that SITE_PORT, API_PORT, ... name; the usual ones where they are not set."""
        chosen = {}
        for field in fields(cls):
            variable = f"{field.name.upper()}_PORT"
            if text := environ.get(variable):
                if not text.isdecimal() or int(text) > 65535:
                    raise StackError(f"{variable} must be a port from 0 to 65535, not {text!r}.")
                chosen[field.name] = int(text)
        return cls(**chosen)
