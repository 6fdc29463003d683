"""What the mails say: pure functions of a notice, its payment and the business.

The words are in `customer` and `admin`, how amounts and dates are written in `content`, what an order has in
`orders`, and what a mail looks like in `page` and `text`. They are English, whatever the customer's language.
"""

from collections.abc import Callable, Mapping

from payments.domain.mail import Letter
from payments.domain.notices import Notice, NoticeKind
from payments.domain.payment import Payment
from payments.domain.texts import line
from payments.services.letters import admin, customer, page, text
from payments.services.letters.content import Business, Content
from payments.services.letters.orders import items

__all__ = ["Business", "letter"]

_CONTENTS: Mapping[NoticeKind, Callable[[Notice, Payment, Business], Content]] = {
    NoticeKind.PAYMENT_CONFIRMATION: customer.payment_confirmation,
    NoticeKind.ADMIN_NOTIFICATION: admin.notification,
    NoticeKind.ADMIN_COPY: admin.copy,
    NoticeKind.PAYMENT_FAILED: customer.payment_failed,
    NoticeKind.PAYMENT_FAILED_ADMIN: admin.payment_failed,
    NoticeKind.REFUND_CONFIRMATION: customer.refund_confirmation,
    NoticeKind.REFUND_FAILED: admin.refund_failed,
    NoticeKind.REFUND_FAILED_CUSTOMER: customer.refund_failed,
    NoticeKind.DISPUTE_ALERT: admin.dispute_alert,
    NoticeKind.FRAUD_ALERT: admin.fraud_alert,
    NoticeKind.REVIEW_ALERT: admin.review_alert,
    NoticeKind.SHORTAGE_ALERT: admin.shortage_alert,
}


def letter(notice: Notice, payment: Payment, business: Business) -> Letter:
    """The mail for a notice that the payment's facts call for."""
    content, ordered = _CONTENTS[notice.kind](notice, payment, business), items(payment)
    return Letter(
        to=payment.customer.email if notice.kind.is_to_customer else business.admin_email,
        subject=line(content.subject),
        text=text.render(content, ordered, business),
        html=page.render(content, ordered, business),
    )
