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
from local.console.ledger import LOOK, Ledger
from local.console.queues import Queues
from local.pages import HEADERS, Pages, in_json, refusal
from local.resources import client
from payments.domain.errors import NewerRelease

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Future
    from wsgiref.types import StartResponse, WSGIEnvironment

    from local.mailbox.mail import Mail
    from local.mailbox.mails import Mails
    from local.runtime_api import Result
    from local.template import Template

_STATIC = Path(__file__).parent / "static"
_FUNCTION_TIMEOUT = 120.0
_MOST_MAILS = 40

# What reading a part of the stack may fail with, while the others can still be shown.
_FAILURES = (BotoCoreError, ClientError, Unreachable, OSError, http.client.HTTPException, ValueError, LookupError)


@dataclass(frozen=True)
class Surroundings:
    """What the console shows and steers.

    `double` is None where no Stripe double runs, and `without_double` says which Stripe there is then; `links` are for
    people.
    """

    template: Template
    aws_url: str
    dynamodb_url: str
    api_url: str
    double: Double | None
    without_double: str
    mails: Mails
    links: Mapping[str, str]
    broken: Callable[[], Mapping[str, str]]
    invoke: Callable[[str, object], Future[Result]]


class Console:
    """Pages: /, /payments/{id}, and /stripe/{id} for an object of Stripe's.

    GET /state.json, /payments.json?search=&page=&look=, /payments/{id}.json, /stripe/{id}.json, /products.json;
    POST /control/... (the double's), /reconcile, /orders; DELETE /mails.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._double = surroundings.double
        [table] = surroundings.template.tables.values()
        self._ledger = Ledger(table.name, client("dynamodb", surroundings.dynamodb_url))
        self._queues = Queues(surroundings.template, surroundings.aws_url)
        self._mails = surroundings.mails
        self._pages = Pages(_STATIC)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        response = refusal(request) or _refusal(request) or self._answer(request)
        response.headers.update(HEADERS)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        path = request.path.split("/")[1:]
        if request.method in ("GET", "HEAD"):
            try:
                return self._show(path, request)
            except _FAILURES as error:
                return _problem(502, f"{type(error).__name__}: {error}")
        match request.method, path:
            case "POST", ["control", *control]:
                return self._control("/".join(control), request)
            case "POST", ["reconcile"]:
                return self._reconcile()
            case "POST", ["orders"]:
                return self._order(request)
            case "DELETE", ["mails"]:
                self._mails.clear()
                return Response(status=204)
        return self._pages.file(request)

    # What is shown

    def _show(self, path: list[str], request: Request) -> Response:
        match path:
            case ["state.json"]:
                return in_json(self._state())
            case ["products.json"]:
                return in_json(self._ledger.products())
            case ["payments.json"]:
                page = max(1, request.args.get("page", 1, type=int))
                look = max(1, request.args.get("look", LOOK, type=int))
                return in_json(self._ledger.find(request.args.get("search", ""), page, look, self._owner_of))
            case ["payments", name] if name.endswith(".json"):
                return self._payment(name.removesuffix(".json"))
            case ["stripe", name] if name.endswith(".json"):
                return self._stripe_object(name.removesuffix(".json"))
            case ["payments" | "stripe", name] if name:
                return self._pages.page()
        return self._pages.file(request)

    def _state(self) -> dict[str, Any]:
        problems: dict[str, str] = {}

        def part(name: str, read: Callable[[], Any], otherwise: Any = None) -> Any:
            try:
                return read()
            except _FAILURES as error:
                problems[name] = f"{type(error).__name__}: {error}"
                return otherwise

        state = {
            "now": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "links": dict(self._surroundings.links),
            "broken": dict(self._surroundings.broken()),
            "queues": part("queues", self._queues.depths, []),
            "mails": part("mails", self._latest_mails, []),
            "stripe": part("stripe", self._double.state) if self._double else None,
            "withoutDouble": self._surroundings.without_double,
        }
        return state | {"problems": problems}

    def _latest_mails(self) -> list[dict[str, Any]]:
        return [_mail(mail) for mail in reversed(self._mails.all()[-_MOST_MAILS:])]

    def _payment(self, payment_id: str) -> Response:
        try:
            payment = self._ledger.payment(payment_id)
        except NewerRelease as error:
            return _problem(409, f"This release cannot read the payment: it {error}.")
        if payment is None:
            return _problem(404, f"There is no payment {payment_id}.")
        mails = [_mail(mail) for mail in self._mails.of_payment(payment_id)]
        return in_json(payment | {"mails": mails, "stripe": self._stripe_of(payment)})

    def _stripe_of(self, payment: Mapping[str, Any]) -> dict[str, Any] | None:
        """Stripe's objects of a payment, and the deliveries of its events; None where they cannot be had."""
        if self._double is None:
            return None
        try:
            return {
                "objects": self._double.objects_of(fact["ref"] for fact in payment["facts"]),
                "deliveries": self._double.deliveries(event["id"] for event in payment["events"]),
            }
        except Unreachable:
            return None

    def _stripe_object(self, id_: str) -> Response:
        thing = self._double.object(id_) if self._double else None
        owner = self._owner_of(id_)
        if thing is None and owner is None:
            return _problem(404, f"There is no {id_}, and no payment of it.")
        return in_json({"object": thing, "payment": owner})

    def _owner_of(self, stripe_id: str) -> str | None:
        """The payment of one of Stripe's objects: of a refund or a dispute, by the charge that it is about."""
        owner = self._ledger.owner_of([stripe_id])
        thing = self._double.object(stripe_id) if self._double and not owner else None
        if thing is None:
            return owner
        about = [thing[name] for name in ("payment_intent", "charge") if thing.get(name)]
        return self._ledger.owner_of(about)

    # What the buttons do

    def _control(self, path: str, request: Request) -> Response:
        body = _body(request)
        if body is None:
            return _problem(400, "The body must be a JSON object.")
        if self._double is None:
            return _problem(503, self._surroundings.without_double)
        try:
            reply = self._double.control(path, body)
        except Unreachable:
            return _problem(502, "The Stripe double did not answer.")
        return in_json(reply.body, reply.status) if reply else _problem(404, "The console has no such control.")

    def _reconcile(self) -> Response:
        if "Reconcile" not in self._surroundings.template.functions:
            return _problem(404, "The template has no function Reconcile.")
        try:
            result = self._surroundings.invoke("Reconcile", {}).result(_FUNCTION_TIMEOUT)
        except FutureTimeoutError:
            return _problem(504, "Reconcile is still running.")
        return in_json(result.value, 502 if result.failed else 200)

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

    Any page in the browser can send requests here. One that changes something must be JSON, which another origin's
    page cannot send unasked.
    """
    if request.method in ("POST", "DELETE") and request.mimetype != "application/json":
        return _problem(415, "Send application/json.")
    return None


def _body(request: Request) -> dict[str, Any] | None:
    try:
        sent = json.loads(request.get_data() or b"{}")
    except ValueError:
        return None
    return sent if isinstance(sent, dict) else None


def _mail(mail: Mail) -> dict[str, Any]:
    return {
        "number": mail.number,
        "to": list(mail.to),
        "subject": mail.subject,
        "sentAt": mail.sent_at,
        "payment": mail.payment,
    }


def _problem(status: int, sentence: str) -> Response:
    return in_json({"error": {"message": sentence}}, status)
