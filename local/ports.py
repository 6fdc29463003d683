"""The ports of the local stack."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.servers import PortTakenError, listen

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Mapping, Sequence

# What has a port, in the order in which PORTS numbers them, and what people call it.
PARTS = {
    "site": "site",
    "api": "API",
    "webhook": "webhook",
    "stripe": "Stripe double",
    "mailbox": "mailbox",
    "console": "console",
    "issuer": "issuer",
}

_USUAL_CONSOLE_PORT = 8026
_HIGHEST = 65535
# Where to look for ports to propose: below those that systems give to outgoing connections.
_PROPOSED = range(20000, 30000, 10)


class StackError(Exception):
    """The stack cannot start; the message is a sentence for whoever started it."""


@dataclass(frozen=True)
class Ports:
    """The stack's ports on 127.0.0.1; 0 is any free one.

    Nobody but a person looks at the console, so unless it is told a port it gives way where the usual one is taken.
    `named` are the parts whose port was named for them alone.
    """

    site: int = 8000
    api: int = 3000
    webhook: int = 3001
    stripe: int = 12111
    mailbox: int = 8025
    console: int | None = None
    issuer: int = 8027
    named: frozenset[str] = field(default=frozenset(), compare=False)

    @classmethod
    def free(cls) -> Ports:
        """Any free ports, for a stack beside others."""
        return cls.from_base(0)

    @classmethod
    def from_base(cls, base: int) -> Ports:
        """The ports from `base` on, without a gap; any free ones for 0."""
        numbers: dict[str, Any] = {part: base and base + offset for offset, part in enumerate(PARTS)}
        return cls(**numbers)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Ports:
        """The ports that PORTS gives all parts and SITE_PORT, API_PORT, ... single ones; the usual ones if not set.

        StackError if one is no port, or two are the same.
        """
        variables = {part: f"{part.upper()}_PORT" for part in PARTS}
        named = {part: _port(environ, name, _HIGHEST) for part, name in variables.items() if environ.get(name)}
        ports = cls()
        if environ.get("PORTS"):
            ports = cls.from_base(_port(environ, "PORTS", _HIGHEST - len(PARTS) + 1))
        chosen = {part: getattr(ports, part) for part in PARTS} | named
        first_at: dict[int, str] = {}
        for part, port in chosen.items():
            if port and (other := first_at.setdefault(port, part)) != part:
                raise StackError(
                    f"{PARTS[other]} and {PARTS[part]} cannot both have port {port}: change {_one(named)}."
                )
        return cls(**chosen, named=frozenset(named))


def listeners_at(ports: Ports, parts: Iterable[str] = PARTS) -> dict[str, socket.socket]:
    """A listening socket for each part; StackError names every port that is taken, and ports that are free."""
    listeners: dict[str, socket.socket] = {}
    taken: dict[str, int] = {}
    for part in parts:
        try:
            listeners[part] = _listener(part, ports)
        except PortTakenError as error:
            taken[part] = error.port
    if taken:
        for listener in listeners.values():
            listener.close()
        raise StackError(_sentence(taken, ports.named))
    return listeners


def _listener(part: str, ports: Ports) -> socket.socket:
    port = getattr(ports, part)
    if port is not None:
        return listen(port)
    try:
        return listen(_USUAL_CONSOLE_PORT)
    except PortTakenError:
        return listen(0)


def _sentence(taken: Mapping[str, int], named: frozenset[str]) -> str:
    base = _free_base()
    # A port that is named for one part alone stays where it is, whatever PORTS says.
    settings = [f"PORTS={base}"]
    settings += [
        f"{part.upper()}_PORT={base + offset}" for offset, part in enumerate(PARTS) if part in taken.keys() & named
    ]
    proposal = f"take other ports: {' '.join(settings)} make run"
    ports = [f"{port} ({PARTS[part]})" for part, port in taken.items()]
    if len(ports) == 1:
        return f"Port {ports[0]} is taken by another program. Stop it, or {proposal}"
    return f"Ports {', '.join(ports[:-1])} and {ports[-1]} are taken by other programs. Stop them, or {proposal}"


def _free_base() -> int:
    """The first of the ports that are proposed, all of which are free now."""
    return next((base for base in _PROPOSED if _are_free(range(base, base + len(PARTS)))), 0)


def _are_free(ports: Sequence[int]) -> bool:
    try:
        for port in ports:
            listen(port).close()
    except PortTakenError:
        return False
    return True


def _port(environ: Mapping[str, str], variable: str, highest: int) -> int:
    text = environ[variable]
    if not text.isdecimal() or int(text) > highest:
        raise StackError(f"{variable} must be a port from 0 to {highest}, not {text!r}.")
    return int(text)


def _one(named: Mapping[str, int]) -> str:
    return " or ".join(f"{part.upper()}_PORT" for part in named)
