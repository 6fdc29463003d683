"""What every invocation has, whatever its event: an end, and mail that may follow from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.adapters import deadline
from payments.domain.errors import PublishFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from payments.adapters.queue import MailQueue
    from payments.domain.notices import Posting

# Kept for what follows the last call: the answer and its log line.
ANSWERING_SECONDS = 1.0


def in_time(context: LambdaContext) -> AbstractContextManager[None]:
    """Meanwhile no call is begun that Lambda would cut off."""
    return deadline.within(context.get_remaining_time_in_millis() / 1000 - ANSWERING_SECONDS)


def publish(postings: Sequence[Posting], queue: MailQueue, logger: Logger) -> None:
    """Have the mailer told of notices; should the queue not take that, reconcile publishes them, for they are due."""
    try:
        queue.publish(postings)
    except PublishFailed:
        logger.warning("publish_failed", exc_info=True)
