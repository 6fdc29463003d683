"""docs/deploying.md, typed: the fixture has done what makes a stack; here is what comes after, and once more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.rehearsal.documents import DEPLOYING, Reader

if TYPE_CHECKING:
    from tests.rehearsal.deployment import Deployment
    from tests.rehearsal.shop import DeployedShop


def test_the_deployed_stack_is_whole(deployment: Deployment) -> None:
    assert deployment.status() == "CREATE_COMPLETE"
    assert {"ApiUrl", "WebhookUrl", "TableName"} <= deployment.outputs().keys()


def test_every_command_may_be_repeated_and_says_that_nothing_changed(deployment: Deployment, reader: Reader) -> None:
    assert "No changes to deploy" in reader.types(DEPLOYING, "make deploy").well()
    assert "as before: nothing was to be changed there" in reader.types(DEPLOYING, "make stripe", answers="\n").well()
    assert reader.types(DEPLOYING, "make catalogue").well().count("unchanged") == 9
    assert "kept" not in reader.types(DEPLOYING, "make catalogue REMOVE=yes").well()


def test_stock_is_put_in_and_shown(shop: DeployedShop, reader: Reader) -> None:
    assert "enamel-mug: +5, 5 left." in reader.types(DEPLOYING, "make stock").well()

    _, found = shop.calls("GET", "/products")
    assert {each["left"] for each in found["products"] if each["sku"] == "enamel-mug"} == {5}


def test_anybody_may_call_the_webhook(deployment: Deployment) -> None:
    """By the two permissions that https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html has; nobody asks here."""
    functions = deployment.emulator.client("lambda")
    policy = json.loads(functions.get_policy(FunctionName=deployment.physical("StripeWebhook"))["Policy"])

    allowed = {each["Action"] for each in policy["Statement"] if each["Principal"] in ("*", {"AWS": "*"})}
    assert allowed == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}


def test_the_sender_is_verified(deployment: Deployment, reader: Reader) -> None:
    assert reader.types(DEPLOYING, "aws sesv2 get-email-identity").well().strip() == "true"


def test_the_outputs_are_shown_again(deployment: Deployment, reader: Reader) -> None:
    shown = json.loads(reader.types(DEPLOYING, "aws cloudformation describe-stacks").well())

    assert {each["OutputKey"]: each["OutputValue"] for each in shown} == deployment.outputs()


def test_a_secret_is_put_in_by_hand(deployment: Deployment, reader: Reader, shop: DeployedShop) -> None:
    secret = deployment.outputs()["StripeApiKeySecret"]

    reader.types(DEPLOYING, "read -rs VALUE", answers="sk_test_byHand\n", **{"$SECRET": secret}).well()

    kept = deployment.emulator.client("secretsmanager")
    assert kept.get_secret_value(SecretId=secret)["SecretString"] == "sk_test_byHand"
    reader.types(DEPLOYING, "make stripe", answers=f"{shop.stripe_key}\n").well()


def test_the_pages_are_put_on_a_host(deployment: Deployment, reader: Reader) -> None:
    reader.types(DEPLOYING, "aws s3 mb").well()
    reader.types(DEPLOYING, "aws s3 sync").well()

    pages = deployment.emulator.client("s3").list_objects_v2(Bucket="example-payment-pages")["Contents"]
    assert {"index.html", "quittance.js", "config.js"} <= {each["Key"] for each in pages}
