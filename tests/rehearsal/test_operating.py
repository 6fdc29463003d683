"""docs/operating.md, typed, at payments of the deployed stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import a_charge, an_event, as_json, signed
from tests.e2e.test_paying import RECEIVED
from tests.rehearsal.documents import OPERATING
from tests.rehearsal.shop import PATIENCE_SECONDS
from tests.rehearsal.waiting import eventually

if TYPE_CHECKING:
    from tests.rehearsal.documents import Reader
    from tests.rehearsal.shop import DeployedShop, Order

CUSTOMER = "ada@example.com"


@pytest.fixture(scope="module")
def paid(shop: DeployedShop) -> Order:
    """A payment that is over, its mails sent."""
    order = shop.orders("operating")
    shop.pays(order)
    shop.becomes(order, "succeeded")
    eventually(lambda: shop.mails(order.payment_id).total() == 3, PATIENCE_SECONDS)
    return order


def test_the_audit_tells_what_happened_to_a_payment(paid: Order, reader: Reader) -> None:
    told = reader.types(OPERATING, "PYTHONPATH=layers/common", payment=paid.payment_id).well()

    assert "charge.succeeded" in told
    assert "Lovelace" not in told


def test_the_logs_are_asked_about_a_payment(paid: Order, reader: Reader) -> None:
    found = json.loads(reader.types(OPERATING, "QUERY=", payment=paid.payment_id).well())

    # What the query finds in JSON lines is AWS's: the emulator reads no fields in them.
    assert found["status"] == "Complete"


def test_a_payment_in_review_is_approved(shop: DeployedShop, reader: Reader) -> None:
    # Before the secret changes: functions keep one for minutes.
    order = shop.orders("review")
    charge = a_charge(order.payment_id, id="ch_inReview", amount=5000, amount_captured=5000)
    body = as_json(an_event("charge.succeeded", charge))
    assert shop.hears(body.encode(), signed(body, secret=shop.endpoint()["secret"]))[0] == 200
    shop.becomes(order, "in_review")

    said = reader.types(OPERATING, "make approve", payment=order.payment_id).well()

    assert f"{order.payment_id}: 50.00 USD is accepted now." in said
    shop.becomes(order, "succeeded")
    eventually(lambda: _customer_has(shop, order, "complete"), PATIENCE_SECONDS)
    assert (
        "was accepted already, by arn:aws:iam:"
        in reader.types(OPERATING, "make approve", payment=order.payment_id).well()
    )


def test_while_the_signing_secret_changes_payments_go_on(shop: DeployedShop, reader: Reader) -> None:
    before = shop.endpoint()
    shop.controls(f"webhook_endpoints/{before['id']}/roll", {"expires_in": 86400})
    secret = shop.endpoint()["secret"]
    assert secret != before["secret"]

    reader.types(OPERATING, "read -rs NEW && read -rs OLD", answers=f"{secret}\n{before['secret']}\n").well()
    assert json.loads(shop.secret("StripeWebhookSecret")) == [secret, before["secret"]]
    reader.types(OPERATING, "read -rs NEW && printf '%s'", answers=f"{secret}\n").well()
    assert shop.secret("StripeWebhookSecret") == secret

    order = shop.orders("rolled")
    shop.pays(order)
    shop.becomes(order, "succeeded")


def test_dead_letters_are_looked_at_and_the_schedules_are_emptied(shop: DeployedShop, reader: Reader) -> None:
    sqs = shop.deployment.emulator.client("sqs")
    for queue in ("MailDeadLetterQueue", "ScheduleDeadLetterQueue"):
        sqs.send_message(QueueUrl=shop.deployment.physical(queue), MessageBody=f"a letter of {queue}")

    assert (
        "a letter of MailDeadLetterQueue"
        in reader.types(OPERATING, 'aws sqs receive-message --queue-url "$(of MailDeadLetterQueue)"').well()
    )
    assert (
        "a letter of ScheduleDeadLetterQueue"
        in reader.types(OPERATING, 'aws sqs receive-message --queue-url "$(of ScheduleDeadLetterQueue)"').well()
    )
    emptied = shop.deployment.physical("ScheduleDeadLetterQueue")
    assert "Messages" not in sqs.receive_message(QueueUrl=emptied, VisibilityTimeout=0)


def test_a_mail_that_was_given_up_is_sent_when_its_notice_is_made_due_again(
    paid: Order, shop: DeployedShop, reader: Reader
) -> None:
    table = shop.deployment.emulator.client("dynamodb")
    name = shop.deployment.physical("Table")
    key = {"pk": {"S": f"PAYMENT#{paid.payment_id}"}, "sk": {"S": "NOTICE#payment_confirmation"}}
    table.update_item(
        TableName=name,
        Key=key,
        UpdateExpression="SET #state = :gave_up",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":gave_up": {"S": "gave_up"}},
    )
    assert (
        "gave_up"
        in reader.types(OPERATING, 'aws dynamodb query --table-name "$(of Table)"', payment=paid.payment_id).well()
    )

    reader.types(OPERATING, "PAYMENT=pay_", payment=paid.payment_id).well()
    shop.reconcile()

    eventually(lambda: shop.mails(paid.payment_id)[CUSTOMER, RECEIVED] == 2, PATIENCE_SECONDS)
    item = table.get_item(TableName=name, Key=key, ConsistentRead=True)["Item"]
    assert item["state"] == {"S": "sent"}


def test_the_table_is_restored_beside_the_live_one(shop: DeployedShop, reader: Reader, paid: Order) -> None:
    restored = reader.types(OPERATING, "aws dynamodb restore-table-to-point-in-time").well()

    assert restored.rstrip().endswith(('"ACTIVE"', '"CREATING"'))


def test_what_a_restored_table_lacks_is_switched_on_again(shop: DeployedShop, reader: Reader) -> None:
    table = shop.deployment.emulator.client("dynamodb")
    name = shop.deployment.physical("Table")
    table.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": False, "AttributeName": "delete_after"}
    )

    reader.types(OPERATING, "TABLE=$(of Table)").well()

    assert table.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
    assert table.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"]


def _customer_has(shop: DeployedShop, order: Order, word: str) -> Any:
    return any(to == CUSTOMER and word in said for to, said in shop.mails(order.payment_id))
