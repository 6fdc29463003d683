"""Every log line of the whole run, in this process and in the local stacks: none may carry a person or a secret.

The lines of this process are looked at as they are formatted; those of the stacks' functions lie in files.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from tests.builders import SECRET

FORBIDDEN = {
    "an email address": re.compile(r"[\w.+-]+(?:@|%40|\\u0040)[\w-]+\.[a-z]", re.IGNORECASE),
    "a name": re.compile(r"Ada Lovelace|Zebedee|Quux|Grace Hopper"),
    "a secret": re.compile(rf"{SECRET}|whsec_\w|[sr]k_(?:test|live)_\w|(?<!\bget)_secret_\w"),
    "a signature": re.compile(r"v1=[0-9a-f]{16}"),
    "a checkout's address": re.compile(r"https?://[^\s\"]+/c/pay/"),
    "a card number": re.compile(r"\b4\d{15}\b|\b4\d{3}(?: \d{4}){3}\b"),
}


@dataclass
class LogLines:
    """How many lines there were, and the first few of those that say too much."""

    seen: int = 0
    offending: list[str] = field(default_factory=list)

    def look_at(self, line: str) -> None:
        self.seen += 1
        found = [what for what, pattern in FORBIDDEN.items() if pattern.search(line)]
        if found and len(self.offending) < 5:
            self.offending.append(f"{' and '.join(found)}: {line[:500]}")


LINES = LogLines()


@pytest.fixture(scope="session", autouse=True)
def _watched_lines() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        formatted = LambdaPowertoolsFormatter.format

        def watched(self: LambdaPowertoolsFormatter, record: Any) -> str:
            line = formatted(self, record)
            LINES.look_at(line)
            return line

        patch.setattr(LambdaPowertoolsFormatter, "format", watched)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks at the lines of the whole run comes last."""
    items.sort(key=lambda item: item.path.name == "test_log_lines.py")


def structured(files: Iterable[Path]) -> Iterator[str]:
    """The functions' own lines in the logs of a local stack, among what else their processes print.

    A test's full disk is a device without an end: only files are read.
    """
    for file in filter(Path.is_file, files):
        for line in file.read_text(errors="replace").splitlines():
            try:
                parsed = json.loads(line)
            except ValueError:
                continue
            if isinstance(parsed, dict) and "service" in parsed and "level" in parsed:
                yield line
