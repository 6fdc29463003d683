"""POST /checkout-sessions and /me/checkout-sessions: records a payment and has Stripe make its checkout."""

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.adapters.stripe import units
from payments.domain.errors import RateLimited
from payments.domain.payment import Way
from payments.runtime.bodies import claimant, json_body
from payments.runtime.callers import caller
from payments.runtime.composition import client_rate, order_settings, order_table, stripe_api
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.observability import Metric, logger_of, metrics
from payments.runtime.order_bodies import purchase
from payments.runtime.ordering import logged
from payments.runtime.views import checkout_view
from payments.services.checkout import open_checkout
from payments.services.customers import Customers

logger = logger_of("create_session")
store = order_table()
stripe = stripe_api()
ordering = order_settings(Way.HOSTED)
rate = client_rate(store, stripe, logger)

OPEN_TO_EVERYONE = "POST /checkout-sessions"


@answering(logger, counted={RateLimited: Metric.CLIENT_LIMITED})
def handler(event: Request, context: LambdaContext) -> Response:
    now = datetime.now(UTC)
    user = None if event["routeKey"] == OPEN_TO_EVERYONE else caller(event).sub
    sent = json_body(event)
    opened = open_checkout(
        purchase(sent, user),
        claimant=claimant(event, "checkout-sessions", sent, user),
        conditions=ordering.conditions(event, now, client=rate.admit(event, user, now)),
        store=store,
        stripe=stripe,
        customers=Customers(store, stripe, now),
        units=units,
        now=now,
    )
    created = metrics({Metric.PAYMENT_CREATED: 1}) if opened.is_new else {}
    logger.info("checkout", extra=logged(opened.payment) | created)
    return response(201, checkout_view(opened.payment, now))
