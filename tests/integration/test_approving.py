"""A payment in review: what came is accepted by a command, or goes back, and each sum is told in its own currency."""

import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from payments.adapters.table.payments import PaymentTable
from payments.domain.errors import NewerRelease
from payments.domain.identifiers import new_payment_id
from tests.builders import a_charge, a_refund, an_event
from tests.integration.system import ROOT, System
from tools import approve
from tools.deployment import Deployment

CONFIRMED = {"payment_confirmation", "admin_notification", "admin_copy"}


@dataclass
class Case:
    """A payment that 99.00 USD was asked for, and what comes and goes back of it."""

    system: System
    id: str

    def receives(self, amount: int, currency: str = "usd", number: int = 1) -> None:
        charge = {"amount": amount, "amount_captured": amount, "currency": currency, "id": f"ch_{self.id}_{number}"}
        body = a_charge(self.id, payment_intent=f"pi_{self.id}_{number}", **charge)
        assert self.system.hear(an_event("charge.succeeded", body)).status == 200

    def returns(self, amount: int, currency: str = "usd", number: int = 1) -> None:
        about = {"charge": f"ch_{self.id}_{number}", "payment_intent": f"pi_{self.id}_{number}"}
        body = a_refund(id=f"re_{self.id}", amount=amount, currency=currency, status="succeeded", **about)
        assert self.system.hear(an_event("refund.created", body)).status == 200

    @property
    def shown(self) -> dict[str, Any]:
        return self.system.status(self.id).body

    @property
    def sent(self) -> list[str]:
        """The notices that were sent by now, by their kinds."""
        self.system.run_mailer()
        items = self.system.items(f"PAYMENT#{self.id}")
        kept = {sk.removeprefix("NOTICE#") for sk, item in items.items() if item.get("state") == {"S": "sent"}}
        assert len(self.system.mails(self.id)) == len(kept)
        return sorted(each.partition("#")[0] for each in kept)


@pytest.fixture
def stack(engine_system: System, monkeypatch: pytest.MonkeyPatch) -> System:
    """The system as the stack of every stage."""
    outputs = {"TableName": engine_system.table._name, "MailQueueUrl": engine_system.queue_url}
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", engine_system.dynamodb_url)
    monkeypatch.setattr(approve, "deployment", lambda _: Deployment("quittance", boto3.Session(), outputs, {}))
    return engine_system


@pytest.fixture
def case(stack: System) -> Case:
    return Case(stack, stack.order().body["paymentId"])


type Approving = Callable[..., tuple[int, str]]


@pytest.fixture
def approving(case: Case, capsys: pytest.CaptureFixture[str]) -> Approving:
    """The command's exit code, and what it said."""

    def run(amount: str, currency: str = "usd", payment: str | None = None, **at: str) -> tuple[int, str]:
        target = [word for name, value in (at or {"stage": "staging"}).items() for word in (f"--{name}", value)]
        given = ["--payment", payment or case.id, "--amount", amount, "--currency", currency, *target]
        return approve.main(given), "".join(capsys.readouterr())

    return run


# Accepted


def test_what_was_approved_is_confirmed_and_the_trail_says_by_whom(case: Case, approving: Approving) -> None:
    case.receives(5000)
    assert (case.shown["status"], case.sent) == ("in_review", ["review_alert"])

    code, said = approving("50.00")

    assert code == 0
    assert f"{case.id}: 50.00 USD is accepted now" in said
    assert "succeeded: 50.00 USD received, 99.00 USD asked" in said
    assert "on their way" in said
    assert case.shown["status"] == "succeeded"
    assert case.sent == sorted({*CONFIRMED, "review_alert"})
    (entry,) = [each for each in case.system.table.events(case.id) if each.type == "approval"]
    assert entry.outcome == ("approval#5000-usd: unknown -> given",)
    assert (entry.by or "").startswith("arn:aws:sts::")


def test_a_second_approval_of_one_sum_says_so_and_changes_nothing(case: Case, approving: Approving) -> None:
    case.receives(5000)
    approving("50.00")
    sent = case.sent
    before = case.system.items(f"PAYMENT#{case.id}")["PAYMENT"]

    code, said = approving("50.00", currency="USD")

    assert code == 0
    assert "50.00 USD was accepted already, by arn:aws:sts::" in said
    assert "mails" not in said
    assert case.system.items(f"PAYMENT#{case.id}")["PAYMENT"] == before
    assert case.sent == sent


def test_what_comes_after_an_approval_is_in_review_again_and_the_admin_is_told_again(
    case: Case, approving: Approving
) -> None:
    case.receives(5000)
    assert case.sent == ["review_alert"]
    approving("50.00")
    assert case.sent == sorted({*CONFIRMED, "review_alert"})

    case.receives(70000, number=2)

    assert case.shown["status"] == "in_review"
    assert case.sent == sorted([*CONFIRMED, "review_alert", "review_alert"])
    told = case.system.mails(case.id)[-1].get_body(("plain",))
    assert told
    assert f"make approve PAYMENT={case.id} AMOUNT=750.00 CURRENCY=usd STAGE=staging\n" in told.get_content()
    assert approving("50.00") == (1, f"{case.id} is in review at 750.00 USD, and not at 50.00 USD.\n")
    assert approving("750.00")[0] == 0
    assert case.shown["status"] == "succeeded"


def test_each_currency_is_accepted_for_itself(case: Case, approving: Approving) -> None:
    case.receives(5000)
    case.receives(9200, "eur", number=2)

    code, said = approving("92.00", "eur")

    assert (code, case.shown["status"]) == (0, "in_review")
    assert "still in review, at 50.00 USD" in said
    assert approving("50.00")[0] == 0
    assert case.shown["status"] == "succeeded"


def test_without_a_queue_the_mails_are_left_to_reconcile(case: Case, approving: Approving) -> None:
    case.receives(5000)
    assert case.sent == ["review_alert"]
    table, endpoint = case.system.table._name, case.system.dynamodb_url

    code, said = approving("50.00", table=table, endpoint=endpoint)

    assert code == 0
    assert "by the next run of reconcile" in said
    assert case.sent == ["review_alert"]
    notice = case.system.items(f"PAYMENT#{case.id}")["NOTICE#payment_confirmation"]
    assert notice["state"] == {"S": "due"}
    assert "due_at" in notice


def test_a_queue_that_takes_nothing_leaves_the_approval_and_the_mails_to_reconcile(
    case: Case, approving: Approving, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.receives(5000)
    outputs = {"TableName": case.system.table._name, "MailQueueUrl": case.system.queue_url + "-gone"}
    monkeypatch.setattr(approve, "deployment", lambda _: Deployment("quittance", boto3.Session(), outputs, {}))

    code, said = approving("50.00")

    assert code == 0
    assert "by the next run of reconcile" in said
    assert case.shown["status"] == "succeeded"


def test_the_command_in_the_mail_is_one_that_make_takes(case: Case) -> None:
    case.receives(5000)
    assert case.sent == ["review_alert"]
    body = case.system.mails(case.id)[0].get_body(("plain",))
    assert body
    (command,) = [line for line in body.get_content().splitlines() if line.startswith("make ")]

    shown = subprocess.run([*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=True)

    (_, _, given) = shown.stdout.partition("-m tools.approve ")
    assert approve.main(shlex.split(given)) == 0
    assert case.shown["status"] == "succeeded"


def test_whoever_stops_it_is_told_how_to_see_what_became_of_it(
    case: Case, approving: Approving, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.receives(5000)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped:
        stopped.setattr(PaymentTable, "save", stop)
        code, said = approving("50.00")
    assert code == 130
    assert "run this again and it says whether" in said
    assert "is accepted now" in approving("50.00")[1]
    assert "was accepted already" in approving("50.00")[1]


# Refused


def test_another_sum_than_came_is_refused_with_what_came(case: Case, approving: Approving) -> None:
    case.receives(5000)
    case.receives(9200, "eur", number=2)
    code, said = approving("99.00")
    assert (code, said) == (1, f"{case.id} is in review at 50.00 USD and 92.00 EUR, and not at 99.00 USD.\n")


def test_only_what_is_in_review_is_approved(case: Case, approving: Approving) -> None:
    assert approving("50.00") == (1, f"{case.id} is not in review, but pending; received: nothing.\n")
    case.receives(9900)
    assert approving("99.00") == (1, f"{case.id} is not in review, but succeeded; received: 99.00 USD.\n")


def test_a_payment_that_is_not_there_is_said_so(approving: Approving) -> None:
    unknown = new_payment_id()
    assert approving("50.00", payment=unknown) == (1, f"There is no payment {unknown}.\n")


def test_a_payment_of_newer_code_is_left_to_it(
    case: Case, approving: Approving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written_by_newer_code(*_: object) -> None:
        raise NewerRelease(case.id)

    monkeypatch.setattr(PaymentTable, "payment", written_by_newer_code)
    code, said = approving("50.00")
    assert code == 1
    assert "newer release" in said


@pytest.mark.parametrize(
    "amount", ["50", "50.0", "5000", "50,00", "1,050.00", "-50.00", "50.00 ", "\u0665\u0660.\u0660\u0660"]
)
def test_an_amount_that_could_mean_several_is_refused(case: Case, approving: Approving, amount: str) -> None:
    case.receives(5000)
    code, said = approving(amount)
    assert code == 1
    assert "2 decimals and no separators, such as 1234.00" in said
    assert case.shown["status"] == "in_review"


def test_a_stack_without_a_queue_among_its_outputs_is_to_be_deployed_anew(
    case: Case, approving: Approving, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.receives(5000)
    before = Deployment("quittance", boto3.Session(), {"TableName": case.system.table._name}, {})
    monkeypatch.setattr(approve, "deployment", lambda _: before)
    assert approving("50.00") == (1, "The stack quittance has no output MailQueueUrl; deploy it anew.\n")
    assert case.shown["status"] == "in_review"


# In between


def test_money_that_came_just_now_is_not_accepted_with_what_was_approved(
    case: Case, approving: Approving, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.receives(5000)
    saving = PaymentTable.save

    def meanwhile(store: PaymentTable, *arguments: Any) -> Any:
        # The command has read and decided; before it writes, the webhook does.
        monkeypatch.setattr(PaymentTable, "save", saving)
        case.receives(70000, number=2)
        return saving(store, *arguments)

    monkeypatch.setattr(PaymentTable, "save", meanwhile)

    assert approving("50.00") == (1, f"{case.id} is in review at 750.00 USD, and not at 50.00 USD.\n")
    assert case.shown["status"] == "in_review"
    assert "payment_confirmation" not in case.sent


def test_of_two_who_approve_at_once_the_second_hears_that_it_was_done(
    case: Case, approving: Approving, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.receives(5000)
    saving = PaymentTable.save

    def meanwhile(store: PaymentTable, *arguments: Any) -> Any:
        monkeypatch.setattr(PaymentTable, "save", saving)
        assert approving("50.00")[0] == 0
        return saving(store, *arguments)

    monkeypatch.setattr(PaymentTable, "save", meanwhile)

    code, said = approving("50.00")
    assert code == 0
    assert "was accepted already" in said
    assert case.sent == sorted(CONFIRMED)


# Given back


def test_too_much_of_which_the_excess_went_back_is_succeeded_and_confirmed(case: Case) -> None:
    case.receives(12000)
    assert (case.shown["status"], case.sent) == ("in_review", ["review_alert"])
    case.returns(2100)
    shown = case.shown
    assert (shown["status"], shown["amountRefunded"]) == ("succeeded", 0)
    assert set(case.sent) >= CONFIRMED


def test_another_currency_all_of_which_went_back_is_told_in_its_own(case: Case) -> None:
    case.receives(9200, "eur")
    case.returns(9200, "eur")
    shown = case.shown
    assert (shown["status"], shown["currency"], shown["amountRefunded"]) == ("refunded", "usd", 0)
    assert shown["received"] == [{"amount": 9200, "currency": "eur"}]
    assert shown["returned"] == [{"amount": 9200, "currency": "eur"}]
    assert not CONFIRMED & set(case.sent)
