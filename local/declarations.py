"""What a template declares: functions and their events, APIs, queues, tables and secrets, with local values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.intrinsics import TemplateError, Value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_RATE_UNITS = {"minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True)
class Route:
    """An HTTP API route; method and path are upper case and as written, or None for $default."""

    api: str
    method: str | None
    path: str | None
    function: str
    authorizer: str | None = None
    """The API's authorizer that the route names; None for one that is open to everyone."""
    scopes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return "$default" if self.path is None else f"{self.method} {self.path}"


@dataclass(frozen=True)
class QueueEvent:
    """A queue that invokes a function with batches of its messages."""

    queue_arn: str
    batch_size: int
    reports_item_failures: bool
    maximum_concurrency: int


@dataclass(frozen=True)
class Function:
    logical_id: str
    name: str
    arn: str
    code_uri: Path
    layers: tuple[Path, ...]
    handler: str
    timeout: int
    memory: int
    log_format: str
    environment: Mapping[str, str]
    routes: tuple[Route, ...]
    queue_events: tuple[QueueEvent, ...]
    schedules: tuple[int, ...]
    """Seconds between two scheduled invocations, one entry for each schedule."""
    has_url: bool


@dataclass(frozen=True)
class Cors:
    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int | None = None


@dataclass(frozen=True)
class JwtAuthorizer:
    """What an access token must say: whose it is, and whom it is for."""

    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True)
class HttpApi:
    logical_id: str
    cors: Cors | None
    routes: tuple[Route, ...]
    authorizers: Mapping[str, JwtAuthorizer] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    logical_id: str
    name: str
    properties: Mapping[str, Value] = field(repr=False)


@dataclass(frozen=True)
class Queue:
    logical_id: str
    name: str
    url: str
    arn: str
    attributes: Mapping[str, str]
    """The queue's attributes as SQS's CreateQueue takes them."""
    redrives_to: str | None
    """The ARN of its dead-letter queue."""


@dataclass(frozen=True)
class Secret:
    logical_id: str
    name: str
    arn: str
    value: str


def rate_of(expression: str, where: str) -> int:
    words = expression.removeprefix("rate(").removesuffix(")").split()
    if expression.startswith("rate(") and len(words) == 2 and words[1].rstrip("s") in _RATE_UNITS:
        return int(words[0]) * _RATE_UNITS[words[1].rstrip("s")]
    raise TemplateError(f"{where} has the schedule {expression}; the local stack knows rate(...) only.")


def queue_event_of(details: Mapping[str, Value]) -> QueueEvent:
    return QueueEvent(
        queue_arn=details["Queue"],
        batch_size=int(details.get("BatchSize", 10)),
        reports_item_failures="ReportBatchItemFailures" in details.get("FunctionResponseTypes", []),
        maximum_concurrency=int(details.get("ScalingConfig", {}).get("MaximumConcurrency", 4)),
    )


def cors_of(api: str, configuration: Value) -> Cors | None:
    if configuration is None:
        return None
    if not isinstance(configuration, dict):
        raise TemplateError(f"{api}: the local stack reads CorsConfiguration as a map only.")
    max_age = configuration.get("MaxAge")
    return Cors(
        allow_origins=tuple(configuration.get("AllowOrigins", [])),
        allow_methods=tuple(configuration.get("AllowMethods", [])),
        allow_headers=tuple(header.lower() for header in configuration.get("AllowHeaders", [])),
        expose_headers=tuple(configuration.get("ExposeHeaders", [])),
        allow_credentials=bool(configuration.get("AllowCredentials", False)),
        max_age=None if max_age is None else int(max_age),
    )


def authorizers_of(api: str, auth: Value) -> Mapping[str, JwtAuthorizer]:
    """Those of an API's Auth; TemplateError for what the local stack does not check."""
    found = {}
    for name, each in (auth or {}).get("Authorizers", {}).items():
        if each.get("IdentitySource") != "$request.header.Authorization" or "JwtConfiguration" not in each:
            raise TemplateError(f"{api}: the local stack knows authorizers of JWTs in the header Authorization only.")
        configuration = each["JwtConfiguration"]
        found[name] = JwtAuthorizer(str(configuration["issuer"]), tuple(configuration["audience"]))
    return found
