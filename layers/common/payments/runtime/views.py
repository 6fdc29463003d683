"""What callers read beside a payment: checkouts as the API's JSON. No name and no email is ever in it.

The typed shapes are also what docs/openapi.yaml is made from (`make openapi`), with the texts under their fields.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypedDict

from payments.domain.order_views import OrderView, PaymentId, Time, WebAddress, in_text, order_view
from payments.domain.payment import Payment, Status
from payments.domain.views import PaymentView, checkout_url


class CheckoutView(TypedDict):
    """A payment's checkout."""

    paymentId: PaymentId
    """To ask for the status with; whoever has it may."""
    sessionId: str
    url: WebAddress | None
    """Where the customer pays; null once this checkout can no longer be paid."""
    status: Status
    expiresAt: Time
    accessKey: str
    """The right to act on the payment, such as to cancel it; for whoever ordered, and nobody else."""
    order: OrderView


class IntentView(TypedDict):
    """A payment that is paid in a form on the page."""

    paymentId: PaymentId
    """To ask for the status with; whoever has it may."""
    clientSecret: str | None
    """What Stripe.js confirms the payment with; null once it can no longer be paid. Keep it nowhere: the same request,
    sent again, answers it again."""
    publishableKey: str
    """What Stripe.js is loaded with."""
    customerSessionClientSecret: str | None
    """What the Payment Element shows the caller's saved cards with, for half an hour; null for whoever is not signed
    in, where that could not be had, which paying does not wait for, and once it can no longer be paid. Keep it
    nowhere."""
    paymentMethodId: str | None
    """The saved card that it is paid with unless the form says another; null where that is for the form to say, as it
    is once that card was declined or removed, and once it can no longer be paid."""
    status: Status
    expiresAt: Time
    accessKey: str
    """The right to act on the payment, such as to cancel it; for whoever ordered, and nobody else."""
    order: OrderView


class RefreshedView(PaymentView, TypedDict):
    """A payment with the time at which it was so at Stripe, or since."""

    checkedAt: Time | None
    """When Stripe was last asked about the payment, and answered; null before, and where that is not known."""


class ReceivedView(TypedDict):
    """What an event taught is durable, or it is none of ours."""

    received: Literal[True]


RECEIVED: ReceivedView = {"received": True}


def checkout_view(payment: Payment, now: datetime) -> CheckoutView:
    """The answer to a request for a checkout."""
    return {
        "paymentId": payment.id,
        "sessionId": payment.sessions[0].ref,
        "url": checkout_url(payment, now),
        "status": payment.status,
        "expiresAt": in_text(payment.expires_at),
        "accessKey": payment.access_key,
        "order": order_view(payment.order),
    }


def intent_view(
    payment: Payment,
    client_secret: str | None,
    customer_secret: str | None,
    *,
    payment_method: str | None,
    publishable_key: str,
) -> IntentView:
    """The answer to a request for an intent."""
    return {
        "paymentId": payment.id,
        "clientSecret": client_secret,
        "publishableKey": publishable_key,
        "customerSessionClientSecret": customer_secret,
        "paymentMethodId": payment_method,
        "status": payment.status,
        "expiresAt": in_text(payment.expires_at),
        "accessKey": payment.access_key,
        "order": order_view(payment.order),
    }


def refreshed_view(payment: Mapping[str, object], checked_at: datetime | None) -> Mapping[str, object]:
    """The answer to a refresh: a PaymentView, of this release or of a newer one, as a RefreshedView."""
    return {**payment, "checkedAt": in_text(checked_at) if checked_at else None}
