"""Events that are polled from an account reach the webhook as Stripe would bring them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.wrappers import Request, Response

from local.ports import StackError
from local.servers import Server, listen
from local.stripe_account import StripeAccount
from local.stripe_events import StripeEvents, Webhook
from payments.adapters.stripe.client import API_VERSION, is_of_our_release
from payments.adapters.stripe.signature import verify_signature
from stripe_double import StripeDouble
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import StartResponse, WSGIEnvironment

    from stripe_double.outage import Kind

SECRET = "whsec_local"


class Endpoint:
    """A webhook that notes what it is told, and answers as it is bidden."""

    def __init__(self) -> None:
        self.status = 200
        self.told: list[dict[str, Any]] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        request = Request(environ)
        body = request.get_data()
        verify_signature(body, request.headers["Stripe-Signature"], lambda: (SECRET,))
        self.told.append(json.loads(body))
        return Response(status=self.status)(environ, start_response)

    @property
    def ids(self) -> list[str]:
        return [event["id"] for event in self.told]


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with StripeDouble() as running:
        yield running


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def webhook(endpoint: Endpoint) -> Iterator[Webhook]:
    listener = listen(0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server = Server(listener, endpoint)
    yield Webhook(url, SECRET)
    server.close()


@contextmanager
def polling(double: StripeDouble, webhook: Webhook, said: list[str]) -> Iterator[None]:
    events = made(double.api_key, double, webhook, said)
    events.begin()
    events.start()
    try:
        yield
    finally:
        events.stop()
        events.join()


def made(api_key: str, double: StripeDouble, webhook: Webhook, said: list[str]) -> StripeEvents:
    account = StripeAccount(api_key, double.url)
    return StripeEvents(account, API_VERSION, webhook, said.append, is_of_our_release, poll_seconds=0.05)


def happens(double: StripeDouble, times: int = 1) -> list[str]:
    """Something that is none of ours, so many times; the events' ids."""
    with double.state.acting() as state:
        return [
            state.emit("customer.created", {"id": f"cus_{number}", "object": "customer"})["id"]
            for number in range(times)
        ]


def fails(double: StripeDouble, kind: Kind, calls: int) -> None:
    double.outage.start(kind, calls)


def test_what_happens_from_now_on_arrives_once_and_in_order(
    double: StripeDouble, endpoint: Endpoint, webhook: Webhook, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.stripe_events._PAGE", 2)
    happens(double)

    with polling(double, webhook, said):
        first = happens(double, 5)
        eventually(lambda: len(endpoint.told) == 5)
        then = happens(double)
        eventually(lambda: len(endpoint.told) >= 6)

    assert endpoint.ids == [*first, *then]
    assert endpoint.told[0]["api_version"] == API_VERSION
    assert said == []


def test_what_is_not_taken_comes_again(
    double: StripeDouble, endpoint: Endpoint, webhook: Webhook, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.stripe_events._FIRST_PAUSE", 0.05)
    endpoint.status = 503
    with polling(double, webhook, said):
        [event] = happens(double)
        eventually(lambda: endpoint.ids[:3] == [event] * 3)
        endpoint.status = 200
        [other] = happens(double)
        eventually(lambda: other in endpoint.ids)
        tries = endpoint.ids.count(event)
        [last] = happens(double)
        eventually(lambda: last in endpoint.ids)

    assert endpoint.ids.count(event) <= tries + 1
    assert said == [f"{event} was answered 503; it comes again until it is taken."]


@pytest.mark.parametrize(("kind", "reason"), [("rate_limit", "429"), ("error500", "500")])
def test_a_failing_list_is_said_once_and_read_again(
    double: StripeDouble,
    endpoint: Endpoint,
    webhook: Webhook,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    reason: str,
) -> None:
    monkeypatch.setattr("local.stripe_events._FIRST_PAUSE", 0.05)
    with polling(double, webhook, said):
        fails(double, kind, 3)
        eventually(lambda: said)
        [event] = happens(double)
        eventually(lambda: endpoint.ids == [event])

    assert said == [
        f"Stripe's events cannot be read ({reason}); they are asked for until they can.",
        "Stripe's events can be read again.",
    ]


def test_an_account_of_another_version_is_said_once(
    double: StripeDouble, endpoint: Endpoint, webhook: Webhook, said: list[str]
) -> None:
    double.state.account_version = "2019-05-16"
    with polling(double, webhook, said):
        happens(double, 2)
        eventually(lambda: len(endpoint.told) == 2)
        happens(double)
        eventually(lambda: len(endpoint.told) == 3)

    [line] = said
    assert line.startswith("The account's API version is 2019-05-16, another than")


def test_a_key_that_stripe_does_not_know_is_a_sentence(double: StripeDouble, webhook: Webhook, said: list[str]) -> None:
    with pytest.raises(StackError, match="Stripe does not know this API key"):
        made("sk_test_another", double, webhook, said).begin()


def test_a_stripe_that_does_not_answer_is_a_sentence(double: StripeDouble, webhook: Webhook, said: list[str]) -> None:
    double.stop()

    with pytest.raises(StackError, match="Stripe could not be asked"):
        made(double.api_key, double, webhook, said).begin()
