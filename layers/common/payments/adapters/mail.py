"""SES: a letter as a MIME message, and SES's refusals in our words."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from itertools import groupby
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from payments.adapters.aws import CONFIG, attempt_seconds, client
from payments.domain.addresses import in_ascii, usable
from payments.domain.mail import Letter, MailRejected, MailUnavailable
from payments.domain.texts import Unusable, line

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

# A send that was not answered may have been accepted: it is never repeated by the client on its own.
_CONFIG = Config(connect_timeout=1, read_timeout=8, retries={"total_max_attempts": 1})

# Bodies are ASCII in short lines, encoded where they are not (RFC 2045), as SES wants them.
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_RawMessage.html
_SHORT_LINES = default.clone(cte_type="7bit", max_line_length=76)
# A line may have 998 characters (RFC 5322), so a text in ASCII is not folded: where programs fold and unfold it, spaces
# come and go.
_LONGEST_LINE = 900
# An encoded word has at most 75 characters, and its line 76 with the header's name (RFC 2047).
_BYTES_IN_WORD = 39
# A word of a name that needs no quotes, and is no encoded word.
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+")
# Whatever has an @ in it, up to where an ARN or a list begins.
_ADDRESS = re.compile(r"[^\s/:,;<>()]*(?:@|%40)[^\s,;<>()]*")
_LONGEST_REASON = 400


class SesMailer:
    """Sends as `business_name <sender>`."""

    def __init__(self, sender: str, business_name: str) -> None:
        self._address = in_ascii(sender)
        self._name = business_name
        # A mail that is sent and not recorded as sent goes out twice, so there must be time for that, too.
        self._client: SESV2Client = client("sesv2", _CONFIG, then=attempt_seconds(CONFIG))

    def send(self, letter: Letter) -> str:
        """SES's message id. MailRejected if SES will never take this letter, MailUnavailable for anything else."""
        try:
            to = in_ascii(usable(letter.to))
        except Unusable as error:
            raise MailRejected("the address is none that can be sent to") from error
        try:
            answer = self._client.send_email(
                # The bare address: a name in any alphabet is encoded in the message's own header.
                FromEmailAddress=self._address,
                Destination={"ToAddresses": [to]},
                Content={"Raw": {"Data": mime(replace(letter, to=to), self._name, self._address)}},
            )
        except ClientError as error:
            raise self._translated(error, to) from error
        except BotoCoreError as error:
            raise MailUnavailable(type(error).__name__) from error
        return answer["MessageId"]

    def _translated(self, error: ClientError, to: str) -> Exception:
        """Is it this letter, or sending at all? SES's own words say why, without an address.

        MessageRejected is both: an unverified sender or a sandbox, which someone will mend, and unacceptable content.
        https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
        """
        code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        reason = f"{code}: {self._anonymous(text, to)}" if text else code
        if code == "BadRequestException" or (code == "MessageRejected" and "content" in text.lower()):
            return MailRejected(reason)
        return MailUnavailable(reason)

    def _anonymous(self, text: str, to: str) -> str:
        """SES's words with whose address it is in an address's place."""
        for address, whose in ((self._address, "(the sender)"), (to, "(the recipient)")):
            text = re.sub(re.escape(address), whose, text, flags=re.IGNORECASE)
        return _ADDRESS.sub("(an address)", line(text))[:_LONGEST_REASON]


def mime(letter: Letter, sender_name: str, sender: str) -> bytes:
    """Text and HTML as alternatives, between addresses in ASCII; a text in any script is read as it was written.

    Python's own headers decode what looks like an encoded word, though it be part of a name, and add spaces where they
    fold; so these are written here. Date and Message-ID are SES's to write: it replaces any that it is given.
    https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
    """
    body = EmailMessage(_SHORT_LINES)
    body.set_content(letter.text)
    body.add_alternative(letter.html, subtype="html")
    headers = (
        f"From: {_phrase(line(sender_name))} <{sender}>",
        f"To: {letter.to}",
        f"Subject: {_words(line(letter.subject))}",
        # Asks programs that answer on someone's behalf, such as while they are away, not to (RFC 3834).
        "Auto-Submitted: auto-generated",
    )
    return "".join(f"{header}\n" for header in headers).encode("ascii") + body.as_bytes()


def _words(text: str) -> str:
    """A header's text: as it is where it is ASCII and cannot be taken for encoded words, else in these."""
    return text if _is_plain(text) else _encoded(text)


def _phrase(name: str) -> str:
    """The name beside an address. Not all programs leave out the space between two encoded words of a name, so there
    are as few as can be: words that need no encoding stay as they are."""
    if _is_plain(name):
        quoted = re.sub(r'(["\\])', r"\\\1", name)
        return f'"{quoted}"'
    runs = groupby(name[:_LONGEST_LINE].split(" "), key=lambda word: bool(_ATOM.fullmatch(word)))
    return "\n ".join(" ".join(words) if plain else _encoded(" ".join(words)) for plain, words in runs) + "\n"


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text and len(text) <= _LONGEST_LINE


def _encoded(text: str) -> str:
    return "\n ".join(f"=?utf-8?b?{b64encode(part.encode()).decode()}?=" for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    """As much in each as one encoded word holds, whole characters only."""
    part = ""
    for each in text:
        if len((part + each).encode()) > _BYTES_IN_WORD:
            yield part
            part = ""
        part += each
    yield part
