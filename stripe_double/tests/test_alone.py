"""The double stands alone: installed into an empty environment, with Flask and no more, it serves."""

import importlib.metadata
import re
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`stripe-double`, in an environment that has what its pyproject names, copied from this one."""
    folder = tmp_path_factory.mktemp("alone")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([*build, str(FOLDER)], check=True)
    [wheel] = folder.glob("stripe_double-*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    [packages] = (folder / "venv").glob("lib/python*/site-packages")
    for name in needed(wheel):
        for file in importlib.metadata.files(name) or []:
            if file.parts[0] != ".." and "__pycache__" not in file.parts:
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                (packages / file).write_bytes(Path(file.locate()).read_bytes())
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*pip, "--python", str(python), "install", "--quiet", "--no-index", str(wheel)], check=True)
    return folder / "venv" / "bin" / "stripe-double"


def needed(wheel: Path) -> set[str]:
    """What the wheel's package requires, and what that requires."""
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        requirements = re.findall(r"^Requires-Dist: (.*)", archive.read(metadata).decode(), re.MULTILINE)
    names: set[str] = set()
    while requirements:
        requirement = requirements.pop()
        name = re.split(r"[^\w.-]", requirement)[0].lower()
        if ";" in requirement or name in names:
            continue
        names.add(name)
        requirements += importlib.metadata.requires(name) or []
    return names


@pytest.fixture
def address(program: Path, tmp_path: Path) -> Iterator[str]:
    with subprocess.Popen([program, "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield re.findall(r"http://[\d.:]+", line)[0]
        finally:
            process.terminate()


def test_it_serves_where_nothing_else_is_installed(address: str) -> None:
    request = urllib.request.Request(f"{address}/v1/balance", headers={"Authorization": "Bearer sk_test_double"})
    with urllib.request.urlopen(request) as answer:
        assert b'"object": "balance"' in answer.read()


def test_what_pages_are_made_of_is_installed_with_it(program: Path) -> None:
    [installed] = (program.parents[1]).glob("lib/python*/site-packages/stripe_double")
    there = {path.relative_to(installed) for path in installed.rglob("*") if path.suffix in {".html", ".css", ".js"}}
    ours = {path.relative_to(FOLDER) for path in FOLDER.rglob("*") if path.suffix in {".html", ".css", ".js"}}
    assert there == ours
    assert not (installed / "tests").exists()
