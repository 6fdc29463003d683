"""Secrets Manager, by name; cached for minutes so that a rotation needs no deployment; never logged."""

import json
import time
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from payments.adapters.aws import client
from payments.domain.errors import NotConfigured, TryAgain

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

CACHED_SECONDS = 300
PLACEHOLDER = "replace-me"


@cache
def _client() -> "SecretsManagerClient":
    made: SecretsManagerClient = client("secretsmanager")
    return made


class Secret:
    """One secret: a text, or a JSON list of texts while a rotation lets two be valid."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._values: tuple[str, ...] = ()
        self._read_at = float("-inf")

    def value(self) -> str:
        """The first of the values."""
        return self.values()[0]

    def values(self) -> tuple[str, ...]:
        """Every valid value, at least one; NotConfigured if there is none but the placeholder, TryAgain if it cannot be
        asked for now."""
        if time.monotonic() - self._read_at > CACHED_SECONDS:
            try:
                self._values = self._read()
            except (BotoCoreError, ClientError, TryAgain):
                # A secret that was good for minutes is better than none.
                if not self._values:
                    raise
            self._read_at = time.monotonic()
        return self._values

    def _read(self) -> tuple[str, ...]:
        try:
            text = _client().get_secret_value(SecretId=self._name).get("SecretString", "")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            raise NotConfigured(f"There is no secret {self._name}.") from error
        values = listed(text)
        if not values:
            raise NotConfigured(
                f"The secret {self._name} is empty, still the placeholder, or neither a text nor a list of texts; "
                "make stripe fills it (docs/deploying.md)."
            )
        return values


def listed(text: str) -> tuple[str, ...]:
    """The values that a secret's text holds; none if it is empty, the placeholder, or neither a text nor a list."""
    return tuple(each.strip() for each in _texts(text) if each.strip() not in ("", PLACEHOLDER))


def _texts(text: str) -> list[str]:
    if text.lstrip().startswith("{"):
        return []  # Key and value, as the console offers to store: not what Stripe gave.
    if not text.lstrip().startswith("["):
        return [text]
    try:
        return [str(each) for each in json.loads(text)]
    except ValueError:
        return []
