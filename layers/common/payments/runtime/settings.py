"""A function's environment variables, as template.yaml sets them."""

import os
from datetime import UTC, timedelta, tzinfo

from payments.domain.errors import NotConfigured


def setting(name: str) -> str:
    """NotConfigured if it is not set, which stops the function at its start and says what is missing."""
    value = os.environ.get(name, "")
    if not value:
        raise NotConfigured(f"The environment variable {name} is not set; template.yaml sets it.")
    return value


def setting_if_any(name: str) -> str:
    """Empty where there is none."""
    return os.environ.get(name, "")


def listed(name: str) -> list[str]:
    """Several values, separated by commas."""
    return [each.strip() for each in setting(name).split(",") if each.strip()]


def flag(name: str) -> bool:
    return setting(name).lower() == "true"


def number(name: str) -> int:
    return int(setting(name))


def seconds(name: str) -> timedelta:
    return timedelta(seconds=int(setting(name)))


def minutes(name: str) -> timedelta:
    return timedelta(minutes=int(setting(name)))


def days(name: str) -> timedelta:
    return timedelta(days=int(setting(name)))


def time_zone(name: str) -> tzinfo:
    """An IANA name such as Europe/Berlin; NotConfigured for one that there is not."""
    value = setting(name)
    if value == "UTC":
        return UTC
    # Only where there is another zone is its data read.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NotConfigured(
            f"{name} is {value!r}, and there is no such time zone; TimeZone takes an IANA name."
        ) from error
