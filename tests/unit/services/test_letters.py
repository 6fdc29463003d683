"""What the mails say, to whom, and what nobody can make them say."""
# ruff: noqa: RUF001 - scripts of the world

import re
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from payments.adapters.mail import mime
from payments.domain import documents
from payments.domain.dashboard import dashboard_of
from payments.domain.facts import (
    Approval,
    Attempt,
    AttemptState,
    Dispute,
    DisputeState,
    Fact,
    FraudSignal,
    FraudSignalState,
    Intent,
    IntentState,
    Refund,
    RefundState,
    Session,
    SessionState,
    Shortage,
    ShortageState,
)
from payments.domain.learning import learn, notices
from payments.domain.mail import Letter
from payments.domain.money import Money
from payments.domain.notices import Notice, NoticeKind
from payments.domain.order import Line
from payments.domain.payment import Customer, Payment
from payments.domain.releases import CAME_LATER
from payments.domain.texts import line, tidy
from payments.services.letters import Business, letter
from tests.builders import a_payment

SHOP = Business("The Shop", "admin@example.com", "https://shop.example/pay")
TO_CUSTOMER = {
    NoticeKind.PAYMENT_CONFIRMATION,
    NoticeKind.PAYMENT_FAILED,
    NoticeKind.REFUND_CONFIRMATION,
    NoticeKind.REFUND_FAILED_CUSTOMER,
}

OPEN = Session(ref="cs_live_1", state=SessionState.OPEN, amount=9900, currency="usd", url="https://pay.example/1")
EXPIRED = Session(ref="cs_live_1", state=SessionState.EXPIRED, amount=9900, currency="usd")
INTENT = Intent(ref="pi_1", state=IntentState.OPEN, amount=0, currency="usd")
PAID = Attempt(
    ref="ch_1",
    state=AttemptState.SUCCEEDED,
    amount=9900,
    currency="usd",
    created=1795000020,
    receipt_url="https://pay.stripe.com/receipts/1?a=1&b=2",
)
PAID_LESS = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=5000, currency="usd")
DECLINED = Attempt(
    ref="ch_0",
    state=AttemptState.FAILED,
    amount=0,
    currency="usd",
    failure_code="card_declined",
    failure_message="Your card was declined.",
)
REFUNDED = Refund(ref="re_1", state=RefundState.SUCCEEDED, amount=4900, currency="usd")
NOT_REFUNDED = Refund(
    ref="re_2", state=RefundState.FAILED, amount=100, currency="usd", failure_reason="lost_or_stolen_card"
)
WARNING = FraudSignal(ref="issfr_1", state=FraudSignalState.OPEN, reason="made_with_stolen_card")

SHORTAGE = Shortage(ref="consulting-hour", state=ShortageState.OPEN, quantity=1)


def a_dispute(state: DisputeState = DisputeState.NEEDS_RESPONSE) -> Dispute:
    due_by = 1796000000
    return Dispute(ref="du_1", state=state, amount=9900, currency="usd", reason="fraudulent", evidence_due_by=due_by)


STORIES: list[list[Fact]] = [
    [PAID, REFUNDED, replace(NOT_REFUNDED, state=RefundState.SUCCEEDED), NOT_REFUNDED, a_dispute(), WARNING],
    [DECLINED, EXPIRED],
    [PAID_LESS],
    [PAID, SHORTAGE],
]


def a_story(facts: list[Fact], name: str = "Ada Lovelace") -> Payment:
    payment = a_payment(customer=Customer(name, "ada@example.com"))
    payment = replace(payment, id="pay_01KAJM7M00M5YQ0000000000AB")
    for fact in facts:
        payment, _ = learn(payment, [fact], first_days=dict.fromkeys(CAME_LATER, payment.updated_at))
    return payment


def written(kind: NoticeKind, payment: Payment, business: Business = SHOP) -> Letter:
    """The first letter of a kind that the payment calls for."""
    return letter(next(each for each in sorted(notices(payment)) if each.kind is kind), payment, business)


def any_letter(kind: NoticeKind, name: str = "Ada Lovelace") -> Letter:
    """A letter of any kind, from the first story that calls for it."""
    told = [a_story(facts, name) for facts in STORIES]
    return written(kind, next(each for each in told if any(notice.kind is kind for notice in notices(each))))


class Document(HTMLParser):
    """A mail's HTML: its tags with their attributes, the words between them, and the elements left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


# To whom, and what


@pytest.mark.parametrize("kind", NoticeKind)
def test_each_kind_goes_to_the_right_person_with_the_same_content_as_text_and_html(kind: NoticeKind) -> None:
    sent = any_letter(kind)
    assert sent.to == ("ada@example.com" if kind in TO_CUSTOMER else "admin@example.com")
    for part in (sent.text, Document(sent.html).text):
        assert "pay_01KAJM7M00M5YQ0000000000AB" in part
        assert " USD" in part
        assert "Ada Lovelace" in part
        assert "Consulting, one hour" in part
        assert "The Shop" in part
        assert "None" not in part
    amount = (
        "49.00" if kind is NoticeKind.REFUND_CONFIRMATION else "1.00" if kind.startswith("refund_failed") else "0 USD"
    )
    assert ("1 \N{MULTIPLICATION SIGN} " if kind is NoticeKind.SHORTAGE_ALERT else amount) in sent.subject


@pytest.mark.parametrize("kind", TO_CUSTOMER)
def test_a_customer_reads_in_the_subject_whom_it_is_from_and_in_the_mail_whom_to_ask(kind: NoticeKind) -> None:
    sent = any_letter(kind)
    assert "The Shop" in sent.subject
    assert "reply to this mail" in " ".join(sent.text.split())


def test_the_confirmation_names_amount_dates_transaction_and_receipt() -> None:
    sent = written(NoticeKind.PAYMENT_CONFIRMATION, a_story([PAID]))
    assert sent.subject == "Your payment of 99.00 USD to The Shop is complete"
    assert "Amount:       99.00 USD\n" in sent.text
    assert "Ordered:      21 November 2026, 09:00 UTC\n" in sent.text
    assert "Paid:         18 November 2026, 11:07 UTC\n" in sent.text
    assert "Transaction:  ch_1\n" in sent.text
    assert "\nhttps://pay.stripe.com/receipts/1?a=1&b=2\n" in sent.text
    links = [attributes["href"] for tag, attributes in Document(sent.html).tags if tag == "a"]
    assert links == ["https://pay.stripe.com/receipts/1?a=1&b=2"]


@pytest.mark.parametrize(
    ("zone", "ordered", "paid"),
    [
        ("Europe/Berlin", "21 November 2026, 10:00 CET", "18 November 2026, 12:07 CET"),
        ("America/Sao_Paulo", "21 November 2026, 06:00 UTC-03", "18 November 2026, 08:07 UTC-03"),
        ("Asia/Kathmandu", "21 November 2026, 14:45 UTC+05:45", "18 November 2026, 16:52 UTC+05:45"),
        ("Australia/Sydney", "21 November 2026, 20:00 AEDT", "18 November 2026, 22:07 AEDT"),
    ],
)
def test_dates_are_in_the_businesss_time_and_say_so(zone: str, ordered: str, paid: str) -> None:
    business = replace(SHOP, zone=ZoneInfo(zone))
    for kind in (NoticeKind.PAYMENT_CONFIRMATION, NoticeKind.ADMIN_NOTIFICATION, NoticeKind.REFUND_CONFIRMATION):
        sent = written(kind, a_story([PAID, REFUNDED]), business)
        assert re.search(rf"\nOrdered: +{re.escape(ordered)}\n", sent.text)
        assert re.search(rf"\nPaid: +{re.escape(paid)}\n", sent.text)
    alert = written(NoticeKind.DISPUTE_ALERT, a_story([PAID, a_dispute()]), business)
    assert "UTC," not in alert.subject
    assert alert.subject.endswith(ordered[-3:])


def test_a_confirmation_before_the_charge_is_heard_of_says_nothing_that_is_not_known() -> None:
    heard = Session(ref="cs_live_1", state=SessionState.PAID, amount=9900, currency="usd", intent="pi_1")
    stories: list[list[Fact]] = [[heard, INTENT], [replace(PAID, created=None, receipt_url=None), INTENT]]
    for facts in stories:
        sent = written(NoticeKind.PAYMENT_CONFIRMATION, a_story(facts))
        assert "Paid:" not in sent.text
        assert "pi_1" not in sent.text
        assert "Ordered:" in sent.text


def test_a_confirmation_without_a_receipt_has_no_button() -> None:
    sent = written(NoticeKind.PAYMENT_CONFIRMATION, a_story([PAID_LESS, Approval(ref="5000-usd")]))
    assert "50.00 USD" in sent.subject
    assert "receipt" not in (sent.text + sent.html).lower()


@pytest.mark.parametrize(("wants_copies", "said"), [(True, "and you a copy of it"), (False, "is sent a confirmation.")])
def test_the_admin_is_told_of_a_copy_only_where_there_is_one(wants_copies: bool, said: str) -> None:
    sent = written(NoticeKind.ADMIN_NOTIFICATION, a_story([PAID]), replace(SHOP, wants_copies=wants_copies))
    assert said in " ".join(sent.text.split())
    assert said in Document(sent.html).text


def test_the_copy_is_marked_and_carries_what_the_customer_reads() -> None:
    payment = a_story([PAID])
    original, copy = (written(kind, payment) for kind in (NoticeKind.PAYMENT_CONFIRMATION, NoticeKind.ADMIN_COPY))
    assert copy.subject == f"[Copy] {original.subject}"
    assert copy.text == f"Copy of the mail to Ada Lovelace, ada@example.com\n\n{original.text}"
    read = (
        Document(copy.html)
        .text.replace("[Copy] ", "")
        .replace("Copy of the mail to Ada Lovelace, ada@example.com ", "")
    )
    assert read == Document(original.html).text


def test_the_customers_failure_mail_says_why_and_links_to_the_payment_page() -> None:
    sent = written(NoticeKind.PAYMENT_FAILED, a_story([DECLINED, EXPIRED]))
    assert "You have not been charged." in sent.text
    assert "Your card was declined." in sent.text
    assert f"\n{SHOP.payment_page}\n" in sent.text
    assert f'href="{SHOP.payment_page}"' in sent.html


@pytest.mark.parametrize(
    ("facts", "outlook"),
    [
        ([DECLINED, OPEN], "The checkout is still open"),
        ([DECLINED, replace(OPEN, state=SessionState.COMPLETE_UNPAID)], "Another attempt is under way"),
        ([DECLINED, EXPIRED], "The checkout is closed."),
    ],
)
def test_the_admins_failure_mail_says_whether_there_is_something_to_do(facts: list[Fact], outlook: str) -> None:
    assert outlook in written(NoticeKind.PAYMENT_FAILED_ADMIN, a_story(facts)).text


def test_the_admins_failure_mail_names_the_code() -> None:
    sent = written(NoticeKind.PAYMENT_FAILED_ADMIN, a_story([DECLINED, EXPIRED]))
    assert "Your card was declined." in sent.text
    assert "card_declined" in sent.text


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (4900, "We have refunded 49.00 USD of your payment of 99.00 USD for"),
        (9900, "We have refunded your payment for"),
    ],
)
def test_a_refund_of_a_part_says_of_what(amount: int, words: str) -> None:
    sent = written(NoticeKind.REFUND_CONFIRMATION, a_story([PAID, replace(REFUNDED, amount=amount)]))
    assert words in " ".join(sent.text.split())
    assert "re_1" in sent.text


@pytest.mark.parametrize("state", DisputeState)
def test_a_dispute_has_its_deadline_exactly_while_there_is_something_to_answer(state: DisputeState) -> None:
    sent = written(NoticeKind.DISPUTE_ALERT, a_story([PAID, a_dispute(state)]))
    awaited = state.endswith("needs_response")
    for part in (sent.subject, sent.text, Document(sent.html).text):
        assert ("30 November 2026, 00:53 UTC" in part) is awaited
    assert ("There is nothing to do" in " ".join(sent.text.split())) is (state in _NOTHING_TO_DO)


_NOTHING_TO_DO = {
    DisputeState.WARNING_UNDER_REVIEW,
    DisputeState.WARNING_CLOSED,
    DisputeState.PREVENTED,
    DisputeState.APPEAL_UNDER_REVIEW,
    DisputeState.WON,
}


def test_a_dispute_without_a_deadline_names_none() -> None:
    sent = written(NoticeKind.DISPUTE_ALERT, a_story([PAID, replace(a_dispute(), evidence_due_by=None)]))
    assert sent.subject == "Dispute opened: 99.00 USD"


@pytest.mark.parametrize(
    ("received", "command", "difference"),
    [
        (PAID_LESS, "AMOUNT=50.00 CURRENCY=usd", None),
        (replace(PAID, amount=123400), "AMOUNT=1234.00 CURRENCY=usd", "1,135.00 USD"),
        (replace(PAID, amount=12000, currency="jpy"), "AMOUNT=12000 CURRENCY=jpy", None),
    ],
)
def test_a_review_sets_asked_and_received_side_by_side_and_says_each_way_out(
    received: Attempt, command: str, difference: str | None
) -> None:
    payment = a_story([received])
    sent = written(NoticeKind.REVIEW_ALERT, payment, replace(SHOP, stage="staging"))
    # The very command, in one piece and with spaces that a shell takes for such.
    whole = f"make approve PAYMENT={payment.id} {command} STAGE=staging"
    assert f"\n{whole}\n" in sent.text
    assert f">{whole}<" in sent.html
    words = " ".join(sent.text.split())
    assert "To give it back, refund all of it in Stripe's dashboard" in words
    assert difference is None or f"To keep what was asked, refund the difference of {difference}" in words
    assert (difference is None) is ("difference" not in words)
    amount = Money(received.amount, received.currency)
    assert sent.subject == f"Please review: {amount} received, 99.00 USD asked"
    # Amounts end in one column.
    lines = sent.text.splitlines()
    assert len(next(each for each in lines if each.startswith("Asked:"))) == len(
        next(each for each in lines if each.startswith("Received:"))
    )


def test_radars_review_asks_for_a_decision_and_a_warning_for_a_refund() -> None:
    review = FraudSignal(ref="prv_1", state=FraudSignalState.OPEN, reason="rule")
    assert "Approve it" in written(NoticeKind.FRAUD_ALERT, a_story([PAID, review])).text
    assert "Approve it" not in written(NoticeKind.FRAUD_ALERT, a_story([PAID, WARNING])).text


@pytest.mark.parametrize(
    ("kind", "facts", "address"),
    [
        (NoticeKind.ADMIN_NOTIFICATION, [PAID, INTENT, OPEN], "https://dashboard.stripe.com/payments/pi_1"),
        (NoticeKind.ADMIN_NOTIFICATION, [PAID], "https://dashboard.stripe.com/payments/ch_1"),
        (NoticeKind.DISPUTE_ALERT, [PAID, INTENT, a_dispute()], "https://dashboard.stripe.com/disputes/du_1"),
        (NoticeKind.PAYMENT_FAILED_ADMIN, [replace(OPEN, state=SessionState.ASYNC_FAILED)], None),
    ],
)
def test_the_admin_is_led_to_stripes_dashboard(kind: NoticeKind, facts: list[Fact], address: str | None) -> None:
    sent = written(kind, a_story(facts))
    links = [attributes["href"] for tag, attributes in Document(sent.html).tags if tag == "a"]
    assert links == ([address] if address else [])
    assert ("dashboard.stripe.com" in sent.text) is bool(address)
    assert address is None or f"\n{address}\n" in sent.text


@pytest.mark.parametrize(
    ("api_base", "livemode", "address"),
    [
        ("https://api.stripe.com", True, "https://dashboard.stripe.com/payments/pi_1"),
        ("https://api.stripe.com", False, "https://dashboard.stripe.com/test/payments/pi_1"),
        ("http://127.0.0.1:12111", False, "http://127.0.0.1:12111/dashboard/payments/pi_1"),
    ],
)
def test_the_dashboard_is_that_of_the_stripe_that_is_used(api_base: str, livemode: bool, address: str) -> None:
    shop = replace(SHOP, dashboard=dashboard_of(api_base, livemode=livemode))
    assert f'href="{address}"' in written(NoticeKind.ADMIN_NOTIFICATION, a_story([PAID, INTENT]), shop).html


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (Money(9900, "jpy"), "9,900 JPY"),
        (Money(1045500, "kwd"), "1,045.500 KWD"),
        (Money(123456, "eur"), "1,234.56 EUR"),
    ],
)
def test_amounts_have_their_currencys_decimals(asked: Money, shown: str) -> None:
    paid = replace(PAID, amount=asked.amount, currency=asked.currency)
    payment = learn(a_payment(asked), [paid])[0]
    sent = written(NoticeKind.PAYMENT_CONFIRMATION, payment)
    assert shown in sent.subject
    assert f"payment of {shown} for" in sent.text
    assert f"payment of {shown} for" in Document(sent.html).text


# How they are made


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_html_is_well_formed_small_and_loads_nothing(kind: NoticeKind) -> None:
    sent = any_letter(kind)
    document = Document(sent.html)
    assert document.open == []
    assert len(sent.html.encode()) < 20_000
    names = {tag for tag, _ in document.tags}
    assert not names & {"img", "script", "link", "iframe", "object", "form", "base", "video", "svg"}
    assert not {name for _, attributes in document.tags for name in attributes} & {"src", "srcset", "background"}
    assert "url(" not in sent.html
    assert "@import" not in sent.html
    assert {attributes.get("lang") for tag, attributes in document.tags if tag == "html"} == {"en"}
    assert all(
        attributes.get("role") == "presentation" or "line" in str(attributes.get("class"))
        for tag, attributes in document.tags
        if tag == "table"
    )


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_text_stands_alone(kind: NoticeKind) -> None:
    text = any_letter(kind, name="Ada " * 40).text
    assert "<" not in text
    assert "&" not in text.replace("?a=1&b=2", "")
    assert all(len(line) <= 72 or line.startswith(("https://", "make ")) for line in text.splitlines())


def test_no_lines_end_tears_an_amount_apart() -> None:
    for length in range(40, 72):
        text = any_letter(NoticeKind.ADMIN_NOTIFICATION, "A" * length).text
        assert "99.00 USD" in text.split("Open in Stripe")[0]


# What nobody can make them say

HOSTILE = [
    '<script>alert("x")</script>',
    '"><img src=https://evil.example/pixel>',
    "<!-- --><style>",
    "Ada\r\nBcc: eve@example.com\r\n\r\nHello",
    "Ada\nSubject: You have won",
    "Ada\u2028\u0085\x00\x1b[2J\ud800",
    "\u202emoc.elpmaxe\u202c Ada \u2066\u200f",
    "{subject} {0} %s $name &lt;b&gt;",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", NoticeKind)
def test_a_hostile_name_changes_no_tag_and_adds_no_line_and_no_header(kind: NoticeKind, name: str) -> None:
    harmless, sent = any_letter(kind), any_letter(kind, name)
    assert Document(sent.html).tags == Document(harmless.html).tags
    for each in (sent.subject, *sent.text.split("\n"), *sent.html.split("\n")):
        assert tidy(each) == line(each)
    assert "\nBcc:" not in sent.text
    assert "\nSubject:" not in sent.text
    headers = message_from_bytes(mime(sent, "The Shop", "pay@shop.example"), policy=default).keys()
    assert sorted(headers) == ["Auto-Submitted", "Content-Type", "From", "MIME-Version", "Subject", "To"]


@pytest.mark.parametrize("words", HOSTILE)
def test_what_others_give_is_escaped_too(words: str) -> None:
    told = a_story([replace(DECLINED, failure_code=words, failure_message=words), EXPIRED])
    payment = replace(told, order=replace(told.order, lines=(Line("sku", words, 1, 9900),)))
    business = replace(SHOP, name=words)
    for kind in (NoticeKind.PAYMENT_FAILED, NoticeKind.PAYMENT_FAILED_ADMIN):
        sent = written(kind, payment, business)
        assert Document(sent.html).tags == Document(any_letter(kind).html).tags
        assert sent.subject.isprintable()


def test_an_address_does_not_leave_its_attribute() -> None:
    address = """https://pay.stripe.com/"><script>'&amp;"""
    sent = written(NoticeKind.PAYMENT_CONFIRMATION, a_story([replace(PAID, receipt_url=address)]))
    assert [attributes["href"] for tag, attributes in Document(sent.html).tags if tag == "a"] == [address]


@pytest.mark.parametrize(
    "name", ["https://evil.example/claim", "Win at evil.example", "eve@evil.example", "www.evil.example"]
)
def test_a_name_that_would_be_a_link_is_no_greeting(name: str) -> None:
    for kind in TO_CUSTOMER:
        sent = any_letter(kind, name)
        assert sent.text.startswith("Hello,\n")
        assert "evil" not in sent.text + sent.html


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "J. R. R. Tolkien",
        "Sammy Davis Jr.",
        "O'Neil",
        "Ада 李",
        "ශ්\u200dරී",
        "علی\u200cرضا",
        "👩\u200d👧 A",
    ],
)
def test_a_name_is_a_greeting(name: str) -> None:
    assert any_letter(NoticeKind.PAYMENT_CONFIRMATION, name).text.startswith(f"Dear {name},\n")


@pytest.mark.parametrize("kind", [NoticeKind.ADMIN_NOTIFICATION, NoticeKind.PAYMENT_CONFIRMATION])
def test_the_mime_message_carries_both_parts_and_any_alphabet_in_seven_bits(kind: NoticeKind) -> None:
    # The subject of the first has the name in it, that of the second is ASCII.
    sent = any_letter(kind, "Ада 李 O'Neil")
    raw = mime(sent, "The Shop", "pay@shop.example")
    assert raw.isascii()
    assert all(len(line) <= 76 for line in raw.partition(b"\n\n")[2].splitlines())
    message = message_from_bytes(raw, policy=default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == sent.text
    assert "Ада 李 O&#x27;Neil" in html.get_content()
    assert message["Subject"] == sent.subject
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_confirmation_links_to_the_invoice_and_names_it() -> None:
    payment = an_invoiced()
    letter_ = letter(Notice(NoticeKind.PAYMENT_CONFIRMATION), payment, replace(SHOP, api="https://api.example"))
    address = f"https://api.example/payments/{payment.id}/invoice.pdf?key={payment.access_key}"
    assert f"View invoice:\n{address}\n" in letter_.text
    assert re.search(r"Invoice: +2026-000001\n", letter_.text)


def test_a_mail_about_a_refund_names_what_was_issued_for_it() -> None:
    refund = Refund(ref="re_1", state=RefundState.SUCCEEDED, amount=4000, currency="usd")
    payment, _ = learn(an_invoiced(), [refund])
    letter_ = letter(Notice(NoticeKind.REFUND_CONFIRMATION, "re_1"), payment, SHOP)
    assert re.search(r"Credit note: +2026-000002\n", letter_.text)


def an_invoiced() -> Payment:
    paid = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
    payment, _ = learn(a_payment(), [paid])
    seller = documents.Seller("The Shop", ("1 High Street",))
    kinds = ((documents.DocumentKind.INVOICE, "", 9900), (documents.DocumentKind.CREDIT_NOTE, "re_1", 4000))
    return payment.but(
        documents=tuple(
            documents.Document(f"2026-00000{place}", kind, ref, (Money(sum_, "usd"),), date(2026, 11, 21), seller)
            for place, (kind, ref, sum_) in enumerate(kinds, start=1)
        )
    )
