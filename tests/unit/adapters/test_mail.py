"""A letter arrives as it was written, at whom it was written to; and what SES's refusals mean."""
# ruff: noqa: RUF001 - scripts of the world

from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.adapters.mail import SesMailer, mime
from payments.domain.mail import Letter, MailRejected, MailUnavailable
from payments.domain.texts import line

LETTER = Letter("ada@example.com", "Subject", "Text", "<p>Text</p>")


class Refusing:
    """An SES client that answers with one error."""

    def __init__(self, code: str, message: str) -> None:
        self._error = ClientError({"Error": {"Code": code, "Message": message}}, "SendEmail")

    def send_email(self, **_: object) -> None:
        raise self._error


class Taking:
    """An SES client that takes everything."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []

    def send_email(self, **request: Any) -> dict[str, str]:
        self.taken.append(request)
        return {"MessageId": "1"}


@pytest.fixture
def mailer(monkeypatch: pytest.MonkeyPatch) -> SesMailer:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    return SesMailer("pay@shop.example", "The Shop")


def read_back(subject: str, sender_name: str = "The Shop") -> EmailMessage:
    """The message as a program reads it that gets it, after a look at its lines."""
    raw = mime(replace(LETTER, subject=subject), sender_name, "pay@shop.example")
    head = raw.partition(b"\n\n")[0]
    assert raw.isascii()
    assert all(len(each) <= (76 if b"=?" in each else 998) for each in head.split(b"\n"))
    message = message_from_bytes(raw, policy=default)
    assert sorted(message.keys()) == ["Auto-Submitted", "Content-Type", "From", "MIME-Version", "Subject", "To"]
    return message


def name_of(message: EmailMessage) -> str:
    """The sender's name, read as RFC 2047 has it: before 3.13.2 Python leaves a space between two encoded words."""
    [sender] = message["From"].addresses
    written = dict(message.raw_items())["From"]
    if "?=\n =?" not in written:
        return str(sender.display_name)
    return str(make_header(decode_header(written.rpartition("<")[0]))).strip()


# Words and pieces of words in several scripts, what looks like an encoded word, what headers are made of, and anything.
_pieces = st.sampled_from(
    [
        "Ada ",
        "Göteborg ",
        "佐藤 花子",
        "ශ්\u200dරී ",
        "علی\u200cرضا",
        "👩\u200d👩\u200d👧 ",
        "=?utf-8?q?a=40b?=",
        "=?",
        "?= ",
        ", ",
        '"',
        "\\",
        "<eve@example.com>",
        "Bcc: eve@example.com",
        "\r\nBcc: eve@example.com",
        "; ",
        "(x) ",
        "[Copy] ",
        "99.00 USD ",
        "x" * 80,
    ]
)
_texts = st.lists(_pieces | st.text(max_size=12), max_size=12).map("".join)


@settings(max_examples=1500, deadline=None)
@given(_texts, _texts)
def test_subject_and_sender_of_any_length_and_script_arrive_as_they_were_written(subject: str, name: str) -> None:
    message = read_back(subject, name)
    assert str(message["Subject"]) == line(subject)
    assert message["From"].addresses[0].addr_spec == "pay@shop.example"
    assert not message["From"].defects
    assert name_of(message) == line(name)


@pytest.mark.parametrize("letters", ["Ada Lovelace ", "Ада 李 ", "Göteborg "])
def test_no_length_adds_or_takes_a_space(letters: str) -> None:
    for length in range(1, 900, 3):
        text = (letters * 100)[:length].strip()
        message = read_back(text + text, text)
        assert str(message["Subject"]) == text + text
        assert name_of(message) == text


@pytest.mark.parametrize(
    ("to", "sent_to"),
    [
        ("ada@example.com", "ada@example.com"),
        ("ada@m\u00fcnchen.de", "ada@xn--mnchen-3ya.de"),
        ("o'neil+shop@example.com", "o'neil+shop@example.com"),
    ],
)
def test_a_mail_goes_to_the_address_alone(
    mailer: SesMailer, monkeypatch: pytest.MonkeyPatch, to: str, sent_to: str
) -> None:
    ses = Taking()
    monkeypatch.setattr(mailer, "_client", ses)
    mailer.send(replace(LETTER, to=to))
    [request] = ses.taken
    assert request["Destination"] == {"ToAddresses": [sent_to]}
    message = message_from_bytes(request["Content"]["Raw"]["Data"], policy=default)
    assert [each.addr_spec for each in message["To"].addresses] == [sent_to]


@pytest.mark.parametrize(
    "to",
    [
        "=?utf-8?q?victim=40other=2Eexample=2C?=@example.com",
        "=?utf-8?q?a=0ABcc=3Ab?=@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "a@b.example, c@d.example",
        "",
    ],
)
def test_what_is_no_address_is_rejected_before_ses_is_asked(
    mailer: SesMailer, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    ses = Taking()
    monkeypatch.setattr(mailer, "_client", ses)
    with pytest.raises(MailRejected):
        mailer.send(replace(LETTER, to=to))
    assert not ses.taken


@pytest.mark.parametrize(
    ("code", "message", "reason", "expected"),
    [
        ("BadRequestException", "Illegal address ada@example.com", "Illegal address (the recipient)", MailRejected),
        ("MessageRejected", "The message contains invalid content.", "invalid content", MailRejected),
        (
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: "
            "ADA@example.com, pay@shop.example, Eve <eve@other.example>",
            "is not verified. The following identities failed the check in region EU-CENTRAL-1: "
            "(the recipient), (the sender), Eve <(an address)>",
            MailUnavailable,
        ),
        (
            "AccessDeniedException",
            "User: arn:aws:sts::123456789012:assumed-role/r/f is not authorized to perform `ses:SendEmail' on resource "
            "`arn:aws:ses:eu-central-1:123456789012:identity/eve@other.example'",
            "is not authorized to perform `ses:SendEmail' on resource "
            "`arn:aws:ses:eu-central-1:123456789012:identity/(an address)",
            MailUnavailable,
        ),
        ("TooManyRequestsException", "Maximum sending rate exceeded.", "rate exceeded", MailUnavailable),
        ("SendingPausedException", "Sending is paused.", "Sending is paused.", MailUnavailable),
        ("AccountSuspendedException", "", "AccountSuspendedException", MailUnavailable),
        ("MailFromDomainNotVerifiedException", "Not verified.", "Not verified.", MailUnavailable),
    ],
)
def test_each_refusal_says_why_without_an_address(
    mailer: SesMailer,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    message: str,
    reason: str,
    expected: type[Exception],
) -> None:
    monkeypatch.setattr(mailer, "_client", Refusing(code, message))
    with pytest.raises(expected) as refused:
        mailer.send(LETTER)
    assert str(refused.value).startswith(code)
    assert reason in str(refused.value)
    assert "@" not in str(refused.value)
