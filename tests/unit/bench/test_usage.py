"""What is paid for, from counts that are known."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.tables import Units, document_of, ran_of, units_of
from bench.usage import Costs, Deployment, deployment_of, priced, share_of_processor, waiting_ms
from local.intrinsics import read_document

ROOT = Path(__file__).parents[3]
FILE: dict[str, Any] = yaml.safe_load((ROOT / "bench" / "prices.yaml").read_text())
ASSUMED: dict[str, Any] = FILE["assumptions"] | {
    "mb_of_a_processor": 1000,
    "processor_speed": 1.0,
    "waiting_ms": dict.fromkeys(FILE["assumptions"]["waiting_ms"], 10),
    "starts_when_busy": 0.5,
}
QUIET = Deployment(
    alarms=7,
    secrets=2,
    runs_of_reconcile=0.2,
    logs_system_lines=False,
    traces=False,
    logs_access=False,
    asks_for_key=False,
    backs_up=True,
)


def call(name: str, capacity: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "capacity": capacity or {}}


def step(function: str, *calls: dict[str, Any]) -> dict[str, Any]:
    return {"function": function, "purpose": "any", "answer_bytes": 400, "calls": list(calls)}


READ = call("GetItem", {"reading": True, "units": {"table": 1.0}})
WRITE = call("TransactWriteItems", {"reading": False, "units": {"table": 4.0, "due": 2.0}})
POLL = step("GetStatus", READ)
MAIL = step("SendEmail", WRITE, call("POST /v2/email/outbound-emails"))
REFRESH = step("TendPayment", READ, call("GetSecretValue"))
RUN = step("Reconcile", call("Query", {"reading": True, "units": {"table": 0.0, "due": 0.0}}))


def results() -> dict[str, Any]:
    fronts = {"GetStatus": "api", "TendPayment": "api", "SendEmail": "queue", "Reconcile": "clock"}
    return {
        "life": {
            "functions": {id_: {"memory": 500, "front": front} for id_, front in fronts.items()},
            "first": [POLL, MAIL, REFRESH, RUN],
            "life": [POLL, POLL, MAIL],
            "beside": [REFRESH],
            "idle": [RUN],
            "stored_bytes": 2000,
        },
        "warm": {
            id_: {"warm_cpu": 0.005, "log_bytes": 100, "log_lines": 1, "metrics": ["mail_sent"]} for id_ in fronts
        },
        "cold": {id_: [{"init_cpu": 0.3}, {"init_cpu": 0.2}, {"init_cpu": 0.9}] for id_ in fronts},
    }


def costs(deployment: Deployment = QUIET) -> Costs:
    return Costs(results(), deployment, ASSUMED)


def test_quantities_times_prices_are_sorted_by_what_they_cost() -> None:
    lines = priced({"api_requests": 2_000_000, "table_writes": 8_000_000, "mails": 0}, FILE["prices"])
    assert [(line.service, line.usd) for line in lines] == [("DynamoDB", 5.0), ("API Gateway", 2.0)]


def test_every_quantity_has_a_price() -> None:
    for quantities in (costs().payment(), costs().million(), costs().idle_month()):
        assert set(quantities) <= set(FILE["prices"])


def test_a_processor_is_shared_and_never_more_than_one() -> None:
    assert share_of_processor(500, ASSUMED) == 0.5
    assert share_of_processor(2000, ASSUMED) == 1.0


def test_a_call_that_nothing_is_assumed_of_is_an_error() -> None:
    assert waiting_ms(["GetItem", "POST /v1/checkout/sessions"], ASSUMED) == 20
    with pytest.raises(LookupError, match="Scan"):
        waiting_ms(["Scan"], ASSUMED)


def test_computing_lasts_longer_with_less_of_a_processor_and_waiting_does_not() -> None:
    assert costs().duration_ms(POLL) == 5 * 2 + 10
    assert costs().duration_ms(POLL, 1000) == 5 + 10
    assert costs().start_ms("GetStatus") == 300 * 2


def test_a_payment_alone_starts_every_function_that_it_needs_and_no_other() -> None:
    found = costs().payment()
    running = (20 + 30) / 1000 * 500 / 1024
    starting = 2 * 600 / 1000 * 500 / 1024
    assert found["lambda_gb_seconds"] == pytest.approx(running + starting)
    assert (found["lambda_requests"], found["api_requests"], found["queue_requests"], found["mails"]) == (2, 1, 2, 1)
    assert found["secret_reads"] == 0


def test_a_million_payments_use_a_million_times_one_and_start_some() -> None:
    found = costs().million()
    assert (found["lambda_requests"], found["table_reads"], found["table_writes"]) == (3e6, 2e6, 6e6)
    running = (20 + 20 + 30) / 1000 * 500 / 1024 * 1e6
    starting = 3 * 1e6 * 0.5 * 600 / 1000 * 500 / 1024
    assert found["lambda_gb_seconds"] == pytest.approx(running + starting)
    assert found["table_gb"] == found["table_backup_gb"] == 2.0
    assert found["metrics"] == 1
    assert found["secret_reads"] == 0


def test_an_idle_month_has_what_waits_and_what_looks() -> None:
    found = costs().idle_month()
    assert (found["alarms"], found["secrets"], found["lambda_requests"]) == (7, 2, 8640)
    # A query that finds nothing is half a unit, though the engine counts none.
    assert (found["table_reads"], found["mails"], found["table_gb"]) == (4320, 0, 0)
    assert found["queue_requests"] == 30 * 86400 / 20 * 5


def test_lambdas_own_lines_are_paid_for_unless_they_are_off() -> None:
    on = Deployment(**(vars(QUIET) | {"logs_system_lines": True, "logs_access": True}))
    own = 2 * (100 + 26)
    assert costs().payment()["log_gb"] * 1e9 == pytest.approx(own)
    more = 2 * (ASSUMED["system_log_bytes"] + 2 * 26) + ASSUMED["access_log_bytes"] + 26
    assert costs(on).payment()["log_gb"] * 1e9 == pytest.approx(own + more)


def test_the_templates_deployment_is_read() -> None:
    deployment = deployment_of(read_document(ROOT / "template.yaml"))
    assert deployment.alarms > 5
    assert deployment.runs_of_reconcile == 0.2
    assert deployment.backs_up


def test_units_are_of_reading_or_writing_and_indexes_are_told_apart() -> None:
    assert units_of([READ, WRITE, WRITE, call("SendMessageBatch")]) == Units(1.0, 12.0, 8.0)


def test_like_steps_are_counted() -> None:
    assert [(each["function"], times) for each, times in ran_of([POLL, MAIL, POLL])] == [
        ("GetStatus", 2),
        ("SendEmail", 1),
    ]


def test_prose_is_filled_and_tables_are_left_alone() -> None:
    row = "| " + "x " * 80 + "|"
    assert document_of(["# Title", "a\nb", row]) == f"# Title\n\na b\n\n{row}\n"
