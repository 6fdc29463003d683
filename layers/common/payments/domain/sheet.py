"""What a document says, as texts: a pure function of the payment's order and of what was kept when it was issued.

It changes by erasure alone: then nobody is named any more.
"""

from collections.abc import Iterator
from datetime import date
from typing import TypedDict

from payments.domain.countries import Country
from payments.domain.documents import Document, DocumentKind
from payments.domain.money import Currency, Money, listed
from payments.domain.payment import Payment

_TITLES = {
    DocumentKind.INVOICE: "Invoice",
    DocumentKind.CREDIT_NOTE: "Credit note",
    DocumentKind.CANCELLATION: "Cancellation of a credit note",
}


class SellerTexts(TypedDict):
    name: str
    address: list[str]
    taxId: str


class LineTexts(TypedDict):
    name: str
    quantity: str
    unit: str
    amount: str


class SumTexts(TypedDict):
    name: str
    amount: str
    isTotal: bool


class Sheet(TypedDict):
    """Amounts are written without their currency where `currency` says it. Who was erased is in none of it."""

    title: str
    payment: str
    currency: str
    seller: SellerTexts
    country: Country | None
    buyerLabel: str
    buyer: list[str]
    shipTo: list[str]
    facts: list[list[str]]
    reason: str
    lines: list[LineTexts]
    sums: list[SumTexts]
    notes: list[str]


def sheet(payment: Payment, document: Document) -> Sheet:
    """What one of the payment's documents says."""
    is_invoice = document.kind is DocumentKind.INVOICE
    seller, order = document.seller, payment.order
    address = None if payment.erased_at else order.address
    billing = None if payment.erased_at else order.billing_address or order.address
    buyer = [] if payment.erased_at else list(billing.lines) if billing else [payment.customer.name]
    return {
        "title": f"{_TITLES[document.kind]} {document.number}",
        "payment": payment.id,
        "currency": payment.asked.currency.upper(),
        "seller": {"name": seller.name, "address": list(seller.address), "taxId": seller.tax_id},
        "country": billing.country if billing else None,
        "buyerLabel": "Bill to",
        "buyer": buyer,
        "shipTo": list(address.lines) if address and address != billing and is_invoice else [],
        "facts": [[name, value] for name, value in _facts(payment, document)],
        "reason": _reason(payment, document),
        "lines": _lines(payment) if is_invoice else [],
        "sums": [*(_sums(payment) if is_invoice else ()), *_stated(payment, document)],
        "notes": [] if payment.erased_at is None else ["The customer's name and address were erased on request."],
    }


def _facts(payment: Payment, document: Document) -> Iterator[tuple[str, str]]:
    yield "Number", document.number
    yield "Date", _in_words(document.day)
    if document.kind is not DocumentKind.INVOICE and payment.invoice:
        yield "Invoice", payment.invoice.number
        yield "of", _in_words(payment.invoice.day)
    if payment.order.number:
        yield "Order", payment.order.number
    yield "Ordered", _in_words(date.fromisoformat(payment.day))
    if document.ref:
        yield "Refund", document.ref


def _reason(payment: Payment, document: Document) -> str:
    invoice = payment.invoice.number if payment.invoice else ""
    if document.kind is DocumentKind.CREDIT_NOTE:
        return f"We have paid back {listed(document.sums)} of what invoice {invoice} is about."
    if document.kind is DocumentKind.CANCELLATION:
        note = payment.document(DocumentKind.CREDIT_NOTE, document.ref)
        number = note.number if note else ""
        return f"The money of credit note {number} came back to us. The credit note no longer holds."
    return ""


def _lines(payment: Payment) -> list[LineTexts]:
    currency = payment.asked.currency
    return [
        {
            "name": line.name,
            "quantity": str(line.quantity),
            "unit": _number(line.unit, currency),
            "amount": _number(line.amount, currency),
        }
        for line in payment.order.lines
    ]


def _sums(payment: Payment) -> Iterator[SumTexts]:
    order, currency = payment.order, payment.asked.currency
    for name, amount in order.additions:
        yield {"name": name, "amount": _number(amount, currency), "isTotal": False}
    yield {"name": "Total", "amount": str(payment.asked), "isTotal": True}
    for name, amount in order.included:
        yield {"name": f"of which {name}", "amount": _number(amount, currency), "isTotal": False}


def _stated(payment: Payment, document: Document) -> Iterator[SumTexts]:
    """What the document is about; of an invoice, what was accepted in place of its total."""
    name = {
        DocumentKind.INVOICE: "Accepted as paid in full",
        DocumentKind.CREDIT_NOTE: "Credited",
        DocumentKind.CANCELLATION: "Credit taken back",
    }[document.kind]
    if document.kind is DocumentKind.INVOICE and document.sums == (payment.asked,):
        name = "Paid"
    for place, each in enumerate(document.sums):
        yield {"name": name if place == 0 else "and", "amount": str(each), "isTotal": True}


def _number(amount: int, currency: Currency) -> str:
    return str(Money(amount, currency)).partition(" ")[0]


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
