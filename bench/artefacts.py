"""What `sam deploy` ships, built for this machine, beside what Lambda's runtime has of its own."""

from __future__ import annotations

import io
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field, replace
from importlib.metadata import distribution
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Lambda's Python has boto3 and its own client, with bytecode; a layer's packages come before them.
_OF_THE_RUNTIME = (
    *("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3"),
    *("awslambdaric", "simplejson", "snapshot-restore-py"),
)

COMMON = "common"

# The floor that a function is compared with: what anything pays that talks to DynamoDB.
FLOOR = "floor"
_FLOOR_HANDLER = """\
import boto3

client = boto3.client("dynamodb")


def handler(event, context):
    return client.get_item(TableName="any", Key={"pk": {"S": "any"}, "sk": {"S": "PAYMENT"}})
"""
# The client of Lambda's runtime alone.
BARE = "bare"


@dataclass(frozen=True)
class Build:
    """Built artefacts of one revision: a folder for each layer and function, none of them to be written to.

    `layers` are the names of the layers of the functions that have more than the common one.
    """

    folder: Path
    layers: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def layer(self, name: str = COMMON) -> Path:
        return self.folder / "layers" / name / "python"

    def layers_of(self, logical_id: str) -> Path:
        """Lambda unpacks all of a function's layers into one folder."""
        return self.layer("+".join(self.layers.get(logical_id, [COMMON])))

    def function(self, logical_id: str) -> Path:
        return self.folder / "functions" / logical_id


def build(root: Path, functions: Mapping[str, Mapping[str, Any]], folder: Path) -> Build:
    """What the project's Makefiles make of `root`. `functions` are those of its template, with their `folder`."""
    # A revision before this one has but one layer and does not say so.
    layers = {id_: each["layers"] for id_, each in functions.items() if len(each.get("layers", [])) > 1}
    built = Build(folder, layers)
    for name in {COMMON, *(name for names in layers.values() for name in names)}:
        _make(root / "layers" / name, f"build-{name.capitalize()}Layer", built.layer(name).parent)
    for logical_id, names in layers.items():
        for name in names:
            shutil.copytree(built.layer(name), built.layers_of(logical_id), dirs_exist_ok=True)
    for logical_id, function in functions.items():
        _make(root / function["folder"], f"build-{logical_id}", built.function(logical_id))
    _protect(folder)
    return built


def build_floor(folder: Path) -> Build:
    """The functions `floor` and `bare`, without a layer."""
    built = Build(folder)
    for name, handler in {FLOOR: _FLOOR_HANDLER, BARE: "def handler(event, context): ...\n"}.items():
        built.function(name).mkdir(parents=True)
        (built.function(name) / "handler.py").write_text(handler, encoding="utf-8")
    built.layer().mkdir(parents=True)
    _compile(folder)
    _protect(folder)
    return built


def copy_runtime(folder: Path) -> Path:
    """What Lambda's runtime has installed, in the versions of our lock."""
    for name in _OF_THE_RUNTIME:
        found = distribution(name)
        for file in found.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(found.locate_file(file)), target)
    _compile(folder)
    _protect(folder)
    return folder


def without_bytecode(built: Build, folder: Path) -> Build:
    shutil.copytree(built.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return replace(built, folder=folder)


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of a package: unpacked and zipped, with bytecode and without."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    sources = [path for path in files if path.suffix != ".pyc"]
    return {
        "unpacked": _bytes(files),
        "zipped": _zipped(files, folder),
        "unpacked_without": _bytes(sources),
        "zipped_without": _zipped(sources, folder),
    }


def package_sizes(folder: Path) -> dict[str, int]:
    """Unpacked bytes by top-level name, bytecode included, largest first."""
    packages = [path for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"]
    found = {path.name: _bytes([file for file in path.rglob("*") if file.is_file()]) for path in packages}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def fingerprint(folder: Path) -> frozenset[tuple[str, int]]:
    """Every file with its time of change: two alike mean that nothing was written in between."""
    return frozenset((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*"))


def _make(folder: Path, target: str, artefacts: Path) -> None:
    artefacts.mkdir(parents=True)
    command = ["make", "--silent", "-C", str(folder), target, f"ARTIFACTS_DIR={artefacts}"]
    command += [f"PYTHON={sys.executable}", f"PLATFORM=manylinux2014_{platform.machine()}"]
    # A make that runs us must not talk to this one.
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    made = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 - our own
    if made.returncode:
        raise SystemExit(f"{target} could not be built:\n{made.stdout}{made.stderr}")


def _compile(folder: Path) -> None:
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder)]
    subprocess.run(command, check=True)  # noqa: S603 - our own


def _protect(folder: Path) -> None:
    for path in folder.rglob("*"):
        path.chmod(path.stat().st_mode & ~0o222)


def discard(folder: Path) -> None:
    """Remove what was protected."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)


def _bytes(files: list[Path]) -> int:
    return sum(path.stat().st_size for path in files)


def _zipped(files: list[Path], folder: Path) -> int:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    return packed.tell()
