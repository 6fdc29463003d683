"""SES: a letter as a MIME message, and SES's refusals in our words."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from payments.adapters.aws import CONFIG, attempt_seconds, client
from payments.domain.mail import Letter, MailRejected, MailUnavailable

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

# A send that was not answered may have been accepted: it is never repeated by the client on its own.
_CONFIG = Config(connect_timeout=1, read_timeout=8, retries={"total_max_attempts": 1})

# Bodies are ASCII in short lines, encoded where they are not (RFC 2045), as SES wants them.
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_RawMessage.html
_SHORT_LINES = default.clone(cte_type="7bit", max_line_length=76)
# Python folds a subject that is a little too long for its line before its first word, and it would arrive with a space
# in front. A line may have 998 characters (RFC 5322), so it is not folded, but in other alphabets must be: encoded
# words have lines of 76 (RFC 2047).
_UNFOLDED = _SHORT_LINES.clone(max_line_length=998)


class SesMailer:
    """Sends as `business_name <sender>`."""

    def __init__(self, sender: str, business_name: str) -> None:
        self._address = parseaddr(sender)[1]
        self._sender = str(Address(business_name, addr_spec=self._address))
        # A mail that is sent and not recorded as sent goes out twice, so there must be time for that, too.
        self._client: SESV2Client = client("sesv2", _CONFIG, then=attempt_seconds(CONFIG))

    def send(self, letter: Letter) -> str:
        """SES's message id. MailRejected if SES will never take this letter, MailUnavailable for anything else."""
        message = mime(letter, self._sender)
        try:
            answer = self._client.send_email(
                # The bare address: a name in any alphabet is encoded in the message's own header.
                FromEmailAddress=self._address,
                Destination={"ToAddresses": [letter.to]},
                Content={"Raw": {"Data": message.as_bytes()}},
            )
        except ClientError as error:
            raise _translated(error) from error
        except BotoCoreError as error:
            raise MailUnavailable(type(error).__name__) from error
        return answer["MessageId"]


def mime(letter: Letter, sender: str) -> EmailMessage:
    """Text and HTML as alternatives. A line break in a header is a ValueError, so none can be smuggled in.

    Date and Message-ID are SES's to write: it replaces any that it is given.
    https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
    """
    message = EmailMessage(_SHORT_LINES)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    # Asks programs that answer on someone's behalf, such as while they are away, not to (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if letter.subject.isascii():
        message.policy = _UNFOLDED
    return message


def _translated(error: ClientError) -> Exception:
    """Is it this letter, or sending at all? Reasons carry SES's code and never an address.

    MessageRejected is both: an unverified sender or a sandbox, which someone will mend, and unacceptable content.
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
    """
    code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "").lower()
    if code == "BadRequestException" or (code == "MessageRejected" and "content" in text):
        return MailRejected(code)
    if code == "MessageRejected":
        return MailUnavailable(f"{code}: is the sender verified, and the account out of the SES sandbox?")
    return MailUnavailable(code)
