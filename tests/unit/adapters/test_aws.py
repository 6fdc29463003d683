"""AWS's clients against servers that are busy, keep silent, or are asked when it is too late."""

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.resources import CREDENTIALS
from payments.adapters import aws, secrets
from payments.adapters.aws import CONFIG, PAUSE_SECONDS, attempt_seconds, client
from payments.adapters.deadline import within
from payments.adapters.mail import SesMailer
from payments.adapters.queue import MailQueue
from payments.adapters.secrets import Secret
from payments.adapters.table.table import Table
from payments.domain.errors import PublishFailed, TryAgain
from payments.domain.mail import Letter, MailUnavailable
from payments.domain.notices import Notice, Posting

HASTY = Config(connect_timeout=0.3, read_timeout=0.3, retries={"mode": "standard", "total_max_attempts": 2})
# Enough for one attempt; for a pause and another it is not.
ENOUGH_FOR_ONE = attempt_seconds(CONFIG) + PAUSE_SECONDS - 0.1
LETTER = Letter("ada@example.com", "Subject", "Text", "<p>Text</p>")
POSTING = Posting("pay_1", Notice.parse("payment_confirmation"))
KEY = {"pk": {"S": "x"}, "sk": {"S": "x"}}


@dataclass
class Service:
    """An AWS that answers every call with the same, and counts them."""

    status: int = 200
    body: dict[str, object] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    calls: int = 0

    def refuses(self, code: str, status: int = 400, **headers: str) -> None:
        self.status, self.body = status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "No."}
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def aws_at(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Meanwhile clients that are made go there."""
    for name, value in {**CREDENTIALS, "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ENDPOINT_URL": url}.items():
        monkeypatch.setenv(name, value)
    aws.session.cache_clear()
    secrets._client.cache_clear()
    try:
        yield
    finally:
        aws.session.cache_clear()
        secrets._client.cache_clear()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    service = Service()

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            service.calls += 1
            self.rfile.read(int(self.headers["content-length"]))
            body = json.dumps(service.body).encode()
            self.send_response(service.status)
            self.send_header("content-length", str(len(body)))
            for name, value in service.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with aws_at(f"http://127.0.0.1:{server.server_port}", monkeypatch):
            yield service
        server.shutdown()
        thread.join()


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with aws_at(f"http://127.0.0.1:{port}", monkeypatch):
        yield


# Try again


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 400),
        ("ProvisionedThroughputExceededException", 400),
        ("RequestLimitExceeded", 400),
        ("TransactionInProgressException", 400),
        ("InternalServerError", 500),
        ("ServiceUnavailable", 503),
    ],
)
def test_a_table_that_is_busy_for_longer_than_a_pause_is_to_be_asked_again(
    code: str, status: int, service: Service
) -> None:
    service.refuses(code, status)
    with pytest.raises(TryAgain) as refused:
        client("dynamodb").get_item(TableName="t", Key=KEY)
    assert service.calls == 2
    assert refused.value.reference == f"dynamodb.GetItem {code}"


def test_a_write_that_kept_meeting_transactions_is_to_be_tried_again(service: Service) -> None:
    service.refuses("TransactionConflictException")
    with pytest.raises(TryAgain):
        Table("t").give_back_lease("x")
    assert service.calls == 7


@pytest.mark.parametrize(
    "code",
    [
        "ConditionalCheckFailedException",
        "TransactionCanceledException",
        "ValidationException",
        "ResourceNotFoundException",
        "AccessDeniedException",
    ],
)
def test_what_no_repetition_mends_is_raised_as_it_is(code: str, service: Service) -> None:
    service.refuses(code)
    with pytest.raises(ClientError) as refused:
        client("dynamodb").get_item(TableName="t", Key=KEY)
    assert refused.value.response["Error"]["Code"] == code
    assert service.calls == 1


def test_a_table_that_does_not_answer_is_to_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        aws_at(f"http://127.0.0.1:{silent.getsockname()[1]}", monkeypatch),
        pytest.raises(TryAgain) as waited,
    ):
        client("dynamodb", HASTY).get_item(TableName="t", Key=KEY)
    assert waited.value.reference == "dynamodb.GetItem ReadTimeoutError"


@pytest.mark.usefixtures("nobody")
def test_nobody_there_is_to_be_asked_again_or_said_in_the_adapters_own_words() -> None:
    with pytest.raises(TryAgain):
        Table("t").payment("pay_1")
    with pytest.raises(TryAgain):
        Secret("s").value()
    with pytest.raises(PublishFailed):
        MailQueue(os.environ["AWS_ENDPOINT_URL"]).publish([POSTING])
    with pytest.raises(MailUnavailable, match="EndpointConnectionError"):
        SesMailer("pay@shop.example", "Shop").send(LETTER)


# No time left


def test_a_call_that_would_be_cut_off_is_not_begun(service: Service) -> None:
    table, secret = Table("t"), Secret("s")
    mailer, queue = SesMailer("pay@shop.example", "Shop"), MailQueue(os.environ["AWS_ENDPOINT_URL"])
    with within(attempt_seconds(CONFIG) - 0.1):
        with pytest.raises(TryAgain) as late:
            table.payment("pay_1")
        with pytest.raises(TryAgain):
            secret.value()
        with pytest.raises(PublishFailed):
            queue.publish([POSTING])
        with pytest.raises(MailUnavailable, match="NoTimeLeft"):
            mailer.send(LETTER)
    assert late.value.reference == "dynamodb.GetItem NoTimeLeft"
    assert service.calls == 0


def test_a_call_for_which_there_is_time_is_made(service: Service) -> None:
    table = Table("t")
    with within(ENOUGH_FOR_ONE):
        assert table.payment("pay_1") is None
    assert service.calls == 1


def test_a_mail_is_sent_only_if_there_is_time_to_record_it(service: Service) -> None:
    service.body = {"MessageId": "message-1"}
    mailer = SesMailer("pay@shop.example", "Shop")
    ses = attempt_seconds(mailer._client.meta.config)
    with within(ses + attempt_seconds(CONFIG) - 0.1), pytest.raises(MailUnavailable, match="NoTimeLeft"):
        mailer.send(LETTER)
    assert service.calls == 0
    with within(ses + attempt_seconds(CONFIG) + 2):
        assert mailer.send(LETTER) == "message-1"


@pytest.mark.parametrize("code", ["ThrottlingException", "TransactionConflictException"])
def test_a_repetition_that_would_be_cut_off_is_not_begun(code: str, service: Service) -> None:
    service.refuses(code)
    table = Table("t")
    with within(ENOUGH_FOR_ONE), pytest.raises(TryAgain) as refused:
        table.give_back_lease("x")
    assert service.calls == 1
    assert refused.value.reference == f"dynamodb.DeleteItem {code}"


def test_a_longer_pause_that_the_service_asks_for_is_reckoned_with(service: Service) -> None:
    service.refuses("ThrottlingException", x_amz_retry_after="5000")
    table = Table("t")
    with within(attempt_seconds(CONFIG) + 5), pytest.raises(TryAgain) as refused:
        table.payment("pay_1")
    assert refused.value.reference == "dynamodb.GetItem ThrottlingException"


def test_a_secret_that_was_read_outlives_a_busy_service(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(secrets, "time", type("Clock", (), {"monotonic": lambda: now[0]}))
    service.body = {"SecretString": "whsec_1"}
    secret = Secret("s")
    assert secret.value() == "whsec_1"
    service.refuses("ThrottlingException")
    now[0] += secrets.CACHED_SECONDS + 1
    assert secret.value() == "whsec_1"
    assert service.calls > 1


# What botocore asks its list of endpoints for


def addressed(session: Any, service: str, region: str) -> tuple[str, ...]:
    """Where a call of a service goes, and how it is signed."""
    sent: list[Any] = []
    made = session.create_client(service, region_name=region, aws_access_key_id="key", aws_secret_access_key="secret")
    made.meta.events.register_first(f"before-send.{made.meta.service_model.service_id.hyphenize()}", stop(sent))
    operation, arguments = _CALLS[service]
    with suppress(_Stopped):
        getattr(made, operation)(**arguments)
    (request,) = sent
    signed = str(request.headers["Authorization"]).partition("Credential=key/")[2].partition(",")[0]
    return request.url, signed


class _Stopped(Exception):
    pass


def stop(sent: list[Any]) -> Callable[..., None]:
    def note(request: Any, **_: object) -> None:
        sent.append(request)
        raise _Stopped

    return note


_CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("get_item", {"TableName": "table", "Key": KEY}),
    "sqs": ("send_message", {"QueueUrl": "https://queue.example/1/mails", "MessageBody": "{}"}),
    "sesv2": ("get_account", {}),
    "secretsmanager": ("get_secret_value", {"SecretId": "secret"}),
}


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session that nobody has used, and nothing local in the environment."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    aws.session.cache_clear()
    yield
    aws.session.cache_clear()


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize("service", _CALLS)
def test_with_our_short_list_of_endpoints_calls_go_where_they_went(service: str) -> None:
    """In every region that botocore knows, and in one of tomorrow."""
    whole = botocore.session.get_session()
    regions = {
        region
        for partition in ("aws", "aws-cn", "aws-us-gov")
        for region in whole.get_available_regions("dynamodb", partition, allow_non_regional=False)
    }
    assert len(regions) > 30
    for region in sorted({*regions, "eu-central-9"}):
        assert addressed(aws.session(), service, region) == addressed(whole, service, region)


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize("kind", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
def test_a_deployment_that_asks_for_other_endpoints_gets_them(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kind, "true")
    whole = botocore.session.get_session()
    for service in ("sqs", "secretsmanager"):
        assert addressed(aws.session(), service, "us-east-1") == addressed(whole, service, "us-east-1")
