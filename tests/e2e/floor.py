"""The oldest browsers that the pages are for (docs/pages.md), and what they know, by MDN's browser-compat-data."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from local import npm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FLOOR = {"safari": 16, "safari_ios": 16, "chrome": 109, "firefox": 115}

type Feature = Mapping[str, Any]
"""A node of the data: what is said of it under `__compat`, and the features below it."""


@cache
def packages() -> Path:
    return npm.install("browser-floor", "what the tests know of browsers", 21) / "node_modules"


@cache
def compat_data() -> Feature:
    data: Feature = json.loads((packages() / "@mdn/browser-compat-data/data.json").read_text(encoding="utf-8"))
    return data


def is_known(feature: Feature) -> bool:
    """Whether every browser of the floor has it, under this name and without a switch. What nothing is said of is."""
    support = feature.get("__compat", {}).get("support", {})
    return all(_has(support.get(browser, {"version_added": True}), floor) for browser, floor in FLOOR.items())


def _has(statements: Feature | list[Feature], floor: int) -> bool:
    for each in statements if isinstance(statements, list) else [statements]:
        needs_more = {"flags", "prefix", "alternative_name"} & set(each)
        if not needs_more and _by(each["version_added"], floor) and not _by(each.get("version_removed", False), floor):
            return True
    return False


def _by(version: str | bool, floor: int) -> bool:
    number = re.search(r"\d+(\.\d+)?", version) if isinstance(version, str) else None
    return version is True or (number is not None and float(number[0]) <= floor)


def interfaces() -> Iterator[tuple[str, Feature]]:
    """Every global name of JavaScript and of the Web with its members, and those of Intl as `Intl.NumberFormat`."""
    builtins, api = compat_data()["javascript"]["builtins"], compat_data()["api"]
    for name, feature in [*builtins.items(), *api.items()]:
        yield name, feature
    for name, feature in builtins["Intl"].items():
        if name[0].isupper():
            yield f"Intl.{name}", feature


def members(feature: Feature) -> Iterator[tuple[str, Feature]]:
    """Names as scripts have them."""
    for name, member in feature.items():
        if re.fullmatch(r"[a-z]\w*", name) and not name.endswith("_event"):
            yield name.removesuffix("_static"), member


def newer_names() -> list[list[str]]:
    """What a script must not find: a global name alone, or with the member that is too new."""
    newer: list[list[str]] = []
    for name, feature in interfaces():
        if not is_known(feature):
            newer.append([name])
        else:
            newer += [[name, member] for member, each in members(feature) if not is_known(each)]
    return newer


AGE = """(names) => {
  const follow = (path) => path.split(".").reduce((found, part) => found?.[part], window);
  for (const [name, member] of names) {
    const owners = member ? [follow(name), follow(name)?.prototype, ...(name === "Window" ? [window] : [])] : [window];
    for (const owner of owners) if (owner) delete owner[member ?? name];
  }
}"""
"""Takes away from a page what `newer_names` has."""


def aging_script(origin: str) -> str:
    """For every page of `origin`, before its own scripts run."""
    return f"if (location.origin === {json.dumps(origin)}) ({AGE})({json.dumps(newer_names())})"
