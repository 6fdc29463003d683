"""How our errors look over HTTP: RFC 9457 problem details, by one table."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from payments.domain import errors, refund_errors
from payments.domain.errors import PaymentsError
from payments.domain.order_views import OrderView, PaymentId

# Status and title of each error; a test holds that none is missing.
PROBLEMS: dict[type[PaymentsError], tuple[int, str]] = {
    errors.InvalidBody: (400, "The body is not what this address takes"),
    errors.IdempotencyKeyRequired: (400, "An Idempotency-Key is needed"),
    errors.InvalidIdempotencyKey: (400, "The Idempotency-Key cannot be used"),
    errors.InvalidSignature: (400, "The signature does not hold"),
    errors.NotSignedIn: (401, "Nobody is signed in"),
    errors.NotAdmin: (403, "For admins alone"),
    errors.PaymentNotFound: (404, "There is no such payment"),
    errors.ProductNotFound: (404, "There is no such product"),
    errors.PaymentMethodNotFound: (404, "There is no such card"),
    errors.NoticeNotFound: (404, "There is no such mail"),
    errors.IdempotencyKeyReused: (409, "The Idempotency-Key was used before"),
    errors.NothingToApprove: (409, "That sum is not in review"),
    errors.NothingToSettle: (409, "That is not missing"),
    errors.NotResendable: (409, "That mail cannot be sent again now"),
    errors.StockTooLow: (409, "So many are not there"),
    errors.OutOfStock: (409, "Not so many are left"),
    errors.PriceChanged: (409, "The price has changed"),
    errors.AlreadyPaid: (409, "That order is paid"),
    errors.BeingPaid: (409, "That order is being paid"),
    errors.NotCancelable: (409, "That payment cannot be canceled"),
    refund_errors.RefundRequestNotFound: (404, "There is no such refund request"),
    refund_errors.NothingToRefund: (409, "There is nothing to refund"),
    refund_errors.IntentRequired: (409, "The payment was paid more than once"),
    refund_errors.RefundExceeds: (409, "More than is there cannot go back"),
    refund_errors.RefundRefused: (409, "No money goes back by this request"),
    refund_errors.NotWithdrawable: (409, "That refund request cannot be withdrawn now"),
    errors.BodyTooLarge: (413, "The body is too large"),
    errors.UnsupportedMediaType: (415, "The body must be JSON"),
    errors.ValidationFailed: (422, "Some fields cannot be accepted"),
    errors.NotConfigured: (500, "This service is not set up yet"),
    errors.StripeRefused: (502, "The payment provider refused"),
    errors.StripeUnavailable: (503, "The payment provider cannot be reached"),
    errors.TryAgain: (503, "Too busy for a moment"),
    errors.NewerRelease: (503, "Being updated"),
}
INTERNAL_ERROR = (500, "Something went wrong on our side")

RETRY_AFTER_SECONDS = 2

_UNKNOWN = "Nothing was lost; try again, or tell us the requestId."


class FieldProblemView(TypedDict):
    field: str
    """The field's name, with dots where it is nested: `metadata.order`."""
    detail: str
    """What to change."""
    sku: NotRequired[str]
    """Of `out_of_stock`: of what more was ordered than is there."""
    left: NotRequired[int]
    """Of `out_of_stock`: how many are there."""


class ProblemView(TypedDict):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    code: str
    """What went wrong, for programs."""
    detail: str
    """What to change, for people."""
    errors: list[FieldProblemView]
    """What is wrong with which field; empty where no field is to blame."""
    requestId: str
    """By which our log has it."""
    refundable: NotRequired[int]
    """Of `refund_exceeds`: what is there to go back, in minor units."""
    left: NotRequired[int]
    """Of `stock_too_low`: how many are there."""
    order: NotRequired[OrderView]
    """Of `price_changed`: the order as it would be now."""
    paymentId: NotRequired[PaymentId]
    """Of `already_paid` and `processing`: the payment that was to be replaced."""


def problem(error: Exception, request_id: str) -> tuple[int, dict[str, str], Mapping[str, object]]:
    """Status, further headers and body of the answer to an error.

    What is wrong on our side is for the owner, in the log: callers read nothing of it but the request id.
    """
    told = error if isinstance(error, PaymentsError) else PaymentsError(_UNKNOWN)
    status, title = next((PROBLEMS[each] for each in type(told).__mro__ if each in PROBLEMS), INTERNAL_ERROR)
    if status == 500:
        told = PaymentsError(_UNKNOWN)
    body: ProblemView = {
        "type": f"urn:quittance:problem:{told.code}",
        "title": title,
        "status": status,
        "code": told.code,
        "detail": told.detail,
        "errors": [{"field": each.field, "detail": each.detail} for each in told.fields],
        "requestId": request_id,
    }
    return status, headers_of(status), {**body, **told.members}


def headers_of(status: int) -> dict[str, str]:
    """What the headers of such an answer say: after how many seconds it is worth another try."""
    return {"retry-after": str(RETRY_AFTER_SECONDS)} if status == 503 else {}
