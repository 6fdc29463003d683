"""POST /payments/{paymentId}/refresh and /cancel: how a payment stands at Stripe, for whoever does not wait for its
news, and its end, for whoever ordered and does not want it any more."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.domain.errors import PaymentNotFound
from payments.domain.identifiers import is_payment_id
from payments.domain.views import payment_view
from payments.runtime.composition import mail_queue, stripe_api, table
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.invocation import publish
from payments.runtime.observability import Metric, about, logger_of, metrics
from payments.runtime.settings import seconds
from payments.runtime.views import refreshed_view
from payments.services.canceling import cancel_own
from payments.services.refreshing import refresh

logger = logger_of("tend_payment")
store = table()
stripe = stripe_api()
queue = mail_queue()
failure_delay = seconds("FAILURE_NOTICE_DELAY_SECONDS")


def _refresh(payment_id: str, event: Request, now: datetime) -> Mapping[str, object]:
    refreshed = refresh(
        payment_id,
        store=store,
        stripe=stripe,
        failure_delay=failure_delay,
        now=now,
        report=lambda error: logger.error("failed", extra=about(error), exc_info=error),
    )
    publish(refreshed.postings, queue, logger)
    if refreshed.status:
        measured = metrics({Metric.of(refreshed.new_status): 1} if refreshed.new_status else {})
        logger.info("refreshed", extra={"status": refreshed.status} | measured)
    return refreshed_view(refreshed.view, refreshed.checked_at)


def _cancel(payment_id: str, event: Request, now: datetime) -> Mapping[str, object]:
    # Bodies are read seldom here, and no refresh pays for what reads them.
    from payments.runtime.cancel_bodies import cancel_body

    key = cancel_body(event).access_key
    canceled = cancel_own(payment_id, key, store=store, stripe=stripe, failure_delay=failure_delay, now=now)
    publish(canceled.postings, queue, logger)
    measured = metrics({Metric.of(canceled.status): 1} if canceled.status else {})
    logger.info("canceled" if canceled.is_new else "learned", extra={"status": canceled.payment.status} | measured)
    if canceled.refusal:
        raise canceled.refusal
    return payment_view(canceled.payment, now)


# By route.
_ACTS: Mapping[str, Callable[[str, Request, datetime], Mapping[str, object]]] = {
    "POST /payments/{paymentId}/refresh": _refresh,
    "POST /payments/{paymentId}/cancel": _cancel,
}


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    payment_id = event["pathParameters"]["paymentId"]
    if not is_payment_id(payment_id):
        raise PaymentNotFound
    logger.thread_safe_append_keys(payment_id=payment_id)
    return response(200, _ACTS[event["routeKey"]](payment_id, event, datetime.now(UTC)))
