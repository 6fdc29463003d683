"""The mailer: sends each notice in a batch of SQS messages, and gives back those it could not try."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.adapters.mail import SesMailer
from payments.adapters.queue import posting_of
from payments.domain.dashboard import dashboard_of
from payments.domain.errors import NewerRelease
from payments.runtime.composition import mail_queue_later, seller, table
from payments.runtime.invocation import in_time
from payments.runtime.observability import Measured, Metric, logger_of, metrics
from payments.runtime.settings import flag, setting, time_zone
from payments.services.issuing import Issuer
from payments.services.letters import Business
from payments.services.mailing import MailOutcome, deliver

logger = logger_of("send_email")
store = table()
business = Business(
    setting("BUSINESS_NAME"),
    setting("ADMIN_EMAIL"),
    setting("SITE_URL"),
    wants_copies=flag("ADMIN_COPY"),
    dashboard=dashboard_of(setting("STRIPE_API_BASE"), livemode=flag("STRIPE_LIVEMODE")),
    stage=setting("STAGE"),
    zone=time_zone("TIME_ZONE"),
    api=setting("API_URL"),
)
outbox = mail_queue_later()
issuer = Issuer(store, seller(), business.zone, lambda: datetime.now(UTC))
mailer = SesMailer(setting("MAIL_FROM"), business.name)

# For one mail: SES's time-outs, and as long again for the table. One that is cut off goes out twice.
MILLISECONDS_FOR_ONE = 18_000


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    with in_time(context):
        failed = [record["messageId"] for record in event["Records"] if not _is_done(record, context)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_done(record: Mapping[str, Any], context: LambdaContext) -> bool:
    """False for a message that SQS is to deliver again, and to put aside after too many times."""
    about: dict[str, object] = {"message_id": record["messageId"], "request_id": context.aws_request_id}
    if context.get_remaining_time_in_millis() < MILLISECONDS_FOR_ONE:
        logger.warning("no_time_left", extra=about)
        return False
    try:
        posting = posting_of(record["body"])
        about |= {"payment_id": posting.payment_id, "notice": str(posting.notice)}
        delivery = deliver(
            posting.payment_id,
            posting.notice,
            business=business,
            store=store,
            issuer=issuer,
            mailer=mailer,
            outbox=outbox,
            clock=lambda: datetime.now(UTC),
        )
    except NewerRelease:
        # Its notice stays due, for code that knows it.
        logger.info(MailOutcome.FOR_NEWER_CODE.value, extra=about)
        return True
    except Exception:
        # One bad message must not hold up the others; this is where any failure of one ends.
        logger.exception("failed", extra=about)
        return False
    measured: Measured = {}
    if delivery.waited is not None:
        measured = {Metric.MAIL_SENT: 1, Metric.STATUS_TO_MAIL: delivery.waited}
    elif delivery.outcome.needs_attention:
        measured = {Metric.MAIL_UNDELIVERABLE: 1}
    if delivery.reason:
        about["reason"] = delivery.reason
    log = logger.error if delivery.outcome.needs_attention else logger.info
    log(delivery.outcome.value, extra=about | metrics(measured))
    return True
