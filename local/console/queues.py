"""What waits in the queues, and what went out by mail."""

from __future__ import annotations

import http.client
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from local.mailbox import message_of
from local.resources import client

if TYPE_CHECKING:
    from local.template import Template

MOST_MAILS = 100
_DEPTHS = {
    "visible": "ApproximateNumberOfMessages",
    "inFlight": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}
_PAYMENT_ID = re.compile(r"\bpay_[0-9A-Z]{26}\b")


class Queues:
    """The template's queues in the local AWS."""

    def __init__(self, template: Template, aws: str) -> None:
        self._queues = template.queues
        self._fed = {event.queue_arn for each in template.functions.values() for event in each.queue_events}
        self._sqs = client("sqs", aws)

    def depths(self) -> list[dict[str, Any]]:
        """How many messages wait in each queue, are being processed, or are delayed.

        What feeds no function is for dead letters: a person must look.
        """
        shown = []
        for id_, queue in self._queues.items():
            names: Any = list(_DEPTHS.values())
            answer = self._sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=names)
            numbers: dict[Any, str] = dict(answer.get("Attributes", {}))
            depths = {depth: int(numbers.get(name, 0)) for depth, name in _DEPTHS.items()}
            shown.append({"name": id_, "deadLetters": queue.arn not in self._fed, **depths})
        return shown


class Mails:
    """What the local AWS at `aws` was given to send."""

    def __init__(self, aws: str) -> None:
        self._aws = urlsplit(aws).netloc

    def latest(self) -> list[dict[str, Any]]:
        """The latest mails, the newest first, each with the id of the payment that it names."""
        mails = json.loads(self._call("GET"))[-MOST_MAILS:]
        return [_shown(each["raw"], tuple(each["to"]), each["sentAt"]) for each in reversed(mails)]

    def clear(self) -> None:
        self._call("DELETE")

    def _call(self, method: str) -> bytes:
        connection = http.client.HTTPConnection(self._aws, timeout=10)
        try:
            connection.request(method, "/_local/mails")
            return connection.getresponse().read()
        finally:
            connection.close()


# A mail never changes, and is asked for each second.
@lru_cache(maxsize=2 * MOST_MAILS)
def _shown(raw: str, to: tuple[str, ...], sent_at: str) -> dict[str, Any]:
    message = message_of({"raw": raw, "to": to, "sentAt": sent_at})
    named = _PAYMENT_ID.search(message["text"])
    return {
        "to": message["to"],
        "subject": message["subject"],
        "sentAt": sent_at,
        "payment": named.group() if named else None,
    }
