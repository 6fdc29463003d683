"""The build as `sam build` makes it: the same Makefiles, into a folder with a template that points there."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.intrinsics import read_document

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "layers" / "common" / "requirements.txt"
PAPER_LOCK = ROOT / "layers" / "paper" / "requirements.txt"
LOCKS = (LOCK, PAPER_LOCK)
LAMBDA = "manylinux2014_aarch64"


def build(folder: Path, *, platform: str = "native", **environment: str) -> Path:
    """Builds layers and functions into `folder`, for this machine or for `platform`: the built template.

    Only the first build of a lock fetches anything; later ones need no network.
    """
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTHON"))},
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": " ".join(str(wheels(platform, lock)) for lock in LOCKS),
        "PLATFORM": platform,
        "PYTHON": sys.executable,
        **environment,
    }
    for id_, source in _sources(read_document(ROOT / "template.yaml")).items():
        artefact = folder / id_
        artefact.mkdir(parents=True)
        command = ["make", "--silent", "-C", str(ROOT / source), f"build-{id_}", f"ARTIFACTS_DIR={artefact}"]
        subprocess.run(command, env=variables, check=True)
        template = re.sub(rf"(CodeUri|ContentUri): {source}$", rf"\1: {id_}", template, flags=re.MULTILINE)
    built = folder / "template.yaml"
    built.write_text(template, encoding="utf-8")
    return built


def contents(folder: Path) -> dict[str, bytes]:
    """Every file's bytes, by its path in the folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def _sources(template: Mapping[str, object]) -> dict[str, str]:
    """Where the template has the sources of layers and functions, by logical id."""
    resources = template["Resources"]
    assert isinstance(resources, Mapping)
    located = {id_: resource["Properties"] for id_, resource in resources.items() if "Properties" in resource}
    uris = {id_: properties.get("CodeUri", properties.get("ContentUri")) for id_, properties in located.items()}
    return {id_: uri for id_, uri in uris.items() if uri}


def wheels(platform: str, lock: Path = LOCK) -> Path:
    """The wheels that a layer's lock names, for a platform, fetched once."""
    name = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder = ROOT / ".local" / "wheels" / f"{name}-{platform}"
    if not folder.exists():
        part = folder.with_suffix(".part")
        foreign = ["--platform", platform, "--python-version", "3.13"] if platform != "native" else []
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", *foreign]
        subprocess.run([*command, "--require-hashes", "-r", str(lock), "-d", str(part)], check=True)
        part.rename(folder)
    return folder
