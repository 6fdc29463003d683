"""Hostile requests over HTTP, to the functions as the local stack runs them behind its gateway."""

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.resources import client
from local.stack import Ports, Stack
from tests.builders import a_charge, a_payment, an_event, as_json, signed
from tests.integration.contract import Contract
from tests.integration.system import AN_ORDER, ROOT
from tools.catalogue import read

SECONDS = float(os.environ.get("SEARCH_SECONDS", "0"))
CONTRACT = Contract()
# What the document cannot say: which orders the catalogue has, and which signature is Stripe's. And what is not ours
# to answer: the front ends of AWS say 404 to a method without a route, or pass every method on.
NOT_CHECKED = "positive_data_acceptance,unsupported_method,allow_header_conformance"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(ROOT, ports=Ports.free(), logs=tmp_path_factory.mktemp("logs"), schedule_seconds=3600) as stack:
        yield stack


def payments(stack: Stack) -> set[str]:
    """The ids of all payments in the table."""
    (table,) = stack.template.tables.values()
    pages = client("dynamodb", stack.aws_url).get_paginator("scan").paginate(TableName=table.name)
    return {
        item["id"]["S"] for page in pages for item in page["Items"] if item["sk"] == {"S": "PAYMENT"} and "id" in item
    }


def items(stack: Stack) -> int:
    (table,) = stack.template.tables.values()
    counted: int = client("dynamodb", stack.aws_url).scan(TableName=table.name, Select="COUNT")["Count"]
    return counted


def schemathesis(document: Path, url: str, report: Path, arguments: Sequence[str]) -> list[dict[str, Any]]:
    """Every answer of a run that found nothing wrong."""
    times = ["--max-time", str(int(SECONDS / 4))] if SECONDS else ["--generation-deterministic"]
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", url, *arguments, *times]
    command += ["--checks", "all", "--exclude-checks", NOT_CHECKED, "--max-examples", "25", "--no-color"]
    command += ["--warnings", "off", "--report", "har", "--report-har-path", str(report), "--output-sanitize", "false"]
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=report.parent)
    assert run.returncode == 0, run.stdout + run.stderr
    return [entry["response"] for entry in json.loads(report.read_text())["log"]["entries"]]


def access_token(stack: Stack) -> str:
    """An admin's, by which the routes of /me and /admin are tried behind their authorizer too."""
    asked = json.dumps({"email": "grace@example.com", "groups": ["admin"]}).encode()
    status, _, answer = send(stack.issuer_url, "/_control/tokens", [JSON], asked)
    assert status == 200
    return str(answer["access_token"])


def test_schemathesis_finds_nothing_wrong_with_the_api(stack: Stack, tmp_path: Path, figures: list[str]) -> None:
    document = CONTRACT.document
    # Of all texts these are the ones that lead further into the code.
    skus = [product.sku for product in read(ROOT / "catalogue.yaml").products]
    document["components"]["schemas"]["CheckoutBody"]["properties"]["serviceType"]["enum"] = skus
    known = tmp_path / "openapi.json"
    known.write_text(json.dumps(document))
    before = payments(stack)
    signed_in = ["--header", f"Authorization: Bearer {access_token(stack)}"]
    answers = schemathesis(known, stack.api_url, tmp_path / "api.har", ["--exclude-path", "/", *signed_in])
    created = [json.loads(each["content"]["text"]) for each in answers if each["status"] == 201]
    # What saves a card is created too, and is no payment.
    made = {each["paymentId"] for each in created if "paymentId" in each}
    assert made
    assert payments(stack) - before == made
    assert not [each for each in answers if "Traceback" in each["content"].get("text", "")]
    figures.append(f"Schemathesis: {len(answers)} requests to the API, {len(made)} of them orders that were taken.")


def test_schemathesis_finds_nothing_wrong_with_the_webhook(stack: Stack, tmp_path: Path, figures: list[str]) -> None:
    before = items(stack)
    document = ROOT / "docs" / "openapi.yaml"
    answers = schemathesis(
        document,
        stack.webhook_url.rstrip("/"),
        tmp_path / "hook.har",
        ["--include-path", "/", "--phases", "coverage,fuzzing"],
    )
    assert {each["status"] for each in answers} <= {400, 413}
    assert items(stack) == before
    figures.append(f"Schemathesis: {len(answers)} requests to the webhook, all of them refused.")


def send(
    url: str, path: str, headers: Sequence[tuple[str, str]], body: bytes, method: str = "POST"
) -> tuple[int, str, Any]:
    """Headers as they are given, repeated ones too."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
    connection.putrequest(method, path)
    for name, value in (*headers, ("content-length", str(len(body)))):
        connection.putheader(name, value.encode())
    connection.endheaders(body)
    answer = connection.getresponse()
    status, content_type, text = answer.status, answer.headers.get("content-type", ""), answer.read()
    connection.close()
    return status, content_type, json.loads(text)


ORDER = json.dumps(AN_ORDER).encode()
JSON = ("content-type", "application/json")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        pytest.param([("content-type", "text/plain")], ORDER, 415, id="text"),
        pytest.param([("content-type", "multipart/form-data; boundary=x")], b"--x--", 415, id="form"),
        pytest.param([("content-type", "application/json; charset=latin-1")], ORDER, 201, id="charset"),
        pytest.param([("content-type", "\x00")], ORDER, 415, id="null-byte-in-a-type"),
        pytest.param([JSON, ("idempotency-key", "a"), ("idempotency-key", "b")], ORDER, 201, id="key-twice"),
        pytest.param([JSON, ("idempotency-key", "clé")], ORDER, 400, id="key-beyond-ascii"),
        pytest.param([JSON, ("idempotency-key", "k" * 9000)], ORDER, 400, id="long-key"),
        pytest.param([JSON, ("origin", "https://evil.example")], ORDER, 201, id="another-origin"),
        pytest.param([JSON, ("cookie", "a=b; c")], ORDER, 201, id="cookies"),
        pytest.param([JSON], b"\xff\xfe{", 400, id="no-unicode"),
        pytest.param([JSON], b"\x00" * 100, 400, id="null-bytes"),
        pytest.param([JSON], b"[" * 20_000, 413, id="bomb"),
        pytest.param([JSON], b'{"amount":' + b"9" * 10_000 + b"}", 400, id="long-number"),
        pytest.param([JSON], b'{"name": "\\ud83d"}', 400, id="half-a-character"),
        pytest.param([JSON], ORDER[:-1] + b', "email": "eve"}', 422, id="email-twice"),
        pytest.param([JSON], b"x" * 5_000_000, 413, id="five-megabytes"),
    ],
)
@pytest.mark.parametrize(
    ("path", "operation"),
    [("/checkout-sessions", "createCheckoutSession"), ("/payment-intents", "createPaymentIntent")],
)
def test_a_hostile_order_is_answered_as_documented(
    stack: Stack, path: str, operation: str, headers: list[tuple[str, str]], body: bytes, status: int
) -> None:
    before = payments(stack)
    answered, content_type, told = send(stack.api_url, path, headers, body)
    CONTRACT.judge(operation, answered, content_type, told)
    assert answered == status
    assert payments(stack) - before == ({told["paymentId"]} if status == 201 else set())
    if status == 201:
        assert "evil" not in json.dumps(told)


@pytest.mark.parametrize(
    "path", ["..%2fPAYMENT", "%00", "%ff%fe", "x" * 5000, "pay_%0d%0aset-cookie:%20a=b", "%f0%9f%92%a9"]
)
def test_a_hostile_path_is_not_found(stack: Stack, path: str) -> None:
    asked = ("GET", "", "getPayment"), ("POST", "/refresh", "refreshPayment"), ("GET", "/invoice.pdf", "getInvoice")
    for method, rest, operation in asked:
        answered, content_type, told = send(stack.api_url, f"/payments/{path}{rest}", [], b"", method)
        CONTRACT.judge(operation, answered, content_type, told)
        assert answered == 404


@pytest.mark.parametrize("body", [b"", b"\xff\xfe{", b"[" * 20_000, b"x" * 1_000_000])
def test_what_a_refresh_sends_along_is_not_read(stack: Stack, body: bytes) -> None:
    payment_id = send(stack.api_url, "/checkout-sessions", [JSON], ORDER)[2]["paymentId"]
    headers = [("content-type", "\x00"), ("origin", "https://evil.example")]
    answered, content_type, told = send(stack.api_url, f"/payments/{payment_id}/refresh", headers, body)
    CONTRACT.judge("refreshPayment", answered, content_type, told)
    assert (answered, told["status"]) == (200, "pending")
    assert told["checkedAt"]


EVENT = as_json(an_event("charge.succeeded", a_charge(a_payment().id)))


@pytest.mark.parametrize(
    "signatures",
    [
        pytest.param([], id="none"),
        pytest.param([signed(EVENT, secret="whsec_forged")] * 2, id="forged-twice"),
        pytest.param(["t=1", "v1=" + "0" * 64], id="in-parts"),
        pytest.param(["t=1,v1=é"], id="beyond-ascii"),
        pytest.param(["t=" + "9" * 5000 + ",v1=00"], id="long-time"),
    ],
)
@pytest.mark.parametrize(
    "body", [EVENT.encode(), b"\xff" * 1000, b"x" * 1024 * 1024, b""], ids=["event", "bytes", "mebibyte", "empty"]
)
def test_a_forged_event_is_refused_without_a_write(stack: Stack, signatures: list[str], body: bytes) -> None:
    before = items(stack)
    headers = [JSON, *(("stripe-signature", each) for each in signatures)]
    answered, content_type, told = send(stack.webhook_url, "/", headers, body)
    CONTRACT.judge("hearStripe", answered, content_type, told)
    assert (answered, told["code"]) == (400, "invalid_signature")
    assert items(stack) == before


def test_no_function_failed_on_any_of_it(stack: Stack) -> None:
    """The last of this module: after all of the above no log has a failure of ours."""
    # Who has had nothing to say has no log.
    logs = {each.stem: each.read_text() for each in stack.logs.glob("*.log") if each.stem in stack.template.functions}
    assert {"CreateSession", "CreateIntent", "GetQuote", "AdminAct"} <= logs.keys()
    assert not [name for name, log in logs.items() if re.search(r"Traceback|\"level\": ?\"ERROR\"", log)]
