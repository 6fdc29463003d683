"""Lints template.yaml as CloudFormation will see it: expanded first, for SAM's own check misses much.

Run in the environment that deploys, whose translator is the newest that there is; the one at AWS has no version.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

from local.intrinsics import TemplateError, read_document

ROOT = Path(__file__).parent.parent
TRANSLATOR = "aws-sam-translator"


class OtherTranslator(ValueError):
    """The expansion is not the one of `sam deploy`; a sentence that says what to run."""


class _NoManagedPolicies:
    """The template names every permission itself, so no managed policy is ever looked up at AWS."""

    def load(self) -> dict[str, str]:
        return {}


def expanded(path: Path, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The template as plain CloudFormation; InvalidDocumentException or TemplateError says what is wrong.

    `parameters` overrides its parameters' defaults where expansion writes in their values.
    """
    document: dict[str, Any] = read_document(path)
    for resource in document["Resources"].values():
        # Code is uploaded by `sam deploy`; expansion wants to see where to.
        for uri in {"CodeUri", "ContentUri"} & set(resource.get("Properties", {})):
            resource["Properties"][uri] = "s3://artefacts/code.zip"
        resource.get("Metadata", {}).pop("BuildMethod", None)
    # Expansion asks for a region to name partitions by; none is ever called.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    result: dict[str, Any] = transform(document, _values(document, parameters or {}), _NoManagedPolicies())
    return result


def _values(document: dict[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """Parameters' values as CloudFormation gives them to the expansion, which takes lists' defaults for texts."""
    values: dict[str, Any] = dict(parameters)
    for name, parameter in document["Parameters"].items():
        if parameter["Type"] == "CommaDelimitedList":
            values[name] = parameters.get(name, parameter["Default"]).split(",")
    return values


def expanded_as_deployed(path: Path) -> dict[str, Any]:
    """The same by the translator that `sam deploy` has; OtherTranslator if that is not the one here."""
    lock = (ROOT / "requirements" / "sam.txt").read_text(encoding="utf-8")
    here, deploys = version(TRANSLATOR), lock.partition(f"\n{TRANSLATOR}==")[2].partition(" ")[0]
    if here != deploys:
        raise OtherTranslator(
            f"This Python has {TRANSLATOR} {here}, and what deploys has {deploys or 'none'}; run `make check`, "
            "which takes the right one."
        )
    return expanded(path)


def lint(template: Mapping[str, Any]) -> int:
    """The linter's exit status for an expanded template; it prints what it finds."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(template, file)
        file.flush()
        linter = Path(sys.executable).with_name("cfn-lint")
        return subprocess.run([linter, "--", file.name], check=False).returncode  # noqa: S603 - our own tool


def main() -> int:
    """Lints the project's template."""
    path = ROOT / "template.yaml"
    try:
        template = expanded_as_deployed(path)
    except (InvalidDocumentException, TemplateError, OtherTranslator) as error:
        for cause in getattr(error, "causes", None) or [error]:
            print(f"{path.name}: {getattr(cause, 'message', cause)}", file=sys.stderr)
        return 1
    return lint(template)


if __name__ == "__main__":
    sys.exit(main())
