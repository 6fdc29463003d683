"""What the mails say: a subject, a few sentences and a table, rendered alike as text and as HTML."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from payments.domain.mail import Letter
from payments.domain.money import Money
from payments.domain.notices import DisputeStage, Notice, NoticeKind
from payments.domain.payment import Payment


@dataclass(frozen=True, slots=True)
class Business:
    """Who writes: its name, the admin's address, and the payment page that a customer may try again on."""

    name: str
    admin_email: str
    payment_page: str


@dataclass(frozen=True, slots=True)
class _Content:
    """`rows` are the table; `link` is a label and an address."""

    subject: str
    sentences: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    link: tuple[str, str] | None = None
    to_customer: bool = False


def letter(notice: Notice, payment: Payment, business: Business) -> Letter:
    """The mail for a notice that the payment's facts call for."""
    content = _CONTENTS[notice.kind](notice, payment, business)
    return Letter(
        to=payment.customer.email if content.to_customer else business.admin_email,
        subject=content.subject,
        text=_text(content, business),
        html=_html(content, business),
    )


# One function a kind


def _payment_confirmation(_: Notice, payment: Payment, business: Business) -> _Content:
    return _Content(
        subject=f"Payment received: {payment.product_name}, {payment.received}",
        sentences=(
            f"Dear {payment.customer.name},",
            f"we have received your payment of {payment.received} for {payment.product_name}. Thank you.",
            "Please keep this mail for your records.",
        ),
        rows=_summary(payment),
        link=_receipt(payment),
        to_customer=True,
    )


def _admin_notification(_: Notice, payment: Payment, business: Business) -> _Content:
    return _Content(
        subject=f"Payment of {payment.received} for {payment.product_name}",
        sentences=(f"{payment.customer.name} has paid {payment.received} for {payment.product_name}.",),
        rows=_summary(payment) + _customer(payment),
        link=_receipt(payment),
    )


def _admin_copy(notice: Notice, payment: Payment, business: Business) -> _Content:
    original = _payment_confirmation(notice, payment, business)
    return _Content(
        subject=f"[Copy] {original.subject}",
        sentences=(f"The confirmation for {payment.customer.email}:", *original.sentences),
        rows=original.rows,
        link=original.link,
    )


def _payment_failed(_: Notice, payment: Payment, business: Business) -> _Content:
    return _Content(
        subject=f"Your payment for {payment.product_name} did not go through",
        sentences=(
            f"Dear {payment.customer.name},",
            f"your payment of {payment.asked} for {payment.product_name} could not be completed, "
            "and you have not been charged.",
            "You are welcome to try again.",
        ),
        rows=_summary(payment),
        link=("Try again", business.payment_page),
        to_customer=True,
    )


def _payment_failed_admin(_: Notice, payment: Payment, business: Business) -> _Content:
    return _Content(
        subject=f"A payment of {payment.asked} failed",
        sentences=(f"{payment.customer.name} tried to pay for {payment.product_name}, without success so far.",),
        rows=_summary(payment) + _failure(payment) + _customer(payment),
    )


def _refund_confirmation(notice: Notice, payment: Payment, business: Business) -> _Content:
    amount = _refunded(notice, payment)
    return _Content(
        subject=f"Refund of {amount} for {payment.product_name}",
        sentences=(
            f"Dear {payment.customer.name},",
            f"we have refunded {amount} of your payment for {payment.product_name}. Depending on your bank it "
            "takes some days to appear on your statement.",
        ),
        rows=(*_summary(payment), ("Refund", notice.ref)),
        to_customer=True,
    )


def _refund_failed(notice: Notice, payment: Payment, business: Business) -> _Content:
    amount = _refunded(notice, payment)
    reason = next((each.failure_reason for each in payment.refunds if each.ref == notice.ref), None)
    return _Content(
        subject=f"A refund of {amount} failed",
        sentences=(f"The refund did not reach {payment.customer.name}; arrange it another way.",),
        rows=(*_summary(payment), ("Refund", notice.ref), ("Reason", reason or "unknown"), *_customer(payment)),
    )


_DISPUTE_SENTENCES = {
    DisputeStage.INQUIRY: "A bank asks about this payment. Answer in Stripe's dashboard, or it may become a dispute.",
    DisputeStage.INQUIRY_CLOSED: "The bank's inquiry about this payment is closed.",
    DisputeStage.OPEN: "This payment is disputed. Send your evidence in Stripe's dashboard before the deadline.",
    DisputeStage.LOST: "The dispute was decided for the customer; the money is returned.",
    DisputeStage.APPEAL: "The dispute goes on by appeal.",
    DisputeStage.WON: "The dispute was decided for you.",
}


def _dispute_alert(notice: Notice, payment: Payment, business: Business) -> _Content:
    ref, _, stage = notice.ref.partition("#")
    dispute = next(each for each in payment.disputes if each.ref == ref)
    rows: tuple[tuple[str, str], ...] = (("Dispute", ref), ("State", dispute.state.replace("_", " ")))
    if dispute.reason:
        rows += (("Reason", dispute.reason.replace("_", " ")),)
    if dispute.evidence_due_by:
        rows += (("Evidence due by", _date(datetime.fromtimestamp(dispute.evidence_due_by, tz=UTC))),)
    return _Content(
        subject=f"Dispute of {Money(dispute.amount, dispute.currency)}: {stage.replace('_', ' ')}",
        sentences=(_DISPUTE_SENTENCES[DisputeStage(stage)],),
        rows=_summary(payment) + rows + _customer(payment),
    )


def _fraud_alert(notice: Notice, payment: Payment, business: Business) -> _Content:
    reason = next((each.reason for each in payment.fraud_signals if each.ref == notice.ref), None)
    return _Content(
        subject=f"Possible fraud: payment of {payment.asked}",
        sentences=("This payment may be fraudulent. Consider a refund before it becomes a dispute.",),
        rows=(*_summary(payment), ("Signal", notice.ref), ("Reason", reason or "unknown"), *_customer(payment)),
    )


def _review_alert(_: Notice, payment: Payment, business: Business) -> _Content:
    return _Content(
        subject=f"Please review: {payment.received} received, {payment.asked} asked",
        sentences=(
            f"{payment.customer.name} paid something else than was asked, and has had no confirmation.",
            "Refund it, or refund the difference, in Stripe's dashboard.",
        ),
        rows=(
            ("Asked", str(payment.asked)),
            ("Received", str(payment.received)),
            *_summary(payment)[1:],
            *_customer(payment),
        ),
    )


_CONTENTS: Mapping[NoticeKind, Callable[[Notice, Payment, Business], _Content]] = {
    NoticeKind.PAYMENT_CONFIRMATION: _payment_confirmation,
    NoticeKind.ADMIN_NOTIFICATION: _admin_notification,
    NoticeKind.ADMIN_COPY: _admin_copy,
    NoticeKind.PAYMENT_FAILED: _payment_failed,
    NoticeKind.PAYMENT_FAILED_ADMIN: _payment_failed_admin,
    NoticeKind.REFUND_CONFIRMATION: _refund_confirmation,
    NoticeKind.REFUND_FAILED: _refund_failed,
    NoticeKind.DISPUTE_ALERT: _dispute_alert,
    NoticeKind.FRAUD_ALERT: _fraud_alert,
    NoticeKind.REVIEW_ALERT: _review_alert,
}


# Rows


def _summary(payment: Payment) -> tuple[tuple[str, str], ...]:
    rows = (
        ("Amount", str(payment.received or payment.asked)),
        ("For", payment.product_name),
        ("Date", _date(payment.created_at)),
        ("Payment", payment.id),
    )
    return (*rows, ("Transaction", payment.transaction_id)) if payment.transaction_id else rows


def _customer(payment: Payment) -> tuple[tuple[str, str], ...]:
    return (("Customer", payment.customer.name), ("Email", payment.customer.email))


def _failure(payment: Payment) -> tuple[tuple[str, str], ...]:
    failure = payment.failure
    return (("Reason", f"{failure.message} ({failure.code})"),) if failure else ()


def _receipt(payment: Payment) -> tuple[str, str] | None:
    attempt = payment.settled_attempt
    return ("Receipt", attempt.receipt_url) if attempt and attempt.receipt_url else None


def _refunded(notice: Notice, payment: Payment) -> Money:
    refund = next(each for each in payment.refunds if each.ref == notice.ref)
    return Money(refund.amount, refund.currency)


def _date(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%d %B %Y, %H:%M UTC")


# Rendering


def _text(content: _Content, business: Business) -> str:
    width = max(len(label) for label, _ in content.rows)
    table = "\n".join(f"{label + ':':<{width + 1}} {value}" for label, value in content.rows)
    parts = [*content.sentences, table]
    if content.link:
        parts.append(f"{content.link[0]}: {content.link[1]}")
    return "\n\n".join([*parts, business.name]) + "\n"


_PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{subject}</title></head>
<body style="margin:0;padding:12px;background:#f4f5f7;color:#1c2330;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:560px;margin:0 auto;padding:20px;background:#ffffff;border-radius:8px">
{body}
<p style="margin:24px 0 0;color:#5b6472">{business}</p>
</div>
</body>
</html>
"""


def _html(content: _Content, business: Business) -> str:
    parts = [f"<p>{escape(sentence)}</p>" for sentence in content.sentences]
    rows = "".join(
        f'<tr><th style="text-align:left;padding:4px 16px 4px 0;font-weight:600;vertical-align:top;white-space:nowrap">'
        f'{escape(label)}</th><td style="padding:4px 0;overflow-wrap:anywhere">{escape(value)}</td></tr>'
        for label, value in content.rows
    )
    parts.append(f'<table style="border-collapse:collapse;margin:16px 0">{rows}</table>')
    if content.link:
        label, address = content.link
        parts.append(f'<p><a href="{escape(address)}">{escape(label)}</a></p>')
    return _PAGE.format(subject=escape(content.subject), body="\n".join(parts), business=escape(business.name))
