"""What stands in front of the functions: API Gateway's HTTP API and Lambda's Function URL."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from local.authorizer import Authorizer, Denied
from local.http_events import EVENT_LIMIT, BadAnswerError, message, request_event, response_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future
    from wsgiref.types import StartResponse, WSGIEnvironment

    from local.runtime_api import Result
    from local.template import Cors, HttpApi, Route

    # Takes a function's logical id and an event.
    Invoke = Callable[[str, bytes], Future[Result]]

API_BODY_LIMIT = 10 * 1024 * 1024
INTEGRATION_TIMEOUT = 30.0
# A Function URL waits as long as the function may run; this is Lambda's own limit.
FUNCTION_TIMEOUT = 900.0


class Gateway:
    """The HTTP API: the template's routes, CORS rules and authorizers, payload format 2.0.

    `refused` is told each origin that a page came from and that the CORS rules do not name.
    """

    def __init__(
        self,
        api: HttpApi,
        invoke: Invoke,
        timeout: float = INTEGRATION_TIMEOUT,
        refused: Callable[[str], None] = lambda origin: None,
    ) -> None:
        self._routes = sorted(api.routes, key=_precedence)
        self._cors = api.cors
        self._authorizers = {name: Authorizer(each) for name, each in api.authorizers.items()}
        self._invoke = invoke
        self._timeout = timeout
        self._refused = refused

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = API_BODY_LIMIT
        request_id = secrets.token_urlsafe(11)
        if self._cors and request.method == "OPTIONS" and not self._has_options_route(request):
            response = _preflight(self._cors, request)
        else:
            try:
                response = self._answer(request, request_id)
            except RequestEntityTooLarge:
                response = message(413, "Request Entity Too Large")
            if self._cors:
                _allow_origin(self._cors, request, response)
        if (origin := request.headers.get("Origin")) and "access-control-allow-origin" not in response.headers:
            self._refused(origin)
        response.headers["apigw-requestid"] = request_id
        return response(environ, start_response)

    def _answer(self, request: Request, request_id: str) -> Response:
        found = self._route(request)
        if found is None:
            return message(404, "Not Found")
        route, parameters = found
        try:
            authorizer = self._authorized(route, request)
        except Denied as denied:
            response = message(denied.status, denied.message)
            response.headers["www-authenticate"] = denied.challenge
            return response
        event = request_event(
            request, route_key=route.key, path_parameters=parameters, decode_path=True, request_id=request_id
        )
        if authorizer:
            event["requestContext"]["authorizer"] = authorizer
        payload = json.dumps(event).encode()
        if len(payload) > EVENT_LIMIT:
            return message(413, "Request Entity Too Large")
        try:
            result = self._invoke(route.function, payload).result(self._timeout)
        except FutureTimeoutError:
            return message(503, "Service Unavailable")
        if result.failed:
            return message(500, "Internal Server Error")
        try:
            return response_of(result.value, "text/plain; charset=utf-8")
        except (BadAnswerError, ValueError):
            return message(500, "Internal Server Error")

    def _authorized(self, route: Route, request: Request) -> Mapping[str, Any] | None:
        """What the function is told of the token that the route asks for; None for one that is open. Raises Denied."""
        if route.authorizer is None:
            return None
        return self._authorizers[route.authorizer].context(request.headers.get("Authorization"), route.scopes)

    def _has_options_route(self, request: Request) -> bool:
        return any(
            route.method == "OPTIONS" and _parameters(route, _segments(request)) is not None for route in self._routes
        )

    def _route(self, request: Request) -> tuple[Route, dict[str, str]] | None:
        segments = _segments(request)
        for route in self._routes:
            parameters = _parameters(route, segments)
            if parameters is not None and route.method in (request.method, "ANY", None):
                return route, parameters
        return None


class FunctionUrl:
    """A function's own address, open to everyone (AuthType NONE)."""

    def __init__(self, function: str, invoke: Invoke) -> None:
        self._function = function
        self._invoke = invoke

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = EVENT_LIMIT
        try:
            response = self._answer(request)
        except RequestEntityTooLarge:
            response = message(413, "Request Entity Too Large")
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        payload = json.dumps(request_event(request)).encode()
        if len(payload) > EVENT_LIMIT:
            return message(413, "Request Entity Too Large")
        result = self._invoke(self._function, payload).result(FUNCTION_TIMEOUT)
        if result.failed:
            return message(502, "Internal Server Error")
        try:
            return response_of(result.value, "application/json")
        except (BadAnswerError, ValueError):
            return message(502, "Internal Server Error")


def _segments(request: Request) -> list[str]:
    path: str = request.environ["REQUEST_URI"].partition("?")[0]
    return path.split("/")[1:]


def _parameters(route: Route, segments: Sequence[str]) -> dict[str, str] | None:
    """The path parameters if the path fits the route, else None."""
    if route.path is None:
        return {}
    pattern = route.path.split("/")[1:]
    parameters: dict[str, str] = {}
    for index, part in enumerate(pattern):
        if part.startswith("{") and part.endswith("+}"):
            rest = "/".join(segments[index:])
            parameters[part[1:-2]] = unquote(rest)
            return parameters if rest else None
        if index >= len(segments):
            return None
        if part.startswith("{") and part.endswith("}") and segments[index]:
            parameters[part[1:-1]] = unquote(segments[index])
        elif part != unquote(segments[index]):
            return None
    return parameters if len(segments) == len(pattern) else None


def _precedence(route: Route) -> tuple[object, ...]:
    """API Gateway's order: full matches, then greedy ones, then $default; a named method before ANY."""
    path = route.path or ""
    return (route.path is None, "+}" in path, path.count("{"), -len(path), route.method == "ANY")


def _preflight(cors: Cors, request: Request) -> Response:
    response = Response(status=204)
    if _allow_origin(cors, request, response):
        response.headers["access-control-allow-methods"] = ",".join(cors.allow_methods)
        response.headers["access-control-allow-headers"] = ",".join(cors.allow_headers)
        if cors.max_age is not None:
            response.headers["access-control-max-age"] = str(cors.max_age)
    return response


def _allow_origin(cors: Cors, request: Request, response: Response) -> bool:
    """Sets the CORS headers of any answer; API Gateway drops those of the function."""
    for name in [name for name, _ in response.headers if name.lower().startswith("access-control-")]:
        del response.headers[name]
    origin = request.headers.get("Origin")
    if origin is None or not ({"*", origin} & set(cors.allow_origins)):
        return False
    response.headers["access-control-allow-origin"] = "*" if "*" in cors.allow_origins else origin
    if cors.expose_headers:
        response.headers["access-control-expose-headers"] = ",".join(cors.expose_headers)
    if cors.allow_credentials:
        response.headers["access-control-allow-credentials"] = "true"
    return True
