"""GET /payments/{paymentId}: the status that a browser polls."""

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.domain.errors import PaymentNotFound
from payments.domain.identifiers import is_payment_id
from payments.runtime.composition import table
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.observability import logger_of

logger = logger_of("get_status")
store = table()


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    payment_id = event["pathParameters"]["paymentId"]
    view = None
    if is_payment_id(payment_id):
        logger.thread_safe_append_keys(payment_id=payment_id)
        view = store.view(payment_id, datetime.now(UTC))
    if view is None:
        raise PaymentNotFound
    return response(200, view)
