"""The console: a static page, the state of everything for it to show, and what its buttons do."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from werkzeug.wrappers import Request, Response

from local.console.double import Double, Unreachable
from local.console.ledger import Ledger
from local.console.post import Mails, Queues
from local.resources import client
from local.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Future
    from wsgiref.types import StartResponse, WSGIEnvironment

    from local.runtime_api import Result
    from local.template import Template

_STATIC = Path(__file__).parent / "static"
_HOSTS = ("localhost", "127.0.0.1")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FUNCTION_TIMEOUT = 120.0
_MOST_DELIVERIES = 200

# What reading a part of the stack may fail with, while the others can still be shown.
_FAILURES = (BotoCoreError, ClientError, Unreachable, OSError, http.client.HTTPException, ValueError, LookupError)


@dataclass(frozen=True)
class Surroundings:
    """What the console shows and steers. `double` is None where no Stripe double runs; `links` are for people."""

    template: Template
    aws_url: str
    dynamodb_url: str
    api_url: str
    double: Double | None
    links: Mapping[str, str]
    broken: Callable[[], Mapping[str, str]]
    invoke: Callable[[str, object], Future[Result]]


class Console:
    """GET /state.json, /products.json, /objects/{id}; POST /control/... (the double's), /reconcile, /orders;
    DELETE /mails; anything else is the static page."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._double = surroundings.double
        [table] = surroundings.template.tables.values()
        self._ledger = Ledger(table.name, client("dynamodb", surroundings.dynamodb_url))
        self._queues = Queues(surroundings.template, surroundings.aws_url)
        self._mails = Mails(surroundings.aws_url)
        self._page = Site(_STATIC, surroundings.api_url)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        response = _refusal(request) or self._answer(request)
        response.headers.update(_HEADERS)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        match request.method, request.path.split("/")[1:]:
            case "GET", ["state.json"]:
                return _json(self._state())
            case "GET", ["products.json"]:
                return _json(self._ledger.products())
            case "GET", ["objects", id_]:
                thing = self._double.object(id_) if self._double else None
                return _json(thing) if thing else _problem(404, "There is no such object.")
            case "POST", ["control", *path]:
                return self._control("/".join(path), request)
            case "POST", ["reconcile"]:
                return self._reconcile()
            case "POST", ["orders"]:
                return self._order(request)
            case "DELETE", ["mails"]:
                self._mails.clear()
                return Response(status=204)
            case _:
                return Response.from_app(self._page, request.environ)

    # What is shown

    def _state(self) -> dict[str, Any]:
        problems: dict[str, str] = {}

        def part(name: str, read: Callable[[], Any], otherwise: Any = None) -> Any:
            try:
                return read()
            except _FAILURES as error:
                problems[name] = f"{type(error).__name__}: {error}"
                return otherwise

        payments: list[dict[str, Any]] = part("payments", self._ledger.payments, [])
        state = {
            "now": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "links": dict(self._surroundings.links),
            "broken": dict(self._surroundings.broken()),
            "payments": payments,
            "queues": part("queues", self._queues.depths, []),
            "mails": part("mails", self._mails.latest, []),
            "stripe": part("stripe", lambda: self._stripe(payments)),
        }
        return state | {"problems": problems}

    def _stripe(self, payments: list[dict[str, Any]]) -> dict[str, Any] | None:
        if self._double is None:
            return None
        webhooks = self._double.webhooks()
        # Objects move with an event, but for new sessions, and these are known by their payments.
        changed = (len(webhooks["deliveries"]), tuple((each["id"], each["version"]) for each in payments))
        held = sum(delivery["held"] for delivery in webhooks["deliveries"])
        latest = webhooks["deliveries"][-_MOST_DELIVERIES:]
        return webhooks | self._double.objects(changed) | {"deliveries": latest, "held": held}

    # What the buttons do

    def _control(self, path: str, request: Request) -> Response:
        body = _body(request)
        if body is None:
            return _problem(400, "The body must be a JSON object.")
        if self._double is None:
            return _problem(503, "The Stripe double is not running.")
        try:
            reply = self._double.control(path, body)
        except Unreachable:
            return _problem(502, "The Stripe double did not answer.")
        return _json(reply.body, reply.status) if reply else _problem(404, "The console has no such control.")

    def _reconcile(self) -> Response:
        if "Reconcile" not in self._surroundings.template.functions:
            return _problem(404, "The template has no function Reconcile.")
        try:
            result = self._surroundings.invoke("Reconcile", {}).result(_FUNCTION_TIMEOUT)
        except FutureTimeoutError:
            return _problem(504, "Reconcile is still running.")
        return _json(result.value, 502 if result.failed else 200)

    def _order(self, request: Request) -> Response:
        """Passes an order to the API, as the payment page does from another origin."""
        connection = http.client.HTTPConnection(urlsplit(self._surroundings.api_url).netloc, timeout=40)
        headers = {"Content-Type": "application/json"}
        try:
            connection.request("POST", "/checkout-sessions", request.get_data(), headers)
            answer = connection.getresponse()
            return Response(answer.read(), answer.status, content_type="application/json")
        except (OSError, http.client.HTTPException):
            return _problem(502, "The API did not answer.")
        finally:
            connection.close()


def _refusal(request: Request) -> Response | None:
    """Why a request is none of this page's; None for one that may be.

    Any page in the browser can send requests here. One that names another host comes by a name that was pointed at
    this machine; one that changes something must be JSON, which another origin's page cannot send unasked.
    """
    if urlsplit(f"//{request.host}").hostname not in _HOSTS:
        return _problem(403, "The console is for this machine only.")
    if request.method in ("POST", "DELETE") and request.mimetype != "application/json":
        return _problem(415, "Send application/json.")
    return None


def _body(request: Request) -> dict[str, Any] | None:
    try:
        sent = json.loads(request.get_data() or b"{}")
    except ValueError:
        return None
    return sent if isinstance(sent, dict) else None


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, content_type="application/json")


def _problem(status: int, sentence: str) -> Response:
    return _json({"error": {"message": sentence}}, status)
