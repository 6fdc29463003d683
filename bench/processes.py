"""What the stack's processes use: memory and processor time, by part. Linux's /proc tells."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

STACK = "gateway, pages, clients"
AWS = "AWS (moto)"
STRIPE = "Stripe double"
WORKERS = "functions' workers"

_PARTS = {"local.aws": AWS, "stripe_double": STRIPE, "awslambdaric": WORKERS}
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    """By part of the stack: megabytes that its largest process holds, and seconds of processor time of all so far."""

    megabytes: dict[str, float]
    seconds: dict[str, float]


def usage() -> Usage:
    """Of this process and its children; OSError where there is no /proc."""
    megabytes: dict[str, float] = {}
    seconds: dict[str, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            # The command's name, in parentheses, may have spaces.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            part = _part(folder, int(fields[1]))
            if part:
                megabytes[part] = max(megabytes.get(part, 0.0), int(fields[21]) * _PAGE / 1e6)
                seconds[part] = seconds.get(part, 0.0) + (int(fields[11]) + int(fields[12])) / _TICKS
    if not megabytes:
        raise OSError("there is no /proc here")
    return Usage(megabytes, seconds)


def _part(folder: Path, parent: int) -> str | None:
    if folder.name == str(os.getpid()):
        return STACK
    if parent != os.getpid():
        return None
    command = (folder / "cmdline").read_text().split("\0")
    return next((part for module, part in _PARTS.items() if module in command), None)
