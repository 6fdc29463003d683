"""Steering: as new, answers made to order, deliveries in an order that can be repeated, and what is forgotten."""

import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from stripe_double import StripeDouble
from stripe_double.pruning import prune
from stripe_double.webhooks import DISABLED_AFTER_SECONDS

from .shop import FIRST, Control, Listener, event_types, order, until


def pay(client: stripe.StripeClient, control: Control, amount: int = 1099) -> str:
    """The intent of a checkout that was paid."""
    session = client.v1.checkout.sessions.create(order(amount))
    return str(control(f"sessions/{session.id}/pay", card=FIRST)["payment_intent"])


def types_heard(listener: Listener) -> list[str]:
    return [event["type"] for event in listener.events]


# As new


def test_after_a_reset_all_is_as_it_was_at_the_start(
    double: StripeDouble, client: stripe.StripeClient, control: Control, listener: Listener
) -> None:
    before = control.webhooks()
    client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["*"]})
    client.v1.customers.create({"email": "ada@example.com"}, {"idempotency_key": "the-same"})
    pay(client, control)
    control("clock", advance=3600)
    control("outage", calls=5, kind="rate_limit")
    control("webhooks", mode="hold", duplicate=2, shuffle=True)

    control("reset")

    assert control.webhooks() == before
    assert event_types(client) == []
    assert client.v1.payment_intents.list().data == []
    assert abs(double.state.now() - time.time()) < 60
    # The key is new, too.
    assert client.v1.customers.create({"email": "eve@example.com"}, {"idempotency_key": "the-same"}).id
    listener.events.clear()
    pay(client, control)
    until(lambda: "checkout.session.completed" in types_heard(listener))


def test_nothing_of_before_a_reset_arrives_after_it(
    client: stripe.StripeClient, control: Control, listener: Listener
) -> None:
    def slowly(_: dict[str, Any]) -> int:
        time.sleep(0.2)
        return 500

    listener.status = slowly
    with ThreadPoolExecutor(4) as pool:
        for _ in range(6):
            pool.submit(pay, client, control)
    control("reset")
    heard = len(listener.events)

    time.sleep(1)

    assert len(listener.events) == heard
    assert control.webhooks()["deliveries"] == []


# Answers made to order


def test_the_next_call_on_a_path_is_answered_as_it_was_told(client: stripe.StripeClient, control: Control) -> None:
    customer = client.v1.customers.create()
    gone = {"error": {"type": "invalid_request_error", "message": "Gone.", "code": "resource_missing"}}
    control("answers", method="GET", path="/v1/customers/*", status=404, body=gone, headers={"X-Why": "told"})

    assert client.v1.customers.create().id
    with pytest.raises(stripe.InvalidRequestError, match="Gone") as refused:
        client.v1.customers.retrieve(customer.id)
    assert refused.value.headers
    assert refused.value.headers["X-Why"] == "told"
    assert client.v1.customers.retrieve(customer.id).id == customer.id


def test_a_path_can_fail_as_all_of_the_api_can(client: stripe.StripeClient, control: Control) -> None:
    control("answers", path="/v1/refunds", kind="rate_limit", calls=2)

    for _ in range(2):
        with pytest.raises(stripe.RateLimitError):
            client.v1.refunds.list()
    assert client.v1.refunds.list().data == []


def test_answers_that_wait_are_listed_and_can_be_taken_back(
    double: StripeDouble, client: stripe.StripeClient, control: Control
) -> None:
    control("answers", path="/v1/customers", status=503, calls=3)
    assert control.get("answers") == {"answers": [{"method": "*", "path": "/v1/customers", "calls": 3, "status": 503}]}

    urllib.request.urlopen(urllib.request.Request(f"{double.url}/_control/answers", method="DELETE")).close()

    assert control.get("answers") == {"answers": []}
    assert client.v1.customers.create().id


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({}, "path"),
        ({"path": "refunds"}, "path"),
        ({"path": "/v1/refunds", "method": "FETCH"}, "method"),
        ({"path": "/v1/refunds", "kind": "tired"}, "kind"),
        ({"path": "/v1/refunds", "status": 20}, "status"),
        ({"path": "/v1/refunds", "calls": -1}, "calls"),
        ({"path": "/v1/refunds", "headers": ["x"]}, "headers"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(control: Control, asked: dict[str, Any], param: str) -> None:
    status, answer = control.post("answers", **asked)
    assert (status, answer["error"]["param"]) == (400, param)


# Deliveries


def test_an_endpoint_that_takes_nothing_for_days_is_disabled_until_it_is_enabled_again(
    double: StripeDouble, client: stripe.StripeClient, control: Control, listener: Listener
) -> None:
    [endpoint] = client.v1.webhook_endpoints.list().data
    listener.status = 500
    pay(client, control)
    until(lambda: any(each["attempts"] for each in control.webhooks()["deliveries"]))
    assert client.v1.webhook_endpoints.retrieve(endpoint.id).status == "enabled"

    control("clock", advance=DISABLED_AFTER_SECONDS)
    client.v1.products.create({"name": "Lantern"})
    until(lambda: client.v1.webhook_endpoints.retrieve(endpoint.id).status == "disabled")
    listener.status = 200
    # What happens meanwhile nobody is told, and the list has none of it as undelivered.
    meanwhile = client.v1.products.create({"name": "Lamp"})
    undelivered = client.v1.events.list({"delivery_success": False, "limit": 100}).data
    assert meanwhile.id not in [event.data.object["id"] for event in undelivered]

    client.v1.webhook_endpoints.update(endpoint.id, {"disabled": False})
    listener.events.clear()
    later = client.v1.products.create({"name": "Candle"})
    until(lambda: later.id in [event["data"]["object"]["id"] for event in listener.events])
    assert meanwhile.id not in [event["data"]["object"]["id"] for event in listener.events]


def test_an_endpoint_that_takes_something_in_between_stays(
    client: stripe.StripeClient, control: Control, listener: Listener
) -> None:
    [endpoint] = client.v1.webhook_endpoints.list().data
    for _ in range(3):
        listener.status = 500
        pay(client, control)
        until(lambda: any(each["attempts"] for each in control.webhooks()["deliveries"]))
        listener.status = 200
        control("clock", advance=DISABLED_AFTER_SECONDS / 2)
        until(lambda: all(each["delivered"] for each in control.webhooks()["deliveries"]))
    assert client.v1.webhook_endpoints.retrieve(endpoint.id).status == "enabled"


def test_in_order_events_arrive_one_after_the_other(
    client: stripe.StripeClient, control: Control, listener: Listener
) -> None:
    control("webhooks", in_order=True)
    for _ in range(5):
        pay(client, control)

    until(lambda: all(each["delivered"] for each in control.webhooks()["deliveries"]))
    assert [event["id"] for event in listener.events] == [
        event.id for event in reversed(client.v1.events.list({"limit": 100}).data)
    ]


def test_a_seed_shuffles_alike_each_time(client: stripe.StripeClient, control: Control, listener: Listener) -> None:
    orders = []
    for seed in (7, 7, 8):
        control("reset")
        listener.events.clear()
        control("webhooks", mode="hold", in_order=True, shuffle=True, seed=seed)
        for number in range(12):
            client.v1.products.create({"name": f"Lantern {number}"})
        control("webhooks/flush")
        until(lambda: len(listener.events) == 12)
        orders.append([event["data"]["object"]["name"] for event in listener.events])

    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != sorted(orders[0])


def test_deliveries_are_shown_by_pages(client: stripe.StripeClient, control: Control) -> None:
    for number in range(5):
        client.v1.products.create({"name": f"Lantern {number}"})
    numbers: list[int] = []
    while page := control.get(f"webhooks?limit=2&after={numbers[-1] if numbers else 0}")["deliveries"]:
        assert len(page) <= 2
        numbers += [each["number"] for each in page]
    assert numbers == [1, 2, 3, 4, 5]


# What is forgotten


def test_of_more_payments_than_are_kept_the_oldest_that_ended_go_with_all_that_is_theirs(listener: Listener) -> None:
    with StripeDouble(webhook_url=listener.url, webhook_secret=listener.secret, kept=10) as double:
        client = stripe.StripeClient(double.api_key, base_addresses={"api": double.url}, max_network_retries=0)
        control = Control(double.url)
        waiting = client.v1.checkout.sessions.create(order())
        customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
        disputed = pay(client, control)
        control(f"charges/{client.v1.payment_intents.retrieve(disputed).latest_charge}/dispute")
        first = pay(client, control)
        charge = str(client.v1.payment_intents.retrieve(first).latest_charge)
        client.v1.refunds.create({"charge": charge, "amount": 100})
        last = [pay(client, control) for _ in range(30)][-1]

        def is_gone() -> bool:
            try:
                client.v1.payment_intents.retrieve(first)
            except stripe.InvalidRequestError:
                return True
            return False

        until(is_gone)
        assert client.v1.payment_intents.retrieve(last).status == "succeeded"
        assert client.v1.disputes.list({"payment_intent": disputed}).data
        assert client.v1.checkout.sessions.retrieve(waiting.id).status == "open"
        assert client.v1.customers.payment_methods.list(customer.id).data
        with double.state.acting() as state:
            assert state.count("payment_intent") <= 13
            for kind in ("charge", "refund", "balance_transaction", "event"):
                assert first not in str([*state.newest(kind)])
                assert charge not in str([*state.newest(kind)])
            assert state.count("payment_method") <= 15


def test_events_are_kept_for_thirty_days(double: StripeDouble, client: stripe.StripeClient, control: Control) -> None:
    client.v1.products.create({"name": "Lantern"})
    control("clock", advance=29 * 24 * 3600)
    client.v1.products.create({"name": "Lamp"})
    assert len(event_types(client)) == 2

    control("clock", advance=2 * 24 * 3600)
    with double.state.acting() as state:
        prune(state)

    assert [event.data.object["name"] for event in client.v1.events.list().data] == ["Lamp"]


# Receipts


def test_a_receipt_says_whose_it_is_of_what_when_by_which_card_and_what_went_back(
    client: stripe.StripeClient, control: Control
) -> None:
    intent = client.v1.payment_intents.retrieve(pay(client, control), {"expand": ["latest_charge"]})
    charge: Any = intent.latest_charge
    client.v1.refunds.create({"charge": charge.id, "amount": 99})

    with urllib.request.urlopen(charge.receipt_url) as answer:
        shown = answer.read().decode()

    today = time.strftime("%-d %B %Y", time.gmtime(charge.created))
    for part in ("Example Studio", "1 x Lantern", "$10.99", today, "Visa ending in 4242", "$0.99", "$10.00"):
        assert part in shown, part
