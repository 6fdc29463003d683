"""What the mails say of an order with lines, shipping, tax, addresses and a note."""
# ruff: noqa: RUF001 - scripts of the world

import re
from dataclasses import replace

import pytest

from payments.domain.facts import Fact, Session, SessionState, Shortage, ShortageState
from payments.domain.learning import learn, notices
from payments.domain.mail import Letter
from payments.domain.money import Money
from payments.domain.notices import NoticeKind
from payments.domain.order import Address, Line, Order, Tax
from payments.domain.payment import Payment
from payments.domain.releases import CAME_LATER
from tests.builders import a_payment
from tests.unit.services.test_letters import HOSTILE, NOT_REFUNDED, PAID, REFUNDED, Document, written

BERLIN = Address("Ada Lovelace", "Hauptstr. 5", "Berlin", "DE", "10115", line2="3. Stock")
AUSTIN = Address("ACME Inc.", "1 Congress Ave", "Austin", "US", "78701", region="TX")
MUGS = Line("enamel-mug", "Enamel mug", 2, 1800, stocked=True, ships=True)
COURSE = Line("course", "A course", 1, 4000)
VAT = Tax("VAT 19 %", 1512, inclusive=False)
SHORTAGE = Shortage(ref="enamel-mug", state=ShortageState.OPEN, quantity=2)
WITH_ORDER = [
    NoticeKind.PAYMENT_CONFIRMATION,
    NoticeKind.ADMIN_NOTIFICATION,
    NoticeKind.ADMIN_COPY,
    NoticeKind.REFUND_CONFIRMATION,
    NoticeKind.REFUND_FAILED,
    NoticeKind.REFUND_FAILED_CUSTOMER,
    NoticeKind.SHORTAGE_ALERT,
]


def an_order(*lines: Line, **changes: object) -> Order:
    order = Order(lines or (MUGS, COURSE), "7K3M-9XQ2", 490, (VAT,), BERLIN, AUSTIN, "Ring\ntwice & wait")
    return replace(order, **changes)  # type: ignore[arg-type]


def told(order: Order, *facts: Fact, currency: str = "usd") -> Payment:
    payment = a_payment(Money(order.total, currency), order=order)
    for fact in facts or (
        replace(PAID, amount=order.total, currency=currency),
        REFUNDED,
        NOT_FAILED,
        NOT_REFUNDED,
        SHORTAGE,
    ):
        payment, _ = learn(payment, [fact], first_days=dict.fromkeys(CAME_LATER, payment.updated_at))
    return payment


NOT_FAILED = replace(NOT_REFUNDED, state=type(NOT_REFUNDED.state).SUCCEEDED)


def plain(letter: Letter) -> str:
    return " ".join(letter.text.split())


@pytest.mark.parametrize("kind", WITH_ORDER)
def test_each_mail_about_the_money_has_the_order_with_what_it_comes_to(kind: NoticeKind) -> None:
    sent = written(kind, told(an_order()))
    first = sent.subject + plain(sent)[:400]
    assert "order 7K3M-9XQ2" in first
    told_in_html = Document(sent.html).text
    for words, amount in (
        ("2 × Enamel mug", "36.00 USD"),
        ("1 × A course", "40.00 USD"),
        ("Shipping", "4.90 USD"),
        ("VAT 19 %", "15.12 USD"),
        ("Total", "96.02 USD"),
    ):
        assert re.search(rf"^ *{amount}   {words}$", sent.text, re.MULTILINE)
        assert f"{words} {amount}" in told_in_html.replace("\N{NO-BREAK SPACE}", " ")


def test_tax_that_is_in_the_prices_stands_below_the_total() -> None:
    sent = written(NoticeKind.PAYMENT_CONFIRMATION, told(an_order(tax=(replace(VAT, inclusive=True),))))
    assert re.search(r"80.90 USD   Total\n *15.12 USD   of which VAT 19 %\n", sent.text)


def test_the_customer_reads_where_it_is_sent_and_not_what_was_told_to_the_shop() -> None:
    sent = written(NoticeKind.PAYMENT_CONFIRMATION, told(an_order()))
    assert "Sent to: Ada Lovelace Hauptstr. 5 3. Stock 10115 Berlin DE" in plain(sent)
    assert "twice" not in sent.text + sent.html
    assert "ACME" not in sent.text + sent.html


@pytest.mark.parametrize("line", ["win at prizes.example", "https://x", "me@example.com", "2.example"])
def test_what_mail_programs_would_make_a_link_of_reaches_no_customer_by_an_address(line: str) -> None:
    payment = told(an_order(address=replace(BERLIN, line2=line)))
    assert line not in plain(written(NoticeKind.PAYMENT_CONFIRMATION, payment))
    assert line in plain(written(NoticeKind.ADMIN_NOTIFICATION, payment))


@pytest.mark.parametrize("kind", [NoticeKind.ADMIN_NOTIFICATION, NoticeKind.SHORTAGE_ALERT])
def test_the_admin_reads_what_to_ship_to_whom_whom_to_bill_and_the_note(kind: NoticeKind) -> None:
    sent = written(kind, told(an_order()))
    assert (
        "To ship: 2 × Enamel mug Ship to: Ada Lovelace Hauptstr. 5 3. Stock 10115 Berlin DE "
        "Bill to: ACME Inc. 1 Congress Ave Austin TX 78701 US Note: Ring twice & wait"
    ) in plain(sent)
    assert (
        "Ship to Ada Lovelace Hauptstr. 5 3. Stock 10115 Berlin DE "
        "Bill to ACME Inc. 1 Congress Ave Austin TX 78701 US Note Ring twice & wait"
    ) in Document(sent.html).text


def test_what_ships_is_not_told_twice_where_it_is_all() -> None:
    assert "To ship" not in written(NoticeKind.ADMIN_NOTIFICATION, told(an_order(MUGS))).text


def test_an_order_of_one_service_has_no_table() -> None:
    payment = told(Order((Line("hour", "Consulting, one hour", 1, 9900),), "7K3M-9XQ2"), PAID)
    for kind in (NoticeKind.PAYMENT_CONFIRMATION, NoticeKind.ADMIN_NOTIFICATION):
        sent = written(kind, payment)
        assert "Total" not in sent.text + sent.html
        assert "×" not in sent.text + sent.html
        assert re.search(r"\nFor: +Consulting, one hour\n", sent.text)
        assert re.search(r"\nOrder: +7K3M-9XQ2\n", sent.text)


def test_twenty_five_lines_with_long_names_fit_into_text_and_subject() -> None:
    lines = tuple(
        Line(f"sku-{each}", f"{each} " + "A rather long name of something " * 6, 10, 100) for each in range(25)
    )
    for kind in WITH_ORDER[:3]:
        sent = written(kind, told(an_order(*lines, tax=())))
        assert len(sent.subject) < 120
        assert all(len(line) <= 72 or "https://" in line for line in sent.text.splitlines())
        assert sent.text.count("10 ×") == 25
        # Gmail cuts a mail off at 102 kB.
        assert len(sent.html.encode()) < 60_000


@pytest.mark.parametrize(("currency", "sum_"), [("jpy", "3,600 JPY"), ("kwd", "3.600 KWD")])
def test_sums_have_their_currencys_decimals(currency: str, sum_: str) -> None:
    order = an_order(MUGS, shipping=0, tax=())
    sent = written(
        NoticeKind.PAYMENT_CONFIRMATION, told(order, replace(PAID, amount=3600, currency=currency), currency=currency)
    )
    assert f"{sum_}   2 × Enamel mug\n" in sent.text
    assert f"{sum_}   Total\n" in sent.text


def test_a_name_from_right_to_left_leaves_quantity_and_sum_in_their_places() -> None:
    order = an_order(replace(MUGS, name="كوب مطلي"), address=replace(BERLIN, name="عائشة"))
    sent = written(NoticeKind.ADMIN_NOTIFICATION, told(order))
    assert re.search(r"^ *36.00 USD   2 × كوب مطلي$", sent.text, re.MULTILINE)
    assert '>2 × <span dir="auto">كوب مطلي</span></th>' in sent.html
    assert '<div dir="auto" style="text-align:left">عائشة</div>' in sent.html


@pytest.mark.parametrize("words", HOSTILE)
def test_what_others_write_of_an_order_changes_no_tag(words: str) -> None:
    hostile = an_order(
        replace(MUGS, name=words),
        address=replace(BERLIN, name=words, line1=words),
        note=words.replace("\n", " "),
        tax=(replace(VAT, name=words),),
    )
    for kind in WITH_ORDER:
        sent = written(kind, told(hostile))
        # What would be a link is left out as a whole.
        address = BERLIN if re.search(r"S(ent|hip) to", sent.text) else None
        harmless = written(kind, told(an_order(MUGS, note="x", address=address)))
        count = len(harmless.html.split("<div dir")) - len(sent.html.split("<div dir"))
        assert len(Document(sent.html).tags) == len(Document(harmless.html).tags) - count
        assert sent.subject.isprintable()


def test_an_order_for_nothing_says_so_and_has_no_charge_and_no_receipt() -> None:
    order = Order((Line("sample", "A sample", 1, 0, stocked=True, ships=True),), "7K3M-9XQ2", 0, (), BERLIN)
    payment = told(order, Session(ref="cs_1", state=SessionState.PAID, amount=0, currency="usd"))
    customers, admins = (written(kind, payment) for kind in WITH_ORDER[:2])
    assert customers.subject == "Your order at The Shop is complete: nothing to pay"
    assert "We have received your order 7K3M-9XQ2. There is nothing to pay." in plain(customers)
    assert admins.subject == "Order received: nothing to pay from Ada Lovelace for order 7K3M-9XQ2"
    for sent in (customers, admins):
        assert "nothing to pay" in Document(sent.html).text
        for word in ("receipt", "Amount", "Paid:", "Transaction", "has paid", "your payment of"):
            assert word not in sent.text


def test_a_shortage_says_what_is_missing_that_the_money_is_there_and_each_way_out() -> None:
    sent = written(NoticeKind.SHORTAGE_ALERT, told(an_order()))
    assert sent.to == "admin@example.com"
    assert sent.subject == "Not in stock: 2 × Enamel mug, paid by Ada Lovelace in order 7K3M-9XQ2"
    assert "Not there any more: 2 × Enamel mug. The 96.02 USD that Ada Lovelace paid are with you" in plain(sent)
    assert "add it to the stock at the desk" in plain(sent)
    assert "refund it" in plain(sent)


@pytest.mark.parametrize("state", [ShortageState.SUPPLIED, ShortageState.WAIVED])
def test_a_shortage_that_is_settled_or_of_what_nobody_paid_for_is_not_told(state: ShortageState) -> None:
    paid = replace(PAID, amount=an_order().total)
    settled = told(an_order(), paid, replace(SHORTAGE, state=state))
    unpaid = told(an_order(), SHORTAGE)
    for payment in (settled, unpaid):
        assert NoticeKind.SHORTAGE_ALERT not in {each.kind for each in notices(payment)}
