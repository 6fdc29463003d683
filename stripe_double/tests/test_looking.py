"""Looking at the double's state: objects and deliveries without its API, and where links to a dashboard lead."""

import http.client
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from stripe_double import StripeDouble

from .shop import Control, order


def get(url: str) -> tuple[int, str | None, str]:
    """An address's status, where it leads, and its text; redirects are not followed."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=20)
    try:
        connection.request("GET", f"{address.path}?{address.query}")
        answer = connection.getresponse()
        return answer.status, answer.headers["location"], answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def paid(client: stripe.StripeClient, control: Control) -> dict[str, Any]:
    """A session that was paid, after another one."""
    for _ in range(2):
        session = client.v1.checkout.sessions.create(order())
        paid = control(f"sessions/{session.id}/pay", card="4242424242424242")
    return paid


def test_what_belongs_together_is_shown_together_and_the_newest_first(
    paid: dict[str, Any], client: stripe.StripeClient, control: Control
) -> None:
    intent = paid["payment_intent"]
    refunds = [client.v1.refunds.create({"payment_intent": intent, "amount": amount}).id for amount in (1, 2)]

    together = control.get(f"objects?of={paid['id']}&of={intent}")
    latest = control.get("objects?limit=1")

    assert {kind: [each["id"] for each in objects] for kind, objects in together.items()} == {
        "checkout.session": [paid["id"]],
        "payment_intent": [intent],
        "charge": [together["charge"][0]["id"]],
        "refund": refunds[::-1],
        "dispute": [],
    }
    assert [each["id"] for each in latest["refund"]] == refunds[-1:]
    assert [each["id"] for each in latest["checkout.session"]] == [paid["id"]]


def test_an_object_of_any_kind_is_shown_whole(
    paid: dict[str, Any], client: stripe.StripeClient, control: Control
) -> None:
    intent = client.v1.payment_intents.retrieve(paid["payment_intent"])

    assert control.get(f"objects/{intent.id}") == intent.to_dict()
    assert control.get(f"objects/{paid['id']}")["object"] == "checkout.session"
    assert control.get("objects/pi_none")["error"]["message"] == "No such object: 'pi_none'"


def test_looking_does_not_use_up_an_outage(paid: dict[str, Any], control: Control) -> None:
    control("outage", calls=2, kind="rate_limit", seconds=1)

    control.get(f"objects/{paid['id']}")
    control.get("objects")

    assert control.get("outage") == {"calls": 2, "kind": "rate_limit", "seconds": 1}


def test_deliveries_are_shown_by_event_or_the_latest(paid: dict[str, Any], control: Control) -> None:
    def events(path: str) -> list[str]:
        return [each["event"] for each in control.get(path)["deliveries"]]

    every = events("webhooks")
    assert events("webhooks?latest=2") == every[-2:]
    assert events(f"webhooks?event={every[-1]}&event={every[0]}&latest=0") == [every[0], every[-1]]
    control("webhooks", mode="hold")
    control(f"charges/{control.get('objects')['charge'][0]['id']}/dispute")
    held = control.get("webhooks?latest=0")
    assert (held["deliveries"], held["held"]) == ([], sum(each["held"] for each in control.webhooks()["deliveries"]))
    assert held["held"] > 0


def test_a_dashboards_address_shows_the_object(paid: dict[str, Any], double: StripeDouble) -> None:
    status, _, page = get(f"{double.url}/dashboard/payments/{paid['payment_intent']}")

    assert status == 200
    assert paid["payment_intent"] in page
    assert "&#34;amount_received&#34;: 1099" in page
    assert get(f"{double.url}/dashboard/payments/pi_none")[0] == 404


def test_a_dashboards_address_leads_to_the_one_that_was_named() -> None:
    with StripeDouble(dashboard_url="http://localhost:9/stripe/{id}") as double:
        status, location, _ = get(f"{double.url}/dashboard/disputes/du_1%20x")

    assert (status, location) == (302, "http://localhost:9/stripe/du_1%20x")
