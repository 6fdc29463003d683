"""Checkout Sessions: paid, declined, authenticated, delayed, expired, saved for later."""

import time
from typing import Any

import pytest
import stripe

from stripe_double import StripeDouble

from .shop import ASKS, DECLINES, FIRST, Control, Listener, event_types, order, until


def test_a_card_payment_emits_stripes_five_events(
    client: stripe.StripeClient, control: Control, listener: Listener
) -> None:
    # Given an open session, of which nothing was paid
    session = client.v1.checkout.sessions.create(order())
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    # When the customer pays
    paid = control(f"sessions/{session.id}/pay", card=FIRST)
    # Then the session is complete, and everything hangs together
    assert (paid["status"], paid["payment_status"], paid["url"]) == ("complete", "paid", None)
    assert paid["client_reference_id"] == "order-7"
    shown = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert isinstance(shown.payment_intent, stripe.PaymentIntent)
    charge = shown.payment_intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert charge.metadata["order"] == "7"
    assert (charge.amount_captured, shown.payment_intent.amount_received) == (1099, 1099)
    assert event_types(client) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]
    until(lambda: len(listener.events) == 5)
    by_type = {event["type"]: event for event in listener.events}
    # An event is a snapshot of its moment: the balance comes with the update only.
    assert by_type["charge.succeeded"]["data"]["object"]["balance_transaction"] is None
    assert by_type["charge.updated"]["data"]["object"]["balance_transaction"].startswith("txn_")
    assert by_type["charge.updated"]["data"]["previous_attributes"] == {"balance_transaction": None}
    assert by_type["payment_intent.created"]["data"]["object"]["status"] == "requires_payment_method"


def test_another_card_may_be_tried_after_a_decline(client: stripe.StripeClient, control: Control) -> None:
    session = client.v1.checkout.sessions.create(order())
    status, refused = control.post(f"sessions/{session.id}/pay", card="4000000000009995")
    assert status == 402
    error = refused["error"]
    assert (error["type"], error["code"], error["decline_code"]) == (
        "card_error",
        "card_declined",
        "insufficient_funds",
    )
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    control(f"sessions/{session.id}/pay", card=FIRST)
    assert event_types(client) == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]
    first, second = client.v1.charges.list().data[::-1]
    assert (first.status, first.captured, second.status) == ("failed", False, "succeeded")
    assert first.payment_intent == second.payment_intent
    # And a paid session takes no second payment.
    assert control.post(f"sessions/{session.id}/pay", card=FIRST)[0] == 400
    assert len(client.v1.charges.list().data) == 2


def test_authentication_refused_then_given(client: stripe.StripeClient, control: Control) -> None:
    session = client.v1.checkout.sessions.create(order())
    asked = control(f"sessions/{session.id}/pay", card=ASKS)
    assert asked["status"] == "open"
    intent = client.v1.payment_intents.retrieve(asked["payment_intent"])
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    # When the customer fails the challenge
    _, refused = control.post(f"sessions/{session.id}/authenticate", approved=False)
    # Then the attempt has failed without a charge
    assert refused["error"]["code"] == "payment_intent_authentication_failure"
    intent = client.v1.payment_intents.retrieve(intent.id)
    assert (intent.status, intent.latest_charge) == ("requires_payment_method", None)
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    # And when they pass it the second time, the charge says that it was authenticated
    control(f"sessions/{session.id}/pay", card=ASKS)
    done = control(f"sessions/{session.id}/authenticate", approved=True)
    assert done["payment_status"] == "paid"
    details = client.v1.charges.list().data[0].payment_method_details
    assert details is not None
    assert details.card is not None
    assert details.card.three_d_secure is not None
    assert details.card.three_d_secure.result == "authenticated"
    assert event_types(client)[:3] == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.payment_failed",
    ]


@pytest.mark.parametrize(
    ("card", "payment_status", "ending"),
    [
        (
            "delayed_success",
            "paid",
            [
                "charge.succeeded",
                "payment_intent.succeeded",
                "checkout.session.async_payment_succeeded",
                "charge.updated",
            ],
        ),
        (
            "delayed_failure",
            "unpaid",
            ["charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed"],
        ),
    ],
)
def test_a_delayed_payment_completes_unpaid_and_settles_later(
    client: stripe.StripeClient, control: Control, card: str, payment_status: str, ending: list[str]
) -> None:
    session = client.v1.checkout.sessions.create(order())
    completed = control(f"sessions/{session.id}/pay", card=card)
    assert (completed["status"], completed["payment_status"]) == ("complete", "unpaid")
    charge = client.v1.charges.list().data[0]
    assert (charge.id[:3], charge.status, charge.paid) == ("py_", "pending", False)
    begun = ["payment_intent.created", "payment_intent.processing", "charge.pending", "checkout.session.completed"]
    assert event_types(client) == begun
    settled = control(f"sessions/{session.id}/settle")
    assert settled["payment_status"] == payment_status
    assert event_types(client) == begun + ending
    assert control.post(f"sessions/{session.id}/settle")[0] == 400


def test_expiry_by_the_api_cancels_what_was_begun(client: stripe.StripeClient, control: Control) -> None:
    session = client.v1.checkout.sessions.create(order())
    control.post(f"sessions/{session.id}/pay", card=DECLINES)
    expired = client.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    intent = client.v1.payment_intents.list().data[0]
    assert (intent.status, intent.cancellation_reason) == ("canceled", "automatic")
    assert event_types(client)[-2:] == ["payment_intent.canceled", "checkout.session.expired"]
    with pytest.raises(stripe.InvalidRequestError, match="status of `expired`"):
        client.v1.checkout.sessions.expire(session.id)
    assert control.post(f"sessions/{session.id}/pay", card=FIRST)[0] == 400


def test_a_session_expires_by_itself(client: stripe.StripeClient, control: Control) -> None:
    soon = client.v1.checkout.sessions.create(order(expires_at=int(time.time()) + 1800))
    later = client.v1.checkout.sessions.create(order())
    control("clock", advance=1801)
    assert client.v1.checkout.sessions.retrieve(soon.id).status == "expired"
    assert client.v1.checkout.sessions.retrieve(later.id).status == "open"
    event = client.v1.events.list({"type": "checkout.session.expired"}).data[0]
    assert event.request is not None
    assert event.request.id is None


def test_amounts_add_up_and_catalogue_prices_work(client: stripe.StripeClient) -> None:
    product = client.v1.products.create({"name": "Candle"})
    price = client.v1.prices.create({"currency": "usd", "unit_amount": 250, "product": product.id})
    session = client.v1.checkout.sessions.create(
        order(line_items=[*order()["line_items"], {"price": price.id, "quantity": 3}], expand=["line_items"])
    )
    assert session.amount_total == 1099 + 750
    assert session.line_items is not None
    assert [item.description for item in session.line_items.data] == ["Lantern", "Candle"]
    listed = client.v1.checkout.sessions.line_items.list(session.id, {"limit": 1})
    assert (listed.data[0].amount_total, listed.has_more) == (1099, True)


def test_an_order_for_0_is_completed_without_a_payment(client: stripe.StripeClient, control: Control) -> None:
    # Given an order that costs nothing
    session = client.v1.checkout.sessions.create(order(0))
    assert (session.amount_total, session.status, session.payment_status) == (0, "open", "unpaid")
    # When the customer completes it (no card is taken)
    assert control.post(f"sessions/{session.id}/pay", card=FIRST)[0] == 400
    done = control(f"sessions/{session.id}/pay", name="Ada Lovelace")
    # Then nothing was paid, nothing had to be, and the customer is one of Stripe's
    assert (done["status"], done["payment_status"]) == ("complete", "no_payment_required")
    assert (done["payment_intent"], done["url"]) == (None, None)
    assert (done["customer_details"]["email"], done["customer_details"]["name"]) == ("ada@example.com", "Ada Lovelace")
    assert client.v1.customers.retrieve(done["customer"]).email == "ada@example.com"
    assert client.v1.payment_intents.list().data == []
    assert client.v1.charges.list().data == []
    assert event_types(client) == ["customer.created", "checkout.session.completed"]
    completed = client.v1.events.list({"type": "checkout.session.completed"}).data[0]
    assert completed.data.object["payment_status"] == "no_payment_required"
    # And it is completed once, and there is nothing to settle.
    for step in ("pay", "settle", "authenticate"):
        assert control.post(f"sessions/{session.id}/{step}")[0] == 400
    assert len(event_types(client)) == 2


def test_a_free_item_beside_others_changes_nothing(client: stripe.StripeClient, control: Control) -> None:
    items = [*order()["line_items"], *order(0)["line_items"]]
    session = client.v1.checkout.sessions.create(order(line_items=items, expand=["line_items"]))
    assert session.line_items is not None
    assert [item.amount_total for item in session.line_items.data] == [1099, 0]
    assert control(f"sessions/{session.id}/pay", card=FIRST)["payment_status"] == "paid"
    assert client.v1.charges.list().data[0].amount == 1099


def test_sessions_are_listed_by_what_one_looks_for(client: stripe.StripeClient, control: Control) -> None:
    sessions = [client.v1.checkout.sessions.create(order()) for _ in range(3)]
    paid = control(f"sessions/{sessions[1].id}/pay", card=FIRST)
    assert [s.id for s in client.v1.checkout.sessions.list({"status": "complete"}).data] == [paid["id"]]
    found = client.v1.checkout.sessions.list({"payment_intent": paid["payment_intent"]}).data
    assert [s.id for s in found] == [paid["id"]]
    newest_first = [s.id for s in client.v1.checkout.sessions.list({"limit": 2}).auto_paging_iter()]
    assert newest_first == [s.id for s in sessions[::-1]]


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"line_items": []}, "parameter_missing", "line_items"),
        ({"success_url": "shop.example"}, "url_invalid", "success_url"),
        ({"customer_email": "ada"}, "email_invalid", "customer_email"),
        ({"client_reference_id": "x" * 201}, None, "client_reference_id"),
        ({"expires_at": int(time.time()) + 60}, None, "expires_at"),
        ({"expires_at": int(time.time()) + 90_000}, None, "expires_at"),
        ({"nonsense": "1"}, "parameter_unknown", "nonsense"),
        ({"metadata": {"k" * 41: "v"}}, None, "metadata"),
        ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
        ({"metadata": {str(n): "v" for n in range(51)}}, None, "metadata"),
        ({"mode": "subscription"}, None, "mode"),
        ({"payment_method_types": ["card"]}, "payment_method_types_no_longer_supported", "payment_method_types"),
        ({"customer": "cus_nobody", "customer_email": ""}, "parameter_invalid_empty", "customer_email"),
    ],
)
def test_what_stripe_refuses_is_refused_by_name(
    client: stripe.StripeClient, change: Any, code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(order(**change))
    assert (refused.value.code, refused.value.param) == (code, param)
    assert client.v1.checkout.sessions.list().data == []


@pytest.mark.parametrize(
    ("amount", "currency", "fits"),
    [(50, "usd", True), (49, "usd", False), (30, "gbp", True), (50, "jpy", True), (49, "jpy", False),
     (5000, "isk", True), (5001, "isk", False), (12340, "kwd", True), (12345, "kwd", False)],
)  # fmt: skip
def test_minimum_amounts_and_odd_currencies(
    client: stripe.StripeClient, amount: int, currency: str, fits: bool
) -> None:
    if fits:
        assert client.v1.checkout.sessions.create(order(amount, currency)).amount_total == amount
        return
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.create(order(amount, currency))


def test_manual_capture_leaves_the_session_unpaid(client: stripe.StripeClient, control: Control) -> None:
    session = client.v1.checkout.sessions.create(order(payment_intent_data={"capture_method": "manual"}))
    held = control(f"sessions/{session.id}/pay", card=FIRST)
    assert (held["status"], held["payment_status"]) == ("complete", "unpaid")
    intent = client.v1.payment_intents.capture(held["payment_intent"])
    assert (intent.status, intent.amount_received) == ("succeeded", 1099)


def test_a_session_can_save_the_card_for_later(client: stripe.StripeClient, control: Control) -> None:
    # Given a payment whose card shall be used again
    session = client.v1.checkout.sessions.create(
        order(payment_intent_data={"setup_future_usage": "off_session"}, customer_creation="always")
    )
    paid = control(f"sessions/{session.id}/pay", card=FIRST)
    # Then Checkout made a customer, whose card it is
    customer = client.v1.customers.retrieve(paid["customer"])
    assert customer.email == "ada@example.com"
    saved = client.v1.customers.payment_methods.list(customer.id).data[0]
    # And it can be charged while nobody is there
    intent = client.v1.payment_intents.create(
        {
            "amount": 500,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": saved.id,
            "confirm": True,
            "off_session": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    assert intent.status == "succeeded"


def test_setup_mode_saves_a_card_without_a_payment(client: stripe.StripeClient, control: Control) -> None:
    customer = client.v1.customers.create({"name": "Ada"})
    session = client.v1.checkout.sessions.create(
        {"mode": "setup", "customer": customer.id, "success_url": "http://shop.example/"}
    )
    done = control(f"sessions/{session.id}/pay", card=FIRST)
    assert (done["status"], done["payment_status"]) == ("complete", "no_payment_required")
    assert client.v1.setup_intents.retrieve(done["setup_intent"]).status == "succeeded"
    assert len(client.v1.payment_methods.list({"customer": customer.id}).data) == 1
    assert event_types(client)[1:] == [
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
        "checkout.session.completed",
    ]


def test_metadata_of_a_session_is_merged(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order())
    changed = client.v1.checkout.sessions.update(session.id, {"metadata": {"order": "", "colour": "red"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"colour": "red"}


def test_two_payments_at_once_make_one(client: stripe.StripeClient, control: Control, double: StripeDouble) -> None:
    from concurrent.futures import ThreadPoolExecutor

    session = client.v1.checkout.sessions.create(order())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: control.post(f"sessions/{session.id}/pay", card=FIRST)[0], range(8)))
    assert sorted(answers) == [200] + [400] * 7
    assert len(client.v1.charges.list().data) == 1


def test_only_the_allowed_methods_are_offered(client: stripe.StripeClient, control: Control) -> None:
    session = client.v1.checkout.sessions.create(order(allowed_payment_method_types=["card", "klarna"]))
    assert session.payment_method_types == ["card"]
    status, refused = control.post(f"sessions/{session.id}/pay", card="delayed_success")
    assert (status, "offers card" in refused["error"]["message"]) == (400, True)
