"""GET /admin/...: what the desk shows an admin; nothing is written."""

from collections.abc import Callable, Mapping

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.runtime.callers import admin
from payments.runtime.composition import catalogue
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.observability import logger_of
from payments.runtime.products import products_view
from payments.runtime.settings import setting

logger = logger_of("admin_read")
products = catalogue()
group = setting("ADMIN_GROUP")
claim = setting("ADMIN_CLAIM")


def _products(event: Request) -> Mapping[str, object]:
    return products_view(products.products())


# By route.
_VIEWS: Mapping[str, Callable[[Request], Mapping[str, object]]] = {
    "GET /admin/products": _products,
}


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    admin(event, group=group, claim=claim)
    return response(200, _VIEWS[event["routeKey"]](event))
