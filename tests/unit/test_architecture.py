"""Dependencies point inwards, and what a function does not need it does not import."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAYMENTS = ROOT / "layers" / "common" / "payments"

MAY_IMPORT = {
    "domain": {"domain"},
    "services": {"domain", "services"},
    "adapters": {"domain", "adapters"},
    "runtime": {"domain", "adapters", "runtime"},
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def modules(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found
    return found


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_inwards_only(package: str) -> None:
    for path in modules(PAYMENTS / package):
        ours = {name.split(".")[1] for name in imports(path) if name.startswith("payments.")}
        assert ours <= MAY_IMPORT[package], f"{path} imports {ours - MAY_IMPORT[package]}"


def test_every_package_has_its_rule() -> None:
    assert {path.parent.name for path in PAYMENTS.glob("*/__init__.py")} == set(MAY_IMPORT)


def test_the_domain_and_the_services_need_the_standard_library_alone() -> None:
    for package in ("domain", "services"):
        for path in modules(PAYMENTS / package):
            foreign = {name.split(".")[0] for name in imports(path)} - sys.stdlib_module_names - {"payments"}
            assert not foreign, f"{path} imports {foreign}"


def test_handlers_do_no_io_of_their_own() -> None:
    for path in modules(ROOT / "functions"):
        names = {name.split(".")[0] for name in imports(path)}
        assert not names & {"boto3", "botocore", "stripe", "os", "requests", "urllib"}, path


def test_the_double_knows_nothing_of_quittance() -> None:
    for path in modules(ROOT / "stripe_double"):
        ours = {"payments", "paper", "functions", "local", "tests", "tools", "bench"}
        assert not {name.split(".")[0] for name in imports(path)} & ours, path


def test_stripes_library_is_loaded_in_one_place() -> None:
    loading = {path.name for path in modules(PAYMENTS) if "stripe" in imports(path)}
    assert loading == {"library.py"}


def test_nothing_that_ships_imports_what_does_not() -> None:
    for path in [*modules(PAYMENTS), *modules(ROOT / "functions")]:
        assert not {name.split(".")[0] for name in imports(path)} & {
            "local",
            "stripe_double",
            "tests",
            "tools",
            "moto",
            "yaml",
        }, path


@pytest.mark.parametrize(
    ("modules_loaded", "never"),
    [
        (
            "payments.adapters.table, payments.runtime.http, payments.runtime.composition, payments.domain.views",
            {"stripe", "pydantic", "boto3"},
        ),
        ("payments.adapters.mail, payments.services.mailing", {"stripe", "pydantic", "boto3"}),
        ("payments.adapters.stripe, payments.services.webhook", {"pydantic", "boto3"}),
        (
            "payments.adapters.table.shop, payments.services.quoting, payments.runtime.products, "
            "payments.runtime.quotes",
            {"payments.domain.payment", "stripe", "boto3"},
        ),
    ],
)
def test_no_function_pays_for_anothers_imports(modules_loaded: str, never: set[str]) -> None:
    code = f"import sys, {modules_loaded}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(PAYMENTS.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not never & set(loaded.stdout.split())


def test_every_folder_of_tests_is_collected_but_the_rehearsals() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    collected = settings["tool"]["pytest"]["ini_options"]["testpaths"]
    there = [path for path in (ROOT / "tests").iterdir() if list(path.rglob("test_*.py")) or path.match("test_*.py")]

    assert set(collected) == {f"tests/{path.name}" for path in there} - {"tests/rehearsal"} | {"stripe_double/tests"}
