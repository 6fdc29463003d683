"""An AWS on this machine: MiniStack, with signatures checked, IAM enforced and TLS, on 127.0.0.1 alone."""

from __future__ import annotations

import json
import os
import secrets
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from tests.rehearsal.certificate import write_certificate

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
REGION = "us-east-1"
PYTHON = ROOT / ".venv-rehearsal" / "bin" / "python"
START_SECONDS = 120


class Emulator:
    """Runs from its making until `close`; its files are in `folder`.

    `environment` is what a deployer of the account has: credentials of a user who may do everything, and where AWS is.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        write_certificate(folder)
        self.folder = folder
        self.log = folder / "emulator.log"
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.certificate = folder / "ca.crt"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self._process = self._start()
        self._await_health()
        self.environment = self._deployer()

    def client(self, service: str) -> Any:
        """A client with the deployer's credentials."""
        return _client(service, self.environment)

    def client_with(self, service: str, allowed: Mapping[str, Any]) -> Any:
        """A client of a new user who may do what a statement allows: its Action, Resource and Condition."""
        iam, name = self._iam(), f"probe-{secrets.token_hex(4)}"
        iam.create_user(UserName=name)
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **allowed}]}
        iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=json.dumps(policy))
        return _client(service, self._root() | self._key_of(name))

    def mails(self) -> list[dict[str, Any]]:
        """Every mail that was sent, the oldest first: To, Subject, BodyText."""
        sent = self.asks("/_ministack/ses/messages")["messages"]
        return [mail for account in sent.values() for mail in account]

    def asks(self, path: str) -> Any:
        """The JSON that the emulator itself has at a path of its own."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        with urllib.request.urlopen(self.url + path, context=context, timeout=60) as answer:  # noqa: S310 - its own
            return json.load(answer)

    def close(self) -> None:
        """Ends it; the functions that run in it end when nobody speaks to them any more."""
        self._process.kill()
        self._process.wait()

    def _root(self) -> dict[str, str]:
        """The account's root user has the key that the emulator was started with."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_CA_BUNDLE": str(self.certificate),
            "SSL_CERT_FILE": str(self.certificate),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def _start(self) -> subprocess.Popen[bytes]:
        settings = {
            "PATH": os.environ["PATH"],
            "LANG": "en_US.UTF-8",
            "HOME": str(self.temporary),
            "TMPDIR": str(self.temporary),
            "AUTH": "true",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(self.folder / "server.crt"),
            "MINISTACK_SSL_KEY": str(self.folder / "server.key"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CA_BUNDLE": str(self.certificate),
            "SSL_CERT_FILE": str(self.certificate),
        }
        # Its own command would take port 443 as well.
        served = [
            str(PYTHON),
            "-P",
            str(ROOT / "tests" / "rehearsal" / "served.py"),
            "ministack.app:app",
            "--workers",
            "0",
        ]
        bound = ["--config", "python:ministack.core.hypercorn_conf", "--bind", f"127.0.0.1:{self.port}"]
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [*served, *bound],
                cwd=self.temporary,
                env=settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _await_health(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with suppress(urllib.error.URLError, OSError):
                self.asks("/_ministack/health")
                return
            assert self._process.poll() is None, self.log.read_text()[-4000:]
            assert time.monotonic() < deadline, self.log.read_text()[-4000:]
            time.sleep(0.1)

    def _deployer(self) -> dict[str, str]:
        iam = self._iam()
        iam.create_user(UserName="deployer")
        iam.attach_user_policy(UserName="deployer", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        return self._root() | self._key_of("deployer")

    def _iam(self) -> Any:
        return _client("iam", self._root())

    def _key_of(self, user: str) -> dict[str, str]:
        key = self._iam().create_access_key(UserName=user)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _client(service: str, environment: Mapping[str, str]) -> Any:
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    made: Any = session.client(
        service,  # type: ignore[call-overload]
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        verify=environment["AWS_CA_BUNDLE"],
    )
    return made
