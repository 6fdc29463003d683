"""A clone of the project in a folder of its own, where somebody types what the documents say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.artefacts import LOCKS, wheels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).parents[2]
BUILT = Path(".aws-sam") / "build" / "template.yaml"
COMMAND_SECONDS = 600

# After the build and before the deployment the template is made what the emulator understands.
_SAM = """#!/bin/sh
export PLATFORM=native PYTHON='{python}' PIP_NO_INDEX=1 PIP_FIND_LINKS='{wheels}'
'{sam}' "$@" || exit
if [ "$1" = build ]; then cd '{root}' && exec '{python}' -m tests.rehearsal.differences '{built}'; fi
"""


@dataclass(frozen=True)
class Done:
    """A command that has ended: its exit code, and all that it printed."""

    command: str
    code: int
    said: str

    def well(self) -> str:
        """What it said; a failure of the test if it failed."""
        assert self.code == 0, f"{self.command}\nended with {self.code} and said\n{self.said[-6000:]}"
        return self.said


class Workshop:
    """`environment` is all that a command sees. The clone's environments are those of the project that rehearses."""

    def __init__(self, folder: Path, source: Path, environment: Mapping[str, str]) -> None:
        """`source` has the project's files, and nothing that was built or installed."""
        self.folder = folder
        shutil.copytree(source, folder, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_TRACKED))
        tools = folder.parent / f"{folder.name}-bin"
        tools.mkdir()
        # Version 1, which is PyPI's, has a list of SQS's addresses that only the option is above.
        program = ROOT / ".venv-rehearsal" / "bin" / "aws"
        (tools / "aws").write_text(f'#!/bin/sh\nexec \'{program}\' --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n')
        (tools / "aws").chmod(0o755)
        self._environment = {
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "LANG": "en_US.UTF-8",
            "SAM_CLI_TELEMETRY": "0",
            **{name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ},
            **environment,
        }
        self._install()

    @property
    def built(self) -> Path:
        """The template that `sam deploy` takes."""
        return self.folder / BUILT

    def types(self, command: str, answers: str = "") -> Done:
        """One command in bash; `answers` is what is typed when it asks."""
        done = subprocess.run(
            ["bash", "-c", f"set -euo pipefail\n{command}"],
            cwd=self.folder,
            env=self._environment,
            input=answers,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        return Done(command, done.returncode, done.stdout)

    def sets(self, settings: Mapping[str, str], stage: str = "staging") -> None:
        """Puts settings into a stage of samconfig.toml, as one would by hand."""
        file = self.folder / "samconfig.toml"
        before, heading, after = file.read_text(encoding="utf-8").partition(
            f"[{stage}.deploy.parameters.parameter_overrides]\n"
        )
        values, gap, rest = after.partition("\n\n")
        lines = [line for line in values.splitlines() if line.partition(" = ")[0] not in settings]
        lines += [f'{name} = "{value}"' for name, value in settings.items()]
        file.write_text(before + heading + "\n".join(lines) + gap + rest, encoding="utf-8")

    def _install(self) -> None:
        """The environments that are there are taken as they are: make has nothing to do for them."""
        for lock in (self.folder / "requirements").glob("*.txt"):
            os.utime(lock, (0, 0))
        (self.folder / ".venv").symlink_to(ROOT / ".venv")
        programs = self.folder / ".venv-sam" / "bin"
        programs.mkdir(parents=True)
        (programs.parent / "ready").touch()
        # A link would be another environment's Python.
        (programs / "python").write_text(f"#!/bin/sh\nexec '{ROOT / '.venv-sam' / 'bin' / 'python'}' \"$@\"\n")
        (programs / "python").chmod(0o755)
        # A release of before has one layer.
        locks = [found for lock in LOCKS if (found := self.folder / lock.relative_to(ROOT)).is_file()]
        script = _SAM.format(
            python=sys.executable,
            sam=ROOT / ".venv-sam" / "bin" / "sam",
            wheels=" ".join(str(wheels("native", lock)) for lock in locks),
            root=ROOT,
            built=self.built,
        )
        (programs / "sam").write_text(script, encoding="utf-8")
        (programs / "sam").chmod(0o755)


_NOT_TRACKED: Iterable[str] = (".git", ".venv*", ".aws-sam", ".local", ".*_cache", ".hypothesis", "__pycache__")
