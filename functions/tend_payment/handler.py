"""POST /payments/{paymentId}/refresh: how a payment stands at Stripe, for whoever does not wait for its news."""

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.domain.errors import PaymentNotFound
from payments.domain.payment import is_payment_id
from payments.runtime.composition import mail_queue, stripe_api, table
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.invocation import publish
from payments.runtime.observability import Metric, about, logger_of, metrics
from payments.runtime.settings import seconds
from payments.runtime.views import refreshed_view
from payments.services.refreshing import refresh

logger = logger_of("tend_payment")
store = table()
stripe = stripe_api()
queue = mail_queue()
failure_delay = seconds("FAILURE_NOTICE_DELAY_SECONDS")


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    payment_id = event["pathParameters"]["paymentId"]
    if not is_payment_id(payment_id):
        raise PaymentNotFound
    logger.thread_safe_append_keys(payment_id=payment_id)
    refreshed = refresh(
        payment_id,
        store=store,
        stripe=stripe,
        failure_delay=failure_delay,
        now=datetime.now(UTC),
        report=lambda error: logger.error("failed", extra=about(error), exc_info=error),
    )
    publish(refreshed.postings, queue, logger)
    if refreshed.status:
        measured = metrics({Metric.of(refreshed.new_status): 1} if refreshed.new_status else {})
        logger.info("refreshed", extra={"status": refreshed.status} | measured)
    return response(200, refreshed_view(refreshed.view, refreshed.checked_at))
