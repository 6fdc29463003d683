"""Updates of the stack under payments: one that works, and one that AWS rolls back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from tests.rehearsal.shop import PATIENCE_SECONDS
from tests.rehearsal.waiting import eventually

if TYPE_CHECKING:
    from tests.rehearsal.deployment import Deployment
    from tests.rehearsal.shop import DeployedShop
    from tests.rehearsal.workshop import Workshop

# Without its name, SAM looks for the settings beside the template.
UPDATES = '.venv-sam/bin/sam deploy --config-file "$PWD/samconfig.toml" --config-env staging --no-confirm-changeset'


def test_a_payment_begun_before_an_update_is_paid_after_it(
    shop: DeployedShop, deployment: Deployment, workshop: Workshop
) -> None:
    before = shop.orders("before-the-update")
    outputs = deployment.outputs()
    workshop.sets({"BusinessName": "Another Studio"})
    # Code that differs, though it does the same.
    (workshop.built.parent / "SendEmail" / "release.txt").write_text("another")

    workshop.types(UPDATES).well()

    assert deployment.status() == "UPDATE_COMPLETE"
    assert deployment.outputs() == outputs
    after = shop.orders("after-the-update")
    for order in (before, after):
        shop.pays(order)
    for order in (before, after):
        shop.becomes(order, "succeeded")
        eventually(lambda order=order: _named(shop, order.payment_id, "Another Studio"), PATIENCE_SECONDS)  # type: ignore[misc]


def test_an_update_that_fails_is_rolled_back_and_payments_go_on(
    shop: DeployedShop, deployment: Deployment, workshop: Workshop
) -> None:
    before = shop.orders("before-the-failure")
    settings = deployment.settings("CreateSession")
    template = yaml.safe_load(workshop.built.read_text(encoding="utf-8"))
    template["Resources"]["CreateSession"]["Properties"]["Environment"]["Variables"]["RESULT_PATH"] = "/nowhere.html"
    # A queue such as none can be, made after that one is changed.
    template["Resources"]["Impossible"] = {
        "Type": "AWS::SQS::Queue",
        "DependsOn": "CreateSession",
        "Properties": {"VisibilityTimeout": 999_999},
    }
    broken = workshop.built.with_name("broken.yaml")
    broken.write_text(yaml.safe_dump(template, sort_keys=False), encoding="utf-8")

    failed = workshop.types(f"{UPDATES} --template-file {broken}")

    assert failed.code != 0, failed.said
    assert deployment.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert deployment.settings("CreateSession") == settings
    after = shop.orders("after-the-failure")
    for order in (before, after):
        shop.pays(order)
        shop.becomes(order, "succeeded")


def _named(shop: DeployedShop, payment_id: str, business: str) -> bool:
    return any(business in said for _, said in shop.mails(payment_id))
