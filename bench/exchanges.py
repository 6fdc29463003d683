"""The wire under a handler: what it asks of AWS and Stripe and what they answer, recorded once and played back.

Everything goes through urllib3, botocore's requests and those of Stripe's library alike, so this is the one place that
sees all of it and can stand in for the network. Nothing beyond what a handler has loaded anyway is imported, so that
playing back cannot pay for a handler's imports.
"""

import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

type Exchange = dict[str, Any]
"""`name` of the operation, `key` that says what was asked, `status`, `headers` and `body` of the answer, and
`capacity`: units by table or index, and whether they are of reading."""

_NOT_OF_THE_BODY = frozenset({"connection", "content-encoding", "content-length", "transfer-encoding"})
_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})


@contextmanager
def recorded(measuring_capacity: bool) -> Iterator[list[Exchange]]:
    """Everything that is asked and answered meanwhile, in order."""
    exchanges: list[Exchange] = []

    def send(original: Callable[..., Any], pool: Any, method: str, url: str, body: Any, headers: Any, how: Any) -> Any:
        name = name_of(method, url, headers)
        counted = measuring_capacity and _header(headers, "x-amz-target").startswith("DynamoDB_")
        if counted:
            body = json.dumps(json.loads(body) | {"ReturnConsumedCapacity": "INDEXES"}).encode()
            headers = {**headers, "Content-Length": str(len(body))}
        answer = original(pool, method, url, body=body, headers=headers, **how)
        exchange = {"name": name, "key": key_of(name, body), "status": answer.status}
        exchange["headers"] = {k: v for k, v in answer.headers.items() if k.lower() not in _NOT_OF_THE_BODY}
        exchange["body"], exchange["capacity"] = answer.data.decode(), {}
        if counted:
            _take_capacity(exchange, json.loads(body))
        exchanges.append(exchange)
        return response_of(exchange, how)

    with _instead_of_urllib3(send):
        yield exchanges


@contextmanager
def replayed(answers: "Answers") -> Iterator[None]:
    """Meanwhile nothing leaves the process: `answers` has what was answered before."""

    def send(_: Any, pool: Any, method: str, url: str, body: Any, headers: Any, how: Any) -> Any:
        return response_of(answers.to(key_of(name_of(method, url, headers), body)), how)

    with _instead_of_urllib3(send):
        yield


class Answers:
    """Answers to what an invocation asks: its own, else any that was ever given to the same question."""

    def __init__(self, ever: Iterable[Exchange]) -> None:
        self._ever = {each["key"]: each for each in ever}
        self._left: list[Exchange] = []

    def expect(self, exchanges: Iterable[Exchange]) -> None:
        """From now on, answer as in this invocation."""
        self._left = list(exchanges)

    def to(self, key: str) -> Exchange:
        """LookupError if the like was never asked."""
        for position, exchange in enumerate(self._left):
            if exchange["key"] == key:
                return self._left.pop(position)
        if key not in self._ever:
            raise LookupError(f"Nobody has answered {key} before.")
        return self._ever[key]


def name_of(method: str, url: str, headers: Any) -> str:
    """DynamoDB's, SQS's and Secrets Manager's operation, else method and path."""
    target = _header(headers, "x-amz-target")
    return target.rpartition(".")[2] if target else f"{method} {url.partition('?')[0]}"


def key_of(name: str, body: Any) -> str:
    """Two secrets have two answers; other questions are told apart by their order."""
    return f"{name} {json.loads(body)['SecretId']}" if name == "GetSecretValue" else name


def response_of(exchange: Exchange, how: Mapping[str, Any]) -> Any:
    import urllib3

    return urllib3.HTTPResponse(
        body=io.BytesIO(exchange["body"].encode()),
        headers=exchange["headers"],
        status=exchange["status"],
        preload_content=how.get("preload_content", True),
        decode_content=False,
    )


def _take_capacity(exchange: Exchange, request: dict[str, Any]) -> None:
    """Out of the answer, which is then what the handler would have got without asking for it."""
    body = json.loads(exchange["body"])
    consumed = body.pop("ConsumedCapacity", [])
    units: dict[str, float] = {}
    for each in consumed if isinstance(consumed, list) else [consumed]:
        parts = {"table": each["Table"]} if "Table" in each else {}
        for name, part in {**parts, **each.get("GlobalSecondaryIndexes", {})}.items():
            units[name] = units.get(name, 0.0) + part["CapacityUnits"]
    if exchange["name"] == "TransactWriteItems" and consumed:
        # Here, for where answers are played back this module is loaded by itself.
        from bench.units import of_transaction

        units["table"] = float(of_transaction(request))
    exchange["capacity"] = {"reading": exchange["name"] in _READS, "units": units} if consumed else {}
    exchange["body"] = json.dumps(body)
    checksum = next((name for name in exchange["headers"] if name.lower() == "x-amz-crc32"), None)
    if checksum:
        exchange["headers"][checksum] = str(zlib.crc32(exchange["body"].encode()))


def _header(headers: Any, wanted: str) -> str:
    for name, value in (headers or {}).items():
        if name.lower() == wanted:
            return value.decode() if isinstance(value, bytes) else str(value)
    return ""


@contextmanager
def _instead_of_urllib3(send: Callable[..., Any]) -> Iterator[None]:
    from urllib3.connectionpool import HTTPConnectionPool

    original = HTTPConnectionPool.urlopen

    def urlopen(pool: Any, method: str, url: str, body: Any = None, headers: Any = None, **how: Any) -> Any:
        return send(original, pool, method, url, body, headers, how)

    HTTPConnectionPool.urlopen = urlopen  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        HTTPConnectionPool.urlopen = original  # type: ignore[method-assign]
