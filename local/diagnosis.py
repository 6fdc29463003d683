"""Why a handler cannot be loaded, said with the file and line to look at."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.template import Function

_FRAME = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+)', re.MULTILINE)


def import_failure(function: Function, environment: Mapping[str, str], error: Mapping[str, Any]) -> str:
    """One sentence about a failed init.

    awslambdaric's own report names no line for a failed import, so the module is imported once more on its own
    and the traceback read; where that succeeds, `error` as the worker reported it has the say.
    """
    folder = function.code_uri.resolve()
    subject = f"{function.logical_id} cannot start"
    module = function.handler.rpartition(".")[0]
    file = folder / f"{module.replace('.', '/')}.py"
    if not file.exists():
        return f"{subject}: {_shown(str(file), function)} does not exist."
    command = [sys.executable, "-c", f"import sys; sys.path[0] = ''; import {module.replace('/', '.')}"]
    try:
        attempt = subprocess.run(
            command,
            cwd=folder,
            env=dict(environment),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
            timeout=20,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{subject}: {_shown(str(file), function)} takes too long to import."
    if attempt.returncode == 0 or not attempt.stderr.strip():
        return f"{subject}: {error.get('errorMessage', 'the handler cannot be loaded')}."
    places = _FRAME.findall(attempt.stderr)
    # The last frame in this project: where it went wrong in a library is seldom what has to be changed.
    roots = (str(folder), *(str(layer.resolve()) for layer in function.layers))
    own = [place for place in places if place[0].startswith(roots)] or places
    last = attempt.stderr.strip().rpartition("\n")[2].rstrip(".")
    if not own:
        return f"{subject}: {last}."
    path, line = own[-1]
    return f"{subject}: {_shown(path, function)}, line {line}: {last}."


def _shown(path: str, function: Function) -> str:
    """`path` from the project's folder on, which is what the folders of function and layers have in common."""
    folder = function.code_uri.resolve()
    for parent in folder.parents:
        if all(layer.resolve().is_relative_to(parent) for layer in function.layers):
            return path.removeprefix(f"{parent}/")
    return path
