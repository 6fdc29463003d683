"""What invokes functions without a request: queues and schedules."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.background import Background
from local.news import Weight
from local.template import ACCOUNT_ID, REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef

    from local.processes import Logs
    from local.runtime_api import Result
    from local.template import Queue, QueueEvent

    # Takes an event for the one function of the trigger.
    InvokeFunction = Callable[[bytes], Future[Result]]

# Short polls: a long one would keep the local AWS's one lock.
_POLL_SECONDS = 0.5


class QueueTrigger(Background):
    """Lambda's poller of an SQS queue: takes batches to a function and deletes what it processed.

    Once stopped it takes no more; what is in hand returns to the queue when its visibility ends.
    """

    def __init__(self, event: QueueEvent, queue: Queue, sqs: SQSClient, invoke: InvokeFunction, logs: Logs) -> None:
        super().__init__()
        self._event = event
        self._queue = queue
        self._sqs = sqs
        self._invoke = invoke
        self._logs = logs
        self._slots = threading.Semaphore(event.maximum_concurrency)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._slots.acquire(timeout=_POLL_SECONDS):
                continue
            messages = self._receive()
            if messages:
                threading.Thread(target=self._process, args=(messages,), daemon=True).start()
            else:
                self._slots.release()
                self._stopping.wait(_POLL_SECONDS)

    def _receive(self) -> Sequence[MessageTypeDef]:
        try:
            answer = self._sqs.receive_message(
                QueueUrl=self._queue.url,
                MaxNumberOfMessages=min(self._event.batch_size, 10),
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError) as error:
            if not self._stopping.is_set():
                self._logs.write("stack", f"The queue {self._queue.name} cannot be read: {error}", Weight.ERROR)
            return []
        return answer.get("Messages", [])

    def _process(self, messages: Sequence[MessageTypeDef]) -> None:
        try:
            records = [_record(message, self._queue.arn) for message in messages]
            result = self._invoke(json.dumps({"Records": records}).encode()).result()
            done = set() if result.failed else {message["MessageId"] for message in messages}
            if not result.failed and self._event.reports_item_failures:
                done -= failed_items(result, done)
            for message in messages:
                if message["MessageId"] in done and not self._stopping.is_set():
                    self._sqs.delete_message(QueueUrl=self._queue.url, ReceiptHandle=message["ReceiptHandle"])
        except (BotoCoreError, ClientError) as error:
            self._logs.write("stack", f"A message of {self._queue.name} cannot be deleted: {error}", Weight.ERROR)
        finally:
            self._slots.release()


def failed_items(result: Result, all_ids: set[str]) -> set[str]:
    """The failed messages' ids. As Lambda has it, an answer that makes no sense fails the whole batch."""
    answer = result.value
    if not answer:
        return set()
    try:
        failed = {item["itemIdentifier"] for item in answer.get("batchItemFailures") or ()}
    except (AttributeError, KeyError, TypeError):
        return all_ids
    return failed if failed <= all_ids else all_ids


def _record(message: MessageTypeDef, queue_arn: str) -> dict[str, Any]:
    attributes: dict[str, dict[str, Any]] = {
        name: {
            "dataType": value["DataType"],
            "stringValue": value.get("StringValue"),
            "stringListValues": [],
            "binaryListValues": [],
        }
        for name, value in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }


class ScheduleTrigger(Background):
    """Invokes a function again and again, `seconds` after it has finished."""

    def __init__(self, seconds: float, invoke: InvokeFunction) -> None:
        super().__init__()
        self._seconds = seconds
        self._invoke = invoke

    def join(self) -> None:
        """The thread may wait for its function, which is ended elsewhere: nothing to wait for."""

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            self._invoke(json.dumps(_schedule_event()).encode()).result()


def _schedule_event() -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT_ID,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [],
        "detail": {},
    }
