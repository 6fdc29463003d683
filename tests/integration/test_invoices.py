"""The PDF of what was issued: for whoever has the access key, the same for ever, and readable by everybody."""

import re
import zlib
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pypdfium2
import pytest

import paper
from payments.domain.documents import Document, DocumentKind, Seller
from payments.domain.money import Money
from payments.domain.order import Address, Line, Order, Tax
from payments.domain.payment import Customer, Payment
from payments.domain.sheet import Sheet, sheet
from payments.domain.views import payment_view
from tests.builders import NOW, a_payment
from tests.integration.system import System

SELLER = Seller("The Shop", ("1 High Street", "London"), "GB123456789")
LONDON = Address("Ada Lovelace", "12 St James's Square", "London", "GB", line2="Flat 3", postal_code="SW1Y 4JH")
LEEDS = Address("Lovelace Ltd", "1 High Street", "Leeds", "GB", postal_code="LS1 4AP")
MUGS = Line("mug", "Enamel mug", 2, 1800)
INVOICE, CREDIT_NOTE, CANCELLATION = DocumentKind


def an_invoiced(order: Order, currency: str = "eur", **changes: Any) -> Payment:
    """A payment with an invoice, a credit note and the cancellation of that."""
    payment = replace(a_payment(Money(order.total, currency), **changes), order=order)
    kinds = ((INVOICE, ""), (CREDIT_NOTE, "re_1"), (CANCELLATION, "re_1"))
    documents = tuple(
        Document(f"2026-00000{place}", kind, ref, (payment.asked,), date(2026, 11, 21), SELLER)
        for place, (kind, ref) in enumerate(kinds, start=1)
    )
    return payment.but(documents=documents)


def said(payment: Payment, kind: DocumentKind = INVOICE) -> Sheet:
    return sheet(payment, next(each for each in payment.documents if each.kind is kind))


def sums(payment: Payment) -> list[tuple[str, str]]:
    return [(each["name"], each["amount"]) for each in said(payment)["sums"]]


# What it says


def test_an_invoice_says_what_was_sold_to_whom_and_what_it_cost() -> None:
    order = Order((MUGS,), "7K3M-9XQ2", 490, (Tax("VAT 19 %", 653, inclusive=True),), LONDON, LEEDS)
    invoice = said(an_invoiced(order))
    assert (invoice["title"], invoice["seller"]["taxId"]) == ("Invoice 2026-000001", "GB123456789")
    assert invoice["buyer"] == ["Lovelace Ltd", "1 High Street", "Leeds LS1 4AP", "GB"]
    assert invoice["shipTo"] == ["Ada Lovelace", "12 St James's Square", "Flat 3", "London SW1Y 4JH", "GB"]
    assert invoice["facts"] == [
        ["Number", "2026-000001"],
        ["Date", "21 November 2026"],
        ["Order", "7K3M-9XQ2"],
        ["Ordered", "21 November 2026"],
    ]
    assert invoice["lines"] == [{"name": "Enamel mug", "quantity": "2", "unit": "18.00", "amount": "36.00"}]
    assert sums(an_invoiced(order)) == [
        ("Shipping", "4.90"),
        ("Total", "40.90 EUR"),
        ("of which VAT 19 %", "6.53"),
        ("Paid", "40.90 EUR"),
    ]


@pytest.mark.parametrize(("currency", "total"), [("jpy", "3,650 JPY"), ("kwd", "3.650 KWD")])
def test_tax_that_is_added_stands_before_the_total(currency: str, total: str) -> None:
    order = Order((MUGS,), tax=(Tax("Tax", 50, inclusive=False),))
    assert [name for name, _ in sums(an_invoiced(order, currency))] == ["Tax", "Total", "Paid"]
    assert sums(an_invoiced(order, currency))[1:] == [("Total", total), ("Paid", total)]


def test_what_was_accepted_in_place_of_the_total_stands_beside_it() -> None:
    payment = an_invoiced(Order((MUGS,)))
    invoice = replace(payment.documents[0], sums=(Money(3000, "eur"), Money(500, "usd")))
    assert sums(payment.but(documents=(invoice,))) == [
        ("Total", "36.00 EUR"),
        ("Accepted as paid in full", "30.00 EUR"),
        ("and", "5.00 USD"),
    ]


def test_a_correction_names_what_it_corrects() -> None:
    payment = an_invoiced(Order((MUGS,)))
    assert "invoice 2026-000001" in said(payment, CREDIT_NOTE)["reason"]
    assert "credit note 2026-000002" in said(payment, CANCELLATION)["reason"]
    assert said(payment, CREDIT_NOTE)["lines"] == []


def test_who_was_erased_is_in_none_of_it() -> None:
    payment = an_invoiced(Order((MUGS,), address=LONDON, billing_address=LEEDS)).erased(NOW)
    for kind in DocumentKind:
        text = str(said(payment, kind))
        assert not [each for each in ("Ada", "Lovelace", "Square", "Leeds", "LS1") if each in text]


# How it is set


LETTERS = {
    "Latin": "Łukasz Żółć",
    "Arabic": "محمد عبد الله",
    "Hebrew": "ישראל ישראלי",
    "Thai": "สมชาย ใจดี",
    "long": "N" * 200,
    "markup": '#panic("x") *b* $x$ <a> \\ @b // c',
}


def inside(pdf: bytes) -> bytes:
    """The document with all that is packed in it."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"\n".join(zlib.decompressobj().decompress(each) for each in packed if each[:1] == b"x")


@pytest.fixture(scope="module")
def typesetter() -> Any:
    return paper.compiler()


@pytest.mark.parametrize("name", LETTERS.values(), ids=LETTERS)
def test_a_name_in_any_letters_is_set_and_tagged(name: str, typesetter: Any) -> None:
    order = Order((replace(MUGS, name=name),), address=replace(LONDON, name=name))
    texts = said(an_invoiced(order, customer=Customer(name, "ada@example.com")))
    pdf = paper.pdf(typesetter, texts, 1, date(2026, 11, 21))
    assert pdf.startswith(b"%PDF-")
    assert b"/MarkInfo" in pdf
    assert b"pdfuaid" in pdf
    # Letters that no font has would be drawn by a font of the machine, or as boxes.
    fonts = re.findall(rb"/BaseFont\s*/\w+\+(\w+)", inside(pdf))
    assert fonts
    assert [each for each in fonts if not each.startswith(b"Noto")] == []


# As Chrome gives it to who searches or copies. Of the second Arabic word it has a letter twice: its dot is a glyph.
READ = LETTERS | {"Arabic": "محمد", "long": "N" * 10}


@pytest.mark.parametrize("letters", LETTERS)
def test_another_program_reads_what_was_set(letters: str, typesetter: Any) -> None:
    order = Order((replace(MUGS, name=LETTERS[letters]),), "7K3M-9XQ2", 490, (), LONDON, LEEDS)
    payment = an_invoiced(order)
    texts = said(payment)
    document = pypdfium2.PdfDocument(paper.pdf(typesetter, texts, 1, date(2026, 11, 21)))
    read = "\n".join(page.get_textpage().get_text_range() for page in document)
    assert READ[letters] in read
    assert f"Total {Money(payment_view(payment, NOW)['order']['total'], 'eur')}" in read
    assert [each["amount"] for each in texts["sums"] if each["amount"] not in read] == []
    assert [line for line in (*texts["buyer"], *texts["shipTo"]) if line not in read] == []
    assert document.get_metadata_dict()["Title"] == "Invoice 2026-000001"
    assert document.is_tagged()


@pytest.mark.parametrize(
    "name", ["Ada \U0001f600", "\u10d2\u10d8\u10dd\u10e0\u10d2\u10d8", "\u9999", "\ue000", "a\0b", "\u0378"]
)
def test_what_no_font_has_keeps_nobody_from_an_invoice(name: str, typesetter: Any) -> None:
    order = Order((replace(MUGS, name=name), MUGS), address=replace(LONDON, name=name), billing_address=LEEDS)
    texts = said(an_invoiced(order))
    document = pypdfium2.PdfDocument(paper.pdf(typesetter, texts, 1, date(2026, 11, 21)))
    read = document[0].get_textpage().get_text_range()
    assert [line for line in (*texts["buyer"], "Enamel mug", "72.00") if line not in read] == []
    assert document.is_tagged()


def test_an_id_of_stripes_is_copied_as_it_is(typesetter: Any) -> None:
    refund = "re_3QWmZ4LkdIwHu7ix0bMGWQtz"
    payment = an_invoiced(Order((MUGS,)))
    texts = sheet(payment, replace(payment.documents[1], ref=refund))
    page = pypdfium2.PdfDocument(paper.pdf(typesetter, texts, 1, date(2026, 11, 21)))[0]
    read = page.get_textpage()
    assert f"Refund {refund}" in read.get_text_range().splitlines()
    # And it keeps out of the margin, of 2.2 cm.
    assert max(read.get_charbox(place)[2] for place in range(read.count_chars())) < page.get_width() - 62


def test_the_language_is_said(typesetter: Any) -> None:
    pdf = paper.pdf(typesetter, said(an_invoiced(Order((MUGS,)))), 1, date(2026, 11, 21))
    assert re.search(rb"/Lang\s*\(en\)", inside(pdf))


def test_the_same_is_set_to_the_same_bytes() -> None:
    texts = said(an_invoiced(Order((MUGS,), address=LONDON)))
    pdfs = {paper.pdf(paper.compiler(), texts, 1, date(2026, 11, 21)) for _ in range(2)}
    assert len(pdfs) == 1


def test_no_column_is_written_over_another(typesetter: Any) -> None:
    order = Order((MUGS,), address=replace(LONDON, name="Щ" * 200), billing_address=replace(LEEDS, name="Ж" * 200))
    pdf = paper.pdf(typesetter, said(an_invoiced(order)), 1, date(2026, 11, 21))
    page = pypdfium2.PdfDocument(pdf)[0].get_textpage()
    boxes = [(letter, page.get_charbox(place)) for place, letter in enumerate(page.get_text_range())]
    assert max(box[2] for letter, box in boxes if letter == "Ж") < min(box[0] for letter, box in boxes if letter == "Щ")


def test_many_lines_go_over_two_pages(typesetter: Any) -> None:
    name = "a product with a name that goes over more than one line of its column " * 2
    lines = tuple(Line(f"s{number}", name, number, 100) for number in range(1, 26))
    pdf = paper.pdf(typesetter, said(an_invoiced(Order(lines, address=LONDON))), 1, date(2026, 11, 21))
    assert len(re.findall(rb"/Type\s*/Page\b", inside(pdf))) == 2


# Who gets it


class Counter:
    """Where invoices are asked for, and a payment that has some."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.payment = an_invoiced(Order((MUGS,), address=LONDON)).but(asked=Money(3600, "eur"))
        system.table.create(self.payment, None, NOW)

    def asks(self, payment_id: str | None = None, **query: str) -> Any:
        event = {
            "headers": {},
            "pathParameters": {"paymentId": payment_id or self.payment.id},
            "queryStringParameters": query or None,
        }
        return self.system.invoke("GetInvoice", event)


@pytest.fixture
def counter(system: System) -> Counter:
    return Counter(system)


def test_whoever_has_the_key_gets_the_invoice(counter: Counter) -> None:
    answer = counter.asks(key=counter.payment.access_key)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert answer["headers"] == {
        "content-type": "application/pdf",
        "content-disposition": 'inline; filename="invoice-2026-000001.pdf"',
        "cache-control": "private, no-store",
    }
    assert b64decode(answer["body"]).startswith(b"%PDF-")


def test_a_correction_is_asked_for_by_its_number(counter: Counter) -> None:
    answer = counter.asks(key=counter.payment.access_key, number="2026-000002")
    assert answer["headers"]["content-disposition"] == 'inline; filename="credit-note-2026-000002.pdf"'


@pytest.mark.parametrize(
    "query", [{}, {"key": ""}, {"key": "x"}, {"key": "é"}, {"key": "RIGHT", "number": "2026-000009"}]
)
def test_nobody_else_is_told_that_there_is_one(counter: Counter, query: dict[str, str]) -> None:
    given = {name: counter.payment.access_key if value == "RIGHT" else value for name, value in query.items()}
    assert counter.asks(**given)["statusCode"] == 404


@pytest.mark.parametrize("payment_id", ["pay_01M8JCWSVW8CRMH906MQ7S4HQE", "x", "é"])
def test_an_unknown_payment_has_none(counter: Counter, payment_id: str) -> None:
    assert counter.asks(payment_id, key=counter.payment.access_key)["statusCode"] == 404


def test_before_it_is_issued_there_is_none(counter: Counter) -> None:
    payment = a_payment()
    counter.system.table.create(payment, None, datetime.now(UTC))
    assert counter.asks(payment.id, key=payment.access_key)["statusCode"] == 404
