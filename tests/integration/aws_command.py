"""`aws`, as far as the documents' commands go: each is the one call that its words make, against the local AWS.

What CloudFormation calls a resource is in the file that STACK_RESOURCES names.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped]  # which botocore brings
from botocore import xform_name


def value_of(text: str, type_: str) -> Any:
    """A parameter as its type has it; `file:///dev/stdin` is what was piped in."""
    if text == "file:///dev/stdin":
        return sys.stdin.read()
    if type_ in ("structure", "map", "list") and text[:1] in "{[":
        return json.loads(text)
    if type_ == "list":
        return [text]
    return int(text) if type_ in ("integer", "long") else text


def call(service: str, command: str, words: Sequence[str]) -> Any:
    given = dict(zip(words[::2], words[1::2], strict=True))
    if command == "describe-stack-resource":
        resources = json.loads(Path(os.environ["STACK_RESOURCES"]).read_text())
        return {"StackResourceDetail": {"PhysicalResourceId": resources[given["--logical-resource-id"]]}}
    client: Any = boto3.client(service)  # type: ignore[call-overload]
    (operation,) = [name for name in client.meta.service_model.operation_names if xform_name(name, "-") == command]
    members = client.meta.service_model.operation_model(operation).input_shape.members
    parameters = {
        name: value_of(given[f"--{xform_name(name, '-')}"], shape.type_name)
        for name, shape in members.items()
        if f"--{xform_name(name, '-')}" in given
    }
    return getattr(client, xform_name(operation))(**parameters)


def main(service: str, command: str, *words: str) -> None:
    options = {words[at]: words[at + 1] for at in range(len(words) - 1) if words[at] in ("--query", "--output")}
    rest = [word for at, word in enumerate(words) if word not in options and (at == 0 or words[at - 1] not in options)]
    answer = call(service, command, rest)
    found = jmespath.search(options["--query"], answer) if "--query" in options else answer
    print(found if options.get("--output") == "text" else json.dumps(found, default=str))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
