"""Structured logs that carry ids and never people, and counts in CloudWatch's embedded metric format."""

import os

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from payments.domain.errors import PaymentsError

# One namespace a deployment, so that staging rings no alarm of production.
NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Quittance")


def logger_of(function: str) -> Logger:
    """One JSON object a line; the level is POWERTOOLS_LOG_LEVEL."""
    return Logger(service=function)


def about(error: Exception) -> dict[str, object]:
    """What a log line says of an error beside its stack: its code, and what to look it up by at Stripe."""
    if not isinstance(error, PaymentsError):
        return {}
    return {"code": error.code, "reference": error.reference}


def count(metric: str) -> None:
    """One more of something that is watched, such as `webhook_foreign`."""
    with single_metric(name=metric, unit=MetricUnit.Count, value=1, namespace=NAMESPACE):
        pass
