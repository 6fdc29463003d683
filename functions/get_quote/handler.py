"""POST /quotes: what an order would cost. It needs no secret and writes nothing."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.adapters.stripe import units
from payments.runtime.bodies import json_body, read
from payments.runtime.composition import catalogue
from payments.runtime.http import Request, Response, answering, response
from payments.runtime.observability import logger_of
from payments.runtime.quotes import QuoteBody, quote_view
from payments.services.quoting import quote

logger = logger_of("get_quote")
store = catalogue()


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    body = read(QuoteBody, json_body(event))
    order, currency = quote(body.wanted, body.country, store=store, units=units)
    return response(200, quote_view(order, currency))
