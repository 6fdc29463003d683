"""Structured logs that carry ids and never people, and the metrics that ride on them.

A metric costs no line of its own: it is embedded in the log line that tells of the same thing, in CloudWatch's format.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import os
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from payments.domain.errors import PaymentsError

if TYPE_CHECKING:
    from payments.domain.payment import Status

# One namespace a deployment, so that staging rings no alarm of production.
NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Quittance")


class Metric(StrEnum):
    """Everything that is counted or timed. A payment's status is counted when it is reached."""

    PAYMENT_CREATED = "payment_created"
    PAYMENT_PENDING = "payment_pending"
    PAYMENT_PROCESSING = "payment_processing"
    PAYMENT_SUCCEEDED = "payment_succeeded"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_EXPIRED = "payment_expired"
    PAYMENT_CANCELED = "payment_canceled"
    PAYMENT_REFUNDED = "payment_refunded"
    PAYMENT_PARTIALLY_REFUNDED = "payment_partially_refunded"
    PAYMENT_IN_REVIEW = "payment_in_review"
    # Events that taught nothing new: repeated ones, and the second of two for one change.
    WEBHOOK_DUPLICATE = "webhook_duplicate"
    WEBHOOK_FOREIGN = "webhook_foreign"
    WEBHOOK_FORGED = "webhook_forged"
    WEBHOOK_MISCONFIGURED = "webhook_misconfigured"
    WEBHOOK_CONFLICT = "webhook_conflict"
    # Payments of which no webhook told us: of how a payment ended, of a refund, a dispute or a warning.
    WEBHOOK_MISSED = "webhook_missed"
    # Orders that were turned away because their client asks too often.
    CLIENT_LIMITED = "client_limited"
    MAIL_SENT = "mail_sent"
    MAIL_UNDELIVERABLE = "mail_undeliverable"
    RECONCILE_FAILED = "reconcile_failed"
    # In seconds: from Stripe's event to the status it led to, and from a mail's being due to its being sent.
    EVENT_TO_STATUS = "event_to_status"
    STATUS_TO_MAIL = "status_to_mail"

    @classmethod
    def of(cls, status: Status) -> Metric:
        return cls(f"payment_{status}")


type Measured = dict[Metric, float | timedelta]


def logger_of(function: str) -> Logger:
    """One JSON object a line; the level is POWERTOOLS_LOG_LEVEL. Of other times than RFC 3339, Lambda takes its own."""
    return Logger(service=function, use_rfc3339=True)


def about(error: Exception) -> dict[str, object]:
    """What a log line says of an error beside its stack: its code, and what to look it up by, here and at Stripe."""
    found: dict[str, object] = {}
    if isinstance(error, PaymentsError):
        found["code"] = error.code
        if error.reference:
            found["reference"] = error.reference
    if payment_id := getattr(error, "payment_id", None):
        found["payment_id"] = payment_id
    return found


def metrics(measured: Measured) -> dict[str, object]:
    """What makes a log line carry metrics; none at all is no burden."""
    if not measured:
        return {}
    embedded = AmazonCloudWatchEMFProvider(namespace=NAMESPACE)
    for metric, value in measured.items():
        if isinstance(value, timedelta):
            embedded.add_metric(metric.value, MetricUnit.Seconds, value.total_seconds())
        else:
            embedded.add_metric(metric.value, MetricUnit.Count, value)
    return dict(embedded.serialize_metric_set())
