"""The whole system on one machine: the real functions, and local stand-ins for AWS and Stripe."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import sys
import time
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from botocore.exceptions import BotoCoreError, ClientError

from local.access_log import AccessLog
from local.code_changes import CodeChanges
from local.dynamodb_local import await_ready, start
from local.gateway import FunctionUrl, Gateway
from local.log_folder import log_folder
from local.mailbox.app import Mailbox
from local.mailbox.mails import Mails
from local.news import Weight
from local.origins import RefusedOrigins
from local.ports import PARTS, Ports, StackError, listeners_at
from local.processes import Logs, Process, base_environment
from local.resources import CREDENTIALS, client, create_resources
from local.servers import Server, listen
from local.site import Site
from local.template import REGION, Addresses, Template
from local.triggers import QueueTrigger, ScheduleTrigger
from local.workers import Workers

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future
    from types import TracebackType
    from wsgiref.types import WSGIApplication

    from local.background import Background
    from local.runtime_api import Result
    from local.stripe_account import StripeAccount
    from local.stripe_events import StripeEvents
    from local.terminal import Terminal


__all__ = ["STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET", "Ports", "Stack", "StackError"]

STRIPE_API_KEY = "sk_test_quittanceLocalStack"
STRIPE_WEBHOOK_SECRET = "whsec_quittanceLocalStack"

# Stripe sends several events for one payment at the same moment.
_FIRST_WORKERS = {"StripeWebhook": 4}
_START_TIMEOUT = 60.0
# Parts without which there is no stack.
_PARTS = {"aws": "The local AWS", "stripe": "The Stripe double", "dynamodb": "DynamoDB Local"}
_PACKAGE_ROOT = Path(__file__).resolve().parent.parent


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
        self._stripe_double = stripe_double and stripe_account is None
        self._stripe_account = stripe_account
        self._origins = tuple(origins)
        self._dynamodb_local = dynamodb_local
        self._dynamodb_url: str | None = None
        self._resources = ExitStack()
        self._logs = Logs(logs or self._resources.enter_context(log_folder(self._root / ".local" / "logs")), terminal)
        self._workers: dict[str, Workers] = {}
        self._processes: dict[str, Process] = {}
        self.template: Template
        self.site_url = self.api_url = self.webhook_url = self.stripe_url = self.mailbox_url = self.aws_url = ""
        self.console_url = ""

    def __enter__(self) -> Self:
        try:
            self._start()
        except (BotoCoreError, ClientError, OSError) as error:
            reason = self._first_ended(within=1.0) or f"The stack cannot start: {error}."
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
        return self._invoke(function, json.dumps(event).encode())

    @property
    def broken(self) -> dict[str, str]:
        """Why functions cannot be loaded, by logical id."""
        return {id_: workers.broken for id_, workers in self._workers.items() if workers.broken}

    @property
    def ended(self) -> str | None:
        """A sentence about a part that has ended on its own, if one has."""
        return self._first_ended()

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
        return "Stripe (test)" if self._stripe_account else "Stripe double"

    @property
    def stripe_page(self) -> str:
        """Where people see what happens there."""
        return self._stripe_account.page if self._stripe_account else self.stripe_url

    @property
    def dynamodb_url(self) -> str:
        """Where DynamoDB is, moto's or AWS's own."""
        return self._dynamodb_url or self.aws_url

    def _start(self) -> None:
        # All ports first, so that a taken one is found before anything runs.
        parts = [part for part in PARTS if part != "stripe" or not self._stripe_account]
        listeners = {part: self._hold(listener) for part, listener in listeners_at(self._ports, parts).items()}
        aws = self._hold(listen(0))
        ports = {name: listener.getsockname()[1] for name, listener in listeners.items()}
        self.site_url = f"http://localhost:{ports['site']}"
        self.api_url = f"http://localhost:{ports['api']}"
        self.webhook_url = f"http://localhost:{ports['webhook']}/"
        self.stripe_url = (
            self._stripe_account.api_base if self._stripe_account else f"http://localhost:{ports['stripe']}"
        )
        self.mailbox_url = f"http://localhost:{ports['mailbox']}"
        self.console_url = f"http://localhost:{ports['console']}"
        self.aws_url = f"http://127.0.0.1:{aws.getsockname()[1]}"

        self._start_aws(aws)
        dynamodb = self._start_dynamodb() if self._dynamodb_local else None
        if self._stripe_double:
            self._start_stripe(listeners["stripe"], ports)
        if "stripe" in listeners:
            listeners["stripe"].close()
        events = self._stripe_events(self._stripe_account) if self._stripe_account else None
        self.template = self._load_template(ports)
        # The handlers load meanwhile; they need AWS no more than Lambda's init phase does.
        self._start_workers()
        if dynamodb:
            await_ready(dynamodb, str(self._dynamodb_url), self._logs)
        api_key = self._stripe_account.api_key if self._stripe_account else STRIPE_API_KEY
        secret_values = {"StripeApiKey": api_key, "StripeWebhookSecret": STRIPE_WEBHOOK_SECRET}
        create_resources(self.template, self.aws_url, secret_values, self._dynamodb_url)
        self._seed_catalogue()
        self._await_workers()
        self._start_servers(listeners)
        self._start_triggers([events] if events else [])
        if self._stripe_double:
            self._await_stripe(ports["stripe"])

    def _hold(self, listener: socket.socket) -> socket.socket:
        self._resources.callback(listener.close)
        return listener

    def _load_template(self, ports: Mapping[str, int]) -> Template:
        # Mails link to the first.
        origins = [f"http://{host}:{ports['site']}" for host in ("localhost", "127.0.0.1")] + [*self._origins]
        local = {
            "AllowedOrigins": ",".join(origins),
            "StripeApiBase": self.stripe_url.replace("localhost", "127.0.0.1"),
            "FailureNoticeDelaySeconds": "0",
        }
        addresses = Addresses(self.aws_url, self.api_url, self.webhook_url.rstrip("/"))
        declared = Template(self._template_path).document.get("Parameters", {})
        parameters = {name: value for name, value in local.items() if name in declared}
        return Template(self._template_path, parameters | self._parameters, addresses)

    def _start_aws(self, listener: socket.socket) -> None:
        self._start_process("aws", "local.aws", ["--fd", str(listener.fileno())], (listener.fileno(),))
        listener.close()

    def _start_dynamodb(self) -> Process:
        process, self._dynamodb_url = start(self._logs, self._hush)
        self._keep("dynamodb", process)
        return process

    def _start_stripe(self, listener: socket.socket, ports: Mapping[str, int]) -> None:
        if importlib.util.find_spec("local.stripe_double") is None:
            raise StackError("The Stripe double, local/stripe_double, is missing.")
        arguments = ["--port", str(ports["stripe"])]
        arguments += ["--webhook-url", f"http://127.0.0.1:{ports['webhook']}/"]
        arguments += ["--webhook-secret", STRIPE_WEBHOOK_SECRET, "--api-key", STRIPE_API_KEY]
        arguments += ["--dashboard-url", f"{self.console_url}/stripe/{{id}}"]
        # The double binds its port itself.
        listener.close()
        self._start_process("stripe", "local.stripe_double", arguments)

    def _start_process(self, part: str, module: str, arguments: list[str], pass_fds: tuple[int, ...] = ()) -> None:
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

    def _first_ended(self, within: float = 0.0) -> str | None:
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

    def _seed_catalogue(self) -> None:
        catalogue = self._root / "catalogue.yaml"
        if not catalogue.exists():
            return
        [table] = self.template.tables.values()
        layers = {layer for function in self.template.functions.values() for layer in function.layers}
        environment = {
            **base_environment(),
            **self._aws_settings(),
            "AWS_DEFAULT_REGION": REGION,
            "PYTHONPATH": os.pathsep.join(str(layer) for layer in layers),
        }
        arguments = [str(catalogue), table.name]
        process = Process("catalogue", "local.catalogue", arguments, environment, _PACKAGE_ROOT, self._logs)
        self._resources.callback(process.kill)
        while process.exit_code is None and not self.ended:
            time.sleep(0.05)
        process.kill()
        process.wait()
        if process.exit_code:
            raise StackError(
                self._first_ended(within=1.0)
                or f"{catalogue} cannot be put into the table, for the program that does so {process.end}: "
                f"mend that and run `make run` again; {self._logs.file('catalogue')} has all that it said."
            )

    def _aws_settings(self) -> dict[str, str]:
        """The way to the local AWS, for programs that use boto3 as they do on AWS."""
        settings = {**CREDENTIALS, "AWS_ENDPOINT_URL": self.aws_url}
        if self._dynamodb_url:
            settings["AWS_ENDPOINT_URL_DYNAMODB"] = self._dynamodb_url
        return settings

    def _start_workers(self) -> None:
        aws = self._aws_settings()
        for id_, function in self.template.functions.items():
            self._workers[id_] = Workers(function, aws, self._logs, _FIRST_WORKERS.get(id_, 1))
            self._resources.callback(self._workers[id_].close)
            self._workers[id_].start()

    def _await_workers(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        for id_, workers in self._workers.items():
            while not workers.wait_until_loaded(0.5):
                if reason := self._first_ended():
                    raise StackError(reason)
                if time.monotonic() >= deadline:
                    raise StackError(
                        f"{id_} took longer than {_START_TIMEOUT:.0f} seconds to load: run `make run` again when the "
                        f"machine has less to do, or look at {self._logs.file(id_)}."
                    )

    def _start_servers(self, listeners: Mapping[str, socket.socket]) -> None:
        apis = list(self.template.http_apis.values())
        urls = [function for function in self.template.functions.values() if function.has_url]
        if len(apis) > 1 or len(urls) > 1:
            raise StackError("The local stack has room for one HTTP API and one Function URL.")
        refused = RefusedOrigins(self._origins, lambda line: self._logs.write("api", line, Weight.PLAIN))
        mails = Mails(self.aws_url)
        mails.follow()
        self._resources.callback(mails.close)
        applications: dict[str, WSGIApplication] = {
            "site": Site(self._root / "frontend", self.api_url),
            "mailbox": Mailbox(mails, self.console_url),
            "console": self._console(mails),
            **({"api": self._logged("api", Gateway(apis[0], self._invoke, refused=refused.note))} if apis else {}),
            **({"webhook": self._logged("webhook", FunctionUrl(urls[0].logical_id, self._invoke))} if urls else {}),
        }
        for name, application in applications.items():
            self._resources.callback(Server(listeners[name], application).close)

    def _logged(self, part: str, application: WSGIApplication) -> WSGIApplication:
        return AccessLog(application, partial(self._logs.write, part))

    def _console(self, mails: Mails) -> WSGIApplication:
        # It reads payments with the functions' own code.
        _find_functions_code()
        from local.console.app import Console, Surroundings
        from local.console.double import Double

        links = {
            "Payment page": self.site_url,
            "Mailbox": self.mailbox_url,
            "Products": f"{self.api_url}/products",
            **({self.stripe_name: self.stripe_page} if self._stripe_account else {}),
        }
        surroundings = Surroundings(
            template=self.template,
            aws_url=self.aws_url,
            dynamodb_url=self.dynamodb_url,
            api_url=self.api_url,
            double=Double(self.stripe_url, STRIPE_API_KEY) if self._stripe_double else None,
            mails=mails,
            links=links,
            broken=lambda: self.broken,
            invoke=self.invoke,
        )
        return Console(surroundings)

    def _stripe_events(self, account: StripeAccount) -> StripeEvents:
        _find_functions_code()
        # Stripe's library, half a second to import, is not needed for the double.
        from local.stripe_events import StripeEvents, Webhook
        from payments.adapters.stripe.client import API_VERSION, is_of_our_release

        def tell(line: str) -> None:
            self._logs.write("stripe", line, Weight.PLAIN)

        webhook = Webhook(self.webhook_url, STRIPE_WEBHOOK_SECRET)
        events = StripeEvents(account, API_VERSION, webhook, tell, is_of_our_release)
        events.begin()
        return events

    def _start_triggers(self, triggers: list[Background]) -> None:
        sqs = client("sqs", self.aws_url)
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

    def _invoke(self, function: str, payload: bytes) -> Future[Result]:
        return self._workers[function].invoke(payload)

    def _await_stripe(self, port: int) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while self._processes["stripe"].exit_code is None and time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            with suppress(OSError, http.client.HTTPException):
                connection.request("GET", "/_control/webhooks")
                if connection.getresponse().status == 200:
                    return
            connection.close()
            time.sleep(0.05)
        log = self._logs.file("stripe")
        raise StackError(self._first_ended() or f"The Stripe double does not answer: look at {log}.")


def _find_functions_code() -> None:
    """It is not on the path of every program that starts us."""
    layer = str(_PACKAGE_ROOT / "layers" / "common")
    if layer not in sys.path:
        sys.path.append(layer)
