"""What a handler's imports cost, from the interpreter's own account (-X importtime)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LINE = "import time:"
_FIRST_REQUEST = f"{_LINE} first request"


@dataclass(frozen=True)
class Import:
    """Milliseconds: `own` without the imports within it, `total` with them. `late`: not before the first request."""

    module: str
    own: float
    total: float
    late: bool


def imports_in(account: str) -> list[Import]:
    """What the interpreter wrote to standard error, in its order."""
    found, late = [], False
    for line in account.splitlines():
        if line.startswith(_FIRST_REQUEST):
            late = True
        elif line.startswith(_LINE) and "[us]" not in line:
            own, total, module = line.removeprefix(_LINE).split("|")
            found.append(Import(module.strip(), int(own) / 1000, int(total) / 1000, late))
    return found


def least(accounts: Sequence[Iterable[Import]]) -> list[Import]:
    """Each module once, with the least of several accounts: the one that nothing disturbed."""
    by_module: dict[str, list[Import]] = {}
    for account in accounts:
        for each in account:
            by_module.setdefault(each.module, []).append(each)
    return [
        Import(module, min(e.own for e in found), min(e.total for e in found), found[0].late)
        for module, found in by_module.items()
    ]


def dearest(imports: Iterable[Import], count: int = 10) -> list[Import]:
    """By their own cost, for with the imports within it the outermost would always be the dearest."""
    return sorted(imports, key=lambda each: -each.own)[:count]


def by_package(imports: Iterable[Import]) -> dict[str, float]:
    """Milliseconds by top-level package, dearest first."""
    sums: dict[str, float] = {}
    for each in imports:
        package = each.module.partition(".")[0]
        sums[package] = sums.get(package, 0.0) + each.own
    return dict(sorted(sums.items(), key=lambda item: -item[1]))
