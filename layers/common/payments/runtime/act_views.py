"""A payment as an admin reads it after an act."""

from datetime import datetime

from payments.domain.payment import Payment
from payments.domain.views import PaymentView, payment_view


def admin_view(payment: Payment, now: datetime) -> PaymentView:
    """The answer to every act."""
    return payment_view(payment, now)
