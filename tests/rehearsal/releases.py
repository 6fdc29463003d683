"""Another release than this one, built: the last that was made, or where git's history does not reach it, the next."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.integration.next_release import next_release
from tests.rehearsal import differences
from tests.rehearsal.workshop import BUILT, ROOT, Workshop

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE = ROOT / ".local" / "rehearsal"


@dataclass(frozen=True)
class OtherRelease:
    name: str
    template: Path
    is_older: bool


def other_release(folder: Path, environment: Mapping[str, str]) -> OtherRelease:
    """Built for this machine, with the differences of the emulator in its template; `folder` is for its sources."""
    if commit := _last_release():
        # What is kept has been patched, too.
        patched = hashlib.sha256(Path(differences.__file__).read_bytes()).hexdigest()[:8]
        kept = CACHE / f"{commit}-{patched}"
        if not kept.exists():
            shutil.copytree(_built(_at(commit, folder), environment), kept.with_suffix(".part"))
            kept.with_suffix(".part").rename(kept)
        return OtherRelease(f"the release before, {commit[:12]}", kept / BUILT.name, is_older=True)
    built = _built(_after(folder), environment)
    return OtherRelease("the release after, for git's history has none before", built / BUILT.name, is_older=False)


def _last_release() -> str | None:
    """The latest commit before this one that made a release; None where git does not know one."""
    asked = ["git", "log", "--format=%H %s", "HEAD~1"]
    found = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    commits = (line.partition(" ") for line in found.stdout.splitlines())
    return next((commit for commit, _, subject in commits if subject.startswith("Release ")), None)


def _at(commit: str, folder: Path) -> Path:
    """The files of a commit."""
    packed = folder.with_suffix(".tar")
    subprocess.run(["git", "archive", "--output", str(packed), commit], cwd=ROOT, check=True)
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _after(folder: Path) -> Path:
    """This release with something more."""
    source = Workshop(folder, ROOT, {}).folder
    next_release(folder.with_name("next"))
    package = source / "layers" / "common" / "payments"
    shutil.rmtree(package)
    shutil.copytree(folder.with_name("next") / "payments", package)
    return source


def _built(source: Path, environment: Mapping[str, str]) -> Path:
    workshop = Workshop(source.with_name(f"{source.name}-clone"), source, environment)
    workshop.types(".venv-sam/bin/sam build").well()
    return workshop.built.parent
