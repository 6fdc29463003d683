"""POST /checkout-sessions and /me/checkout-sessions: records a payment and has Stripe make its checkout."""

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.adapters.stripe import units
from payments.runtime.bodies import claimant, json_body
from payments.runtime.callers import caller
from payments.runtime.composition import stripe_api, whole_table
from payments.runtime.http import Request, Response, answering, header, response
from payments.runtime.observability import Metric, logger_of, metrics
from payments.runtime.order_bodies import purchase
from payments.runtime.settings import listed, minutes, number, seconds, setting, time_zone
from payments.runtime.views import checkout_view
from payments.services.checkout import Conditions, open_checkout

logger = logger_of("create_session")
store = whole_table()
stripe = stripe_api()
origins = listed("ALLOWED_ORIGINS")
result_path = setting("RESULT_PATH")
lifetime = minutes("CHECKOUT_MINUTES")
hold = minutes("HOLD_MINUTES")
most_declines = number("MOST_DECLINES")
failure_delay = seconds("FAILURE_NOTICE_DELAY_SECONDS")
zone = time_zone("TIME_ZONE")

OPEN_TO_EVERYONE = "POST /checkout-sessions"


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    now = datetime.now(UTC)
    user = None if event["routeKey"] == OPEN_TO_EVERYONE else caller(event).sub
    sent = json_body(event)
    origin = header(event, "origin")
    opened = open_checkout(
        purchase(sent, user),
        claimant=claimant(event, "checkout-sessions", sent, user),
        conditions=Conditions(
            return_url=(origin if origin in origins else origins[0]) + result_path,
            lifetime=lifetime,
            hold=hold,
            most_declines=most_declines,
            failure_delay=failure_delay,
            day=f"{now.astimezone(zone):%Y-%m-%d}",
        ),
        store=store,
        stripe=stripe,
        units=units,
        now=now,
    )
    payment = opened.payment
    told: dict[str, object] = {
        "payment_id": payment.id,
        "status": payment.status,
        "number": payment.order.number,
        "products": [line.sku for line in payment.order.lines],
        "quantities": [line.quantity for line in payment.order.lines],
        "amount": payment.asked.amount,
        "currency": payment.asked.currency,
    }
    logger.info("checkout", extra=told | metrics({Metric.PAYMENT_CREATED: 1} if opened.is_new else {}))
    return response(201, checkout_view(payment, now))
