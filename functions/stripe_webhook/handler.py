"""Stripe's webhooks: verify, learn, and publish what must be told."""

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.adapters.secrets import Secret
from payments.adapters.stripe.client import is_of_our_release
from payments.adapters.stripe.objects import read_event
from payments.adapters.stripe.signature import verify_signature
from payments.domain.errors import InvalidSignature
from payments.domain.events import Event
from payments.runtime.composition import mail_queue, stripe_api, table
from payments.runtime.http import Request, Response, answering, header, json_object, raw_body, response
from payments.runtime.invocation import publish
from payments.runtime.observability import Measured, Metric, about, logger_of, metrics
from payments.runtime.settings import flag, seconds, setting
from payments.runtime.views import RECEIVED
from payments.services.webhook import Outcome, Receipt, receive

MOST_BODY_BYTES = 1024 * 1024

_COUNTED = {
    Outcome.NOTHING_NEW: Metric.WEBHOOK_DUPLICATE,
    Outcome.FOREIGN: Metric.WEBHOOK_FOREIGN,
    Outcome.WRONG_LIVEMODE: Metric.WEBHOOK_MISCONFIGURED,
    Outcome.THIN: Metric.WEBHOOK_MISCONFIGURED,
    Outcome.OTHER_SESSION: Metric.WEBHOOK_CONFLICT,
    Outcome.OTHER_PAYMENT: Metric.WEBHOOK_CONFLICT,
}

logger = logger_of("stripe_webhook")
store = table()
queue = mail_queue()
secret = Secret(setting("STRIPE_WEBHOOK_SECRET"))
livemode = flag("STRIPE_LIVEMODE")
stripe = stripe_api()
failure_delay = seconds("FAILURE_NOTICE_DELAY_SECONDS")


@answering(logger, counted={InvalidSignature: Metric.WEBHOOK_FORGED})
def handler(request: Request, context: LambdaContext) -> Response:
    body = raw_body(request, MOST_BODY_BYTES)
    verify_signature(body, header(request, "stripe-signature"), secret.values)
    event = read_event(json_object(body))
    logger.thread_safe_append_keys(event_id=event.id, event_type=event.type)
    receipt = receive(
        event, livemode=livemode, failure_delay=failure_delay, store=store, stripe=stripe, now=datetime.now(UTC)
    )
    logger.thread_safe_append_keys(payment_id=receipt.payment_id, status=receipt.status)
    publish(receipt.postings, queue, logger)
    if receipt.failure:
        logger.error("failed", extra=about(receipt.failure), exc_info=receipt.failure)
    log = logger.error if receipt.outcome.needs_attention else logger.info
    log(receipt.outcome.value, extra={"api_version": event.api_version} | metrics(_measured(event, receipt)))
    return response(200, RECEIVED)


def _measured(event: Event, receipt: Receipt) -> Measured:
    measured: Measured = {_COUNTED[receipt.outcome]: 1} if receipt.outcome in _COUNTED else {}
    if not event.thin and not is_of_our_release(event.api_version):
        measured[Metric.WEBHOOK_MISCONFIGURED] = 1
    if receipt.new_status:
        measured[Metric.of(receipt.new_status)] = 1
        if event.created:
            measured[Metric.EVENT_TO_STATUS] = datetime.now(UTC) - event.created
    return measured
