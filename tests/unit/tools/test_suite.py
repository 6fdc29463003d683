"""Two runs side by side: each is heard to its end, and one that fails makes the suite fail."""

import sys
import tomllib
from pathlib import Path

import pytest

from tools.suite import RUNS, run

ROOT = Path(__file__).parents[3]
SAYING = (sys.executable, "-c", "import sys; print(sys.argv[1]); sys.exit(int(sys.argv[2]))")


@pytest.mark.parametrize(("first", "second", "code"), [("0", "0", 0), ("1", "0", 1), ("0", "1", 1), ("1", "5", 5)])
def test_the_suite_fails_if_either_run_does_and_says_what_both_said(
    capfdbinary: pytest.CaptureFixture[bytes], first: str, second: str, code: int
) -> None:
    assert run((("one", first), ("two", second)), SAYING) == code
    assert capfdbinary.readouterr().out.split() == [b"one", b"two"]


def test_no_folder_of_tests_is_forgotten() -> None:
    of_pytest = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["testpaths"]
    named = [each for arguments in RUNS for each in arguments]
    ignored = {each.removeprefix("--ignore=") for each in named if each.startswith("--ignore=")}
    assert {each for each in named if not each.startswith("-")} == {*of_pytest} | ignored
