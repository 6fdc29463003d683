"""What every mail is made of, and how it writes amounts, dates and names."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from payments.domain.dashboard import DASHBOARD
from payments.domain.documents import Document
from payments.domain.money import Money, listed
from payments.domain.notices import Notice
from payments.domain.payment import Payment

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=[A-Z]{3,5}\b)")


@dataclass(frozen=True)
class Business:
    """Who writes: its name, the admin's address, the payment page that a customer may try again on, whether the
    admin gets copies of confirmations, where Stripe shows its payments, the stage that commands are given, whose time
    its mails give, and where the API is, which has the invoices."""

    name: str
    admin_email: str
    payment_page: str
    wants_copies: bool = True
    dashboard: str = DASHBOARD
    stage: str = "production"
    zone: tzinfo = UTC
    api: str = ""


@dataclass(frozen=True)
class Link:
    label: str
    address: str


type Row = tuple[str, str | Money | tuple[str, ...]]
"""A label, and a value of one line or several."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """A mail before it is text or HTML; nothing in it is escaped.

    `preview` is what a mailbox's list shows after the subject, `before` and `after` are the paragraphs around `link`,
    the one thing to do, and the table of `rows`; `commands` are typed as they are, each on a line of its own; `note` is
    a line above it all, `footer` why one gets this mail.
    """

    subject: str
    preview: str
    heading: str
    before: tuple[str, ...]
    link: Link | None
    rows: tuple[Row, ...]
    after: tuple[str, ...]
    footer: str
    commands: tuple[str, ...] = ()
    note: str | None = None


def unbroken(words: str) -> str:
    """With amounts and times that stay on one line: `99.00 USD` and `09:00 UTC` have a space that does not break."""
    return _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", words)


def date(moment: datetime, business: Business) -> str:
    """One form that no country reads differently, in the business's time: `5 November 2026, 09:00 CET`."""
    local = moment.astimezone(business.zone)
    return f"{local.day} {local:%B %Y, %H:%M} {_zone(local)}"


def _zone(local: datetime) -> str:
    """The zone's abbreviation; some have none, but an offset such as -03 or +0545 in its place."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    return f"UTC{name[:3]}:{name[3:]}" if name[3:] else f"UTC{name}"


def date_of(epoch_seconds: int, business: Business) -> str:
    return date(datetime.fromtimestamp(epoch_seconds, tz=UTC), business)


def paid(payment: Payment) -> Money:
    """What was received, or is asked as long as nothing was; of several currencies the one that was asked for."""
    return next(iter(payment.balance.received_sums), payment.asked)


def received(payment: Payment) -> str:
    """Everything that was received, in words."""
    return listed(payment.balance.received_sums)


def refunded(notice: Notice, payment: Payment) -> Money:
    refund = next(each for each in payment.refunds if each.ref == notice.ref)
    return Money(refund.amount, refund.currency)


def dates(payment: Payment, business: Business) -> tuple[Row, ...]:
    """When it was ordered, and when it was paid as soon as Stripe has said so: an order may be a day older."""
    ordered: Row = ("Ordered", date(payment.created_at, business))
    return (ordered, ("Paid", date(payment.paid_at, business))) if payment.paid_at else (ordered,)


def issued(document: Document | None, name: str) -> tuple[Row, ...]:
    """The number of what was issued; nothing where it is not yet."""
    return ((name, document.number),) if document else ()


def invoice_link(payment: Payment, business: Business) -> Link | None:
    """The invoice, for whoever reads the mail; None before it is issued."""
    if payment.invoice is None or not business.api:
        return None
    return Link("View invoice", f"{business.api}/payments/{payment.id}/invoice.pdf?key={payment.access_key}")


def ids(payment: Payment) -> tuple[Row, ...]:
    """What to name a payment by when asking about it; of Stripe's ids the charge's, once that is known."""
    charge = payment.settled_attempt.charge if payment.settled_attempt else None
    named = (("Order", payment.order.number), ("Transaction", charge), ("Payment", payment.id))
    return tuple((label, id_) for label, id_ in named if id_)
