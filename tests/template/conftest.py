from pathlib import Path
from typing import Any

import pytest

from tools.template import expanded

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The template as CloudFormation sees it."""
    return expanded(ROOT / "template.yaml")


@pytest.fixture(scope="session")
def resources(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["Resources"]
    return found
