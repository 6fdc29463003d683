"""SES's refusals: is it the letter, or the sending?"""

import pytest
from botocore.exceptions import ClientError

from payments.adapters.mail import SesMailer
from payments.domain.mail import Letter, MailRejected, MailUnavailable

LETTER = Letter("ada@example.com", "Subject", "Text", "<p>Text</p>")


class Refusing:
    """An SES client that answers with one error."""

    def __init__(self, code: str, message: str) -> None:
        self._error = ClientError({"Error": {"Code": code, "Message": message}}, "SendEmail")

    def send_email(self, **_: object) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("BadRequestException", "Illegal address ada@example.com", MailRejected),
        ("MessageRejected", "The message contains invalid content.", MailRejected),
        ("MessageRejected", "Email address is not verified: ada@example.com", MailUnavailable),
        ("TooManyRequestsException", "Maximum sending rate exceeded.", MailUnavailable),
        ("SendingPausedException", "Sending is paused.", MailUnavailable),
        ("AccountSuspendedException", "Suspended.", MailUnavailable),
        ("MailFromDomainNotVerifiedException", "Not verified.", MailUnavailable),
    ],
)
def test_each_refusal_says_why_without_an_address(
    code: str, message: str, expected: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    mailer = SesMailer("pay@shop.example", "The Shop")
    monkeypatch.setattr(mailer, "_client", Refusing(code, message))
    with pytest.raises(expected) as refused:
        mailer.send(LETTER)
    assert code in str(refused.value)
    assert "ada@example.com" not in str(refused.value)
