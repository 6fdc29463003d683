"""GET /products: the catalogue."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.runtime.composition import catalogue
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.observability import logger_of
from payments.runtime.products import products_view

logger = logger_of("list_products")
store = catalogue()


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    return response(200, products_view(store.products()))
