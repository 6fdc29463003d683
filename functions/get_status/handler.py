"""GET /payments/{paymentId}: the status that a browser polls."""

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.adapters.table.payments import Table
from payments.domain.errors import PaymentNotFound
from payments.domain.payment import is_payment_id
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.observability import logger_of
from payments.runtime.settings import setting
from payments.runtime.views import payment_view

logger = logger_of("get_status")
table = Table(setting("TABLE_NAME"))


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    payment_id = event["pathParameters"]["paymentId"]
    payment = None
    if is_payment_id(payment_id):
        logger.thread_safe_append_keys(payment_id=payment_id)
        payment = table.payment(payment_id)
    if payment is None:
        raise PaymentNotFound("There is no payment with this id; check the address, it begins with pay_.")
    return response(200, payment_view(payment, datetime.now(UTC)))
