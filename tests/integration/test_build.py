"""What is shipped: the same bytes from every build, with bytecode for every module, and all that a function imports."""

import os
import subprocess
import sys
import sysconfig
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path

import pytest

from local.template import Template
from local.workers import worker_environment
from tests.artefacts import LAMBDA, build, contents

AARCH64 = (183).to_bytes(2, "little")
UNCHECKED_HASH = (0b01).to_bytes(4, "little")

# What Lambda's Python runtime brings beside the standard library: its AWS library and what that needs.
OF_THE_RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
# Bytes, of function and layers together.
MOST_UNPACKED = 250 * 1024 * 1024


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lambda gets: built by another Python's path and with another hash seed than what this machine gets."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    python = elsewhere / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return build(elsewhere / "built", platform=LAMBDA, PYTHON=str(python), PYTHONHASHSEED="7").parent


def test_two_builds_have_the_same_bytes_but_where_the_processor_matters(built_template: Path, shipped: Path) -> None:
    ours, theirs = contents(built_template.parent), contents(shipped)
    differing = {path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path)}

    machine = {path for path in differing if path.endswith(".so")}
    about_it = {path for path in differing if ".dist-info/" in path and path.endswith(("/WHEEL", ".cyclonedx.json"))}
    assert differing == machine | about_it
    # Where an ELF file says which processor it is for.
    assert {theirs[path][18:20] for path in theirs if path.endswith(".so")} == {AARCH64}


def test_every_module_has_bytecode_that_is_valid_whatever_the_files_times(shipped: Path) -> None:
    artefacts = contents(shipped)
    sources = {path: body for path, body in artefacts.items() if path.endswith(".py")}

    assert len(sources) > 500
    for path, source in sources.items():
        bytecode = artefacts[cache_from_source(path, optimization="")]
        assert bytecode[:4] == MAGIC_NUMBER, path
        assert bytecode[4:8] == UNCHECKED_HASH, path
        assert bytecode[8:16] == source_hash(source), path


def test_no_path_of_the_machine_that_built_is_shipped(shipped: Path) -> None:
    here = [os.fsencode(shipped), os.fsencode(Path(__file__).parents[2]), os.fsencode(sys.prefix)]

    assert [path for path, body in contents(shipped).items() if any(each in body for each in here)] == []


def test_lambda_takes_each_function_with_its_layers(shipped: Path) -> None:
    for function in Template(shipped / "template.yaml").functions.values():
        folders = (function.code_uri, *function.layers)
        assert 0 < sum(len(each) for folder in folders for each in contents(folder).values()) < MOST_UNPACKED


def test_a_function_needs_its_artefacts_and_lambdas_runtime_alone(built_template: Path, tmp_path: Path) -> None:
    for name in OF_THE_RUNTIME:
        (tmp_path / name).symlink_to(Path(sysconfig.get_path("purelib")) / name)

    for function in Template(built_template).functions.values():
        lambdas = worker_environment(function, "", {})
        path = os.pathsep.join([lambdas["PYTHONPATH"], str(tmp_path)])
        # Without site-packages, where this machine has whatever the layer might lack.
        load = [sys.executable, "-S", "-c", "import handler; handler.handler"]
        loaded = subprocess.run(
            load, cwd=function.code_uri, env=lambdas | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
        )
        assert loaded.returncode == 0, f"{function.logical_id}: {loaded.stderr}"
