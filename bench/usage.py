"""How much of what is paid for a payment uses, a million of them, and a month without any."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.figures import spread
from bench.tables import units_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_GB = 10**9
_WAITS = {
    "dynamodb_read": ("GetItem", "BatchGetItem", "Query"),
    "dynamodb_write": ("PutItem", "UpdateItem", "DeleteItem"),
    "dynamodb_transaction": ("TransactWriteItems",),
    "sqs": ("SendMessageBatch", "SendMessage"),
    "ses": ("POST /v2/email/outbound-emails",),
    "secrets": ("GetSecretValue",),
}


@dataclass(frozen=True)
class Line:
    service: str
    line: str
    quantity: float
    usd: float


@dataclass(frozen=True)
class Deployment:
    """What the template has that is paid for by the month, or by the request because of a setting."""

    alarms: int
    secrets: int
    runs_of_reconcile: float
    """A minute."""
    logs_system_lines: bool
    traces: bool
    logs_access: bool
    asks_for_key: bool
    backs_up: bool


def priced(quantities: Mapping[str, float], prices: Mapping[str, Mapping[str, Any]]) -> list[Line]:
    """What is not nothing, dearest first; KeyError for what has no price."""
    lines = [
        Line(
            prices[name]["service"],
            prices[name]["line"],
            quantity,
            quantity * prices[name]["usd"] / prices[name]["per"],
        )
        for name, quantity in quantities.items()
        if quantity
    ]
    return sorted(lines, key=lambda each: -each.usd)


def share_of_processor(memory_mb: int, assumptions: Mapping[str, Any]) -> float:
    """What one thread gets: never more than one processor."""
    return min(1.0, memory_mb / float(assumptions["mb_of_a_processor"])) * float(assumptions["processor_speed"])


def waiting_ms(calls: Iterable[str], assumptions: Mapping[str, Any]) -> float:
    """Assumed, for AWS's and Stripe's answers; LookupError for a call that nothing is assumed of."""
    waits: Mapping[str, float] = assumptions["waiting_ms"]
    kinds = {name: kind for kind, names in _WAITS.items() for name in names}
    total = 0.0
    for call in calls:
        if " /v1/" in call:
            total += waits["stripe_read" if call.startswith("GET ") else "stripe_write"]
        elif call in kinds:
            total += waits[kinds[call]]
        else:
            raise LookupError(f"How long is {call} waited for? Nothing is assumed of it.")
    return total


class Costs:
    """The quantities of one set of measurements in one deployment."""

    def __init__(self, results: Mapping[str, Any], deployment: Deployment, assumptions: Mapping[str, Any]) -> None:
        self._results = results
        self._life = results["life"]
        self._deployment = deployment
        self._assumptions = assumptions

    def payment(self) -> dict[str, float]:
        """One payment on a quiet day: every function that it needs has to start, and reads its secrets."""
        needed = {step["function"] for step in self._life["life"]}
        first = [step for step in self._life["first"] if step["function"] in needed]
        quantities = self._of(first)
        quantities["lambda_gb_seconds"] += sum(self._start_gb_seconds(id_) for id_ in {s["function"] for s in first})
        return quantities

    def million(self) -> dict[str, float]:
        """A million payments in a month, and that month's keeping of them; what runs without them is not in it."""
        steps = self._life["life"]
        count = 10**6
        quantities = {name: each * count for name, each in self._of(steps).items()}
        starts = self._assumptions["starts_when_busy"]
        quantities["lambda_gb_seconds"] += sum(count * starts * self._start_gb_seconds(s["function"]) for s in steps)
        quantities["metrics"] = len({m for s in steps for m in self._results["warm"][s["function"]]["metrics"]})
        quantities["traces"] = self._traced(quantities["lambda_requests"])
        month = self._assumptions["days_of_month"] * 24 * 60
        roles = len({step["function"] for step in steps})
        quantities["key_requests"] = self._key_requests(month) * roles
        # Each sandbox reads its secrets every five minutes; there are at least as many reads as functions with secrets.
        readers = [s for s in self._life["first"] for call in s["calls"] if call["name"] == "GetSecretValue"]
        needed = {step["function"] for step in steps}
        quantities["secret_reads"] = month / 5 * len([s for s in readers if s["function"] in needed])
        return quantities

    def idle_month(self) -> dict[str, float]:
        """Nobody buys; reconcile looks whether anything is overdue, and the rest waits."""
        minutes = self._assumptions["days_of_month"] * 24 * 60
        runs = minutes * self._deployment.runs_of_reconcile
        quantities = {name: each * runs for name, each in self._of(self._life["idle"]).items()}
        starts = self._assumptions["starts_of_reconcile"] * runs
        quantities["lambda_gb_seconds"] += starts * self._start_gb_seconds("Reconcile")
        polls = minutes * 60 / self._assumptions["queue_poll_seconds"]
        quantities |= {
            "alarms": self._deployment.alarms,
            "secrets": self._deployment.secrets,
            "metrics": len(self._results["warm"]["Reconcile"]["metrics"]),
            "queue_requests": polls * self._assumptions["queue_pollers"],
            "secret_reads": minutes / 5,
            "traces": self._traced(runs),
            "key_requests": self._key_requests(minutes),
        }
        return quantities

    def duration_ms(self, step: Mapping[str, Any], memory: int | None = None) -> int:
        """Billed for one invocation of a running function."""
        id_ = step["function"]
        share = share_of_processor(memory or self.memory(id_), self._assumptions)
        computing = float(self._results["warm"][id_]["warm_cpu"]) * 1000 / share
        return math.ceil(computing + waiting_ms((call["name"] for call in step["calls"]), self._assumptions))

    def start_ms(self, id_: str, memory: int | None = None) -> int:
        """Billed for loading a function."""
        share = share_of_processor(memory or self.memory(id_), self._assumptions)
        cpu = spread([run["init_cpu"] for run in self._results["cold"][id_]]).median
        return math.ceil(cpu * 1000 / share)

    def memory(self, id_: str) -> int:
        """MB, as the template sets it."""
        return int(self._life["functions"][id_]["memory"])

    def _start_gb_seconds(self, id_: str) -> float:
        return self.start_ms(id_) / 1000 * self.memory(id_) / 1024

    def _of(self, steps: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        """What some invocations use, each by a function that is running."""
        functions = self._life["functions"]
        calls = [call for step in steps for call in step["calls"]]
        fronts = [functions[step["function"]]["front"] for step in steps]
        through_api, from_queue = fronts.count("api"), fronts.count("queue")
        answered = [step["answer_bytes"] for step, front in zip(steps, fronts, strict=True) if front in ("api", "url")]
        units = units_of(calls)
        empty = [
            call for call in calls if call["name"] == "Query" and not sum(call["capacity"].get("units", {}).values())
        ]
        mails = sum(call["name"].endswith("/outbound-emails") for call in calls)
        stored = self._life["stored_bytes"] / _GB if mails else 0.0
        logs = sum(self._log_bytes(step["function"]) for step in steps) / _GB
        return {
            "lambda_requests": len(steps),
            "lambda_gb_seconds": sum(
                self.duration_ms(step) / 1000 * self.memory(step["function"]) / 1024 for step in steps
            ),
            "api_requests": through_api,
            "table_reads": units.read + len(empty) * self._assumptions["units_of_empty_query"],
            "table_writes": units.written,
            "table_gb": stored,
            "table_backup_gb": stored * self._deployment.backs_up,
            # Lambda fetches and deletes each message.
            "queue_requests": sum(call["name"].startswith("SendMessage") for call in calls) + 2 * from_queue,
            "mails": mails,
            "secret_reads": sum(call["name"] == "GetSecretValue" for call in calls),
            "log_gb": logs,
            "log_storage_gb": logs * self._assumptions["log_compression"],
            "traces": len(steps) * self._deployment.traces,
            "out_gb": sum(size + self._assumptions["answer_overhead_bytes"] for size in answered) / _GB,
        }

    def _log_bytes(self, id_: str) -> float:
        warm = self._results["warm"][id_]
        written, lines = warm["log_bytes"], warm["log_lines"]
        if self._deployment.logs_system_lines:
            written += self._assumptions["system_log_bytes"]
            lines += self._assumptions["system_log_lines"]
        if self._deployment.logs_access and self._life["functions"][id_]["front"] == "api":
            written += self._assumptions["access_log_bytes"]
            lines += 1
        return float(written + lines * self._assumptions["log_line_overhead_bytes"])

    def _traced(self, invocations: float) -> float:
        seconds = self._assumptions["days_of_month"] * 86400
        sampled: float = seconds + self._assumptions["traced_share"] * max(0.0, invocations - seconds)
        return min(invocations, sampled) * self._deployment.traces

    def _key_requests(self, minutes: float) -> float:
        return minutes / float(self._assumptions["key_cached_minutes"]) * self._deployment.asks_for_key


def deployment_of(document: Mapping[str, Any]) -> Deployment:
    """Of a template; what a condition may leave out is counted."""
    resources = document["Resources"].values()
    by_type: dict[str, list[Mapping[str, Any]]] = {}
    for resource in resources:
        by_type.setdefault(resource["Type"], []).append(resource.get("Properties", {}))
    function = document.get("Globals", {}).get("Function", {})
    (table,) = by_type["AWS::DynamoDB::Table"]
    schedules = [
        event["Properties"].get("Schedule") or event["Properties"]["ScheduleExpression"]
        for properties in by_type["AWS::Serverless::Function"]
        for event in properties.get("Events", {}).values()
        if event["Type"].startswith("Schedule")
    ]
    return Deployment(
        alarms=sum(_metrics_of(alarm) for alarm in by_type.get("AWS::CloudWatch::Alarm", [])),
        secrets=len(by_type.get("AWS::SecretsManager::Secret", [])),
        runs_of_reconcile=sum(1 / int(schedule.removeprefix("rate(").split()[0]) for schedule in schedules),
        logs_system_lines=function.get("LoggingConfig", {}).get("SystemLogLevel", "INFO") != "WARN",
        traces=function.get("Tracing") == "Active",
        logs_access=any("AccessLogSettings" in api for api in by_type.get("AWS::Serverless::HttpApi", [])),
        asks_for_key=bool(table.get("SSESpecification", {}).get("SSEEnabled")),
        backs_up=bool(table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled")),
    )


def _metrics_of(alarm: Mapping[str, Any]) -> int:
    return max(1, sum("MetricStat" in metric for metric in alarm.get("Metrics", [])))
