"""Requests for refunds as the desk shows them."""

from datetime import UTC, datetime
from typing import Literal, TypedDict

from payments.domain.facts import RefundRequest
from payments.domain.money import Currency
from payments.domain.order_views import Time, in_text
from payments.domain.payment import Payment
from payments.domain.refund_requests import refund_of, refusal_of, room


class RefundRequestView(TypedDict):
    ref: str
    state: Literal["open", "done", "refused", "overtaken", "withdrawn"]
    """`done` once there is a refund for it, however that ends; `open` as long as it is not known."""
    amount: int
    currency: Currency
    intent: str
    reason: str | None
    by: str
    """Who asked for it: the token's `sub`."""
    requestedAt: Time
    refundId: str | None
    detail: str | None
    """Why no money goes back by it."""


class RefundableView(TypedDict):
    intent: str
    amount: int
    currency: Currency


def refund_request_view(payment: Payment, request: RefundRequest) -> RefundRequestView:
    refund, refusal = refund_of(payment, request), refusal_of(request)
    return {
        "ref": request.ref,
        "state": "done" if refund and not refusal else request.state.value,
        "amount": request.amount,
        "currency": request.currency,
        "intent": request.intent,
        "reason": request.reason,
        "by": request.by,
        "requestedAt": in_text(datetime.fromtimestamp(request.requested_at, tz=UTC)),
        "refundId": refund.ref if refund else None,
        "detail": refusal.detail if refusal else None,
    }


def refund_request_views(payment: Payment) -> list[RefundRequestView]:
    """The latest first."""
    latest = sorted(payment.refund_requests, key=lambda each: (-each.requested_at, each.ref))
    return [refund_request_view(payment, each) for each in latest]


def refundable_views(payment: Payment) -> list[RefundableView]:
    """What may be asked for of each intent, where anything may."""
    return [
        {"intent": intent, "amount": amount, "currency": currency}
        for (intent, currency), amount in sorted(room(payment).items())
        if amount
    ]
