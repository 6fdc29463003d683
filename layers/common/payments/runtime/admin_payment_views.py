"""One payment at the desk as the API's JSON, for admins alone: people's names and addresses are in it.

The typed shapes are also what docs/openapi.yaml is made from (`make openapi`), with the texts under their fields.
"""

from datetime import UTC, datetime
from typing import TypedDict
from urllib.parse import urlencode

from payments.domain.attention import Attention, Reason
from payments.domain.dashboard import page_of
from payments.domain.documents import Document, DocumentKind
from payments.domain.dossier import Dossier, KeptFact, KeptNotice
from payments.domain.facts import ShortageState
from payments.domain.learning import notices
from payments.domain.money import Currency
from payments.domain.notices import NoticeState
from payments.domain.order import Address
from payments.domain.order_views import OrderView, PaymentId, Time, WebAddress, in_text
from payments.domain.payment import DisputeStatus, Payment, Status, Way
from payments.domain.views import FailureView, MoneyView, money_views
from payments.domain.writes import AuditEntry
from payments.runtime.refund_views import RefundableView, RefundRequestView, refund_request_views, refundable_views

type Day = str


class PaymentRowView(TypedDict):
    """A payment in a list. Amounts are in minor units, where nothing else is said of `currency`."""

    paymentId: PaymentId
    status: Status
    amount: int
    """What was asked for."""
    currency: Currency
    createdAt: Time
    paidAt: Time | None
    received: list[MoneyView]
    """What was paid, a sum for each currency; empty if nothing was."""
    returned: list[MoneyView]
    """What was returned or is on its way back, a sum for each currency; empty if nothing was."""
    sku: str | None
    number: str | None
    """What people call the order by; null for a payment made before orders had numbers."""
    dispute: DisputeStatus | None


class AttentionView(TypedDict):
    why: list[Reason]
    """The most urgent first."""
    since: Time
    deadline: Time | None


class FactView(TypedDict):
    """What is known of one of Stripe's objects, or of a decision of ours."""

    kind: str
    ref: str
    """The object's id at Stripe, or what the decision is about."""
    state: str
    learnedAt: Time | None
    details: dict[str, object]
    """Whatever else is known of it. Amounts are in minor units."""


class DocumentView(TypedDict):
    """What was issued, the invoice first."""

    number: str
    kind: DocumentKind
    day: Day
    """In the business's time zone."""
    path: str
    """Where the API has it as a PDF, with the customer's `accessKey`: below the API's address."""


class NoticeView(TypedDict):
    """A mail about the payment."""

    kind: str
    ref: str
    """Tells apart several of a kind, such as by the refund; else empty."""
    state: str
    dueSince: Time
    attempts: int
    settledAt: Time | None
    """When it was sent, or given up."""
    note: str | None
    """SES's message id, or why it was not sent."""
    resendable: bool


class TimelineView(TypedDict):
    """One of Stripe's events, or an admin's act."""

    at: Time
    id: str
    type: str
    by: str | None
    """Who acted; null for an event of Stripe's."""
    outcome: list[str]
    """What it changed, or why nothing."""


class AddressView(TypedDict):
    name: str
    line1: str
    line2: str | None
    city: str
    region: str | None
    postalCode: str | None
    country: str
    """ISO 3166-1 alpha-2."""


class ShortageView(TypedDict):
    """Something that was ordered and was not there any more when it was paid."""

    sku: str
    name: str
    quantity: int
    state: ShortageState


class AdminPaymentView(PaymentRowView, TypedDict):
    """Everything about a payment. Of one that a newer release wrote, what can be said without acting on it."""

    final: bool
    """Whether nothing more is expected."""
    order: OrderView
    expiresAt: Time
    updatedAt: Time
    payable: bool
    """Whether it can be paid now."""
    paidBy: Way
    """On Stripe's page, or in a form on ours."""
    day: Day
    """When it was ordered, in the business's time zone."""
    name: str | None
    email: str | None
    user: str | None
    """The `sub` of who ordered, if they were signed in."""
    metadata: dict[str, str]
    address: AddressView | None
    """Where it is sent."""
    billingAddress: AddressView | None
    """Where it is another, or nothing is sent."""
    note: str | None
    """What the customer had to say about it."""
    shortages: list[ShortageView]
    failure: FailureView | None
    """Why the last attempt failed, as Stripe tells the business."""
    refundable: list[RefundableView]
    toApprove: list[MoneyView]
    """The sums that a review is about."""
    cancelable: bool
    attention: AttentionView | None
    facts: list[FactView]
    refundRequests: list[RefundRequestView]
    documents: list[DocumentView]
    notices: list[NoticeView]
    timeline: list[TimelineView]
    """The oldest first."""
    stripeUrl: WebAddress | None
    """Where Stripe's dashboard shows it; null before anyone tried to pay."""


class RefreshedAdminPaymentView(AdminPaymentView, TypedDict):
    """The same after Stripe was asked."""

    checkedAt: Time | None
    """When Stripe was last asked about the payment, and answered."""


class RefundOutcomeView(TypedDict):
    """What came of a request for a refund, and the payment with it."""

    refundRequest: RefundRequestView
    payment: AdminPaymentView


def admin_payment_view(dossier: Dossier, dashboard: str, now: datetime) -> AdminPaymentView:
    """`dashboard` is the address of Stripe's."""
    view, payment = dossier.view, dossier.payment
    return {
        "paymentId": view["paymentId"],
        "status": view["status"],
        "amount": view["amount"],
        "currency": view["currency"],
        "createdAt": view["createdAt"],
        "paidAt": view["paidAt"],
        "received": view["received"],
        "returned": view["returned"],
        "sku": view["serviceType"],
        "number": view["order"]["number"],
        "dispute": view["dispute"],
        "final": view["final"],
        "order": view["order"],
        "expiresAt": in_text(dossier.expires_at),
        "updatedAt": view["updatedAt"],
        "payable": view["payable"],
        "paidBy": view["paidBy"],
        "day": dossier.day,
        "name": dossier.name,
        "email": dossier.email,
        "user": dossier.user,
        "metadata": dict(dossier.metadata),
        "address": _address_view(payment.order.address) if payment else None,
        "billingAddress": _address_view(payment.order.billing_address) if payment else None,
        "note": payment.order.note if payment else None,
        "shortages": _shortage_views(payment) if payment else [],
        "failure": _cause(payment) if payment else view["failure"],
        "refundable": refundable_views(payment) if payment else [],
        "toApprove": money_views(payment.balance.unaccepted) if payment and payment.is_in_review else [],
        "cancelable": payment is not None and payment.is_cancelable,
        "attention": _attention_view(dossier.attention) if dossier.attention else None,
        "facts": [_fact_view(each) for each in dossier.facts],
        "refundRequests": refund_request_views(payment) if payment else [],
        "documents": [_document_view(each, payment) for each in payment.documents] if payment else [],
        "notices": [_notice_view(each, payment) for each in dossier.notices],
        "timeline": [_timeline_view(each) for each in dossier.trail],
        "stripeUrl": page_of(payment, dashboard) if payment else None,
    }


def _address_view(address: Address | None) -> AddressView | None:
    if address is None:
        return None
    return {
        "name": address.name,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "region": address.region,
        "postalCode": address.postal_code,
        "country": address.country,
    }


def _shortage_views(payment: Payment) -> list[ShortageView]:
    names = {line.sku: line.name for line in payment.order.lines}
    return [
        {"sku": each.ref, "name": names.get(each.ref, each.ref), "quantity": each.quantity, "state": each.state}
        for each in payment.shortages
    ]


def _cause(payment: Payment) -> FailureView | None:
    return {"code": payment.cause.code, "message": payment.cause.message} if payment.cause else None


def _attention_view(attention: Attention) -> AttentionView:
    return {
        "why": list(attention.why),
        "since": in_text(attention.since),
        "deadline": time_view(attention.deadline),
    }


def _fact_view(fact: KeptFact) -> FactView:
    details = {_camel(name): _shown(name, value) for name, value in fact.details.items()}
    return {
        "kind": fact.kind,
        "ref": fact.ref,
        "state": fact.state,
        "learnedAt": time_view(fact.learned_at),
        "details": details,
    }


def _document_view(document: Document, payment: Payment) -> DocumentView:
    query = urlencode({"key": payment.access_key, "number": document.number})
    return {
        "number": document.number,
        "kind": document.kind,
        "day": document.day.isoformat(),
        "path": f"/payments/{payment.id}/invoice.pdf?{query}",
    }


def _notice_view(notice: KeptNotice, payment: Payment | None) -> NoticeView:
    kind, _, ref = notice.name.partition("#")
    return {
        "kind": kind,
        "ref": ref,
        "state": notice.state,
        "dueSince": in_text(notice.due_since),
        "attempts": notice.attempts,
        "settledAt": time_view(notice.settled_at),
        "note": notice.note,
        "resendable": payment is not None and _is_resendable(notice, payment),
    }


def _is_resendable(notice: KeptNotice, payment: Payment) -> bool:
    """It has come to an end, and is still true."""
    has_ended = notice.state in list(NoticeState) and NoticeState(notice.state).is_resendable
    return has_ended and notice.name in map(str, notices(payment))


def _timeline_view(entry: AuditEntry) -> TimelineView:
    return {
        "at": in_text(entry.at),
        "id": entry.id,
        "type": entry.type,
        "by": entry.by,
        "outcome": list(entry.outcome),
    }


def time_view(time: datetime | None) -> Time | None:
    return in_text(time) if time else None


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


def _shown(name: str, value: object) -> object:
    """A detail; times are kept in epoch seconds."""
    if isinstance(value, int) and (name == "created" or name.endswith(("_at", "_due_by"))):
        return in_text(datetime.fromtimestamp(value, tz=UTC))
    return value
