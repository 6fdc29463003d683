"""An order on the page whose intent is meddled with, is not the only one that bears its name, or answers late."""

import io
import json
from typing import Any
from urllib.error import HTTPError
from uuid import uuid4

import pytest

from payments.domain.catalogue import FixedPrice, Product
from tests.builders import a_charge, an_event, an_intent
from tests.integration.system import System
from tests.integration.test_paying_on_page import ASKS, Page, a_page, intents_of

SHORT_OF_MONEY = "pm_card_visa_chargeDeclinedInsufficientFunds"


class Unanswered:
    """An order of a service of its own, whose request for an intent had no answer."""

    def __init__(self, system: System, outage: str) -> None:
        self.system, self.key, sku = system, f"unanswered-{uuid4()}", f"service-{uuid4()}"
        system.table.put_product(Product(sku, "A service", FixedPrice(9900), "usd"))
        self.order = {"name": "Ada Lovelace", "email": "ada@example.com", "serviceType": sku}
        system.control("outage", calls=3, kind=outage, seconds=8)
        assert self.again().status == 503
        (table,) = system.template.tables.values()
        scanned = system.dynamodb.get_paginator("scan").paginate(TableName=table.name)
        items = [item for page in scanned for item in page["Items"] if sku in str(item)]
        [self.id] = {item["pk"]["S"].removeprefix("PAYMENT#") for item in items if item["sk"]["S"] == "PAYMENT"}

    def again(self) -> Any:
        return self.system.order_on_page(self.order, idempotency_key=self.key)

    @property
    def status(self) -> Any:
        return self.system.status(self.id).body["status"]


def foreign_events(payment_id: str) -> list[dict[str, Any]]:
    """What others were paid, under our payment's id."""
    made = uuid4().hex
    intent, charge = f"pi_a{made}", f"ch_{made}"
    return [
        an_event("payment_intent.succeeded", an_intent(payment_id, id=intent, latest_charge=charge)),
        an_event("charge.succeeded", a_charge(payment_id, id=charge, payment_intent=intent)),
        # Made without any intent.
        an_event("charge.succeeded", a_charge(payment_id, id=charge, payment_intent=None)),
    ]


@pytest.mark.parametrize("place", range(3))
def test_what_others_were_paid_under_our_id_is_refused(system: System, place: int) -> None:
    page = a_page(system)

    assert system.hear(foreign_events(page.id)[place]).status == 200

    assert (page.seen["status"], page.seen["received"]) == ("pending", [])


@pytest.mark.parametrize("outage", ["timeout_before", "timeout_after"])
@pytest.mark.parametrize("place", range(3))
def test_it_is_refused_before_the_intent_that_we_asked_for_is_known(system: System, outage: str, place: int) -> None:
    unanswered = Unanswered(system, outage)

    assert system.hear(foreign_events(unanswered.id)[place]).status == 200

    assert unanswered.status == "pending"
    page = Page(system, unanswered.again())
    assert page.confirm()["status"] == "succeeded"
    assert len(intents_of(system, page.id)) == 1


def test_while_stripe_does_not_say_which_intent_is_ours_it_repeats_what_it_tells(system: System) -> None:
    unanswered = Unanswered(system, "timeout_before")
    event = foreign_events(unanswered.id)[0]
    system.control("outage", calls=1, kind="rate_limit")

    assert system.hear(event).status == 503

    assert system.hear(event).status == 200
    assert unanswered.status == "pending"


def test_what_a_repeated_order_is_the_first_to_learn_is_counted_once(system: System, logs: io.StringIO) -> None:
    key = f"counted-{uuid4()}"
    page = a_page(system, idempotency_key=key)
    page.confirm()

    for _ in range(2):
        a_page(system, idempotency_key=key)
    page.hear()

    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    assert [line["service"] for line in lines if "payment_succeeded" in line] == ["create_intent"]


def test_the_last_failure_is_what_the_customer_reads_though_no_webhook_has_come(system: System) -> None:
    key = f"failures-{uuid4()}"
    page = a_page(system, idempotency_key=key)
    page.confirm(SHORT_OF_MONEY)
    page.hear()
    page.confirm(ASKS)
    # Which makes no charge.
    with pytest.raises(HTTPError):
        system.control(f"payment_intents/{page.intent}/authenticate", approved=False)

    a_page(system, idempotency_key=key)

    assert page.seen["failure"]["code"] == "payment_intent_authentication_failure"
