"""The programs beside the functions, a process each: the local AWS, DynamoDB Local, Stripe's double; and the one that
puts the catalogue into the table."""

from __future__ import annotations

import http.client
import importlib.util
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from local import dynamodb_local
from local.ports import StackError
from local.processes import Logs, Process, base_environment
from local.resources import CREDENTIALS
from local.template import REGION

if TYPE_CHECKING:
    import socket
    from contextlib import ExitStack

    from local.template import Template

STRIPE_API_KEY = "sk_test_quittanceLocalStack"
STRIPE_PUBLISHABLE_KEY = "pk_test_quittanceLocalStack"
STRIPE_WEBHOOK_SECRET = "whsec_quittanceLocalStack"

START_TIMEOUT = 60.0
# Parts without which there is no stack.
_PARTS = {"aws": "The local AWS", "stripe": "The Stripe double", "dynamodb": "DynamoDB Local"}
_PACKAGE_ROOT = Path(__file__).resolve().parent.parent


class Parts:
    """Starts them, and ends them with `resources`."""

    def __init__(self, logs: Logs, resources: ExitStack) -> None:
        self._logs = logs
        self._resources = resources
        self._processes: dict[str, Process] = {}
        self.aws_url = self.dynamodb_url = ""

    def start_aws(self, listener: socket.socket) -> None:
        self.aws_url = self.dynamodb_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._start("aws", "local.aws", ["--fd", str(listener.fileno())], (listener.fileno(),))
        listener.close()

    def start_dynamodb(self) -> None:
        """From then on `dynamodb_url` is its own; `await_dynamodb` says when it answers."""
        process, self.dynamodb_url = dynamodb_local.start(self._logs, self._hush)
        self._keep("dynamodb", process)

    def await_dynamodb(self) -> None:
        """Returns at once where it was not started."""
        if process := self._processes.get("dynamodb"):
            dynamodb_local.await_ready(process, self.dynamodb_url, self._logs)

    def start_stripe(self, listener: socket.socket, webhook_url: str, dashboard_url: str) -> None:
        """Where `listener` listens, which it closes."""
        if importlib.util.find_spec("stripe_double") is None:
            raise StackError("The Stripe double, stripe_double, is missing.")
        arguments = ["--port", str(listener.getsockname()[1])]
        arguments += ["--webhook-url", webhook_url]
        arguments += ["--webhook-secret", STRIPE_WEBHOOK_SECRET, "--api-key", STRIPE_API_KEY]
        arguments += ["--publishable-key", STRIPE_PUBLISHABLE_KEY]
        arguments += ["--dashboard-url", dashboard_url]
        # The double binds its port itself.
        listener.close()
        self._start("stripe", "stripe_double", arguments)

    def await_stripe(self, port: int) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while self._processes["stripe"].exit_code is None and time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            with suppress(OSError, http.client.HTTPException):
                connection.request("GET", "/_control/webhooks")
                if connection.getresponse().status == 200:
                    return
            connection.close()
            time.sleep(0.05)
        log = self._logs.file("stripe")
        raise StackError(self.ended() or f"The Stripe double does not answer: look at {log}.")

    def seed_catalogue(self, catalogue: Path, template: Template) -> None:
        """Returns when its products are in the table; StackError if they cannot be."""
        [table] = template.tables.values()
        layers = {layer for function in template.functions.values() for layer in function.layers}
        environment = {
            **base_environment(),
            **self.aws_settings(),
            "AWS_DEFAULT_REGION": REGION,
            "PYTHONPATH": os.pathsep.join(str(layer) for layer in layers),
        }
        arguments = [str(catalogue), table.name]
        process = Process("catalogue", "local.catalogue", arguments, environment, _PACKAGE_ROOT, self._logs)
        self._resources.callback(process.kill)
        while process.exit_code is None and not self.ended():
            time.sleep(0.05)
        process.kill()
        process.wait()
        if process.exit_code:
            raise StackError(
                self.ended(within=1.0)
                or f"{catalogue} cannot be put into the table, for the program that does so {process.end}: "
                f"mend that and run `make run` again; {self._logs.file('catalogue')} has all that it said."
            )

    def aws_settings(self) -> dict[str, str]:
        """The way to the local AWS, for programs that use boto3 as they do on AWS."""
        settings = {**CREDENTIALS, "AWS_ENDPOINT_URL": self.aws_url}
        if self.dynamodb_url != self.aws_url:
            settings["AWS_ENDPOINT_URL_DYNAMODB"] = self.dynamodb_url
        return settings

    def ended(self, within: float = 0.0) -> str | None:
        """A sentence about a part that has ended on its own, or does within so many seconds."""
        deadline = time.monotonic() + within
        while True:
            for part, process in self._processes.items():
                if end := process.end:
                    return (
                        f"{_PARTS[part]} {end}: run `make run` again, and should that not help, "
                        f"look at {self._logs.file(part)}."
                    )
            if time.monotonic() >= deadline:
                return None
            time.sleep(0.05)

    def _start(self, part: str, module: str, arguments: list[str], pass_fds: tuple[int, ...] = ()) -> None:
        process = Process(
            part,
            module,
            arguments,
            base_environment(),
            _PACKAGE_ROOT,
            self._logs,
            pass_fds=pass_fds,
            on_exit=self._hush,
        )
        self._keep(part, process)

    def _keep(self, part: str, process: Process) -> None:
        self._processes[part] = process
        self._resources.callback(process.wait)
        self._resources.callback(process.kill)

    def _hush(self, exit_code: int) -> None:
        # What the others say of a part that they miss is no news.
        if self._logs.terminal:
            self._logs.terminal.mute()
