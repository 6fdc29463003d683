"""What samconfig.toml says of a stage; the standard library alone."""

import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SAMCONFIG = Path(__file__).parents[1] / "samconfig.toml"


class StageError(Exception):
    """A stage that cannot be deployed; a sentence that says what to change."""


def settings_of(stage: str, samconfig: Path = SAMCONFIG) -> Mapping[str, Any]:
    """What samconfig.toml says for `sam deploy` in a stage; its `stack_name` is among it."""
    try:
        stages = tomllib.loads(samconfig.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StageError(f"{samconfig.name} cannot be read: {error}.") from None
    known = ", ".join(name for name in stages if isinstance(stages[name], dict) and "deploy" in stages[name])
    commands = stages.get(stage)
    if not isinstance(commands, dict) or "deploy" not in commands:
        raise StageError(f"{samconfig.name} has no stage {stage}, but {known}.")
    settings: Mapping[str, Any] = {
        **commands.get("global", {}).get("parameters", {}),
        **commands["deploy"].get("parameters", {}),
    }
    if not settings.get("stack_name"):
        raise StageError(f"{samconfig.name} names no stack for {stage}.")
    return settings


def overrides_of(settings: Mapping[str, Any]) -> dict[str, str]:
    """A stage's values for the template's parameters, as SAM hands them on: from a table, a list or a text of pairs."""
    given = settings.get("parameter_overrides", {})
    if isinstance(given, str):
        given = shlex.split(given)
    pairs = given.items() if isinstance(given, dict) else (pair.partition("=")[::2] for pair in given)
    return {name: ",".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in pairs}
