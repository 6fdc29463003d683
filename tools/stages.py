"""`python -m tools.stages STAGE`: says whether samconfig.toml has a stack for a stage, before anything is built for it.

The standard library alone, for whoever deploys has nothing else installed yet.
"""

import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

SAMCONFIG = Path(__file__).parents[1] / "samconfig.toml"


class UnknownStage(Exception):
    """A sentence that names the stages there are."""


def settings_of(stage: str, samconfig: Path = SAMCONFIG) -> Mapping[str, str]:
    """What samconfig.toml says for `sam deploy` in a stage; its `stack_name` is among it."""
    stages = tomllib.loads(samconfig.read_text(encoding="utf-8"))
    known = ", ".join(name for name in stages if isinstance(stages[name], dict) and "deploy" in stages[name])
    commands = stages.get(stage)
    if not isinstance(commands, dict) or "deploy" not in commands:
        raise UnknownStage(f"{samconfig.name} has no stage {stage}, but {known}.")
    settings: Mapping[str, str] = {
        **commands.get("global", {}).get("parameters", {}),
        **commands["deploy"].get("parameters", {}),
    }
    if not settings.get("stack_name"):
        raise UnknownStage(f"{samconfig.name} names no stack for {stage}.")
    return settings


def main(arguments: Sequence[str] | None = None) -> int:
    (stage,) = sys.argv[1:] if arguments is None else arguments
    try:
        settings_of(stage)
    except UnknownStage as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
