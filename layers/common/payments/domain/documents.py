"""Invoices, credit notes and cancellations as they were issued: one gapless series a year, in order of their days."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from payments.domain.money import Money

# The look of what is issued now; what was issued keeps its own (layers/paper).
TEMPLATE = 1
# The mailer issues what its mail is about, or its message was lost.
ISSUED_WITHIN = timedelta(minutes=5)


class DocumentKind(StrEnum):
    """What is issued of a payment. A cancellation takes a credit note back, whose refund failed after all."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    CANCELLATION = "cancellation"


@dataclass(frozen=True)
class Seller:
    """Who sells, as documents print it; the parts of `address` are lines, `tax_id` may be empty."""

    name: str
    address: tuple[str, ...]
    tax_id: str = ""


@dataclass(frozen=True)
class Draft:
    """What is to be issued, over which sums; `ref` is the refund that it is about, empty for an invoice."""

    kind: DocumentKind
    ref: str
    sums: tuple[Money, ...]


@dataclass(frozen=True)
class Document:
    """What was issued, and what of it no fact says: from then on it says the same for ever.

    `number` is the year and the place in its series, `2026-000123`; `day` is the business's; `template` the version of
    its look.
    """

    number: str
    kind: DocumentKind
    ref: str
    sums: tuple[Money, ...]
    day: date
    seller: Seller
    template: int = TEMPLATE


@dataclass(frozen=True)
class Counter:
    """How far a year's series is: its last number, and the day of that. A closed one ends: the next year's is open."""

    year: int
    last: int
    day: date
    is_closed: bool = False

    @property
    def number(self) -> str:
        return f"{self.year}-{self.last:06}"

    def next(self, today: date) -> "Counter":
        """One number on; clocks differ, and no day is before the last one's."""
        return Counter(self.year, self.last + 1, max(self.day, today))
