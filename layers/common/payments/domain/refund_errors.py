"""Why no refund is made, or a request for one cannot be withdrawn."""

from payments.domain.errors import PaymentsError


class RefundRequestNotFound(PaymentsError):
    code = "refund_request_not_found"

    def __init__(self) -> None:
        super().__init__("This payment has no such refund request; reload the payment, it lists them.")


class NothingToRefund(PaymentsError):
    """Nothing was received, or all of it went back or is asked for already."""

    code = "nothing_to_refund"


class IntentRequired(PaymentsError):
    """The payment was paid several times, and the request does not say which of these to return."""

    code = "intent_required"


class RefundExceeds(PaymentsError):
    """More is asked for than is there; `refundable` is what is, in minor units."""

    code = "refund_exceeds"

    def __init__(self, detail: str, refundable: int) -> None:
        super().__init__(detail)
        self.members = {"refundable": refundable}


class RefundRefused(PaymentsError):
    """There is no refund for this request and will be none; `detail` has the words for the business, and `reason` is
    Stripe's code where Stripe said no."""

    code = "refund_refused"

    def __init__(self, detail: str, *, reason: str | None = None, reference: str | None = None) -> None:
        super().__init__(detail, reference=reference)
        self.reason = reason


class NotWithdrawable(PaymentsError):
    """The request was answered, or was asked of Stripe so lately that an answer may still come."""

    code = "not_withdrawable"
