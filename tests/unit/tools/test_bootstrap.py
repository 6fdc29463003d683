"""How an environment comes about: with which Python, and what is done again after an interruption."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BASH = shutil.which("bash") or "/bin/bash"
NEEDED = ("dirname", "rm", "touch")

# Notes its calls; makes a folder for `venv`; fails where it is told to.
UV = """#!{bash}
echo "$1 python=$UV_PYTHON_INSTALL_DIR $*" >> "{calls}"
if [ "$1" = "$FAILS" ]; then exit 1; fi
if [ "$1" = venv ]; then /bin/mkdir -p "${{!#}}"; fi
if [ "$1" = pip ]; then /bin/mkdir -p "$VIRTUAL_ENV/lib/python3.13/site-packages/moto/ec2/__pycache__"; fi
"""
PYTHON_WITHOUT_ENSUREPIP = """#!{bash}
case "$*" in *ensurepip*) exit 1 ;; esac
echo /usr/bin/python3
"""


@dataclass
class Machine:
    """A copy of the project in a folder with a space, and all that is on PATH."""

    project: Path
    path: Path
    calls: Path

    def program(self, file: Path, text: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(bash=BASH, calls=self.calls))
        file.chmod(0o755)

    def has_uv(self) -> None:
        self.program(self.project / ".venv-uv" / "bin" / "uv", UV)
        (self.project / ".venv-uv" / "ready").touch()

    def bootstrap(self, *arguments: str, fails: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BASH, "tools/bootstrap", *arguments],
            cwd=self.project,
            env={"PATH": str(self.path), "FAILS": fails},
            capture_output=True,
            text=True,
            check=False,
        )

    def called(self) -> list[str]:
        """The uv commands since the last time."""
        commands = [line.split()[0] for line in self.calls.read_text().splitlines()]
        self.calls.unlink()
        return commands


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "my shop", tmp_path / "bin", tmp_path / "calls")
    for folder in "tools", "requirements":
        (machine.project / folder).mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "bootstrap", machine.project / "tools")
    (machine.project / "requirements" / "bootstrap.txt").touch()
    os.utime(machine.project / "requirements" / "bootstrap.txt", (0, 0))
    machine.path.mkdir()
    for name in NEEDED:
        (machine.path / name).symlink_to(str(shutil.which(name)))
    return machine


def test_python_comes_into_the_project_where_none_is_on_path(machine: Machine) -> None:
    machine.has_uv()

    made = machine.bootstrap(".venv", "run.txt")

    assert made.returncode == 0, made.stderr
    assert "--python 3.13" in machine.calls.read_text()
    assert f"python={machine.project}/.python " in machine.calls.read_text()
    assert machine.called() == ["venv", "pip"]
    assert (machine.project / ".venv" / "ready").exists()


def test_a_uv_on_path_is_enough(machine: Machine) -> None:
    machine.program(machine.path / "uv", UV)

    assert machine.bootstrap(".venv", "run.txt").returncode == 0
    assert machine.called() == ["venv", "pip"]


def test_what_only_installs_and_what_nobody_runs_does_not_stay(machine: Machine) -> None:
    machine.has_uv()

    machine.bootstrap(".venv", "run.txt")

    assert sorted(path.name for path in machine.project.iterdir()) == [".venv", "requirements", "tools"]
    assert (machine.project / ".venv/lib/python3.13/site-packages/moto/ec2").exists()
    assert not list(machine.project.rglob("__pycache__"))


def test_another_lock_makes_the_environment_anew(machine: Machine) -> None:
    machine.has_uv()
    machine.bootstrap(".venv", "run.txt")
    machine.called()

    machine.has_uv()
    machine.bootstrap(".venv", "run.txt")

    assert machine.called() == ["venv", "pip"]


def test_what_is_missing_is_added(machine: Machine) -> None:
    machine.has_uv()
    machine.bootstrap(".venv", "run.txt")
    machine.called()

    machine.has_uv()
    machine.bootstrap(".venv", "dev.txt", "ready-dev")

    assert machine.called() == ["pip"]
    assert (machine.project / ".venv" / "ready-dev").exists()


@pytest.mark.parametrize("ready", ["ready", "ready-dev"])
def test_an_interrupted_install_is_begun_again(machine: Machine, ready: str) -> None:
    machine.has_uv()
    machine.bootstrap(".venv", "run.txt")
    machine.called()

    machine.has_uv()
    assert machine.bootstrap(".venv", "some.txt", ready, fails="pip").returncode != 0
    assert not (machine.project / ".venv" / "ready-dev").exists()
    (machine.project / ".venv" / "half").touch()
    machine.called()
    machine.bootstrap(".venv", "some.txt", ready)

    assert machine.called() == ["venv", "pip"]
    assert not (machine.project / ".venv" / "half").exists()
    assert (machine.project / ".venv" / ready).exists()


def test_a_machine_without_python_or_uv_is_told_what_to_install(machine: Machine) -> None:
    ended = machine.bootstrap(".venv", "run.txt")

    assert ended.returncode == 1
    assert ended.stderr == (
        "Quittance needs Python 3.13: install it (python.org, your package manager), or uv, which brings it, "
        "and run make again.\n"
    )


def test_a_python_without_venv_is_told_what_to_install(machine: Machine) -> None:
    machine.program(machine.path / "python3", PYTHON_WITHOUT_ENSUREPIP)

    ended = machine.bootstrap(".venv", "run.txt")

    assert ended.returncode == 1
    assert ended.stderr == (
        "/usr/bin/python3 cannot make virtual environments; install uv, or on Debian: apt install python3-venv\n"
    )


def test_where_uv_cannot_bring_python_a_sentence_says_so(machine: Machine) -> None:
    machine.has_uv()

    ended = machine.bootstrap(".venv", "run.txt", fails="venv")

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("Python 3.13 is not on PATH and uv could not download it")
    assert not (machine.project / ".venv" / "ready").exists()
