"""GET /me/payments: what somebody who is signed in has ordered."""

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.runtime.callers import caller
from payments.runtime.composition import own_payments
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.observability import logger_of
from payments.runtime.own_payments import own_payments_view, place_of

PAGE = 25

logger = logger_of("my_payments")
store = own_payments()


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    user = caller(event).sub
    after = place_of((event.get("queryStringParameters") or {}).get("cursor"))
    payments, last = store.of_user(user, after, PAGE)
    return response(200, own_payments_view(payments, last, datetime.now(UTC)))
