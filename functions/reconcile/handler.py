"""Every five minutes: whatever is overdue."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.runtime.composition import mail_queue, seller, stripe_api, table
from payments.runtime.invocation import in_time
from payments.runtime.observability import Measured, Metric, about, logger_of, metrics
from payments.runtime.settings import days, seconds, time_zone
from payments.services.issuing import Issuer
from payments.services.reconciliation import Reconciler

logger = logger_of("reconcile")
store = table()
reconciler = Reconciler(
    store=store,
    stripe=stripe_api(),
    outbox=mail_queue(),
    issuer=Issuer(store, seller(), time_zone("TIME_ZONE"), lambda: datetime.now(UTC)),
    failure_delay=seconds("FAILURE_NOTICE_DELAY_SECONDS"),
    keep_unpaid=days("KEEP_UNPAID_DAYS"),
    clock=lambda: datetime.now(UTC),
    report=lambda what, error: logger.error("failed", extra=about(error) | what, exc_info=error),
)


def handler(event: Mapping[str, Any], context: LambdaContext) -> None:
    logger.thread_safe_append_keys(request_id=context.aws_request_id)
    with in_time(context):
        summary = reconciler.run()
    if summary is None:
        logger.info("another_run_is_under_way")
        return
    measured: Measured = {Metric.of(status): n for status, n in summary.reached.items()}
    if summary.failed:
        measured[Metric.RECONCILE_FAILED] = len(summary.failed)
    if summary.missed:
        measured[Metric.WEBHOOK_MISSED] = len(summary.missed)
    logger.info("reconciled", extra=asdict(summary) | metrics(measured))
