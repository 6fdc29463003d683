"""The webhook endpoint changes its version while events go on, and whatever Stripe tells meanwhile can be verified.

Each event is verified as three functions would: one that read the secret just now, one that did as long ago as it may,
and one in between.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest

from payments.adapters import secrets
from payments.adapters.secrets import CACHED_SECONDS, Secret
from payments.adapters.stripe.client import API_VERSION
from payments.adapters.stripe.signature import verify_signature
from payments.domain.errors import InvalidSignature, NotConfigured
from stripe_double import StripeDouble
from tests.integration.clock import Clock
from tests.integration.system import System, local_aws
from tests.integration.test_pay_once import control
from tools import stripe_setup
from tools.deployment import Deployment, DeploymentError
from tools.webhook_endpoint import EVENTS, IDLE, SigningSecret

OLD_VERSION = "2025-09-30.clover"


class Interrupted(Exception):
    pass


class Shop:
    """A deployment with its own double, which delivers to it; `step` is called after each thing that is done."""

    def __init__(self, system: System, clock: Clock) -> None:
        self.system = system
        self.clock = clock
        self.refused: list[str] = []
        self.heard: list[str] = []
        self.waited = 0.0
        self.step: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._receiver())
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.functions = [Secret(self.secret_name) for _ in range(2)]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def secret_name(self) -> str:
        return self.system.template.functions["StripeWebhook"].environment["STRIPE_WEBHOOK_SECRET"]

    @property
    def endpoints(self) -> Any:
        return self.system.stripe().v1.webhook_endpoints

    @property
    def live(self) -> list[Any]:
        return [each for each in self.endpoints.list().data if list(each.enabled_events) != [*IDLE]]

    @property
    def kept(self) -> tuple[str, ...]:
        return SigningSecret(self.secrets_manager, self.secret_name).values()

    def secret_of(self, endpoint: Any) -> str:
        with self.system.double.state.acting() as state:
            return str(state.private(endpoint.id)["secret"])

    @cached_property
    def secrets_manager(self) -> Any:
        return boto3.client("secretsmanager")

    def begin(self, *versions: str, stored: str | None = None) -> None:
        """With these endpoints and no others; the last one's secret is kept, unless another is `stored`."""
        self.step = lambda: None
        for each in self.endpoints.list().data:
            self.endpoints.delete(each.id)
        known = "replace-me"
        for version in versions:
            made = self.endpoints.create({"url": self.url, "api_version": version, "enabled_events": [*EVENTS]})
            known = made.secret
        self.secrets_manager.put_secret_value(SecretId=self.secret_name, SecretString=stored or known)
        self.clock.offset += timedelta(seconds=CACHED_SECONDS + 1)
        self.refused.clear()
        self.heard.clear()
        self.waited = 0

    def goes_on(self) -> None:
        """Something happens at Stripe, and every endpoint that is told of it acknowledges it."""
        deliveries, order = self.system.double.webhooks.deliveries, self.system.order().body
        before = len(deliveries)
        control(self.system, f"sessions/{order['sessionId']}/expire", {})
        assert all(each.answered.wait(10) for each in deliveries[before:]), self.refused
        assert self.system.status(order["paymentId"]).body["status"] == "expired"

    def set_up(self) -> None:
        """`make stripe`, with the key that is there."""
        outputs = {
            "WebhookUrl": self.url,
            "StripeApiKeySecret": self.system.template.functions["StripeWebhook"].environment["STRIPE_API_KEY_SECRET"],
            "StripeWebhookSecretName": self.secret_name,
        }
        deployed = Deployment("quittance", boto3.Session(), outputs, {"StripeApiBase": self.system.double.url})
        setup = stripe_setup.StripeSetup(deployed, lambda _: "", print, self.wait)
        setup.run()

    def wait(self, seconds: float) -> None:
        self.waited += seconds
        self.clock.offset += timedelta(seconds=seconds)
        self.step()

    def _receiver(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with shop._lock:
                    status = shop._hear(body, self.headers["Stripe-Signature"])
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Receiver

    def _hear(self, body: str, signature: str) -> int:
        for function in [Secret(self.secret_name), *self.functions]:
            try:
                verify_signature(body.encode(), signature, function.values)
            except (InvalidSignature, NotConfigured) as error:
                self.refused.append(repr(error))
                return 400
        answer = self.system.deliver(body, signature)
        self.heard.append(body)
        return answer.status


@pytest.fixture(scope="module")
def running() -> Iterator[Shop]:
    with local_aws() as aws_url, StripeDouble() as double:
        clock = Clock()
        clock.rule(secrets)
        shop = Shop(System(aws_url, double), clock)
        try:
            yield shop
        finally:
            shop.close()
            secrets.time = time  # type: ignore[attr-defined]


@pytest.fixture
def shop(running: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Whatever `make stripe` does at Stripe or with the signing secret is a step."""
    service = type(running.endpoints)
    for name in ("create", "update", "delete"):
        monkeypatch.setattr(service, name, followed(getattr(service, name), running))
    put = SigningSecret.put

    def put_after_someone_read(*arguments: Any) -> None:
        running.functions[0] = Secret(running.secret_name)
        with suppress(NotConfigured):
            running.functions[0].values()
        put(*arguments)

    monkeypatch.setattr(SigningSecret, "put", followed(put_after_someone_read, running))
    running.step = lambda: None
    return running


def followed(act: Callable[..., Any], shop: Shop) -> Callable[..., Any]:
    def act_and_step(*arguments: Any) -> Any:
        done = act(*arguments)
        shop.step()
        return done

    return act_and_step


def is_settled(shop: Shop) -> None:
    """One endpoint, of our version and with our events, and its secret alone is kept; nothing marks it."""
    (endpoint,) = shop.endpoints.list().data
    assert (endpoint.api_version, endpoint.status) == (API_VERSION, "enabled")
    assert list(endpoint.enabled_events) == [*EVENTS]
    assert endpoint.metadata.to_dict() == {}
    assert shop.kept == (shop.secret_of(endpoint),)


# Another version


def test_another_version_takes_over_while_events_go_on_and_none_is_refused(shop: Shop) -> None:
    shop.begin(OLD_VERSION)
    shop.goes_on()
    shop.step = shop.goes_on

    shop.set_up()

    shop.goes_on()
    is_settled(shop)
    assert shop.refused == []
    # Someone read the secret just before the other one was put beside it.
    assert CACHED_SECONDS < shop.waited < 400


def test_interrupted_after_any_step_it_is_finished_by_the_next_run(shop: Shop) -> None:
    for moment in itertools.count(1):
        shop.begin(OLD_VERSION)
        steps = itertools.count(1)

        def interrupt(steps: Iterator[int] = steps, moment: int = moment) -> None:
            if next(steps) == moment:
                raise Interrupted

        shop.step = interrupt
        try:
            shop.set_up()
        except Interrupted:
            shop.goes_on()
            shop.step = lambda: None
            shop.set_up()
            shop.goes_on()
            is_settled(shop)
            assert shop.refused == []
        else:
            break
    assert moment > 8


def test_run_again_when_all_is_done_it_changes_nothing(shop: Shop) -> None:
    shop.begin(OLD_VERSION)
    shop.set_up()
    steps: list[str] = []
    shop.step = lambda: steps.append("a step")

    shop.set_up()

    assert steps == []
    is_settled(shop)


@pytest.mark.parametrize("moment", range(1, 10))
def test_two_who_run_it_at_once_leave_one_endpoint_that_is_verified(shop: Shop, moment: int) -> None:
    shop.begin(OLD_VERSION)
    steps = itertools.count(1)

    def another_run() -> None:
        if next(steps) == moment:
            shop.step = lambda: None
            shop.set_up()

    shop.step = another_run
    # Whoever comes second may be told so, and runs it again.
    with suppress(DeploymentError):
        shop.set_up()
    shop.step = lambda: None
    shop.goes_on()
    shop.set_up()
    shop.goes_on()
    (endpoint,) = shop.endpoints.list().data
    assert shop.secret_of(endpoint) in shop.kept
    assert shop.refused == []


@pytest.mark.parametrize("version", [API_VERSION, "2026-11-25.endive"])
def test_a_version_of_the_same_release_is_kept(shop: Shop, version: str) -> None:
    shop.begin(version)
    (before,) = shop.live

    shop.set_up()

    assert shop.live == [before]
    assert shop.waited == 0


# What is found otherwise


@pytest.mark.parametrize("version", [API_VERSION, OLD_VERSION])
def test_a_disabled_endpoint_is_said_so_and_enabled_again(
    shop: Shop, version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.begin(version)
    (endpoint,) = shop.live
    shop.endpoints.update(endpoint.id, {"disabled": True})

    shop.set_up()

    assert f"{endpoint.id} was disabled, and is enabled again" in capsys.readouterr().out
    shop.goes_on()
    is_settled(shop)


def test_another_list_of_events_is_changed_in_place(shop: Shop) -> None:
    shop.begin(API_VERSION)
    (endpoint,) = shop.live
    shop.endpoints.update(endpoint.id, {"enabled_events": ["charge.succeeded", "customer.created"]})

    shop.set_up()

    (after,) = shop.live
    assert (after.id, list(after.enabled_events)) == (endpoint.id, [*EVENTS])


def test_of_two_endpoints_nobody_knows_whose_secret_is_kept_so_a_new_one_takes_their_place(shop: Shop) -> None:
    shop.begin(API_VERSION, API_VERSION)
    before = {each.id for each in shop.live}

    shop.set_up()

    is_settled(shop)
    shop.goes_on()
    assert not before & {each.id for each in shop.live}


def test_where_there_was_no_endpoint_nobody_waits(shop: Shop) -> None:
    shop.begin(stored="whsec_ofOneThatWasDeleted")
    shop.set_up()
    assert shop.waited < CACHED_SECONDS
    is_settled(shop)


def test_secrets_that_were_kept_by_hand_stay(shop: Shop) -> None:
    shop.begin(API_VERSION, stored='["whsec_rolled", "whsec_before"]')
    shop.set_up()
    assert shop.kept == ("whsec_rolled", "whsec_before")


def test_events_of_an_endpoint_that_is_not_ours_are_left_alone(shop: Shop) -> None:
    shop.begin(OLD_VERSION)
    another = shop.endpoints.create({"url": "http://127.0.0.1:9/other", "enabled_events": ["invoice.paid"]})
    shop.set_up()
    assert shop.endpoints.retrieve(another.id).status == "enabled"
    shop.endpoints.delete(another.id)
    is_settled(shop)
