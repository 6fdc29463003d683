"""What the mails say, and to whom."""

from email import message_from_bytes
from email.policy import default

import pytest

from payments.adapters.mail import mime
from payments.domain.facts import (
    Attempt,
    AttemptState,
    Dispute,
    DisputeState,
    Fact,
    FraudSignal,
    FraudSignalState,
    Refund,
    RefundState,
    Session,
    SessionState,
)
from payments.domain.learning import learn, notices
from payments.domain.notices import NoticeKind
from payments.domain.payment import Customer, Payment
from payments.services.letters import Business, letter
from tests.builders import a_payment

SHOP = Business("The Shop", "admin@example.com", "https://shop.example/pay")
TO_CUSTOMER = {NoticeKind.PAYMENT_CONFIRMATION, NoticeKind.PAYMENT_FAILED, NoticeKind.REFUND_CONFIRMATION}

PAID = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd", receipt_url="https://r/1")
PAID_LESS = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=5000, currency="usd")
DECLINED = Attempt(ref="ch_0", state=AttemptState.FAILED, amount=0, currency="usd", failure_message="Declined.")

STORIES: list[list[Fact]] = [
    [
        PAID,
        Refund(ref="re_1", state=RefundState.SUCCEEDED, amount=4900, currency="usd"),
        Refund(ref="re_2", state=RefundState.FAILED, amount=100, currency="usd", failure_reason="lost_or_stolen_card"),
        Dispute(
            ref="du_1",
            state=DisputeState.NEEDS_RESPONSE,
            amount=9900,
            currency="usd",
            reason="fraudulent",
            evidence_due_by=1796000000,
        ),
        FraudSignal(ref="issfr_1", state=FraudSignalState.OPEN, reason="made_with_stolen_card"),
    ],
    [DECLINED, Session(ref="cs_1", state=SessionState.EXPIRED, amount=9900, currency="usd")],
    [PAID_LESS],
]


def a_story(facts: list[Fact], name: str = "Ada Lovelace") -> Payment:
    return learn(a_payment(customer=Customer(name, "ada@example.com")), facts)[0]


@pytest.mark.parametrize("kind", NoticeKind)
def test_each_kind_goes_to_the_right_person_with_the_same_content_as_text_and_html(kind: NoticeKind) -> None:
    told = [(payment, notice) for payment in map(a_story, STORIES) for notice in notices(payment)]
    payment, notice = next((payment, notice) for payment, notice in told if notice.kind is kind)
    written = letter(notice, payment, SHOP)
    assert written.to == ("ada@example.com" if kind in TO_CUSTOMER else "admin@example.com")
    for part in (written.text, written.html):
        assert payment.id in part
        assert "USD" in part
        assert "The Shop" in part
    assert "None" not in written.text + written.subject


def test_the_dispute_alert_names_the_evidence_deadline() -> None:
    payment = a_story(STORIES[0])
    notice = next(each for each in notices(payment) if each.kind is NoticeKind.DISPUTE_ALERT)
    assert "30 November 2026" in letter(notice, payment, SHOP).text


def test_the_customers_failure_mail_links_to_the_payment_page() -> None:
    payment = a_story(STORIES[1])
    notice = next(each for each in notices(payment) if each.kind is NoticeKind.PAYMENT_FAILED)
    written = letter(notice, payment, SHOP)
    assert SHOP.payment_page in written.text
    assert f'href="{SHOP.payment_page}"' in written.html


def test_the_copy_is_marked_and_carries_what_the_customer_reads() -> None:
    payment = a_story([PAID])
    by_kind = {notice.kind: letter(notice, payment, SHOP) for notice in notices(payment)}
    original, copy = by_kind[NoticeKind.PAYMENT_CONFIRMATION], by_kind[NoticeKind.ADMIN_COPY]
    assert copy.subject == f"[Copy] {original.subject}"
    assert "Dear Ada Lovelace," in copy.text


def test_names_are_escaped_in_html_and_plain_in_text() -> None:
    payment = a_story([PAID], name='<script>alert("x")</script>')
    for notice in notices(payment):
        written = letter(notice, payment, SHOP)
        assert "<script>" not in written.html
        assert "{" not in written.html.replace("{subject}", "")
    assert '<script>alert("x")</script>' in letter(next(iter(notices(payment))), payment, SHOP).text


def test_the_mime_message_carries_both_parts_and_any_alphabet() -> None:
    payment = a_story([PAID], name="Ада 李 O'Neil")
    notice = next(each for each in notices(payment) if each.kind is NoticeKind.PAYMENT_CONFIRMATION)
    written = letter(notice, payment, SHOP)
    raw = mime(written, "The Shop <pay@shop.example>").as_bytes()
    message = message_from_bytes(raw, policy=default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == written.text
    assert "Ада 李 O&#x27;Neil" in html.get_content()


@pytest.mark.parametrize("smuggled", ["a\r\nBcc: eve@example.com", "a\nBcc: eve@example.com"])
def test_no_header_can_be_smuggled_in(smuggled: str) -> None:
    written = letter(next(iter(notices(a_story([PAID])))), a_story([PAID]), SHOP)
    with pytest.raises(ValueError, match=r"linefeed|newline|header"):
        mime(type(written)(smuggled, written.subject, written.text, written.html), "pay@shop.example")
