"""GET /admin/...: what the desk shows an admin; nothing is written."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.domain.dashboard import dashboard_of
from payments.domain.errors import PaymentNotFound
from payments.domain.identifiers import is_payment_id
from payments.runtime import queries
from payments.runtime.admin_payment_views import admin_payment_view
from payments.runtime.admin_views import attention_list_view, payments_view, statistics_view
from payments.runtime.callers import admin
from payments.runtime.composition import desk
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.observability import logger_of
from payments.runtime.products import admin_product_view, products_on_sale
from payments.runtime.settings import flag, setting, time_zone
from payments.services.desk_reading import attention, payments_of, search, statistics
from payments.services.stocking import stock_of

logger = logger_of("admin_read")
store = desk()
group = setting("ADMIN_GROUP")
claim = setting("ADMIN_CLAIM")
zone = time_zone("TIME_ZONE")
dashboard = dashboard_of(setting("STRIPE_API_BASE"), livemode=flag("STRIPE_LIVEMODE"))


def _attention(event: Request) -> Mapping[str, object]:
    waiting, place = attention(store, queries.attention_place(event))
    return attention_list_view(waiting, queries.attention_cursor(place))


def _payments(event: Request) -> Mapping[str, object]:
    match queries.payments_asked(event, _today()):
        case queries.Search(sought=sought, after=place) as asked:
            rows, row = search(store, sought, place)
            return payments_view(rows, asked.cursor(row))
        case queries.Listing(days=days, status=status, after=after) as asked:
            rows, day = payments_of(store, days, status, after)
            return payments_view(rows, asked.cursor(day))


def _payment(event: Request) -> Mapping[str, object]:
    payment_id, now = event["pathParameters"]["paymentId"], datetime.now(UTC)
    dossier = store.dossier(payment_id, now) if is_payment_id(payment_id) else None
    if dossier is None:
        raise PaymentNotFound
    return admin_payment_view(dossier, dashboard, now)


def _statistics(event: Request) -> Mapping[str, object]:
    return statistics_view(statistics(store, queries.days_of(event, _today())))


def _products(event: Request) -> Mapping[str, object]:
    return products_on_sale(store)


def _product(event: Request) -> Mapping[str, object]:
    return admin_product_view(*stock_of(event["pathParameters"]["sku"], store))


def _today() -> date:
    return datetime.now(zone).date()


# By route.
_VIEWS: Mapping[str, Callable[[Request], Mapping[str, object]]] = {
    "GET /admin/attention": _attention,
    "GET /admin/payments": _payments,
    "GET /admin/payments/{paymentId}": _payment,
    "GET /admin/stats": _statistics,
    "GET /admin/products": _products,
    "GET /admin/products/{sku}": _product,
}


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    admin(event, group=group, claim=claim)
    return response(200, _VIEWS[event["routeKey"]](event))
