"""POST /checkout-sessions: records a payment and has Stripe make its checkout."""

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.adapters.secrets import Secret
from payments.adapters.stripe.client import StripeApi
from payments.adapters.table.payments import Table
from payments.runtime.bodies import checkout_body, idempotency_key
from payments.runtime.http import Request, Response, answering, header, response
from payments.runtime.observability import Metric, logger_of, metrics
from payments.runtime.settings import flag, listed, minutes, setting
from payments.runtime.views import checkout_view
from payments.services.checkout import Order, open_checkout

logger = logger_of("create_session")
table = Table(setting("TABLE_NAME"))
stripe = StripeApi(
    Secret(setting("STRIPE_API_KEY_SECRET")).value, setting("STRIPE_API_BASE"), livemode=flag("STRIPE_LIVEMODE")
)
origins = listed("ALLOWED_ORIGINS")
result_path = setting("RESULT_PATH")
lifetime = minutes("CHECKOUT_MINUTES")


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    now = datetime.now(UTC)
    body = checkout_body(event)
    origin = header(event, "origin")
    opened = open_checkout(
        Order(body.name, body.email, body.service_type, body.amount, body.currency, body.metadata),
        idempotency_key=idempotency_key(event),
        return_url=(origin if origin in origins else origins[0]) + result_path,
        lifetime=lifetime,
        store=table,
        stripe=stripe,
        now=now,
    )
    told = {"payment_id": opened.payment.id, "status": opened.payment.status}
    logger.info("checkout", extra=told | metrics({Metric.PAYMENT_CREATED: 1} if opened.is_new else {}))
    return response(201, checkout_view(opened.payment, now))
