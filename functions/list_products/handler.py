"""GET /products: the catalogue, and what is left."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.runtime.composition import shop
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.observability import logger_of
from payments.runtime.products import products_on_sale

logger = logger_of("list_products")
store = shop()


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    return response(200, products_on_sale(store))
