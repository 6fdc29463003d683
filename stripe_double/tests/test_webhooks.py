"""Deliveries: signed, retried, held, dropped, doubled, to several endpoints with several secrets."""

import http.client
import json
from urllib.parse import urlsplit

import pytest
import stripe

from stripe_double import API_VERSION, StripeDouble

from .shop import Control, Listener, until


def deliveries(control: Control) -> list[tuple[str, bool, list[int | None]]]:
    return [
        (each["type"], each["delivered"], [attempt["status"] for attempt in each["attempts"]])
        for each in control.webhooks()["deliveries"]
    ]


def test_an_event_arrives_signed_and_whole(
    client: stripe.StripeClient, control: Control, listener: Listener, double: StripeDouble
) -> None:
    customer = client.v1.customers.create({"name": "Zoë"})
    until(lambda: len(listener.events) == 1)
    event = listener.events[0]
    assert (event["type"], event["api_version"], event["livemode"]) == ("customer.created", API_VERSION, False)
    assert (event["data"]["object"]["id"], event["data"]["object"]["name"]) == (customer.id, "Zoë")
    assert listener.headers[0]["User-Agent"].startswith("Stripe/1.0")
    until(lambda: client.v1.events.retrieve(event["id"]).pending_webhooks == 0)
    shown = control.webhooks()
    assert (shown["url"], shown["secret"], shown["mode"]) == (listener.url, double.webhook_secret, "deliver")
    assert deliveries(control) == [("customer.created", True, [200])]


def test_a_refused_event_is_tried_again_until_it_is_taken(
    client: stripe.StripeClient, control: Control, listener: Listener
) -> None:
    listener.status = lambda _: 500 if len(listener.events) < 3 else 204
    client.v1.customers.create({})
    until(lambda: deliveries(control) == [("customer.created", True, [500, 500, 204])])
    assert len({event["id"] for event in listener.events}) == 1


def test_an_event_nobody_takes_is_given_up_and_stays_undelivered(
    client: stripe.StripeClient, control: Control, listener: Listener
) -> None:
    listener.status = 500
    client.v1.customers.create({})
    until(lambda: len(deliveries(control)[0][2]) == 4)
    assert [e.type for e in client.v1.events.list({"delivery_success": False}).data] == ["customer.created"]
    assert client.v1.events.list({"delivery_success": True}).data == []
    # Someone repairs the endpoint and has the event sent again.
    listener.status = 200
    control(f"events/{listener.events[0]['id']}/resend")
    until(lambda: client.v1.events.list({"delivery_success": False}).data == [])


def test_held_events_come_out_shuffled(client: stripe.StripeClient, control: Control, listener: Listener) -> None:
    control("webhooks", mode="hold", shuffle=True)
    for number in range(8):
        client.v1.customers.create({"name": str(number)})
    assert [each["held"] for each in control.webhooks()["deliveries"]] == [True] * 8
    assert listener.events == []
    assert control("webhooks/flush")["flushed"] == 8
    until(lambda: len(listener.events) == 8)
    names = [event["data"]["object"]["name"] for event in listener.events]
    assert sorted(names) == [str(number) for number in range(8)]
    assert names != sorted(names)


def test_dropped_events_are_lost_but_listed(client: stripe.StripeClient, control: Control, listener: Listener) -> None:
    control("webhooks", mode="drop")
    client.v1.customers.create({})
    control("webhooks", mode="deliver")
    client.v1.products.create({"name": "Lantern"})
    until(lambda: listener.types() == ["product.created"])
    assert control("webhooks/flush")["flushed"] == 0
    assert [e.type for e in client.v1.events.list({"delivery_success": False}).data] == ["customer.created"]
    # A cursor may name an event that the filter leaves out.
    delivered = client.v1.events.list({"delivery_success": True}).data[0].id
    older = client.v1.events.list({"delivery_success": False, "starting_after": delivered}).data
    assert [e.type for e in older] == ["customer.created"]
    assert client.v1.events.list({"delivery_success": False, "ending_before": delivered}).data == []


def test_events_are_doubled(client: stripe.StripeClient, control: Control, listener: Listener) -> None:
    control("webhooks", duplicate=2)
    client.v1.customers.create({})
    until(lambda: len(listener.events) == 3)
    assert len({event["id"] for event in listener.events}) == 1


def test_each_endpoint_gets_what_it_asked_for(
    client: stripe.StripeClient, control: Control, listener: Listener
) -> None:
    endpoint = client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["product.created"]})
    assert endpoint.secret is not None
    other = Listener(endpoint.secret)
    try:
        client.v1.webhook_endpoints.update(endpoint.id, {"url": other.url, "metadata": {"k": "v"}})
        # The secret is shown once.
        assert "secret" not in client.v1.webhook_endpoints.retrieve(endpoint.id).to_dict()
        client.v1.customers.create({})
        client.v1.products.create({"name": "Lantern"})
        until(lambda: sorted(listener.types()) == ["customer.created", "product.created"])
        until(lambda: other.types() == ["product.created"])
        # A disabled endpoint gets nothing, a deleted one is gone.
        assert client.v1.webhook_endpoints.update(endpoint.id, {"disabled": True}).status == "disabled"
        client.v1.products.create({"name": "Candle"})
        until(lambda: len(listener.events) == 3)
        assert client.v1.webhook_endpoints.delete(endpoint.id).deleted
        assert len(client.v1.webhook_endpoints.list().data) == 1
        assert (len(other.events), other.unsigned) == (1, 0)
    finally:
        other.close()


def test_a_rolled_secret_signs_beside_the_old_one(
    client: stripe.StripeClient, control: Control, listener: Listener
) -> None:
    endpoint = client.v1.webhook_endpoints.list().data[0]
    new = control(f"webhook_endpoints/{endpoint.id}/roll", expires_in=600)["secret"]
    # Given a shop that still has the old secret
    client.v1.customers.create({})
    until(lambda: len(listener.events) == 1)
    # When it takes the new one
    listener.secret = new
    client.v1.customers.create({})
    until(lambda: len(listener.events) == 2)
    # And the old one runs out
    control("clock", advance=601)
    client.v1.customers.create({})
    until(lambda: len(listener.events) == 3)
    assert listener.unsigned == 0
    listener.secret = "whsec_of_nobody"
    client.v1.customers.create({})
    until(lambda: listener.unsigned > 0)


def test_a_dead_endpoint_does_not_hold_up_the_api(client: stripe.StripeClient, control: Control) -> None:
    client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["*"]})
    client.v1.customers.create({})
    until(lambda: any(statuses == [None] * 4 for _, _, statuses in deliveries(control)))


def test_events_are_found_by_type(client: stripe.StripeClient) -> None:
    client.v1.customers.create({})
    client.v1.products.create({"name": "Lantern"})
    client.v1.prices.create({"currency": "usd", "unit_amount": 100, "product_data": {"name": "Candle"}})
    assert [e.type for e in client.v1.events.list({"type": "price.*"}).data] == ["price.created"]
    both = client.v1.events.list({"types": ["customer.created", "product.created"]}).data
    assert [e.type for e in both] == ["product.created", "customer.created"]
    event = client.v1.events.retrieve(both[0].id)
    assert event.data.object["name"] == "Lantern"


def test_the_list_of_events_takes_twenty_types_and_refuses_one_more(client: stripe.StripeClient) -> None:
    types = [f"charge.dispute.{number}" for number in range(21)]
    assert client.v1.events.list({"types": types[:20]}).data == []
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.events.list({"types": types})


def test_the_list_of_events_is_in_the_accounts_version_and_endpoints_get_their_own(
    client: stripe.StripeClient, control: Control, listener: Listener
) -> None:
    control("events", api_version="2019-05-16")
    client.v1.payment_intents.create({"amount": 9900, "currency": "usd"})
    until(lambda: len(listener.events) == 1)
    (listed,) = client.v1.events.list({"types": ["payment_intent.created"]}).data
    assert (listed.api_version, listener.events[0]["api_version"]) == ("2019-05-16", API_VERSION)
    assert "latest_charge" not in listed.to_dict()["data"]["object"]
    assert "latest_charge" in listener.events[0]["data"]["object"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8000"},
        {"Host": "evil.example"},
        {"Host": "evil.example:12111", "Origin": "http://evil.example:12111"},
        {"Host": "["},
    ],
)
def test_no_page_of_another_origin_steers_the_double_or_reads_its_secrets(
    control: Control, double: StripeDouble, headers: dict[str, str]
) -> None:
    for method, path, body in (("GET", "webhooks", None), ("POST", "webhooks", json.dumps({"mode": "drop"}))):
        connection = http.client.HTTPConnection(urlsplit(double.url).netloc, timeout=20)
        connection.request(method, f"/_control/{path}", body, {"Content-Type": "text/plain", **headers})
        answer = connection.getresponse()
        assert answer.status == 403
        assert double.webhook_secret not in answer.read().decode()
        connection.close()
    assert control.webhooks()["mode"] == "deliver"


@pytest.mark.parametrize("headers", [{}, {"Host": "localhost:1"}, {"Host": "stripe"}, {"Host": "[::1]:12111"}])
def test_programs_steer_it_by_any_name_that_nobody_can_buy(double: StripeDouble, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection(urlsplit(double.url).netloc, timeout=20)
    connection.request("GET", "/_control/webhooks", None, headers)
    assert connection.getresponse().status == 200
    connection.close()
