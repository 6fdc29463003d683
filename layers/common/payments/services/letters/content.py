"""What every mail is made of, and how it writes amounts, dates and names."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from payments.domain.money import Money, listed
from payments.domain.notices import Notice
from payments.domain.payment import Payment

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=[A-Z]{3}\b)")


@dataclass(frozen=True)
class Business:
    """Who writes: its name, the admin's address, the payment page that a customer may try again on, whether the
    admin gets copies of confirmations, whether its payments are real, and the stage that commands are given."""

    name: str
    admin_email: str
    payment_page: str
    wants_copies: bool = True
    livemode: bool = True
    stage: str = "production"


@dataclass(frozen=True)
class Link:
    label: str
    address: str


type Row = tuple[str, str | Money]


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


def date(moment: datetime) -> str:
    """One form that no country reads differently: `5 November 2026, 09:00 UTC`."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"


def date_of(epoch_seconds: int) -> str:
    return date(datetime.fromtimestamp(epoch_seconds, tz=UTC))


def paid(payment: Payment) -> Money:
    """What was received, or is asked as long as nothing was; of several currencies the one that was asked for."""
    return next(iter(payment.balance.received_sums), payment.asked)


def received(payment: Payment) -> str:
    """Everything that was received, in words."""
    return listed(payment.balance.received_sums)


def refunded(notice: Notice, payment: Payment) -> Money:
    refund = next(each for each in payment.refunds if each.ref == notice.ref)
    return Money(refund.amount, refund.currency)


def paid_at(payment: Payment) -> str:
    """When Stripe made the charge; when it was ordered, as long as that is not known."""
    attempt = payment.settled_attempt
    return date_of(attempt.created) if attempt and attempt.created else date(payment.created_at)


def ids(payment: Payment) -> tuple[Row, ...]:
    """What to name a payment by when asking about it."""
    own: Row = ("Payment", payment.id)
    return (("Transaction", payment.transaction_id), own) if payment.transaction_id else (own,)
