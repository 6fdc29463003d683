"""Where Stripe shows a payment to the business."""

from payments.domain.payment import Payment

_STRIPE = "https://api.stripe.com"
DASHBOARD = "https://dashboard.stripe.com"


def dashboard_of(api_base: str, *, livemode: bool) -> str:
    """Stripe's dashboard, which has pages of its own for tests; a double has it beside its API."""
    if api_base != _STRIPE:
        return f"{api_base}/dashboard"
    return DASHBOARD if livemode else f"{DASHBOARD}/test"


def page_of(payment: Payment, dashboard: str) -> str | None:
    """The payment's page there; None before anyone tried to pay."""
    if not payment.transaction_id:
        return None
    return f"{dashboard}/payments/{payment.intents[0].ref if payment.intents else payment.transaction_id}"
