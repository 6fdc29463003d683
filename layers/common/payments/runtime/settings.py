"""A function's environment variables, as template.yaml sets them."""

import os
from datetime import timedelta

from payments.domain.errors import NotConfigured


def setting(name: str) -> str:
    """NotConfigured if it is not set, which stops the function at its start and says what is missing."""
    value = os.environ.get(name, "")
    if not value:
        raise NotConfigured(f"The environment variable {name} is not set; template.yaml sets it.")
    return value


def listed(name: str) -> list[str]:
    """Several values, separated by commas."""
    return [each.strip() for each in setting(name).split(",") if each.strip()]


def flag(name: str) -> bool:
    return setting(name).lower() == "true"


def seconds(name: str) -> timedelta:
    return timedelta(seconds=int(setting(name)))


def minutes(name: str) -> timedelta:
    return timedelta(minutes=int(setting(name)))
