"""HTTP requests as Lambda's payload format 2.0, and a handler's answer as an HTTP response.

API Gateway's HTTP APIs and Function URLs share the format. See
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from local.template import ACCOUNT_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

# A synchronous invocation takes and answers no more than this.
EVENT_LIMIT = 6_291_556


class BadAnswerError(Exception):
    """The handler's answer is not an HTTP response in payload format 2.0."""


def request_event(
    request: Request,
    *,
    route_key: str = "$default",
    path_parameters: Mapping[str, str] | None = None,
    decode_path: bool = False,
    request_id: str | None = None,
) -> dict[str, Any]:
    """The event of a request. `decode_path`: an HTTP API decodes the path, a Function URL leaves it as it is."""
    path = request.environ["REQUEST_URI"].partition("?")[0]
    if decode_path:
        path = unquote(path)
    query = request.query_string.decode("latin-1")
    headers = _joined(request.headers.items())
    cookies = headers.pop("cookie", None)
    source = request.remote_addr or "127.0.0.1"
    headers |= {
        "x-forwarded-for": source,
        "x-forwarded-proto": "http",
        "x-forwarded-port": request.host.partition(":")[2],
    }
    now = datetime.now(UTC)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT_ID,
            "apiId": "local",
            "domainName": request.host.partition(":")[0],
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": path,
                "protocol": request.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
                "sourceIp": source,
                "userAgent": request.headers.get("User-Agent", ""),
            },
            "requestId": request_id or secrets.token_urlsafe(11),
            "routeKey": route_key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies is not None:
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if query:
        event["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True), lower=False)
    if path_parameters:
        event["pathParameters"] = dict(path_parameters)
    if body := request.get_data():
        text = _text(body, request.mimetype)
        event["body"] = base64.b64encode(body).decode() if text is None else text
        event["isBase64Encoded"] = text is None
    return event


def response_of(answer: Any, default_type: str) -> Response:
    """The response that a handler's answer stands for; raises BadAnswerError."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        # Format 2.0 takes any other answer for the body of a 200.
        body = answer if isinstance(answer, str) else json.dumps(answer)
        return Response(body, status=200, content_type="application/json")
    try:
        status = int(answer["statusCode"])
        body = answer.get("body") or ""
        if not isinstance(body, str) or not 100 <= status <= 599:
            raise BadAnswerError
        data = base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()
        headers = Headers([("content-type", default_type)])
        for name, value in (answer.get("headers") or {}).items():
            headers.set(name, _scalar(value))
        for cookie in answer.get("cookies") or ():
            headers.add("set-cookie", _scalar(cookie))
    except (AttributeError, TypeError, ValueError, binascii.Error) as error:
        raise BadAnswerError from error
    return Response(data, status=status, headers=headers)


def message(status: int, text: str) -> Response:
    """An answer of the front end itself."""
    body = json.dumps({"message": text}, separators=(",", ":"))
    return Response(body, status=status, content_type="application/json")


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise BadAnswerError


def _joined(pairs: Any, *, lower: bool = True) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower() if lower else name
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined


def _text(body: bytes, mimetype: str) -> str | None:
    """The body as text where Lambda's front ends pass it as such, else None."""
    is_text = (
        mimetype.startswith("text/")
        or mimetype in ("application/json", "application/javascript", "application/xml")
        or mimetype.endswith(("+json", "+xml"))
    )
    if not is_text:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
