"""What holds for every call: keys, versions, idempotency, lists, expansion, outages."""

import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from stripe_double import API_VERSION, StripeDouble

from .shop import FIRST, Control, order, until


def key(name: str) -> Any:
    return {"idempotency_key": name}


def call(double: StripeDouble, path: str, body: str = "", **headers: str) -> tuple[int, str, dict[str, str]]:
    headers = {"Authorization": f"Bearer {double.api_key}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    request = urllib.request.Request(double.url + path, body.encode() or None, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode(), dict(refused.headers)


def test_the_key_opens_by_bearer_and_by_basic(double: StripeDouble, client: stripe.StripeClient) -> None:
    assert client.v1.charges.list().data == []
    import base64

    basic = base64.b64encode(f"{double.api_key}:".encode()).decode()
    assert call(double, "/v1/charges", Authorization=f"Basic {basic}")[0] == 200


def test_a_wrong_key_is_refused(double: StripeDouble) -> None:
    stranger = stripe.StripeClient("sk_test_somebody_elses_key", base_addresses={"api": double.url})
    with pytest.raises(stripe.AuthenticationError) as refused:
        stranger.v1.charges.list()
    assert "sk_test_somebody_elses_key" not in str(refused.value)
    assert call(double, "/v1/charges", Authorization="")[0] == 401


def test_another_version_is_refused(double: StripeDouble, client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="2019-01-01"):
        client.v1.charges.list(options={"stripe_version": "2019-01-01"})
    status, _, headers = call(double, "/v1/charges")
    assert (status, headers["Stripe-Version"]) == (200, API_VERSION)
    assert headers["Request-Id"].startswith("req_")


def test_flags_as_older_libraries_write_them(double: StripeDouble) -> None:
    asked = "amount=2000&currency=usd&payment_method=pm_card_visa&confirm=True&return_url=http%3A%2F%2Fshop.example"
    status, body, _ = call(double, "/v1/payment_intents", asked + "&automatic_payment_methods[enabled]=True")
    assert (status, json.loads(body)["status"]) == (200, "succeeded")


def test_the_account_and_its_balance(client: stripe.StripeClient) -> None:
    assert client.v1.accounts.retrieve_current().charges_enabled
    for token in ("pm_card_visa", "pm_card_bypassPending"):
        client.v1.payment_intents.create(
            {
                "amount": 2000,
                "currency": "usd",
                "payment_method": token,
                "confirm": True,
                "return_url": "http://shop.example/",
            }
        )
    balance = client.v1.balance.retrieve()
    assert balance.pending[0].amount == balance.available[0].amount == 2000 - 88


def test_unknown_addresses_and_json_bodies(double: StripeDouble) -> None:
    status, body, _ = call(double, "/v1/unicorns")
    assert (status, "Unrecognized request URL (GET: /v1/unicorns)" in body) == (404, True)
    status, body, _ = call(double, "/v1/customers", "{}", Content_Type="application/json")
    assert (status, "x-www-form-urlencoded" in body) == (400, True)


def test_an_answer_is_replayed_under_its_key(client: stripe.StripeClient) -> None:
    first = client.v1.checkout.sessions.create(order(), key("k"))
    again = client.v1.checkout.sessions.create(order(), key("k"))
    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(client.v1.checkout.sessions.list().data) == 1
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        client.v1.checkout.sessions.create(order(2000), key("k"))
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        client.v1.customers.create({}, key("k"))


def test_parameters_are_the_same_in_any_order(double: StripeDouble) -> None:
    bodies = ("name=Ada&email=ada%40example.com", "email=ada%40example.com&name=Ada")
    answers = [call(double, "/v1/customers", body, Idempotency_Key="k") for body in bodies]
    assert answers[0][:2] == answers[1][:2]


def test_an_events_request_names_the_key(client: stripe.StripeClient) -> None:
    client.v1.customers.create({}, key("the-key"))
    request = client.v1.events.list().data[0].request
    assert request is not None
    assert request.idempotency_key == "the-key"
    assert str(request.id).startswith("req_")


def test_declines_are_remembered_and_refused_parameters_are_not(client: stripe.StripeClient) -> None:
    params: Any = {
        "amount": 500,
        "currency": "usd",
        "payment_method": "pm_card_chargeDeclined",
        "confirm": True,
        "return_url": "http://shop.example/",
    }
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            client.v1.payment_intents.create(params, key("declined"))
    assert len(client.v1.charges.list().data) == 1
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create(params | {"amount": "lots"}, key("mistyped"))
    good = client.v1.payment_intents.create(params | {"payment_method": "pm_card_visa"}, key("mistyped"))
    assert good.status == "succeeded"


def test_a_key_in_flight_is_a_conflict(client: stripe.StripeClient, double: StripeDouble, control: Control) -> None:
    # Given a first call that was executed and has not been answered
    control("outage", kind="slow", calls=1, seconds=2)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(client.v1.checkout.sessions.create, order(), key("k"))
        until(lambda: double.outage.calls == 0 and client.v1.checkout.sessions.list().data != [])
        # When its key is used again
        with pytest.raises(stripe.APIError) as conflict:
            client.v1.checkout.sessions.create(order(), key("k"))
        # Then that is a conflict, and other keys are free
        assert conflict.value.http_status == 409
        assert conflict.value.error is not None
        assert conflict.value.error.code == "idempotency_key_in_use"
        assert client.v1.checkout.sessions.create(order(), key("other")).id != slow.result().id


def test_callers_at_once_with_one_key_get_one_session(client: stripe.StripeClient) -> None:
    def create(_: int) -> str | int | None:
        try:
            return client.v1.checkout.sessions.create(order(), key("k")).id
        except stripe.APIError as busy:
            return busy.http_status

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(create, range(16))) - {409}
    assert answers == {session.id for session in client.v1.checkout.sessions.list().data}
    assert len(answers) == 1


def test_a_500_is_stored_under_its_key(client: stripe.StripeClient, control: Control) -> None:
    control("outage", kind="error500", calls=1)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as failed:
            client.v1.checkout.sessions.create(order(), key("k"))
        assert failed.value.http_status == 500
        assert failed.value.headers is not None
        assert failed.value.headers["stripe-should-retry"] == "false"
    assert client.v1.checkout.sessions.create(order(), key("another")).status == "open"


def test_a_retrying_client_meets_the_outage_once(double: StripeDouble, control: Control) -> None:
    """`stripe-should-retry: false` keeps the library from trying a stored 500 again."""
    patient = stripe.StripeClient(double.api_key, base_addresses={"api": double.url}, max_network_retries=2)
    control("outage", kind="error500", calls=5)
    with pytest.raises(stripe.APIError):
        patient.v1.customers.create({})
    for _ in range(4):
        with pytest.raises(stripe.APIError):
            patient.v1.customers.list()
    assert patient.v1.customers.list().data == []


@pytest.mark.parametrize(("kind", "made"), [("timeout_before", 0), ("timeout_after", 1)])
def test_time_outs_before_and_after_the_effect(
    double: StripeDouble, client: stripe.StripeClient, control: Control, kind: str, made: int
) -> None:
    hasty = stripe.StripeClient(
        double.api_key,
        base_addresses={"api": double.url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=0.3),
    )
    control("outage", kind=kind, calls=1, seconds=5)
    with pytest.raises(stripe.APIConnectionError):
        hasty.v1.checkout.sessions.create(order(), key("k"))
    assert len(client.v1.checkout.sessions.list().data) == made
    again = client.v1.checkout.sessions.create(order(), key("k"))
    assert [s.id for s in client.v1.checkout.sessions.list().data] == [again.id]
    assert again.last_response is not None
    assert ("Idempotent-Replayed" in again.last_response.headers) == bool(made)


def test_a_hanging_call_is_cut_off(client: stripe.StripeClient, control: Control) -> None:
    control("outage", kind="timeout_before", calls=1, seconds=0.1)
    started = time.monotonic()
    with pytest.raises(stripe.APIConnectionError):
        client.v1.charges.list()
    assert time.monotonic() - started < 5


def test_rate_limits_leave_no_trace(client: stripe.StripeClient, control: Control) -> None:
    control("outage", kind="rate_limit", calls=1)
    with pytest.raises(stripe.RateLimitError) as limited:
        client.v1.checkout.sessions.create(order(), key("k"))
    assert limited.value.error is not None
    assert limited.value.error.code == "rate_limit"
    session = client.v1.checkout.sessions.create(order(), key("k"))
    assert session.last_response is not None
    assert "Idempotent-Replayed" not in session.last_response.headers


def test_an_outage_leaves_pages_and_control_alone(client: stripe.StripeClient, control: Control) -> None:
    session = client.v1.checkout.sessions.create(order())
    control("outage", kind="error500", calls=1)
    assert control(f"sessions/{session.id}/pay", card=FIRST)["status"] == "complete"
    with pytest.raises(stripe.APIError):
        client.v1.charges.list()
    assert control.post("outage", kind="meteor")[0] == 400
    assert control.post("outage", typo=1)[0] == 400


def test_pages_of_a_list(client: stripe.StripeClient) -> None:
    made = [client.v1.customers.create({"name": str(n)}).id for n in range(5)][::-1]
    page = client.v1.customers.list({"limit": 2})
    assert ([c.id for c in page.data], page.has_more) == (made[:2], True)
    rest = client.v1.customers.list({"limit": 3, "starting_after": made[1]})
    assert ([c.id for c in rest.data], rest.has_more) == (made[2:], False)
    before = client.v1.customers.list({"limit": 2, "ending_before": made[3]})
    assert ([c.id for c in before.data], before.has_more) == (made[1:3], True)
    assert [c.id for c in client.v1.customers.list({"limit": 2}).auto_paging_iter()] == made
    now = int(time.time())
    assert client.v1.customers.list({"created": {"gt": now + 5}}).data == []
    assert len(client.v1.customers.list({"created": {"gte": now - 60, "lte": now + 5}}).data) == 5
    for wrong in ({"limit": 0}, {"limit": 101}, {"starting_after": "cus_nobody"}):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.customers.list(wrong)  # type: ignore[arg-type]


def test_expansion_reaches_through_lists_and_stops_where_stripe_stops(
    client: stripe.StripeClient, control: Control
) -> None:
    session = client.v1.checkout.sessions.create(order())
    control(f"sessions/{session.id}/pay", card=FIRST)
    listed = client.v1.checkout.sessions.list(
        {"expand": ["data.payment_intent.latest_charge.balance_transaction", "data.line_items.data.price.product"]}
    )
    shown = listed.data[0]
    assert isinstance(shown.payment_intent, stripe.PaymentIntent)
    assert isinstance(shown.payment_intent.latest_charge, stripe.Charge)
    assert isinstance(shown.payment_intent.latest_charge.balance_transaction, stripe.BalanceTransaction)
    assert shown.line_items is not None
    assert shown.line_items.data[0].price is not None
    assert isinstance(shown.line_items.data[0].price.product, stripe.Product)
    for wrong in (
        "status",
        "payment_intent.amount",
        "payment_intent.latest_charge.payment_intent.latest_charge.refunds",
    ):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.retrieve(session.id, {"expand": [wrong]})
    with pytest.raises(stripe.InvalidRequestError, match=r"data\.payment_intent"):
        client.v1.checkout.sessions.list({"expand": ["payment_intent"]})


def test_what_does_not_exist(client: stripe.StripeClient) -> None:
    for retrieve, param in (
        (client.v1.charges.retrieve, "charge"),
        (client.v1.payment_intents.retrieve, "intent"),
        (client.v1.checkout.sessions.retrieve, "session"),
        (client.v1.refunds.retrieve, "id"),
        (client.v1.events.retrieve, "id"),
        (client.v1.customers.retrieve, "id"),
    ):
        find: Any = retrieve
        with pytest.raises(stripe.InvalidRequestError) as missing:
            find("nothing")
        assert (missing.value.http_status, missing.value.code, missing.value.param) == (404, "resource_missing", param)
