"""POST /payment-intents and /me/payment-intents: records a payment and has Stripe make its intent, for a form on the
page."""

from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.adapters.stripe import units
from payments.domain.errors import RateLimited
from payments.domain.payment import Way
from payments.runtime.bodies import claimant, json_body
from payments.runtime.callers import caller
from payments.runtime.composition import client_rate, order_settings, order_table, page_key, stripe_api
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.observability import Measured, Metric, about, logger_of, metrics
from payments.runtime.order_bodies import own_purchase, purchase
from payments.runtime.ordering import logged
from payments.runtime.views import intent_view
from payments.services.customers import Customers
from payments.services.paying_on_page import open_intent

logger = logger_of("create_intent")
store = order_table()
stripe = stripe_api()
ordering = order_settings(Way.EMBEDDED)
publishable_key = page_key()
rate = client_rate(store, stripe, logger)

OPEN_TO_EVERYONE = "POST /payment-intents"


@answering(logger, counted={RateLimited: Metric.CLIENT_LIMITED})
def handler(event: Request, context: LambdaContext) -> Response:
    now = datetime.now(UTC)
    key = publishable_key.value
    user = None if event["routeKey"] == OPEN_TO_EVERYONE else caller(event).sub
    sent = json_body(event)
    opened = open_intent(
        own_purchase(sent, user) if user else purchase(sent, user),
        claimant=claimant(event, "payment-intents", sent, user),
        conditions=ordering.conditions(event, now, client=rate.admit(event, user, now)),
        store=store,
        stripe=stripe,
        customers=Customers(store, stripe, now),
        units=units,
        now=now,
        report=lambda error: logger.warning("no_saved_cards", extra=about(error)),
    )
    counted: Measured = {Metric.PAYMENT_CREATED: 1} if opened.is_new else {}
    if opened.new_status:
        counted[Metric.of(opened.new_status)] = 1
    logger.info("intent", extra=logged(opened.payment) | metrics(counted))
    shown = intent_view(
        opened.payment,
        opened.client_secret,
        opened.customer_secret,
        payment_method=opened.payment_method,
        publishable_key=key,
    )
    return response(201, shown)
