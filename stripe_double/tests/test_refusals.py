"""A call that is refused leaves nothing: no object, no event, no changed field, and its key makes nothing either."""

import copy
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from stripe_double import StripeDouble

from .shop import Control, Listener, event_types, order, until

type Call = tuple[str, dict[str, str]]


def send(double: StripeDouble, path: str, parameters: dict[str, str], key: str) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {double.api_key}", "Idempotency-Key": key}
    body = urllib.parse.urlencode(parameters).encode()
    request = urllib.request.Request(double.url + path, body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def everything(double: StripeDouble) -> Any:
    """All that the double knows, in its order: objects, events among them, and what it does not show."""
    with double.state.acting() as state:
        known = {kind: list(things.items()) for kind, things in state._objects.items()}
        return copy.deepcopy((known, state._private))


@pytest.fixture(scope="module")
def world() -> Iterator[StripeDouble]:
    """A double that nobody listens to: what changes in it, a call has changed."""
    with StripeDouble() as double:
        yield double


INTENT = {"amount": "2000", "currency": "usd"}


@pytest.mark.parametrize(
    ("path", "parameters", "param"),
    [
        ("/v1/customers", {"email": "ada@example.com", "payment_method": "pm_none"}, "payment_method"),
        ("/v1/payment_intents", {**INTENT, "payment_method": "pm_card_visa", "confirm": "true"}, "return_url"),
        ("/v1/customers", {"email": "ada@example.com", "expand[]": "nonsense"}, "expand"),
        (
            "/v1/payment_intents",
            {**INTENT, "payment_method": "pm_card_visa", "excluded_payment_method_types[]": "card"},
            "payment_method",
        ),
        ("/v1/payment_intents/{intent}/confirm", {"receipt_email": "eve@example.com"}, "return_url"),
        ("/v1/payment_intents/{intent}/confirm", {"return_url": "http://shop.example/", "expand[]": "no"}, "expand"),
    ],
)
def test_what_was_seen_to_stay_stays_no_more(
    world: StripeDouble, path: str, parameters: dict[str, str], param: str
) -> None:
    _, intent = send(world, "/v1/payment_intents", {**INTENT, "payment_method": "pm_card_visa"}, f"intent {param}")
    path, before = path.format(intent=intent["id"]), everything(world)
    for _ in range(2):
        status, answer = send(world, path, parameters, f"{path} {param}")
        assert (status, answer["error"]["param"]) == (400, param)
        assert everything(world) == before


def test_nobody_hears_of_a_refused_call(client: stripe.StripeClient, listener: Listener) -> None:
    # Given a call that is refused for the last thing it asks for, when all is done
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create(
            {
                "amount": 2000,
                "currency": "usd",
                "payment_method": "pm_card_visa",
                "confirm": True,
                "return_url": "http://shop.example/",
                "expand": ["nonsense"],
            }
        )
    # Then the endpoint hears of what comes after it, and of nothing before
    client.v1.customers.create({"email": "ada@example.com"})
    until(lambda: bool(listener.events))
    assert listener.types() == event_types(client) == ["customer.created"]


def test_what_stripe_keeps_of_a_refusal_stays(client: stripe.StripeClient, control: Control) -> None:
    # A declined card keeps its attempt, a failed authentication too, at an intent as at a setup.
    declined = {"payment_method": "pm_card_chargeDeclined", "confirm": True, "return_url": "http://shop.example/"}
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.create({"amount": 2000, "currency": "usd", **declined})  # type: ignore[typeddict-item]
    with pytest.raises(stripe.CardError):
        client.v1.setup_intents.create(declined)  # type: ignore[arg-type]
    session = client.v1.checkout.sessions.create(order())
    control(f"sessions/{session.id}/pay", card="4000002760003184")
    assert control.post(f"sessions/{session.id}/authenticate", approved=False)[0] == 400
    assert [intent.status for intent in client.v1.payment_intents.list().data] == ["requires_payment_method"] * 2
    assert event_types(client) == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "setup_intent.created",
        "setup_intent.setup_failed",
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.payment_failed",
    ]


METHODS = ("pm_card_visa", "pm_card_chargeDeclined", "pm_card_authenticationRequired", "pm_none", "{payment_method}")
SOMETIMES: dict[str, tuple[str, ...]] = {
    "amount": ("20", "2000"),
    "amount_to_capture": ("500", "5000"),
    "capture_method": ("manual",),
    "confirm": ("true", "perhaps"),
    "confirmation_token": ("{confirmation_token}", "ctoken_none"),
    "customer": ("{customer}", "cus_none"),
    "currency": ("usd",),
    "email": ("ada@example.com", "nobody"),
    "excluded_payment_method_types[]": ("card", "sepa_debit"),
    "expand[]": ("customer", "latest_charge", "nonsense"),
    "expires_at": ("1",),
    "invoice_settings[default_payment_method]": ("{payment_method}", "pm_none"),
    "line_items[0][price_data][currency]": ("usd",),
    "line_items[0][price_data][product_data][name]": ("Lantern",),
    "line_items[0][price_data][unit_amount]": ("0", "10", "1099"),
    "line_items[0][quantity]": ("1",),
    "metadata[order]": ("7",),
    "mode": ("payment", "setup"),
    "off_session": ("true",),
    "payment_intent": ("{payment_intent}", "pi_none"),
    "payment_method": METHODS,
    "receipt_email": ("ada@example.com",),
    "return_url": ("http://shop.example/",),
    "setup_future_usage": ("off_session",),
    "success_url": ("http://shop.example/",),
}
INTENTS = ("confirmation_token", "excluded_payment_method_types[]", "payment_method", "return_url")
PATHS = {
    "/v1/customers": ("email", "invoice_settings[default_payment_method]", "payment_method"),
    "/v1/customers/{customer}": ("email", "invoice_settings[default_payment_method]", "metadata[order]"),
    "/v1/payment_methods/{payment_method}/attach": ("customer",),
    "/v1/payment_methods/{payment_method}/detach": (),
    "/v1/payment_intents": (
        *("amount", "capture_method", "confirm", "currency", "customer", "off_session", "setup_future_usage"),
        *INTENTS,
    ),
    "/v1/payment_intents/{payment_intent}": ("amount", "customer", "metadata[order]", "payment_method"),
    "/v1/payment_intents/{payment_intent}/confirm": ("off_session", "receipt_email", "setup_future_usage", *INTENTS),
    "/v1/payment_intents/{payment_intent}/capture": ("amount_to_capture", "metadata[order]"),
    "/v1/payment_intents/{payment_intent}/cancel": (),
    "/v1/setup_intents": ("confirm", "customer", *INTENTS),
    "/v1/setup_intents/{setup_intent}": (
        "customer",
        "excluded_payment_method_types[]",
        "metadata[order]",
        "payment_method",
    ),
    "/v1/setup_intents/{setup_intent}/confirm": ("confirmation_token", "payment_method", "return_url"),
    "/v1/setup_intents/{setup_intent}/cancel": (),
    "/v1/test_helpers/confirmation_tokens": ("payment_method", "return_url", "setup_future_usage"),
    "/v1/refunds": ("amount", "payment_intent"),
    "/v1/checkout/sessions": (
        *("customer", "expires_at", "mode", "success_url"),
        *(name for name in SOMETIMES if name.startswith("line_items")),
    ),
    "/v1/checkout/sessions/{checkout.session}/expire": (),
}


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """A call that may be all right: nearly all that it should say is there, and some of it is wrong."""
    path = draw(st.sampled_from(list(PATHS)))
    names = [*PATHS[path], "expand[]"]
    left_out = draw(st.sets(st.sampled_from(names), max_size=3))
    return path, {name: draw(st.sampled_from(SOMETIMES[name])) for name in names if name not in left_out}


def filled(double: StripeDouble, template: str) -> str:
    """The template with the newest object of each kind that it names."""
    with double.state.acting() as state:
        newest = {kind: next(state.newest(kind), {"id": "none"})["id"] for kind in state._objects}
    for kind, identifier in newest.items():
        template = template.replace(f"{{{kind}}}", identifier)
    return template


@given(told=st.lists(calls(), min_size=5, max_size=12), run=st.uuids())
@settings(max_examples=60, deadline=None)
def test_any_call_that_is_refused_leaves_nothing(world: StripeDouble, told: list[Call], run: Any) -> None:
    for number, (template, parameters) in enumerate(told):
        path = filled(world, template)
        parameters = {name: filled(world, value) for name, value in parameters.items()}
        before, key = everything(world), f"{run} {number}"
        status, answer = send(world, path, parameters, key)
        error, after = answer.get("error", {}), everything(world)
        assert status < 500, answer
        if status >= 400 and not (status == 402 and error.keys() & {"payment_intent", "setup_intent"}):
            assert after == before, (path, parameters, answer)
        # And whatever came of it, the same key makes nothing more.
        assert send(world, path, parameters, key)[0] == status
        assert everything(world) == after, (path, parameters, answer)
