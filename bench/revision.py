"""A revision of the project, built and lived, ready to be started."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.artefacts import Build, build

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Revision:
    name: str
    built: Build
    life: dict[str, Any]


def prepared(root: Path, name: str, folder: Path) -> Revision:
    """The project in `root`, its artefacts in `folder`."""
    folder.mkdir(parents=True)
    life = folder / "life.json"
    paths = (root, root / "layers" / "common", root / "layers" / "paper")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-m", "bench.life", str(life)]
    lived = subprocess.run(  # noqa: S603 - our own
        command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if lived.returncode:
        raise SystemExit(f"No payment could live in {name}:\n{lived.stderr[-3000:]}")
    recorded = json.loads(life.read_text(encoding="utf-8"))
    return Revision(name, build(root, recorded["functions"], folder / "built"), recorded)


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """A revision beside this one, measured by the bench of this one."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        _git("worktree", "add", "--quiet", "--detach", str(root), revision)
        try:
            for ours in ("bench", "stripe_double"):
                shutil.copytree(ROOT / ours, root / ours, dirs_exist_ok=True)
            # Installed once for all.
            (root / ".local").mkdir(exist_ok=True)
            if (engine := ROOT / ".local" / "dynamodb-local").exists():
                (root / ".local" / "dynamodb-local").symlink_to(engine)
            yield root
        finally:
            _git("worktree", "remove", "--force", str(root))


def described() -> str:
    """This revision, and whether anything was changed since."""
    if not (ROOT / ".git").exists():
        return "not a git checkout"
    changed = " with changes" if _git("status", "--porcelain", "--untracked-files=no") else ""
    return _git("rev-parse", "--short", "HEAD") + changed


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise SystemExit(done.stderr.strip())
    return done.stdout.strip()
