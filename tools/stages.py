"""`python -m tools.stages STAGE`: says whether samconfig.toml has a stack for a stage, before anything is built for it.

The standard library alone, for whoever deploys has nothing else installed yet.
"""

import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SAMCONFIG = Path(__file__).parents[1] / "samconfig.toml"


class StageError(Exception):
    """A stage that cannot be deployed; a sentence that says what to change."""


def settings_of(stage: str, samconfig: Path = SAMCONFIG) -> Mapping[str, Any]:
    """What samconfig.toml says for `sam deploy` in a stage; its `stack_name` is among it."""
    stages = tomllib.loads(samconfig.read_text(encoding="utf-8"))
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


def check(settings: Mapping[str, Any]) -> None:
    """StageError if production would take pages from this machine; a template's rules know no beginnings of texts."""
    given = settings.get("parameter_overrides", {})
    origins = str(given.get("AllowedOrigins", "")) if isinstance(given, dict) else ""
    local = [each for each in origins.split(",") if each.strip().startswith("http://")]
    if local and given.get("Stage") == "production":
        raise StageError(f"AllowedOrigins has {', '.join(local)}: production takes https:// alone.")


def main(arguments: Sequence[str] | None = None) -> int:
    (stage,) = sys.argv[1:] if arguments is None else arguments
    try:
        check(settings_of(stage))
    except StageError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
