"""POST /payment-intents: an intent for a form on the page, from the order to its end, at Stripe's double."""

import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from payments.domain.catalogue import FixedPrice, Product
from payments.domain.looking import SETTLED, DueReason
from payments.domain.payment import Payment
from payments.domain.stock import StockChange
from payments.runtime.publishable_key import PublishableKey
from tests.builders import NOW, an_event, an_intent
from tests.integration.clock import Clock
from tests.integration.system import AN_ORDER, Answer, System

DECLINES = "pm_card_visa_chargeDeclined"
ASKS = "pm_card_authenticationRequired"
ADA = {"sub": "ada-1"}


class Page:
    """An order's page: what it was answered, and what becomes of the order."""

    def __init__(self, system: System, answer: Answer) -> None:
        assert answer.status == 201, answer.body
        self.system, self.answer = system, answer.body

    @property
    def id(self) -> str:
        return str(self.answer["paymentId"])

    @property
    def payment(self) -> Payment:
        found = self.system.table.payment(self.id)
        assert found
        return found

    @property
    def intent(self) -> str:
        [intent] = self.payment.intents
        return intent.ref

    def confirm(self, card: str = "pm_card_visa") -> Any:
        return self.system.confirm(self.intent, self.answer["clientSecret"], card)

    def hear(self) -> None:
        """Stripe tells everything that has happened, as often as it likes."""
        for event in self.system.events():
            if self.id in str(event):
                assert self.system.hear(event).status == 200

    @property
    def seen(self) -> dict[str, Any]:
        return dict(self.system.status(self.id).body)


def a_page(system: System, body: Any = None, **headers: Any) -> Page:
    return Page(system, system.order_on_page(body, **headers))


@pytest.fixture
def clock(system: System) -> Iterator[Clock]:
    """Of orders, webhooks and reconcile; time goes on from now."""
    clock, names = Clock(), ("CreateIntent", "StripeWebhook", "Reconcile", "TendPayment")
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.setattr(system.functions[name], "datetime", clock._datetime)
        yield clock


def test_an_order_is_paid_in_a_form_on_the_page(system: System) -> None:
    page = a_page(system)

    assert page.answer["publishableKey"] == system.double.publishable_key
    assert page.answer["status"] == "pending"
    assert page.answer["clientSecret"].startswith(f"{page.intent}_secret_")
    assert page.answer["order"]["number"]
    assert page.seen["payable"]
    assert page.confirm()["status"] == "succeeded"
    page.hear()
    assert (page.seen["status"], page.seen["paidBy"], page.seen["checkoutUrl"]) == ("succeeded", "embedded", None)
    assert page.seen["received"] == [{"amount": 9900, "currency": "usd"}]
    system.run_mailer()
    assert len(system.mails(page.id)) == 3


def test_stripe_is_asked_for_what_was_ordered(system: System) -> None:
    page = a_page(system, AN_ORDER | {"metadata": {"campaign": "winter"}})
    intent = system.stripe().v1.payment_intents.retrieve(page.intent)

    assert (intent.amount, intent.currency) == (9900, "usd")
    assert intent.automatic_payment_methods.enabled
    # Who pays by voucher would find the order closed.
    assert "oxxo" in intent.excluded_payment_method_types
    assert intent.description == f"Order {page.answer['order']['number']}"
    assert dict(intent.metadata.to_dict()) == {
        "campaign": "winter",
        "payment_id": page.id,
        "service_type": "consulting-hour",
    }


def test_a_decline_can_be_followed_by_another_card(system: System) -> None:
    page = a_page(system)

    assert page.confirm(DECLINES)["error"]["code"] == "card_declined"
    page.hear()
    assert (page.seen["status"], page.seen["payable"]) == ("failed", True)
    assert page.confirm()["status"] == "succeeded"
    page.hear()
    assert page.seen["status"] == "succeeded"


def test_a_repeated_request_is_answered_with_the_same_secret_and_how_the_payment_stands_today(system: System) -> None:
    page = a_page(system, idempotency_key="on-the-page")
    again = a_page(system, idempotency_key="on-the-page")
    assert again.answer == page.answer
    page.confirm(DECLINES)

    # No webhook has come.
    declined = a_page(system, idempotency_key="on-the-page")
    assert (declined.answer["status"], declined.answer["clientSecret"]) == ("failed", page.answer["clientSecret"])
    page.confirm()
    paid = a_page(system, idempotency_key="on-the-page")
    assert (paid.answer["status"], paid.answer["clientSecret"]) == ("succeeded", None)
    assert len(page.payment.intents) == 1


def test_clicks_at_the_same_time_make_one_intent(system: System) -> None:
    key = f"clicks-{uuid4()}"
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda _: a_page(system, idempotency_key=key), range(8)))

    assert len({(page.id, page.answer["clientSecret"]) for page in pages}) == 1
    assert len(intents_of(system, pages[0].id)) == 1


@pytest.mark.parametrize("kind", ["timeout_after", "timeout_before", "rate_limit", "error500"])
def test_a_lost_answer_is_found_and_no_second_intent_is_made(system: System, kind: str, clock: Clock) -> None:
    key = f"page-outage-{kind}"
    # What is not answered is tried three times.
    system.control("outage", calls=3 if kind.startswith("timeout") else 1, kind=kind, seconds=8)
    answer = system.order_on_page(idempotency_key=key)
    if answer.status != 201:
        assert (answer.status, answer.body["code"]) == (503, "stripe_unavailable")
        clock.offset = SETTLED
        answer = system.order_on_page(idempotency_key=key)
        if kind == "error500":
            # Stripe repeats its failure under the key, and its list has nothing: the key is free.
            assert answer.status == 503
            answer = system.order_on_page(idempotency_key=key)
    assert len(intents_of(system, Page(system, answer).id)) == 1


def intents_of(system: System, payment_id: str) -> list[Any]:
    listed = system.stripe().v1.payment_intents.list({"limit": 100})
    return [each for each in listed.data if each.metadata.to_dict().get("payment_id") == payment_id]


def test_an_order_is_closed_when_its_time_is_over(system: System, clock: Clock) -> None:
    page = a_page(system)
    assert page.payment.due_by[DueReason.CLOSE] - page.payment.expires_at <= timedelta(seconds=1)
    clock.offset = page.payment.expires_at - clock.now(NOW.tzinfo) + timedelta(minutes=1)

    system.invoke("Reconcile", {})

    assert (page.seen["status"], page.seen["payable"]) == ("canceled", False)
    assert system.stripe().v1.payment_intents.retrieve(page.intent).status == "canceled"
    assert DueReason.CLOSE not in page.payment.due_by


def test_who_is_paying_when_the_time_is_over_may_end_that_and_is_closed_when_it_fails(
    system: System, clock: Clock
) -> None:
    page = a_page(system, AN_ORDER | {"serviceType": "website-review"})
    debit = "pm_sepaDebit_failedDelayed_de"
    confirmed = page.confirm(debit)
    assert confirmed.get("status") == "processing", confirmed
    page.hear()
    assert DueReason.CLOSE not in page.payment.due_by
    clock.offset = page.payment.expires_at - clock.now(NOW.tzinfo) + timedelta(minutes=1)
    system.invoke("Reconcile", {})
    assert page.seen["status"] == "processing"

    system.control(f"payment_intents/{page.intent}/settle")
    page.hear()

    assert system.stripe().v1.payment_intents.retrieve(page.intent).status == "canceled"
    assert page.seen["status"] == "canceled"


def test_too_many_declines_close_it(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    function = system.functions["CreateIntent"]
    monkeypatch.setattr(function, "ordering", replace(function.ordering, most_declines=2))
    page = a_page(system)
    for _ in range(2):
        page.confirm(DECLINES)
        page.hear()

    assert (page.seen["status"], page.seen["payable"]) == ("canceled", False)
    assert "error" in page.confirm()


def test_it_is_canceled_by_whoever_ordered(system: System) -> None:
    page = a_page(system)

    canceled = system.cancel(page.id, page.answer["accessKey"])

    assert (canceled.status, canceled.body["status"]) == (200, "canceled")
    assert system.stripe().v1.payment_intents.retrieve(page.intent).status == "canceled"
    assert system.cancel(page.id, "another's").status == 404


def test_what_was_paid_just_now_cannot_be_canceled(system: System) -> None:
    page = a_page(system)
    page.confirm()

    canceled = system.cancel(page.id, page.answer["accessKey"])

    assert (canceled.status, canceled.body["code"]) == (409, "not_cancelable")
    assert page.seen["status"] == "succeeded"


@pytest.mark.parametrize("first", ["order", "order_on_page"])
@pytest.mark.parametrize("second", ["order", "order_on_page"])
def test_one_way_to_pay_takes_the_place_of_another(system: System, first: str, second: str) -> None:
    before = getattr(system, first)().body
    replaces = {"paymentId": before["paymentId"], "accessKey": before["accessKey"]}

    after = getattr(system, second)(AN_ORDER | {"replaces": replaces})

    assert after.status == 201
    assert system.status(before["paymentId"]).body["payable"] is False
    assert system.status(after.body["paymentId"]).body["payable"] is True


def test_what_was_paid_on_the_page_is_not_ordered_again(system: System) -> None:
    page = a_page(system)
    page.confirm()
    replaces = {"paymentId": page.id, "accessKey": page.answer["accessKey"]}

    for way in (system.order, system.order_on_page):
        refused = way(AN_ORDER | {"replaces": replaces})
        assert (refused.status, refused.body["code"]) == (409, "already_paid")


def test_what_is_in_stock_is_held_and_given_back(system: System, clock: Clock) -> None:
    sku = f"mug-{uuid4()}"
    system.table.put_product(Product(sku, "A mug", FixedPrice(1800), "usd", stocked=True))
    system.table.change_stock(StockChange("adm_1", sku, 3, "a delivery", "grace-1", NOW))
    items = {"name": "Ada Lovelace", "email": "ada@example.com", "items": [{"sku": sku, "quantity": 2}]}
    page = a_page(system, items)
    assert system.table.stock([sku])[sku] == 1
    assert page.payment.expires_at - page.payment.created_at == timedelta(minutes=45)
    clock.offset = timedelta(minutes=46)

    system.invoke("Reconcile", {})

    assert system.table.stock([sku])[sku] == 3


def test_an_order_for_nothing_is_refused_and_nothing_is_kept(system: System) -> None:
    sku = f"gift-{uuid4()}"
    system.table.put_product(Product(sku, "A gift", FixedPrice(0), "usd"))
    items = {"name": "Ada Lovelace", "email": "ada@example.com", "items": [{"sku": sku, "quantity": 1}]}

    refused = system.order_on_page(items, idempotency_key="for-nothing")

    assert (refused.status, refused.body["code"]) == (422, "validation_failed")
    assert refused.body["errors"][0]["field"] == "items"
    assert system.order(items, idempotency_key="for-nothing").status == 201


def test_an_intent_under_our_id_that_is_not_the_one_we_made_is_refused(system: System) -> None:
    page = a_page(system)
    forged = an_intent(page.id, id="pi_forged", status="succeeded", amount_received=9900)

    assert system.hear(an_event("payment_intent.succeeded", forged)).status == 200

    assert page.seen["status"] == "pending"
    assert len(page.payment.intents) == 1


def test_who_is_signed_in_finds_it_among_their_payments(system: System) -> None:
    page = Page(system, system.order_on_page(user=ADA))

    listed = system.payments_of(ADA).body["payments"]

    assert listed[0]["paymentId"] == page.id


def test_the_secret_is_in_no_log_no_table_and_no_answer_but_to_the_order(system: System, logs: io.StringIO) -> None:
    key = f"secret-{uuid4()}"
    page = a_page(system, idempotency_key=key)
    page.confirm(DECLINES)
    page.hear()
    a_page(system, idempotency_key=key)
    system.refresh(page.id)
    page.confirm()
    page.hear()
    system.run_mailer()
    system.invoke("Reconcile", {})
    secret = page.answer["clientSecret"].partition("_secret_")[2]
    assert secret

    (table,) = system.template.tables.values()
    pages = system.dynamodb.get_paginator("scan").paginate(TableName=table.name)
    kept = [item for found in pages for item in found["Items"]]
    assert any(page.id in str(item) for item in kept)
    assert not [item for item in kept if secret in str(item)]
    assert page.id in logs.getvalue()
    assert secret not in logs.getvalue()
    for answer in (system.status(page.id), system.refresh(page.id)):
        assert secret not in json.dumps(answer.body)
    assert not [mail for mail in system.mails(page.id) if secret in mail.as_string()]


@pytest.mark.parametrize(("key", "says"), [("", "StripePublishableKey is empty"), ("pk_live_1", "of the other mode")])
def test_without_a_key_for_pages_nothing_is_ordered_and_the_log_says_what_to_set(
    system: System, logs: io.StringIO, monkeypatch: pytest.MonkeyPatch, key: str, says: str
) -> None:
    monkeypatch.setattr(system.functions["CreateIntent"], "publishable_key", PublishableKey(key, livemode=False))

    answer = system.order_on_page(idempotency_key="no-key")

    assert (answer.status, answer.body["title"]) == (500, "This service is not set up yet")
    assert says in logs.getvalue()


def test_the_calls_that_an_order_makes(system: System) -> None:
    a_page(system)
    system.calls.clear()

    a_page(system)

    assert system.calls == ["BatchGetItem", "TransactWriteItems", "TransactWriteItems"]
