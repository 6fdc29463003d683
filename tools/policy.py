"""Runs the policy linter on template.yaml as CloudFormation will see it.

Whatever it finds must be among the exceptions of policy.yaml, each with the reason why it is accepted; and an exception
that is found no more must go.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.template import ROOT, expanded_as_deployed

EXCEPTIONS = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, order=True)
class Finding:
    """A check that a resource, named by its logical id, does not pass."""

    check: str
    resource: str

    def __str__(self) -> str:
        return f"{self.check} {self.resource}"


def accepted(path: Path = EXCEPTIONS) -> dict[Finding, str]:
    """The exceptions, each with its reason; ValueError for one without."""
    found: dict[Finding, str] = {}
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        for resource in entry["resources"]:
            if not str(entry.get("reason") or "").strip():
                raise ValueError(f"{path.name}: {entry['check']} has no reason.")
            found[Finding(entry["check"], resource)] = entry["reason"]
    return found


def findings(report: dict[str, Any]) -> dict[Finding, str]:
    """What the linter found, each with the check's name; ValueError if it did not look at the whole template."""
    summary = report["summary"]
    if summary["parsing_errors"] or not summary["passed"]:
        raise ValueError(f"The policy linter could not read the template: {summary}.")
    failed = report["results"]["failed_checks"]
    return {Finding(each["check_id"], each["resource"].partition(".")[2]): each["check_name"] for each in failed}


def differences(found: dict[Finding, str], exceptions: dict[Finding, str]) -> Iterator[str]:
    """A sentence for each finding that is no exception, and for each exception that is no finding."""
    for finding in sorted(found.keys() - exceptions.keys()):
        yield f"{finding}: {found[finding]}. Mend it, or say in {EXCEPTIONS.name} why it is accepted."
    for finding in sorted(exceptions.keys() - found.keys()):
        yield f"{finding} is found no more; take it out of {EXCEPTIONS.name}."


def report_on(template: dict[str, Any], linter: str) -> dict[str, Any]:
    """The linter's report; ValueError with what it said if it made none."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(template, file)
        file.flush()
        command = [linter, "--framework", "cloudformation", "--skip-download", "--output", "json", "--file", file.name]
        ran = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own tool
    try:
        report: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        raise ValueError(f"The policy linter failed: {ran.stderr.strip()}") from None
    return report


def main() -> int:
    """Checks the project's template with the linter whose path is the first argument."""
    try:
        found = findings(report_on(expanded_as_deployed(ROOT / "template.yaml"), sys.argv[1]))
        wrong = [*differences(found, accepted())]
    except ValueError as error:
        wrong = [str(error)]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
