"""/me/payment-methods: the cards that somebody who is signed in has saved, another one, and one less."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.domain.errors import RateLimited
from payments.runtime.callers import caller
from payments.runtime.cards import card_id_of, cards_view, setup_view
from payments.runtime.composition import client_rate, page_key, stripe_customers, users
from payments.runtime.http import Request, Response, answering, no_content, response
from payments.runtime.observability import Metric, logger_of
from payments.services.cards import begin_card, own_cards, remove_card
from payments.services.customers import Customers

logger = logger_of("payment_methods")
store = users()
stripe = stripe_customers()
publishable_key = page_key()
rate = client_rate(store, stripe, logger)


def _list(event: Request, user: str) -> Response:
    return response(200, cards_view(own_cards(user, store, stripe), datetime.now(UTC)))


def _add(event: Request, user: str) -> Response:
    key = publishable_key.value
    now = datetime.now(UTC)
    rate.admit(event, user, now)
    secret = begin_card(user, Customers(store, stripe, now), stripe)
    return response(201, setup_view(secret, key))


def _remove(event: Request, user: str) -> Response:
    card_id = card_id_of(event)
    removed = remove_card(user, card_id, store, stripe)
    logger.info("card_removed", extra={"payment_method": card_id, "removed": removed})
    return no_content()


_BY_ROUTE: Mapping[str, Callable[[Request, str], Response]] = {
    "GET /me/payment-methods": _list,
    "POST /me/payment-methods": _add,
    "DELETE /me/payment-methods/{paymentMethodId}": _remove,
}


@answering(logger, counted={RateLimited: Metric.CLIENT_LIMITED})
def handler(event: Request, context: LambdaContext) -> Response:
    return _BY_ROUTE[event["routeKey"]](event, caller(event).sub)
