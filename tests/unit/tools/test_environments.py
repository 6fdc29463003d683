"""What `make run` installs is enough, small, and the same that tests run on."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from importlib.util import cache_from_source
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
REQUIREMENTS = ROOT / "requirements"
LOCKS = [*REQUIREMENTS.glob("*.txt"), *ROOT.glob("layers/*/requirements.txt")]

MEGABYTE = 1_000_000
# In all: uv, which installs it, does not stay (test_bootstrap.py).
MOST_MEGABYTES = 250

# Runs what follows where no distribution can be imported but those that are named.
WITH_NOTHING_BUT = """
import sys
from importlib.metadata import packages_distributions

names = set(sys.argv[1:])
refused = {module for module, owners in packages_distributions().items() if not names & set(owners)}

class Refusal:
    def find_spec(self, name, path=None, target=None):
        if name in refused:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refusal())
"""
THE_AWS_OF_THE_STACK = """
import local.__main__, local.stack
from local.aws import LockedAws
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

for service in "dynamodb", "secretsmanager", "ses", "sesv2", "sqs":
    create_backend_app(service)
"""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> dict[str, str]:
    """What a lock has of each distribution, by name: the version and the hashes."""
    entries = re.split(r"^(?=[a-z0-9])", (REQUIREMENTS / lock).read_text(), flags=re.MULTILINE)
    return {entry.partition("==")[0]: re.sub(r"^ *#.*\n", "", entry, flags=re.MULTILINE) for entry in entries if entry}


def runs_on_the_small_environment() -> Iterator[Path]:
    """The modules that `make` runs where nothing but run.txt is installed, with all of ours that they import."""
    targets = re.findall(r"^[a-z]+: \$\(VENV\)/ready (?:.*\n)((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)
    programs = {name for recipe in targets for name in re.findall(r"-m (\S+)", recipe)}
    assert {"local", "tools.stripe_setup", "tools.offer", "tools.approve"} <= programs
    folders = (ROOT / "local", ROOT / "stripe_double", ROOT / "functions", ROOT / "layers" / "common" / "payments")
    found = [
        path for folder in folders for path in folder.rglob("*.py") if "tests" not in path.relative_to(folder).parts
    ]
    waiting = [*found, *(path for name in programs if (path := of_ours(name)))]
    seen: set[Path] = set()
    while waiting:
        if (path := waiting.pop()) not in seen:
            seen.add(path)
            yield path
            waiting += [each for name in imported(path) if (each := of_ours(name))]


def of_ours(module: str) -> Path | None:
    path = ROOT / (module.replace(".", "/") + ".py")
    return path if path.exists() else None


def imported(path: Path) -> set[str]:
    """The modules that a module imports at some time, but not for its types alone."""
    tree = ast.parse(path.read_text())
    for_types = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_what_make_run_imports_is_what_it_installs() -> None:
    installed = locked("run.txt")
    owners = packages_distributions()
    for path in runs_on_the_small_environment():
        for name in sorted({name.split(".")[0] for name in imported(path)} & owners.keys()):
            assert {normal(owner) for owner in owners[name]} & installed.keys(), f"{path} imports {name}"


def test_the_local_aws_needs_nothing_else() -> None:
    started = subprocess.run(
        [sys.executable, "-c", WITH_NOTHING_BUT + THE_AWS_OF_THE_STACK, *distributions("run.txt")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert started.returncode == 0, started.stderr


def distributions(lock: str) -> list[str]:
    """The names as the distributions write them."""
    wanted = locked(lock).keys()
    return sorted(
        {owner for owners in packages_distributions().values() for owner in owners if normal(owner) in wanted}
    )


def installed_bytes(name: str) -> Iterator[int]:
    for file in distribution(name).files or []:
        path = Path(str(file.locate()))
        if path.exists():
            yield path.stat().st_size
            if path.suffix == ".py":
                compiled = Path(cache_from_source(str(path)))
                # Bytecode is about as large as its source.
                yield (compiled if compiled.exists() else path).stat().st_size


def test_make_run_installs_little() -> None:
    sizes = {name: sum(installed_bytes(name)) / MEGABYTE for name in locked("run.txt")}

    assert sum(sizes.values()) < MOST_MEGABYTES, sizes


def test_the_tests_run_on_the_same_versions() -> None:
    assert locked("run.txt").items() <= locked("dev.txt").items()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_locks_have_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text()

    assert text.count("==") == len(re.findall(r"^\S+==\S+ \\\n    --hash=sha256:", text, re.MULTILINE))
    assert not re.search(r"://|^ *-[-a-z]*(index|find-links)", text, re.MULTILINE)
