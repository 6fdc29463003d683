"""The stack is deleted, and its payments stay. After this, nothing is left to tell stories of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tests.rehearsal.documents import DEPLOYING, NOT_TYPED, OPERATING, commands
from tests.rehearsal.shop import PATIENCE_SECONDS
from tests.rehearsal.waiting import eventually

if TYPE_CHECKING:
    from tests.rehearsal.deployment import Deployment
    from tests.rehearsal.documents import Reader
    from tests.rehearsal.shop import DeployedShop


def test_the_table_stays_with_its_payments_when_the_stack_is_deleted(
    shop: DeployedShop, deployment: Deployment, reader: Reader
) -> None:
    order = shop.orders("kept")
    table, functions = deployment.physical("Table"), deployment.physical("CreateSession")

    reader.types(OPERATING, "aws cloudformation delete-stack").well()

    eventually(lambda: not _is_there(deployment), PATIENCE_SECONDS)
    kept = deployment.emulator.client("dynamodb").get_item(
        TableName=table, Key={"pk": {"S": f"PAYMENT#{order.payment_id}"}, "sk": {"S": "PAYMENT"}}
    )["Item"]
    assert kept["email"] == {"S": "ada@example.com"}
    names = [each["FunctionName"] for each in deployment.emulator.client("lambda").list_functions()["Functions"]]
    assert functions not in names


def test_every_command_of_the_documents_was_typed_or_is_listed_with_its_reason(reader: Reader) -> None:
    written = {command for document in (DEPLOYING, OPERATING) for command in commands(document)}
    lines = {line for command in written for line in command.splitlines()}

    assert written - reader.typed - NOT_TYPED.keys() == set()
    assert NOT_TYPED.keys() - written - lines == set()


def _is_there(deployment: Deployment) -> bool:
    try:
        return deployment.status() != "DELETE_COMPLETE"
    except ClientError:
        return False
