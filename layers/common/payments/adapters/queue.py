"""The mailer's SQS queue: a message names a payment and a notice, nothing else."""

import json
from collections.abc import Sequence
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from payments.adapters.aws import client
from payments.domain.errors import NewerRelease, PublishFailed
from payments.domain.notices import Notice, Posting

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_BATCH = 10  # as many as SQS takes in one call


class MailQueue:
    def __init__(self, url: str, sqs: "SQSClient | None" = None) -> None:
        self._url = url
        self._client: SQSClient = sqs or client("sqs")

    def publish(self, postings: Sequence[Posting]) -> None:
        """One call for each ten; PublishFailed if SQS did not take all."""
        for batch in batched(postings, _BATCH, strict=False):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(number), "MessageBody": message_of(posting), "DelaySeconds": posting.delay_seconds}
                for number, posting in enumerate(batch)
            ]
            try:
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                raise PublishFailed(f"SQS did not take {len(batch)} messages") from error
            failed = answer.get("Failed", [])
            if failed:
                codes = sorted({each["Code"] for each in failed})
                raise PublishFailed(f"SQS did not take {len(failed)} of {len(batch)} messages: {', '.join(codes)}")


def message_of(posting: Posting) -> str:
    return json.dumps({"paymentId": posting.payment_id, "notice": str(posting.notice)})


def posting_of(message: str) -> Posting:
    """The inverse of message_of; NewerRelease for a notice that this release does not know, ValueError or KeyError for
    a message that is not ours."""
    body = json.loads(message)
    payment_id, text = str(body["paymentId"]), str(body["notice"])
    try:
        return Posting(payment_id, Notice.parse(text))
    except ValueError as error:
        raise NewerRelease(f"a notice of {payment_id} is of a kind that this release does not know") from error
