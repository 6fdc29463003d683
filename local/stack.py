"""The whole system on one machine: the real functions, and local stand-ins for AWS and Stripe."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from botocore.exceptions import BotoCoreError, ClientError

from local import front
from local.code_changes import CodeChanges
from local.log_folder import log_folder
from local.mailbox.mails import Mails
from local.news import Weight
from local.parts import START_TIMEOUT, STRIPE_API_KEY, STRIPE_PUBLISHABLE_KEY, STRIPE_WEBHOOK_SECRET, Parts
from local.ports import PARTS, Ports, StackError, listeners_at
from local.processes import Logs
from local.resources import client, create_resources
from local.servers import Server, listen
from local.template import Addresses, Template
from local.triggers import QueueTrigger, ScheduleTrigger
from local.workers import Workers

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path
    from types import TracebackType

    from local.background import Background
    from local.runtime_api import Result
    from local.stripe_account import StripeAccount
    from local.terminal import Terminal

__all__ = [
    "STRIPE_API_KEY",
    "STRIPE_PUBLISHABLE_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "UNLIMITED",
    "Ports",
    "Stack",
    "StackError",
]

# For whoever orders by the hundred from one address, as tests and the bench do.
UNLIMITED = {"ClientRateLimit": "0"}

# Stripe sends several events for one payment at the same moment.
_FIRST_WORKERS = {"StripeWebhook": 4}


class Stack:
    """Starts everything on entering, ends everything on leaving.

    `root` is the project; `template` another template of it (a built one, say); `parameters` overrides the
    template's. `origins` are those of pages elsewhere that may call the API. With `stripe_double` off, nobody
    answers at the double's port; with a `stripe_account` there is no double, and its events are polled. With
    `dynamodb_local`, AWS's DynamoDB Local is used instead of moto's. Where it cannot start, entering raises StackError.
    """

    def __init__(
        self,
        root: Path,
        *,
        ports: Ports | None = None,
        template: Path | None = None,
        parameters: Mapping[str, str] | None = None,
        logs: Path | None = None,
        terminal: Terminal | None = None,
        schedule_seconds: float = 10.0,
        stripe_double: bool = True,
        stripe_account: StripeAccount | None = None,
        origins: Sequence[str] = (),
        dynamodb_local: bool = False,
    ) -> None:
        self._root = root.resolve()
        self._template_path = (template or root / "template.yaml").resolve()
        self._ports = ports or Ports()
        self._parameters = dict(parameters or {})
        self._schedule_seconds = schedule_seconds
        self.has_stripe_double = stripe_double and stripe_account is None
        self.stripe_account = stripe_account
        self.origins = tuple(origins)
        self._dynamodb_local = dynamodb_local
        self._resources = ExitStack()
        self._logs = Logs(logs or self._resources.enter_context(log_folder(self._root / ".local" / "logs")), terminal)
        self._parts = Parts(self._logs, self._resources)
        self._workers: dict[str, Workers] = {}
        self.template: Template
        self.site_url = self.api_url = self.webhook_url = self.stripe_url = self.mailbox_url = self.aws_url = ""
        # DynamoDB is moto's, or AWS's own.
        self.console_url = self.issuer_url = self.dynamodb_url = ""

    def __enter__(self) -> Self:
        try:
            self._start()
        except (BotoCoreError, ClientError, OSError) as error:
            reason = self._parts.ended(within=1.0) or f"The stack cannot start: {error}."
            self.close()
            raise StackError(reason) from error
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends everything; may be called again."""
        self._resources.close()

    def invoke(self, function: str, event: object) -> Future[Result]:
        """Invokes a function by its logical id, past all triggers."""
        return self.pass_on(function, json.dumps(event).encode())

    def pass_on(self, function: str, payload: bytes) -> Future[Result]:
        """The same, for an event that is JSON already."""
        return self._workers[function].invoke(payload)

    @property
    def broken(self) -> dict[str, str]:
        """Why functions cannot be loaded, by logical id."""
        return {id_: workers.broken for id_, workers in self._workers.items() if workers.broken}

    @property
    def ended(self) -> str | None:
        """A sentence about a part that has ended on its own, if one has."""
        return self._parts.ended()

    def note(self, text: str) -> None:
        """Lines for the stack's own log."""
        for line in filter(None, text.split("\n")):
            self._logs.write("stack", line)

    @property
    def logs(self) -> Path:
        return self._logs.folder

    @property
    def stripe_name(self) -> str:
        """Which Stripe it is, for people."""
        return "Stripe (test)" if self.stripe_account else "Stripe double"

    @property
    def stripe_page(self) -> str:
        """Where people see what happens there."""
        return self.stripe_account.page if self.stripe_account else self.stripe_url

    def _start(self) -> None:
        # All ports first, so that a taken one is found before anything runs.
        parts = [part for part in PARTS if part != "stripe" or not self.stripe_account]
        listeners = {part: self._hold(listener) for part, listener in listeners_at(self._ports, parts).items()}
        aws = self._hold(listen(0))
        ports = {name: listener.getsockname()[1] for name, listener in listeners.items()}
        self.site_url = f"http://localhost:{ports['site']}"
        self.api_url = f"http://localhost:{ports['api']}"
        self.webhook_url = f"http://localhost:{ports['webhook']}/"
        account = self.stripe_account
        self.stripe_url = account.api_base if account else f"http://localhost:{ports['stripe']}"
        self.mailbox_url = f"http://localhost:{ports['mailbox']}"
        self.console_url = f"http://localhost:{ports['console']}"
        self.issuer_url = f"http://localhost:{ports['issuer']}"
        self._parts.start_aws(aws)
        if self._dynamodb_local:
            self._parts.start_dynamodb()
        self.aws_url, self.dynamodb_url = self._parts.aws_url, self._parts.dynamodb_url
        if self.has_stripe_double:
            webhook_url = self.webhook_url.replace("localhost", "127.0.0.1")
            self._parts.start_stripe(listeners["stripe"], webhook_url, f"{self.console_url}/stripe/{{id}}")
        if "stripe" in listeners:
            listeners["stripe"].close()
        polled = [front.stripe_events(self, account, self._logs)] if account else []
        self.template = self._load_template(ports)
        # The handlers load meanwhile; they need AWS no more than Lambda's init phase does.
        self._start_workers()
        self._parts.await_dynamodb()
        self._fill()
        self._await_workers()
        self._start_servers(listeners)
        self._start_triggers(polled)
        if self.has_stripe_double:
            self._parts.await_stripe(ports["stripe"])

    def _hold(self, listener: socket.socket) -> socket.socket:
        self._resources.callback(listener.close)
        return listener

    def _load_template(self, ports: Mapping[str, int]) -> Template:
        # Mails link to the first.
        origins = [f"http://{host}:{ports['site']}" for host in ("localhost", "127.0.0.1")] + [*self.origins]
        local = {
            "AllowedOrigins": ",".join(origins),
            "StripeApiBase": self.stripe_url.replace("localhost", "127.0.0.1"),
            "StripePublishableKey": (
                self.stripe_account.publishable_key if self.stripe_account else STRIPE_PUBLISHABLE_KEY
            ),
            "FailureNoticeDelaySeconds": "0",
            "OidcIssuer": self.issuer_url,
        }
        addresses = Addresses(self.aws_url, self.api_url, self.webhook_url.rstrip("/"))
        declared = Template(self._template_path).document.get("Parameters", {})
        parameters = {name: value for name, value in local.items() if name in declared}
        return Template(self._template_path, parameters | self._parameters, addresses)

    def _fill(self) -> None:
        """Creates what the template declares, and puts the catalogue into the table."""
        api_key = self.stripe_account.api_key if self.stripe_account else STRIPE_API_KEY
        secret_values = {"StripeApiKey": api_key, "StripeWebhookSecret": STRIPE_WEBHOOK_SECRET}
        create_resources(self.template, self.aws_url, secret_values, self.dynamodb_url)
        catalogue = self._root / "catalogue.yaml"
        if catalogue.exists():
            self._parts.seed_catalogue(catalogue, self.template)

    def _start_workers(self) -> None:
        aws = self._parts.aws_settings()
        for id_, function in self.template.functions.items():
            self._workers[id_] = Workers(function, aws, self._logs, _FIRST_WORKERS.get(id_, 1))
            self._resources.callback(self._workers[id_].close)
            self._workers[id_].start()

    def _await_workers(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        for id_, workers in self._workers.items():
            while not workers.wait_until_loaded(0.5):
                if reason := self._parts.ended():
                    raise StackError(reason)
                if time.monotonic() >= deadline:
                    raise StackError(
                        f"{id_} took longer than {START_TIMEOUT:.0f} seconds to load: run `make run` again when the "
                        f"machine has less to do, or look at {self._logs.file(id_)}."
                    )

    def _start_servers(self, listeners: Mapping[str, socket.socket]) -> None:
        mails = Mails(self.aws_url)
        mails.follow()
        self._resources.callback(mails.close)
        applications = front.applications(self, self._root / "frontend", mails, self._logs)
        for name, application in applications.items():
            self._resources.callback(Server(listeners[name], application).close)

    def _start_triggers(self, more: Sequence[Background]) -> None:
        triggers, sqs = list(more), client("sqs", self.aws_url)
        queues = {queue.arn: queue for queue in self.template.queues.values()}
        for id_, function in self.template.functions.items():
            invoke = self._workers[id_].invoke
            for event in function.queue_events:
                triggers.append(QueueTrigger(event, queues[event.queue_arn], sqs, invoke, self._logs))
            triggers.extend(ScheduleTrigger(self._schedule_seconds, invoke) for _ in function.schedules)
        folders = {id_: [f.code_uri, *f.layers] for id_, f in self.template.functions.items()}
        triggers.append(CodeChanges(folders, self._restart))
        for trigger in triggers:
            trigger.start()
            self._resources.callback(trigger.join)
        for trigger in triggers:
            self._resources.callback(trigger.stop)

    def _restart(self, function: str) -> None:
        self._logs.write(function, "The code has changed: starting anew.", Weight.PLAIN)
        self._workers[function].restart()
