"""What `make build` makes for AWS: every native module is for Lambda's processor, and every handler loads on one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from typing import TYPE_CHECKING

import pytest

from local.template import Template
from local.workers import worker_environment
from tests.artefacts import LAMBDA, build
from tests.integration.test_build import OF_THE_RUNTIME

if TYPE_CHECKING:
    from pathlib import Path

ELF, AARCH64 = b"\x7fELF", 183
LITTLE_ENDIAN_64_BIT = b"\x02\x01"
# All in one process, for under qemu an import takes long.
LOAD = """
import json, os, platform, sys
print(platform.machine())
for each in json.loads(sys.argv[1]):
    os.environ.update(each["environment"])
    sys.modules.pop("handler", None)
    sys.path.insert(0, each["folder"])
    import handler
    assert handler.handler
    print(os.path.dirname(handler.__file__))
"""


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("arm64"), platform=LAMBDA)


def test_native_modules_are_of_lambdas_processor(shipped: Path) -> None:
    modules = list(shipped.parent.rglob("*.so"))

    assert modules
    for module in modules:
        head = module.read_bytes()[:20]
        assert head[:4] == ELF, module
        assert head[4:6] == LITTLE_ENDIAN_64_BIT, module
        assert int.from_bytes(head[18:20], "little") == AARCH64, module


def test_every_handler_loads_on_lambdas_processor(shipped: Path, tmp_path: Path) -> None:
    python = _arm64_python()
    for name in OF_THE_RUNTIME:
        (tmp_path / name).symlink_to(f"{sysconfig.get_path('purelib')}/{name}")

    functions = {each.logical_id: each for each in Template(shipped).functions.values()}
    assert len(functions) >= 10
    lambdas = {id_: worker_environment(each, "", {}) for id_, each in functions.items()}
    # That of the function with the most layers has all of them.
    path = max((each["PYTHONPATH"] for each in lambdas.values()), key=len)
    loads = [{"folder": str(each.code_uri), "environment": lambdas[id_]} for id_, each in functions.items()]
    loaded = subprocess.run(
        [*python, "-S", "-c", LOAD, json.dumps(loads)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([path, str(tmp_path)])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.split() == ["aarch64", *(str(each.code_uri) for each in functions.values())]


def _arm64_python() -> list[str]:
    """The command of an arm64 CPython 3.13, under qemu where this machine is of another kind."""
    python = os.environ.get("ARM64_PYTHON")
    emulator = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")
    if not python or not emulator:
        pytest.skip(
            "needs qemu and an arm64 CPython 3.13: on Debian `apt install qemu-user-static`, and ARM64_PYTHON=/its/bin/"
            "python3.13 (with QEMU_LD_PREFIX, the folder that has its libraries)"
        )
    return [emulator, python]
