"""Every five minutes: whatever is overdue."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.adapters.dynamodb import Table
from payments.adapters.queue import MailQueue
from payments.runtime.observability import logger_of
from payments.runtime.settings import setting
from payments.services.reconciliation import reconcile

logger = logger_of("reconcile")
table = Table(setting("TABLE_NAME"))
queue = MailQueue(setting("MAIL_QUEUE_URL"))


def handler(event: Mapping[str, Any], context: LambdaContext) -> None:
    published = reconcile(table, queue, datetime.now(UTC))
    if published is None:
        logger.info("another_run_is_under_way")
    else:
        logger.info("reconciled", extra={"notices_published": published})
