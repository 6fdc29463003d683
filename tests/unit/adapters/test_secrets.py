"""Secrets are cached, survive an outage, and a placeholder is none."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from payments.adapters import secrets
from payments.adapters.secrets import CACHED_SECONDS, Secret
from payments.domain.errors import NotConfigured


class Vault:
    """Secrets Manager with one secret."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.error: str | None = None

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        if self.error:
            raise ClientError({"Error": {"Code": self.error, "Message": ""}}, "GetSecretValue")
        return {"SecretString": self.text}


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Vault:
    vault = Vault("whsec_1")
    monkeypatch.setattr(secrets, "_client", lambda: vault)
    return vault


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("payments.adapters.secrets.time.monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("text", "values"),
    [("whsec_1", ("whsec_1",)), (" whsec_1\n", ("whsec_1",)), ('["whsec_1", "whsec_2"]', ("whsec_1", "whsec_2"))],
)
def test_a_secret_is_one_text_or_a_list_of_them(vault: Vault, text: str, values: tuple[str, ...]) -> None:
    vault.text = text
    assert Secret("s").values() == values


@pytest.mark.parametrize("text", ["", "  ", "replace-me", "[]", '["replace-me"]', "[not json"])
def test_what_is_empty_or_the_placeholder_is_not_configured(vault: Vault, text: str) -> None:
    vault.text = text
    with pytest.raises(NotConfigured, match="make stripe"):
        Secret("s").values()


def test_a_rotation_is_seen_after_the_cache_ran_out(vault: Vault, clock: list[float]) -> None:
    secret = Secret("s")
    assert secret.value() == "whsec_1"
    vault.text = "whsec_2"
    assert secret.value() == "whsec_1"
    clock[0] += CACHED_SECONDS + 1
    assert secret.value() == "whsec_2"


def test_an_outage_leaves_the_last_good_value(vault: Vault, clock: list[float]) -> None:
    secret = Secret("s")
    secret.value()
    vault.error = "InternalServiceError"
    clock[0] += CACHED_SECONDS + 1
    assert secret.value() == "whsec_1"
    with pytest.raises(ClientError):
        Secret("s").value()
