"""HTTP as the HTTP API and Function URLs hand it over (payload format 2.0), and as they take it back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import binascii
import functools
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.domain.errors import BodyTooLarge, InvalidBody, PaymentsError
from payments.runtime.invocation import in_time
from payments.runtime.observability import Metric, about, metrics
from payments.runtime.problems import problem

type Request = Mapping[str, Any]
type Response = dict[str, Any]
type Handler = Callable[[Request, LambdaContext], Response]


def answering(
    logger: Logger, counted: Mapping[type[PaymentsError], Metric] = MappingProxyType({})
) -> Callable[[Handler], Handler]:
    """A handler that ends in time, and whose errors become problem+json answers and one log line: INFO for 4xx, ERROR
    for 5xx.

    `counted` names the errors that are watched, and by which metric.
    """

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def answer(event: Request, context: LambdaContext) -> Response:
            request_id = context.aws_request_id
            logger.thread_safe_clear_keys()
            logger.thread_safe_append_keys(request_id=request_id)
            try:
                with in_time(context):
                    return handler(event, context)
            except PaymentsError as error:
                status, headers, body = problem(error, request_id)
                _log(logger, error, status, counted)
            except Exception as error:
                status, headers, body = problem(error, request_id)
                logger.exception("failed", extra=about(error))
            return response(status, body, content_type="application/problem+json", **headers)

        return answer

    return decorate


def _log(logger: Logger, error: PaymentsError, status: int, counted: Mapping[type[PaymentsError], Metric]) -> None:
    """Field errors may repeat what a person typed, so of those only the fields' names are logged."""
    told = about(error) | {"http_status": status}
    if error.fields:
        told["fields"] = [each.field for each in error.fields]
    if type(error) in counted:
        told |= metrics({counted[type(error)]: 1})
    if status >= 500:
        logger.error("refused", extra=told | {"detail": error.detail}, exc_info=error)
    else:
        logger.info("refused", extra=told)


def response(
    status: int, body: Mapping[str, object], content_type: str = "application/json", **headers: str
) -> Response:
    """Answers are never cached: they tell of payments. Headers are given in lower case, `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "statusCode": status,
        "headers": {"content-type": content_type, "cache-control": "no-store", **named},
        "body": json.dumps(body),
    }


def no_content() -> Response:
    """It is done, and there is nothing to say of it."""
    return {"statusCode": 204, "headers": {"cache-control": "no-store"}, "body": ""}


def file_response(content: bytes, content_type: str, name: str) -> Response:
    """A file to be shown; `name` is what it is saved under, in ASCII."""
    return {
        "statusCode": 200,
        "headers": {
            "content-type": content_type,
            "content-disposition": f'inline; filename="{name}"',
            "cache-control": "private, no-store",
        },
        "body": base64.b64encode(content).decode(),
        "isBase64Encoded": True,
    }


def header(event: Request, name: str) -> str | None:
    """A header's value by its lower-case name."""
    value = (event.get("headers") or {}).get(name)
    return value if isinstance(value, str) else None


def raw_body(event: Request, limit: int) -> bytes:
    """The body's very bytes, also where they came base64-encoded; BodyTooLarge beyond `limit` bytes."""
    body = event.get("body") or ""
    if len(body) > 2 * limit:
        raise BodyTooLarge(f"The body may have at most {limit} bytes.")
    if event.get("isBase64Encoded"):
        try:
            data = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidBody("The body is not the base64 that it is said to be.") from error
    else:
        data = body.encode("utf-8", errors="surrogatepass")
    if len(data) > limit:
        raise BodyTooLarge(f"The body may have at most {limit} bytes.")
    return data


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body holds; InvalidBody for anything else, NaN, bombs and half characters included."""
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidBody("The body is not JSON in UTF-8.") from error
    if not isinstance(value, dict):
        raise InvalidBody("The body is not a JSON object.")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
