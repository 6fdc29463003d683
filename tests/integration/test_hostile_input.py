"""What bad input gets: a clear answer, one log line, and no write."""
# ruff: noqa: RUF001 - scripts of the world

import io
import json
import time
from base64 import b64encode
from typing import Any

import pytest

from local.resources import client
from payments.adapters.secrets import Secret
from tests.builders import SECRET, a_charge, a_payment, a_session, an_event, as_json, signed
from tests.integration.system import AN_ORDER, System

PAID = an_event("charge.succeeded", a_charge(a_payment().id))


def refusal(field: str, **changes: Any) -> Any:
    order = {name: value for name, value in (AN_ORDER | changes).items() if value is not ...}
    return pytest.param(order, field, id=f"{field}-{len(json.dumps(order))}")


@pytest.mark.parametrize(
    ("order", "field"),
    [
        refusal("name", name=...),
        refusal("name", name=""),
        refusal("name", name="   "),
        refusal("name", name="x" * 201),
        refusal("name", name="Ada\r\nBcc: eve@example.com"),
        refusal("name", name="\u202eadA"),
        refusal("name", name="\u3000\u200b"),
        refusal("name", name=7),
        refusal("email", email=...),
        refusal("email", email="ada"),
        refusal("email", email="ada@"),
        refusal("email", email="a@b@example.com"),
        refusal("email", email="ada@example.com\nBcc: eve@example.com"),
        refusal("email", email="Ada <ada@example.com>"),
        refusal("email", email="j\u00f6rg@example.com"),
        refusal("email", email="=?utf-8?q?victim=40other=2Eexample=2C?=@example.com"),
        refusal("serviceType", serviceType=...),
        refusal("serviceType", serviceType="nothing-of-ours"),
        refusal("amount", amount=9901),
        refusal("amount", amount="9900"),
        refusal("amount", amount=99.0),
        refusal("amount", amount=True),
        refusal("amount", amount=-1),
        refusal("amount", amount=10**30),
        refusal("amount", serviceType="donation"),
        refusal("amount", serviceType="donation", amount=99),
        refusal("amount", serviceType="donation", amount=500001),
        refusal("currency", currency="eur"),
        refusal("currency", currency="dollars"),
        refusal("metadata", metadata={"payment_id": "pay_01"}),
        refusal("metadata", metadata={"service_type": "x"}),
        refusal("metadata", metadata={"payment_id\u200b": "x"}),
        refusal("metadata", metadata={"a": "x", "a\u00ad": "y"}),
        refusal("metadata", metadata={"a\u202e": "x"}),
        refusal("metadata", metadata={"a": "x\x00"}),
        refusal("metadata", metadata={"a": "x\u2067"}),
        refusal("metadata", metadata={"a": "x" * 501}),
        refusal("metadata", metadata={"a[b]": "x"}),
        refusal("metadata", metadata={"x" * 41: "x"}),
        refusal("metadata", metadata={str(number): "x" for number in range(21)}),
        refusal("metadata.order", metadata={"order": 17}),
        refusal("metadata", metadata=["x"]),
        refusal("serviceTpye", serviceTpye="x"),
    ],
)
def test_a_field_that_cannot_be_accepted_is_named(system: System, order: dict[str, Any], field: str) -> None:
    answer = system.order(order, idempotency_key="a-bad-order")
    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.body["errors"]] == [field]
    assert answer.body["errors"][0]["detail"].endswith((".", ")."))
    assert "TransactWriteItems" not in system.calls


def test_an_order_of_the_world_is_taken_as_it_is_written_and_stripe_gets_what_it_takes(system: System) -> None:
    order = AN_ORDER | {
        "name": " 佐藤\u3000花子\u200e ",
        "email": "hanako@B\u00fccher.example",
        "metadata": {"n\u00famero": "7\u00a0\u200b8", "who": "علی\u200cرضا"},
    }
    answer = system.order(order)
    assert answer.status == 201
    item = system.items(f"PAYMENT#{answer.body['paymentId']}")["PAYMENT"]
    assert item["name"] == {"S": "佐藤 花子"}
    assert item["email_given"] == {"S": "hanako@B\u00fccher.example"}
    assert item["email"] == {"S": "hanako@xn--bcher-kva.example"}
    with system.double.state.acting() as state:
        session = state.get("checkout.session", answer.body["sessionId"])
        assert session["customer_email"] == "hanako@xn--bcher-kva.example"
        assert (session["metadata"]["n\u00famero"], session["metadata"]["who"]) == ("7 8", "علی\u200cرضا")


def test_a_character_that_cannot_be_taken_is_named(system: System) -> None:
    answer = system.order(AN_ORDER | {"metadata": {"note": "a\u202eb"}})
    [error] = answer.body["errors"]
    assert error["detail"] == (
        "In the value of note, U+202E (RIGHT-TO-LEFT OVERRIDE) turns the direction of writing; take it out."
    )


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        ("", 400, "invalid_body"),
        ("{", 400, "invalid_body"),
        ("[]", 400, "invalid_body"),
        ("null", 400, "invalid_body"),
        ('"text"', 400, "invalid_body"),
        ('{"amount": NaN}', 400, "invalid_body"),
        ('{"name": "\\ud800"}', 400, "invalid_body"),
        ("[" * 10000, 400, "invalid_body"),
        ('{"amount": ' + "9" * 5000 + "}", 400, "invalid_body"),
        (json.dumps({"name": "x" * 17000}), 413, "body_too_large"),
        ("{" * 100000, 413, "body_too_large"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_before_any_call(
    system: System, raw: str, status: int, code: str
) -> None:
    answer = system.order(raw=raw)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert system.calls == []


def test_another_content_type_is_refused(system: System) -> None:
    answer = system.order(content_type="application/x-www-form-urlencoded")
    assert (answer.status, answer.body["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "clé", "a b"])
def test_a_key_that_cannot_be_kept_is_refused(system: System, key: str) -> None:
    answer = system.order(idempotency_key=key)
    assert (answer.status, answer.body["code"]) == (400, "invalid_idempotency_key")


def test_a_key_used_for_another_order_is_a_conflict(system: System) -> None:
    assert system.order(idempotency_key="reused").status == 201
    answer = system.order(AN_ORDER | {"email": "eve@example.com"}, idempotency_key="reused")
    assert (answer.status, answer.body["code"]) == (409, "idempotency_key_reused")


@pytest.mark.parametrize("payment_id", ["", "x", "pay_", "../PAYMENT", "pay_01M7YMQJJ56FHA8V7BH42G1RA1"])
def test_an_unknown_payment_is_not_found(system: System, payment_id: str) -> None:
    answer = system.status(payment_id)
    assert (answer.status, answer.body["code"]) == (404, "payment_not_found")


# Webhooks


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(None, id="unsigned"),
        pytest.param("", id="empty"),
        pytest.param("garbage", id="garbage"),
        pytest.param("t=,v1=", id="no-time"),
        pytest.param("t=99999999999999999999999,v1=00", id="a-time-out-of-all-bounds"),
        pytest.param(f"t={int(time.time())},v1=é", id="not-ascii"),
        pytest.param(f"t={int(time.time())},v0={'0' * 64}", id="another-scheme"),
        pytest.param(signed(as_json(PAID), secret="whsec_forged"), id="forged"),
        pytest.param(signed(as_json(PAID), at=time.time() - 301), id="stale"),
        pytest.param(signed(as_json(PAID) + " "), id="another-body"),
        pytest.param(signed(as_json(PAID), secret=""), id="signed-with-nothing"),
    ],
)
def test_what_stripe_did_not_sign_is_refused_without_a_call(
    system: System, signature: str | None, logs: io.StringIO
) -> None:
    system.hear(PAID)  # the secret is read
    system.calls.clear()
    logs.truncate(0)
    answer = system.deliver(as_json(PAID), signature)
    assert (answer.status, answer.body["code"]) == (400, "invalid_signature")
    assert system.calls == []
    (line,) = logs.getvalue().splitlines()
    assert "ch_1" not in line


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "[]",
        "not json",
        '{"id": "evt_1", "type": "charge.succeeded"}',
        '{"id": "evt_1", "type": "charge.succeeded", "data": {"object": null}}',
        '{"id": 7, "type": "charge.succeeded", "data": {"object": {}}}',
        as_json(an_event("charge.succeeded", {"object": "charge", "id": "ch_1", "currency": "usd", "amount": "lots"})),
        as_json(an_event("charge.succeeded", {"object": "charge"})),
        '{"a": ' * 5000 + "1" + "}" * 5000,
    ],
)
def test_a_signed_body_that_is_no_event_is_refused_without_a_write(system: System, body: str) -> None:
    answer = system.deliver(body, signed(body))
    assert (answer.status, answer.body["code"]) == (400, "invalid_body")
    assert not {"PutItem", "TransactWriteItems"} & set(system.calls)


def test_a_body_beyond_a_mebibyte_is_refused(system: System) -> None:
    body = as_json(an_event("charge.succeeded", {"object": "charge", "description": "x" * 1024 * 1024}))
    assert system.deliver(body, signed(body)).status == 413


def test_a_base64_body_is_verified_on_its_raw_bytes(system: System) -> None:
    payment_id = system.order().body["paymentId"]
    body = as_json(an_event("charge.succeeded", a_charge(payment_id, id="ch_b64", description="Ünïcode")))
    assert system.deliver(b64encode(body.encode()).decode(), signed(body), base64=True).status == 200
    assert system.status(payment_id).body["status"] == "succeeded"
    assert system.deliver("%%%", signed(body), base64=True).status == 400


@pytest.mark.parametrize("secret", [SECRET, "whsec_old"])
def test_during_a_rotation_both_secrets_verify(system: System, secret: str) -> None:
    assert system.hear(PAID, secret=secret).status == 200


def test_a_header_with_several_signatures_needs_one_that_fits(system: System) -> None:
    body = as_json(PAID)
    time_part, good = signed(body).split(",")
    assert system.deliver(body, f"{time_part},v1={'0' * 64},{good},v0=x").status == 200


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(an_event("charge.succeeded", a_charge(a_payment().id), livemode=True), id="live"),
        pytest.param(an_event("customer.created", {"id": "cus_1", "object": "customer"}), id="unknown-type"),
        pytest.param(an_event("checkout.session.completed", a_session(a_payment().id)), id="not-in-our-table"),
        pytest.param(an_event("charge.succeeded", a_charge(None, payment_intent="pi_of_another")), id="foreign"),
        pytest.param({"id": "evt_thin", "object": "v2.core.event", "type": "v1.billing.meter.no_meter"}, id="thin"),
    ],
)
def test_events_that_are_not_ours_are_accepted_and_never_written(system: System, event: dict[str, Any]) -> None:
    assert system.hear(event).body == {"received": True}
    assert not {"PutItem", "TransactWriteItems"} & set(system.calls)


def test_a_session_we_did_not_make_cannot_pay_our_payment(system: System) -> None:
    payment_id = system.order().body["paymentId"]
    forged = an_event("checkout.session.completed", a_session(payment_id, id="cs_test_of_someone_else"))
    assert system.hear(forged).status == 200
    assert system.status(payment_id).body["status"] == "pending"


def test_a_placeholder_secret_verifies_nothing_and_the_log_says_what_to_do(
    system: System, monkeypatch: pytest.MonkeyPatch, logs: io.StringIO
) -> None:
    handler = system.functions["StripeWebhook"]
    client("secretsmanager", system.aws_url).create_secret(Name="a-placeholder", SecretString="replace-me")
    monkeypatch.setattr(handler, "secret", Secret("a-placeholder"))
    body = as_json(PAID)
    answer = system.deliver(body, signed(body, secret="replace-me"))
    assert (answer.status, answer.body["code"]) == (500, "internal_error")
    assert "make stripe" in logs.getvalue()
    assert "make stripe" not in json.dumps(answer.body)


def test_no_log_line_carries_a_person_or_a_secret(system: System, logs: io.StringIO) -> None:
    order = AN_ORDER | {"name": "Zebedee Quux", "email": "zebedee@quux.example"}
    payment_id = system.order(order).body["paymentId"]
    system.order(order | {"amount": 1})
    system.order(order | {"email": "zebedee@quux"})
    system.hear(an_event("charge.succeeded", a_charge(payment_id, id="ch_quiet")))
    system.run_mailer()
    logged = logs.getvalue()
    assert payment_id in logged
    for secret in ("Zebedee", "quux.example", "zebedee@", SECRET, system.double.api_key):
        assert secret not in logged
