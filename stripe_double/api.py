"""The API under /v1: who asks, in which version, under which key; then the endpoint; then Stripe's JSON."""

import base64
import json
import logging
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from . import errors, forms, publishable
from .errors import InvalidParameters, StripeError
from .expansion import expand
from .fields import API_VERSION, Json
from .idempotency import Answer, Idempotency
from .objects import random_id
from .outage import Canned, Outage
from .resources.routing import Route
from .routes import ROUTES
from .state import Caller, State

log = logging.getLogger(__name__)


@dataclass
class Api:
    """What every call needs."""

    state: State
    outage: Outage
    idempotency: Idempotency
    api_key: str
    publishable_key: str

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("api", __name__)
        for route in ROUTES:
            blueprint.add_url_rule(
                route.path.replace("{", "<").replace("}", ">"),
                endpoint=f"{route.method} {route.path}".replace(".", "_"),
                view_func=self._view(route),
                methods=[route.method],
            )
        return blueprint

    def _view(self, route: Route) -> Callable[..., Response]:
        def view(**ids: str) -> Response:
            return self.serve(route, ids)

        return view

    def serve(self, route: Route, ids: dict[str, str]) -> Response:
        """One API call, with the outage of the moment around it."""
        request_id = "req_" + random_id(14)
        failing = self.outage.take(request.method, request.path)
        try:
            is_page = self.is_page()
            check_version()
            if is_page and route.page == "never":
                raise publishable.secret_key_required()
            if isinstance(failing, Canned):
                return respond(Answer(failing.status, failing.body, request_id, dict(failing.headers)))
            if not is_page and route.page == "only":
                raise publishable.publishable_key_required()
            if failing == "rate_limit":
                raise errors.rate_limit()
            if failing == "timeout_before":
                self.outage.hang()
                return hang_up()
            response = self._answer(route, ids, Caller(request_id, is_page=is_page), failing)
        except StripeError as error:
            response = respond(failure(error, request_id))
        if failing == "timeout_after":
            self.outage.hang()
            return hang_up()
        return response

    def is_page(self) -> bool:
        """Whether the key is the publishable one; refuses one that is neither."""
        key = given_key()
        if not key:
            raise errors.no_key()
        if key not in (self.api_key, self.publishable_key):
            raise errors.wrong_key(key)
        return key == self.publishable_key

    def unrecognized(self, error: NotFound | MethodNotAllowed) -> Response:
        """The answer for a path that is no endpoint; whoever has no key learns no more than that."""
        request_id = "req_" + random_id(14)
        try:
            if request.path.startswith("/v1"):
                self.is_page()
            raise errors.unrecognized_url(request.method, request.path)
        except StripeError as refusal:
            return respond(failure(refusal, request_id))

    def _answer(self, route: Route, ids: dict[str, str], caller: Caller, failing: str | None) -> Response:
        request_id = caller.request_id or ""
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        if not key:
            return respond(self._execute(route, ids, caller, failing)[0])
        stored = self.idempotency.begin(key, request.path, fingerprint())
        if stored is not None:
            replay = Answer(stored.status, stored.body, request_id, dict(stored.headers))
            replay.headers["Idempotent-Replayed"] = "true"
            replay.headers["Original-Request"] = stored.request_id
            return respond(replay, key)
        answer, executed = None, False
        try:
            answer, executed = self._execute(route, ids, replace(caller, idempotency_key=key), failing)
        finally:
            if answer is not None and executed:
                self.idempotency.keep(key, answer)
            else:
                self.idempotency.forget(key)
        return respond(answer, key)

    def _execute(self, route: Route, ids: dict[str, str], caller: Caller, failing: str | None) -> tuple[Answer, bool]:
        """The answer, and whether the endpoint began to execute: refused parameters are not remembered."""
        request_id = caller.request_id or ""
        shown = publishable.redacted if caller.is_page else lambda answer: answer
        try:
            if failing == "error500":
                return failure(errors.server_error(), request_id), True
            parameters = {**route.form(sent()), **ids}
            if caller.is_page and route.page == "with_secret":
                publishable.check_parameters(parameters, ids)
            paths = parameters.pop("expand", [])
            with self.state.acting(caller) as state:
                result = route.handler(state, parameters)
                body = encode(shown(expand(state, result, paths)))
        except StripeError as error:
            error.more = shown(error.more)
            return failure(error, request_id), not isinstance(error, InvalidParameters)
        except Exception:
            log.exception("the double itself failed on %s %s", route.method, route.path)
            return failure(errors.server_error(), request_id), True
        if failing == "slow":
            self.outage.hang()
        return Answer(200, body, request_id, {}), True


def sent() -> Json:
    """The parameters of this request, decoded; the key that may be among them is none."""
    if request.method != "POST":
        return _parameters(request.args.items(multi=True))
    if request.data and not request.form:
        raise InvalidParameters(
            "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you "
            "have questions, we can help at https://support.stripe.com/."
        )
    return _parameters([*request.args.items(multi=True), *request.form.items(multi=True)])


def _parameters(pairs: Iterable[tuple[str, str]]) -> Json:
    return forms.decode([(name, value) for name, value in pairs if name != "key"])


def fingerprint() -> bytes:
    """What makes two requests the same: their parameters, in whatever order they came."""
    return encode([sorted(request.args.items(multi=True)), sorted(request.form.items(multi=True))])


def given_key() -> str:
    """From the header (Bearer or Basic), or from the form or the query, where pages put it."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    key = credentials.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except ValueError:
            key = ""
    return key or request.form.get("key") or request.args.get("key") or ""


def check_version() -> None:
    version = request.headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        raise errors.wrong_version(version, API_VERSION)


def encode(body: Any) -> bytes:
    return json.dumps(body, indent=2, ensure_ascii=False).encode()


def failure(error: StripeError, request_id: str) -> Answer:
    return Answer(error.status, encode(error.body(request_id)), request_id, error.headers)


def respond(answer: Answer, key: str | None = None) -> Response:
    response = Response(answer.body, answer.status, content_type="application/json")
    response.headers.update(answer.headers)
    response.headers["Request-Id"] = answer.request_id
    response.headers["Stripe-Version"] = API_VERSION
    response.headers["Cache-Control"] = "no-cache, no-store"
    if key:
        response.headers["Idempotency-Key"] = key
    return response


def hang_up() -> Response:
    """Close the connection without an answer, as a broken network does."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    return Response(b"", 504)


def open_to_pages(response: Response) -> Response:
    """Any page may call the API, and read the answer (CORS)."""
    if request.path.startswith("/v1"):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "Request-Id, Stripe-Should-Retry, Idempotent-Replayed"
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, DELETE, OPTIONS"
        asked = request.headers.get("Access-Control-Request-Headers")
        if asked:
            response.headers["Access-Control-Allow-Headers"] = asked
            response.headers["Access-Control-Max-Age"] = "300"
    return response
