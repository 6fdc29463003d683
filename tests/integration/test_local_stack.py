"""The local stack, with a small project of its own in the place of Quittance's."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from local.resources import client
from local.stack import Ports, Stack, StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
ANY_PORTS = Ports.free()
ELSEWHERE = "http://localhost:5173"

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  AllowedOrigins: {Type: CommaDelimitedList, Default: "http://localhost:8000"}
  MailFrom: {Type: String, Default: shop@example.com}
Globals:
  Function:
    Runtime: python3.13
    Handler: handler.handler
    Timeout: 2
    Layers: [!Ref Layer]
    Environment: {Variables: {TABLE_NAME: !Ref Table}}
Resources:
  Layer:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layer}
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration:
        AllowOrigins: !Ref AllowedOrigins
        AllowMethods: [GET, POST]
        AllowHeaders: [content-type]
  Probe:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: probe
      Environment: {Variables: {SECRET: !Ref Secret}}
      Events:
        Act: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: POST, Path: /act}}
        Show: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: "/things/{id}"}}
  Edited:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: edited
      Timeout: 10
      Events:
        Get: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /edited}}
  Hook:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: probe
      FunctionUrlConfig: {AuthType: NONE}
  Mailer:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: mailer
      Timeout: 10
      Environment: {Variables: {MAIL_FROM: !Ref MailFrom}}
      Events:
        Mail:
          Type: SQS
          Properties: {Queue: !GetAtt Queue.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}
  Clock:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: clock
      Events:
        Tick: {Type: Schedule, Properties: {Schedule: rate(5 minutes)}}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 5}
  DeadLetters: {Type: AWS::SQS::Queue}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: shop/secret, SecretString: open sesame}
"""

PROBE = """
import json, os, sys, time
import boto3
from greeting import GREETING

secrets = boto3.client("secretsmanager")


def handler(event, context):
    body = event.get("body") or "{}"
    action = json.loads(body).get("action") if not event["isBase64Encoded"] else None
    if action == "raise":
        raise RuntimeError("as asked")
    if action == "exit":
        os._exit(7)
    if action == "hang":
        time.sleep(60)
    if action == "nonsense":
        return {"statusCode": "many"}
    if action == "nap":
        time.sleep(1)
    answer = {"event": event, "pid": os.getpid(), "greeting": GREETING, "environment": dict(os.environ)}
    if action == "secret":
        answer["secret"] = secrets.get_secret_value(SecretId=os.environ["SECRET"])["SecretString"]
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "http://evil.example"}
    return {"statusCode": 201, "headers": headers, "cookies": ["a=1", "b=2"], "body": json.dumps(answer)}
"""

EDITED = """
import time


def handler(event, context):
    time.sleep(float((event.get("queryStringParameters") or {}).get("seconds", 0)))
    return "first"
"""

MAILER = """
import os
import boto3

ses = boto3.client("sesv2")
MAIL = "From: {}\\nTo: Ann <ann@example.com>\\nSubject: {}\\nContent-Type: text/html\\n\\n<b>Thank you</b>"


def handler(event, context):
    failed = []
    for record in event["Records"]:
        if record["body"] == "bad":
            failed.append({"itemIdentifier": record["messageId"]})
        else:
            sender = os.environ["MAIL_FROM"]
            content = {"Raw": {"Data": MAIL.format(sender, record["body"]).encode()}}
            to = {"ToAddresses": ["ann@example.com"]}
            ses.send_email(FromEmailAddress=sender, Destination=to, Content=content)
    return {"batchItemFailures": failed}
"""

CLOCK = """
import os
import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, context):
    table.put_item(Item={"pk": event["detail-type"]})
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """A request; header names are written with underscores."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=30)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body, {key.replace("_", "-"): value for key, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def act(stack: Stack, action: str) -> Answer:
    body = json.dumps({"action": action}).encode()
    return call(f"{stack.api_url}/act", "POST", body, Content_Type="application/json")


def eventually[T](look: Callable[[], T], seconds: float = 15) -> T:
    """What `look` gives as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.05)
    return found


def alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return state.stdout.strip() not in ("", "Z", "Zs")


def write_project(root: Path) -> Path:
    files = {
        "template.yaml": TEMPLATE,
        "layer/greeting.py": "GREETING = 'hello'\n",
        "probe/handler.py": PROBE,
        "edited/handler.py": EDITED,
        "mailer/handler.py": MAILER,
        "clock/handler.py": CLOCK,
        "frontend/index.html": "<h1>Shop</h1>",
        "frontend/config.js": 'export const API = "http://localhost:3000";',
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("a shöp of Ω"))


@pytest.fixture(scope="module")
def stack(project: Path) -> Iterator[Stack]:
    os.environ["UNRELATED_SETTING"] = "of the developer's machine"
    try:
        with Stack(
            project, ports=ANY_PORTS, schedule_seconds=0.5, stripe_double=False, origins=(ELSEWHERE,)
        ) as running:
            yield running
    finally:
        del os.environ["UNRELATED_SETTING"]


def test_a_request_reaches_the_handler_in_payload_format_2(stack: Stack) -> None:
    answer = call(f"{stack.api_url}/things/a%20b?x=1&x=2", Cookie="k=v; l=w", X_Trace="t", Accept="*/*")

    assert answer.status == 201
    assert answer.headers["content-type"] == "application/json"
    event = answer.json["event"]
    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /things/{id}"
    assert event["rawPath"] == "/things/a b"
    assert event["rawQueryString"] == "x=1&x=2"
    assert event["queryStringParameters"] == {"x": "1,2"}
    assert event["pathParameters"] == {"id": "a b"}
    assert event["cookies"] == ["k=v", "l=w"]
    assert event["headers"]["x-trace"] == "t"
    assert "cookie" not in event["headers"]
    assert event["requestContext"]["http"]["method"] == "GET"


def test_a_handler_sees_its_own_environment_and_nothing_of_ours(stack: Stack) -> None:
    environment = act(stack, "show").json["environment"]

    assert environment["TABLE_NAME"] == "quittance-local-Table"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "quittance-local-Probe"
    assert environment["AWS_REGION"] == "us-east-1"
    assert "UNRELATED_SETTING" not in environment
    assert "HOME" not in environment


def test_a_handler_finds_its_layer_and_its_secret(stack: Stack) -> None:
    answer = act(stack, "secret").json

    assert answer["greeting"] == "hello"
    assert answer["secret"] == "open sesame"


def test_cors_is_the_templates_and_not_the_handlers(stack: Stack) -> None:
    allowed = stack.site_url.replace("localhost", "127.0.0.1")
    preflight = call(f"{stack.api_url}/act", "OPTIONS", Origin=allowed, Access_Control_Request_Method="POST")
    foreign = call(
        f"{stack.api_url}/act", "OPTIONS", Origin="http://evil.example", Access_Control_Request_Method="POST"
    )

    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == allowed
    assert preflight.headers["access-control-allow-methods"] == "GET,POST"
    assert preflight.headers["access-control-allow-headers"] == "content-type"
    assert "access-control-allow-origin" not in foreign.headers
    allowed_origins = {each: each for each in (stack.site_url, ELSEWHERE)}
    for origin, expected in (*allowed_origins.items(), ("http://evil.example", None)):
        actual = call(f"{stack.api_url}/things/1", Origin=origin)
        assert actual.headers.get("access-control-allow-origin") == expected
    [told] = [line for line in (stack.logs / "api.log").read_text().splitlines() if "another origin" in line]
    assert told.endswith(f"ALLOWED_ORIGINS={ELSEWHERE},http://evil.example make run allows it.")


@pytest.mark.parametrize(("method", "path"), [("GET", "/other"), ("DELETE", "/act"), ("GET", "/things/")])
def test_what_is_no_route_is_not_found(stack: Stack, method: str, path: str) -> None:
    answer = call(f"{stack.api_url}{path}", method)

    assert answer.status == 404
    assert answer.json == {"message": "Not Found"}


@pytest.mark.parametrize("action", ["raise", "exit", "hang", "nonsense"])
def test_a_failing_handler_is_a_500_and_the_next_request_works(stack: Stack, action: str) -> None:
    failed = act(stack, action)

    assert failed.status == 500
    assert failed.json == {"message": "Internal Server Error"}
    assert act(stack, "show").status == 201


def test_a_time_out_is_logged_as_lambda_logs_it(stack: Stack) -> None:
    act(stack, "hang")

    assert "Task timed out after 2.00 seconds" in (stack.logs / "Probe.log").read_text()


def test_a_function_url_answers_502_for_a_failing_handler(stack: Stack) -> None:
    body = b'{"action": "raise"}'

    assert call(stack.webhook_url, "POST", body, Content_Type="application/json").status == 502


@pytest.mark.parametrize(
    ("content_type", "is_text"),
    [("application/json; charset=utf-8", True), ("text/plain", True), ("application/octet-stream", False)],
)
def test_a_body_is_passed_as_it_came(stack: Stack, content_type: str, is_text: bool) -> None:
    body = b'{"a":  "\xc3\xa9"}'

    event = call(stack.webhook_url, "POST", body, Content_Type=content_type).json["event"]

    assert event["isBase64Encoded"] is not is_text
    passed = event["body"].encode() if is_text else base64.b64decode(event["body"])
    assert passed == body


def test_events_run_beside_each_other(stack: Stack) -> None:
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(act(stack, "nap"))) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.status for answer in answers] == [201] * 4
    assert len({answer.json["pid"] for answer in answers}) > 1


def test_a_queue_keeps_what_failed_and_the_mailbox_shows_what_was_sent(stack: Stack) -> None:
    sqs = client("sqs", stack.aws_url)
    queue = stack.template.queues["Queue"].url
    call(f"{stack.mailbox_url}/messages", "DELETE")

    for body in ("Your order", "bad", "Your <b>bill</b>"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    eventually(lambda: len(call(f"{stack.mailbox_url}/messages").json) == 2)

    def left() -> tuple[str, str]:
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        return counts["ApproximateNumberOfMessages"], counts["ApproximateNumberOfMessagesNotVisible"]

    eventually(lambda: left() == ("0", "1"))
    mails = call(f"{stack.mailbox_url}/messages").json
    assert {mail["subject"] for mail in mails} == {"Your order", "Your <b>bill</b>"}
    assert mails[0]["to"] == ["ann@example.com"]
    assert mails[0]["html"].strip() == "<b>Thank you</b>"
    assert mails == sorted(mails, key=lambda mail: str(mail["sentAt"]))
    assert {mail["from"] for mail in mails} == {"shop@example.com"}


def test_a_schedule_runs(stack: Stack) -> None:
    dynamodb = client("dynamodb", stack.aws_url)
    table = stack.template.tables["Table"].name

    eventually(lambda: dynamodb.get_item(TableName=table, Key={"pk": {"S": "Scheduled Event"}}).get("Item"))


def test_the_site_names_the_actual_api_and_nothing_outside(stack: Stack) -> None:
    script = call(f"{stack.site_url}/config.js")

    assert call(stack.site_url).body == b"<h1>Shop</h1>"
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cache-control"] == "no-store"
    assert stack.api_url.encode() in script.body
    for path in ("/../template.yaml", "/%2e%2e/template.yaml", "//etc/passwd", "/missing.js"):
        assert call(f"{stack.site_url}{path}").status == 404


def test_a_change_of_code_restarts_the_function_but_not_in_the_middle_of_an_event(stack: Stack, project: Path) -> None:
    handler = project / "edited" / "handler.py"
    running: list[Answer] = []
    slow = threading.Thread(target=lambda: running.append(call(f"{stack.api_url}/edited?seconds=4")))
    slow.start()

    handler.write_text(EDITED.replace("first", "second"))
    eventually(lambda: call(f"{stack.api_url}/edited").body == b"second")
    assert slow.is_alive()
    slow.join()

    assert running[0].body == b"first"


def test_a_broken_handler_is_explained_and_recovers_when_it_is_mended(stack: Stack, project: Path) -> None:
    handler = project / "edited" / "handler.py"

    handler.write_text("import time\nimport nothing_of_this_name\n" + EDITED)
    reason = eventually(lambda: stack.broken.get("Edited"))
    answer = call(f"{stack.api_url}/edited")
    handler.write_text(EDITED.replace("first", "mended"))

    assert reason == (
        "Edited cannot start: edited/handler.py, line 2: ModuleNotFoundError: No module named 'nothing_of_this_name'."
    )
    assert reason in (stack.logs / "Edited.log").read_text()
    assert answer.status == 500
    eventually(lambda: call(f"{stack.api_url}/edited").body == b"mended")
    assert stack.broken == {}


def test_a_handler_that_ends_its_process_is_explained(stack: Stack, project: Path) -> None:
    handler = project / "edited" / "handler.py"

    handler.write_text(f"import os\nprint('No memory left.', flush=True)\nos._exit(3)\n{EDITED}")
    reason = eventually(lambda: stack.broken.get("Edited"))
    answer = call(f"{stack.api_url}/edited")
    handler.write_text(EDITED.replace("first", "mended"))

    assert reason is not None
    assert reason.startswith('Edited cannot start: its process ended with exit code 3, saying "No memory left.".')
    assert answer.status == 500
    eventually(lambda: call(f"{stack.api_url}/edited").body == b"mended")


def test_a_change_of_the_layer_restarts_its_functions(stack: Stack, project: Path) -> None:
    (project / "layer" / "greeting.py").write_text("GREETING = 'good day'\n")

    eventually(lambda: act(stack, "show").json["greeting"] == "good day")


def test_a_taken_port_is_a_sentence_and_leaves_nothing_behind(project: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StackError) as caught:
            Stack(project, ports=replace(ANY_PORTS, api=port), logs=tmp_path, stripe_double=False).__enter__()

    assert str(caught.value).startswith(f"Port {port} (API) is taken by another program. Stop it, or ")
    assert not list(tmp_path.iterdir())


@dataclass
class Program:
    process: subprocess.Popen[str]
    api_url: str

    def worker(self) -> int:
        return int(call(f"{self.api_url}/act", "POST", b"{}", Content_Type="application/json").json["pid"])


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """`python -m local`, as `make run` starts it."""
    ports = {f"{name}_PORT": "0" for name in ("SITE", "API", "WEBHOOK", "STRIPE", "MAILBOX", "CONSOLE")}
    process = subprocess.Popen(
        [sys.executable, "-m", "local", str(write_project(tmp_path)), "--without-stripe"],
        cwd=REPOSITORY,
        env={**os.environ, **ports},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        api = next(line.split()[-1] for line in process.stdout if line.strip().startswith("API "))
        yield Program(process, api)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.stdout.close()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_quietly(program: Program, number: signal.Signals) -> None:
    worker = program.worker()

    program.process.send_signal(number)
    output, _ = program.process.communicate(timeout=20)

    assert program.process.returncode == 0
    assert "Traceback" not in output
    assert not alive(worker)


def test_nothing_outlives_a_killed_stack(program: Program) -> None:
    worker = program.worker()

    program.process.kill()

    eventually(lambda: not alive(worker))


@pytest.mark.parametrize(
    ("preparation", "sentence"),
    [
        ("sys.version_info = (3, 12, 1)", "Quittance needs Python 3.13, this is 3.12."),
        ("sys.modules['yaml'] = None", "The package yaml is missing."),
    ],
)
def test_an_unfit_python_is_a_sentence(preparation: str, sentence: str) -> None:
    code = f"import runpy, sys; {preparation}; sys.argv = ['local']; runpy.run_module('local', run_name='__main__')"

    ended = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr.startswith(sentence)
    assert "Traceback" not in ended.stderr
