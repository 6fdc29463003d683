"""What goes wrong around a payment, at Stripe and at AWS, and what becomes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.e2e.shop import ADMIN
from tests.e2e.test_paying import PAID
from tests.rehearsal.shop import PATIENCE_SECONDS
from tests.rehearsal.waiting import eventually

if TYPE_CHECKING:
    from tests.rehearsal.shop import DeployedShop

DISPUTED = "4000000000000259"
# A run of the schedule a minute, and one that had begun.
SCHEDULE_SECONDS = 180.0


def test_what_webhooks_lost_is_found_by_the_schedule(shop: DeployedShop) -> None:
    order = shop.orders("lost")
    with shop.lost_news():
        shop.pays(order)

        paid = shop.becomes(order, "succeeded", SCHEDULE_SECONDS)

        assert paid["transactionId"].startswith("ch_")
        eventually(lambda: shop.mails(order.payment_id)[ADMIN, PAID] == 1, SCHEDULE_SECONDS)


def test_who_asks_is_told_what_webhooks_lost(shop: DeployedShop) -> None:
    order = shop.orders("asked")
    with shop.lost_news():
        shop.pays(order)

        status, answer = shop.calls("POST", f"/payments/{order.payment_id}/refresh")

    assert (status, answer["status"]) == (200, "succeeded")


def test_a_checkout_that_runs_out_is_expired(shop: DeployedShop) -> None:
    order = shop.orders("expired")

    shop.expire(order.session_id)

    shop.becomes(order, "expired")


def test_a_dispute_is_seen_and_told_to_the_admin(shop: DeployedShop) -> None:
    order = shop.orders("disputed")

    shop.pays(order, DISPUTED)

    eventually(lambda: shop.payment(order.payment_id)["dispute"], PATIENCE_SECONDS)
    eventually(
        lambda: any(to == ADMIN and "dispute" in said.lower() for to, said in shop.mails(order.payment_id)),
        PATIENCE_SECONDS,
    )


def test_a_webhook_that_nobody_signed_is_refused(shop: DeployedShop) -> None:
    order = shop.orders("forged")
    event = {"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {"id": order.session_id}}}

    assert shop.hears(json.dumps(event).encode(), "t=1,v1=00")[0] == 400
    assert shop.payment(order.payment_id)["status"] == "pending"


def test_garbage_in_the_mail_queue_ends_among_the_dead_letters(shop: DeployedShop) -> None:
    sqs = shop.deployment.emulator.client("sqs")
    queue, dead = (shop.deployment.physical(id_) for id_ in ("MailQueue", "MailDeadLetterQueue"))
    before = shop.deployment.outputs()["MailQueueUrl"]
    assert before == queue
    order = shop.orders("beside-garbage")
    # A message that failed is visible again after three minutes; five times that is too long to wait here.
    visibility = shop.mail_queue()["VisibilityTimeout"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})

    try:
        sqs.send_message(QueueUrl=queue, MessageBody="garbage")
        shop.pays(order)

        eventually(lambda: _bodies(sqs, dead) == ["garbage"], PATIENCE_SECONDS)
        # What came with it was done.
        eventually(lambda: shop.mails(order.payment_id)[ADMIN, PAID] == 1, PATIENCE_SECONDS)
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": visibility})


def _bodies(sqs: object, url: str) -> list[str]:
    found = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, MaxNumberOfMessages=10)  # type: ignore[attr-defined]
    return sorted({message["Body"] for message in found.get("Messages", ())})
