"""The double stands alone: it imports nothing of the system it is used for."""

import ast
from pathlib import Path

import local.stripe_double

ROOT = Path(local.stripe_double.__file__).parent


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return names


def test_it_imports_nothing_of_the_project_around_it() -> None:
    files = list(ROOT.rglob("*.py"))
    assert len(files) > 20
    for path in files:
        for name in imported(path):
            top = name.partition(".")[0]
            assert top not in {"payments", "functions", "stripe"}, f"{path.name} imports {name}"
            assert top != "local" or name.startswith("local.stripe_double"), f"{path.name} imports {name}"
