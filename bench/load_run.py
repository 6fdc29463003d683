"""A load on the local stack: rising numbers of clients, then the wait until all is quiet, then everything there is."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.load_check import Mail, Stored, World
from bench.load_clients import Client, Ledger, call, control
from bench.load_figures import Sample, Stage
from bench.load_relay import Exchange, Relay
from local.ports import Ports
from local.resources import client
from local.stack import STRIPE_API_KEY, UNLIMITED, Stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CLIENTS = (1, 2, 4, 8, 16, 32)

# Each event comes once more than it has to.
_DUPLICATES = 1
# As deployed; the stack's own schedule is quicker, for people who wait for it.
_RECONCILE_EVERY_SECONDS = 300.0
_LONGEST_WAIT = 120.0
_LOOK_EVERY_SECONDS = 0.5
_RECONCILE_PAUSE_SECONDS = 5.0
_PAYMENT_ID = re.compile(r"pay_[0-9A-Z]{26}")
_AUTHORIZED = {"authorization": f"Bearer {STRIPE_API_KEY}"}


class Load:
    """The running system under load, its webhooks by way of `webhook`; all stages together last `seconds`."""

    def __init__(self, stack: Stack, webhook: Relay, ledger: Ledger, seconds: float) -> None:
        self._stack = stack
        self._ledger = ledger
        self._seconds_of_stage = seconds / len(CLIENTS)
        (queue,) = {
            event.queue_arn for function in stack.template.functions.values() for event in function.queue_events
        }
        self._queue_url = next(each.url for each in stack.template.queues.values() if each.arn == queue)
        self._sqs = client("sqs", stack.aws_url)
        (self._endpoint,) = call("GET", f"{stack.stripe_url}/_control/webhooks").body["endpoints"]
        self._send_webhooks_to(webhook.url)
        control(stack, "webhooks", {"duplicate": _DUPLICATES, "shuffle": True})

    def _send_webhooks_to(self, url: str) -> None:
        form = {**_AUTHORIZED, "content-type": "application/x-www-form-urlencoded"}
        address = f"{self._stack.stripe_url}/v1/webhook_endpoints/{self._endpoint['id']}"
        answer = call("POST", f"{address}?url={url}/", None, form)
        if answer.status != 200:
            raise RuntimeError(f"the Stripe double answered {answer.status} to a change of its webhook endpoint")

    def stages(self) -> Iterator[Stage]:
        """Runs one stage after the other; each begins when all that the one before left behind is done."""
        for number in CLIENTS:
            yield self._stage(number)

    def _stage(self, number: int) -> Stage:
        clients = [Client(self._stack, self._ledger, f"{number}.{each}") for each in range(number)]
        began, process_began, machine_began = time.monotonic(), time.process_time(), _machine_seconds()
        deadline = began + self._seconds_of_stage
        threads = [threading.Thread(target=each.visit_until, args=(deadline,), daemon=True) for each in clients]
        for thread in threads:
            thread.start()
        time.sleep(max(0.0, deadline - time.monotonic()))
        ended, process, machine = time.monotonic(), time.process_time() - process_began, _machine_seconds()
        for thread in threads:
            thread.join()
        seconds = ended - began
        busy = (machine - machine_began) / seconds if machine is not None and machine_began is not None else None
        return Stage(number, began, ended, busy, process / seconds, self._catch_up() - ended)

    def _catch_up(self) -> float:
        """The time when nothing was under way any more; what takes too long is left to the check."""
        deadline = time.monotonic() + _LONGEST_WAIT
        while not self._is_quiet() and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY_SECONDS)
        return time.monotonic()

    def _is_quiet(self) -> bool:
        deliveries = call("GET", f"{self._stack.stripe_url}/_control/webhooks").body["deliveries"]
        if not all(each["delivered"] and len(each["attempts"]) > _DUPLICATES for each in deliveries):
            return False
        counts = self._sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["All"])["Attributes"]
        return not any(int(number) for name, number in counts.items() if name.startswith("ApproximateNumberOf"))

    def settled(self) -> World:
        """Everything there is, once reconcile has published what the queue did not take, if there was any."""
        deadline = time.monotonic() + _LONGEST_WAIT
        while (stored := self._stored()) and _has_open_notices(stored) and time.monotonic() < deadline:
            # It leaves alone what is due since less than a minute.
            time.sleep(_RECONCILE_PAUSE_SECONDS)
            self._stack.invoke("Reconcile", {}).result()
            self._catch_up()
        return World(stored, self._views(stored), self._sessions(), self._mails())

    def _stored(self) -> dict[str, Stored]:
        keys: dict[str, str | None] = {}
        notices: dict[str, dict[str, str]] = {}
        (table,) = self._stack.template.tables.values()
        # The one who may read the whole table is the auditor.
        pages = client("dynamodb", self._stack.dynamodb_url).get_paginator("scan").paginate(TableName=table.name)
        for page in pages:
            for item in page["Items"]:
                payment_id, name = str(item["pk"]["S"]).removeprefix("PAYMENT#"), str(item["sk"]["S"])
                if name == "PAYMENT" and "id" in item:
                    keys[payment_id] = item["key_hash"]["S"] if "key_hash" in item else None
                elif name.startswith("NOTICE#"):
                    notices.setdefault(payment_id, {})[name.removeprefix("NOTICE#")] = item["state"]["S"]
        return {payment_id: Stored(key, notices.get(payment_id, {})) for payment_id, key in keys.items()}

    def _views(self, payment_ids: Iterable[str]) -> dict[str, Any]:
        def view(payment_id: str) -> tuple[str, Any]:
            return payment_id, call("GET", f"{self._stack.api_url}/payments/{payment_id}")

        with ThreadPoolExecutor(4) as pool:
            return {
                payment_id: answer.body for payment_id, answer in pool.map(view, payment_ids) if answer.status == 200
            }

    def _sessions(self) -> Counter[str]:
        found: Counter[str] = Counter()
        query = ""
        while True:
            address = f"{self._stack.stripe_url}/v1/checkout/sessions?limit=100{query}"
            page = call("GET", address, None, _AUTHORIZED).body
            found.update(session["client_reference_id"] for session in page["data"])
            if not page["has_more"]:
                return found
            query = f"&starting_after={page['data'][-1]['id']}"

    def _mails(self) -> list[Mail]:
        messages = call("GET", f"{self._stack.mailbox_url}/messages").body
        return [_mail(message, to) for message in messages for to in message["to"]]


def under_load(root: Path, seconds: float) -> tuple[Ledger, list[Stage], World]:
    """Starts the stack, loads it stage by stage and waits until it is quiet; says on the standard error where it is."""
    ledger = Ledger()

    def note(exchange: Exchange) -> None:
        code = None
        if exchange.status is not None and exchange.status >= 400:
            with suppress(ValueError):
                code = str(json.loads(exchange.body).get("code"))
            if exchange.status != 503:
                ledger.complain(f"webhook: answered {exchange.status} {code}")
        ledger.note(Sample("webhook", exchange.began, exchange.ended, exchange.status, code))

    stack = Stack(
        root,
        ports=Ports.free(),
        logs=root / ".local" / "load",
        schedule_seconds=_RECONCILE_EVERY_SECONDS,
        dynamodb_local=True,
        parameters=UNLIMITED,
    )
    with stack, Relay(stack.webhook_url, note) as webhook:
        load = Load(stack, webhook, ledger, seconds)
        stages = []
        for stage in load.stages():
            stages.append(stage)
            print(f"{len(ledger.visits)} customers after {stage.clients} at once", file=sys.stderr, flush=True)
        return ledger, stages, load.settled()


def _has_open_notices(stored: dict[str, Stored]) -> bool:
    return any(state in ("due", "claimed") for each in stored.values() for state in each.notices.values())


def _mail(message: dict[str, Any], to: str) -> Mail:
    named = _PAYMENT_ID.search(message["text"])
    return Mail(named[0] if named else None, to, message["subject"])


def _machine_seconds() -> float | None:
    """Seconds that all cores together have been busy since the start of the machine; None where that is not told."""
    with suppress(OSError):
        first = Path("/proc/stat").read_text().splitlines()[0].split()
        user, nice, system, _, _, interrupts, soft_interrupts = (int(ticks) for ticks in first[1:8])
        return (user + nice + system + interrupts + soft_interrupts) / os.sysconf("SC_CLK_TCK")
    return None
