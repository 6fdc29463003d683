"""GET /payments/{paymentId}/invoice.pdf: the invoice, or with `number` what corrects it, for who has the access key."""

from aws_lambda_powertools.utilities.typing import LambdaContext

import paper
from payments.domain.errors import PaymentNotFound
from payments.domain.identifiers import is_payment_id
from payments.domain.sheet import sheet
from payments.runtime.composition import table
from payments.runtime.http import Request, Response, answering, file_response
from payments.runtime.observability import logger_of

logger = logger_of("get_invoice")
store = table()
typesetter = paper.compiler()


@answering(logger)
def handler(event: Request, context: LambdaContext) -> Response:
    payment_id, query = event["pathParameters"]["paymentId"], event.get("queryStringParameters") or {}
    payment = store.payment(payment_id) if is_payment_id(payment_id) else None
    # A wrong key finds nothing, and is not told how much of it was right.
    if payment is None or not payment.opens_with(query.get("key", "")):
        raise PaymentNotFound
    logger.thread_safe_append_keys(payment_id=payment_id)
    number = query.get("number")
    document = next((each for each in payment.documents if number in (None, each.number)), None)
    if document is None:
        raise PaymentNotFound
    pdf = paper.pdf(typesetter, sheet(payment, document), document.template, document.day)
    return file_response(pdf, "application/pdf", f"{document.kind.replace('_', '-')}-{document.number}.pdf")
