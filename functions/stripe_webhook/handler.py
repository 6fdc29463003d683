"""Stripe's webhooks: verify, learn, and publish what must be told."""

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.adapters.dynamodb import Table
from payments.adapters.queue import MailQueue
from payments.adapters.secrets import Secret
from payments.adapters.stripe_api import API_VERSION, StripeApi, verify_signature
from payments.adapters.stripe_objects import read_event
from payments.domain.errors import PublishFailed
from payments.runtime.http import Request, Response, answering, header, json_object, raw_body, response
from payments.runtime.observability import count, logger_of
from payments.runtime.settings import flag, seconds, setting
from payments.runtime.views import RECEIVED
from payments.services.webhook import receive

MOST_BODY_BYTES = 1024 * 1024

logger = logger_of("stripe_webhook")
table = Table(setting("TABLE_NAME"))
queue = MailQueue(setting("MAIL_QUEUE_URL"))
secret = Secret(setting("STRIPE_WEBHOOK_SECRET"))
stripe = StripeApi(Secret(setting("STRIPE_API_KEY_SECRET")).value, setting("STRIPE_API_BASE"))
livemode = flag("STRIPE_LIVEMODE")
failure_delay = seconds("FAILURE_NOTICE_DELAY_SECONDS")


@answering(logger)
def handler(request: Request, context: LambdaContext) -> Response:
    body = raw_body(request, MOST_BODY_BYTES)
    verify_signature(body, header(request, "stripe-signature"), secret.values)
    event = read_event(json_object(body))
    receipt = receive(
        event, livemode=livemode, failure_delay=failure_delay, store=table, stripe=stripe, now=datetime.now(UTC)
    )
    about = {"event_id": event.id, "event_type": event.type, "payment_id": receipt.payment_id, "status": receipt.status}
    try:
        queue.publish(receipt.postings)
    except PublishFailed:
        # The notices are due in the table, and reconcile publishes what is overdue.
        logger.warning("publish_failed", extra=about, exc_info=True)
    count(f"webhook_{receipt.outcome}")
    if event.api_version != API_VERSION and not event.thin:
        count("webhook_other_api_version")
        about["api_version"] = event.api_version
    log = logger.error if receipt.outcome.needs_attention else logger.info
    log(receipt.outcome.value, extra=about)
    return response(200, RECEIVED)
