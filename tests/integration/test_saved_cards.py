"""/me/payment-methods, and orders of those who are signed in: saved cards, from consent to removal."""

import io
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from payments.adapters.stripe.customers import REMOVED_FROM, StripeCustomers, _key
from payments.domain.customers import UserCustomer
from payments.domain.erasure import READ_AGAIN_AFTER
from payments.domain.looking import REPEATABLE
from payments.runtime.publishable_key import PublishableKey
from stripe_double.outage import Rule
from tests.callers import GRACE
from tests.integration.clock import Clock
from tests.integration.contract import Contract
from tests.integration.system import AN_ORDER, Answer, System

CONTRACT = Contract()
MASTERCARD = "pm_card_mastercard"
SECRETS = ("clientSecret", "customerSessionClientSecret")
ASKS = "pm_card_authenticationRequired"
AT_ONCE = 60


def somebody() -> dict[str, Any]:
    """A user of whom nobody has heard."""
    return {"sub": f"user-{uuid4()}"}


@pytest.fixture
def ada() -> dict[str, Any]:
    return somebody()


def cards(system: System, user: Mapping[str, Any]) -> list[dict[str, Any]]:
    answer = system.cards_of(user)
    CONTRACT.judge("listPaymentMethods", answer.status, answer.headers["content-type"], answer.body)
    assert answer.status == 200
    return list(answer.body["paymentMethods"])


def orders(system: System, user: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    answer = system.order_on_page(AN_ORDER | more, user=user)
    CONTRACT.judge("createPaymentIntentOfMine", answer.status, answer.headers["content-type"], answer.body)
    assert answer.status == 201, answer.body
    return answer.body


def refused(answer: Answer, operation: str = "createPaymentIntentOfMine") -> tuple[int, str, list[str]]:
    CONTRACT.judge(operation, answer.status, answer.headers["content-type"], answer.body)
    return answer.status, answer.body["code"], [each["field"] for each in answer.body["errors"]]


def intent_of(system: System, answer: Mapping[str, Any]) -> Any:
    return system.stripe().v1.payment_intents.retrieve(answer["clientSecret"].partition("_secret_")[0])


def customer_of(system: System, user: Mapping[str, Any]) -> str:
    found = system.table.customer(user["sub"])
    assert found
    assert found.id
    return found.id


def at_stripe(system: System, user: Mapping[str, Any]) -> list[str]:
    """The customers that Stripe has for a user."""
    listed = system.stripe().v1.customers.list({"limit": 100}).auto_paging_iter()
    return [each.id for each in listed if each.metadata.to_dict().get("user") == user["sub"]]


def shown_in_form(system: System, answer: Mapping[str, Any]) -> Any:
    """What Stripe's Payment Element reads for the form."""
    secret, session = answer["clientSecret"], answer["customerSessionClientSecret"]
    query = f"client_secret={secret}&type=payment_intent&locale=en&customer_session_client_secret={session}"
    return system.page_asks(f"elements/sessions?{query}")["customer"]


# Saving


def test_a_card_is_saved_by_consent_with_an_order_and_pays_the_next_by_one_click(system: System, ada: Any) -> None:
    first = orders(system, ada, saveMethod=True)
    assert first["paymentMethodId"] is None
    intent = intent_of(system, first)
    assert (intent.customer, intent.setup_future_usage) == (customer_of(system, ada), "on_session")
    assert system.confirm(intent.id, first["clientSecret"])["status"] == "succeeded"
    [card] = cards(system, ada)
    assert (card["brand"], card["last4"], card["wallet"], card["expired"]) == ("visa", "4242", None, False)

    second = orders(system, ada, paymentMethodId=card["id"])

    assert second["paymentMethodId"] == card["id"]
    intent = intent_of(system, second)
    assert (intent.payment_method, intent.customer) == (card["id"], customer_of(system, ada))
    # The page confirms with no card at all.
    form = {"client_secret": second["clientSecret"], "return_url": "https://shop.example/back"}
    assert system.page_asks(f"payment_intents/{intent.id}/confirm", form)["status"] == "succeeded"
    assert len(cards(system, ada)) == 1
    assert at_stripe(system, ada) == [customer_of(system, ada)]


def test_the_bank_may_ask_whoever_pays_by_one_click(system: System, ada: Any) -> None:
    system.save_card(ada)
    card = system.stripe().v1.payment_methods.attach(ASKS, {"customer": customer_of(system, ada)}).id
    order = orders(system, ada, paymentMethodId=card)
    intent = intent_of(system, order).id
    form = {"client_secret": order["clientSecret"], "return_url": "https://shop.example/back"}
    assert system.page_asks(f"payment_intents/{intent}/confirm", form)["status"] == "requires_action"
    system.control(f"payment_intents/{intent}/authenticate", approved=True)
    assert intent_of(system, order).status == "succeeded"


@pytest.mark.parametrize("why", ["declined", "removed", "customer gone"])
def test_a_card_that_cannot_pay_it_any_more_is_for_the_form_to_replace(system: System, ada: Any, why: str) -> None:
    system.save_card(ada)
    saved = "pm_card_chargeCustomerFail" if why == "declined" else MASTERCARD
    card = system.stripe().v1.payment_methods.attach(saved, {"customer": customer_of(system, ada)}).id
    key = f"one-click-{uuid4()}"
    order = {"paymentMethodId": card}
    first = system.order_on_page(AN_ORDER | order, user=ada, idempotency_key=key).body
    again = system.order_on_page(AN_ORDER | order, user=ada, idempotency_key=key).body
    assert (first["paymentMethodId"], again["paymentMethodId"]) == (card, card)
    intent = intent_of(system, first).id
    form = {"client_secret": first["clientSecret"], "return_url": "https://shop.example/back"}
    if why == "removed":
        assert system.remove_card(ada, card).status == 204
    elif why == "customer gone":
        system.stripe().v1.customers.delete(customer_of(system, ada))
    assert "error" in system.page_asks(f"payment_intents/{intent}/confirm", form)

    again = system.order_on_page(AN_ORDER | order, user=ada, idempotency_key=key).body

    assert (again["paymentId"], again["clientSecret"]) == (first["paymentId"], first["clientSecret"])
    assert again["paymentMethodId"] is None
    assert system.confirm(intent, again["clientSecret"])["status"] == "succeeded"


@pytest.mark.parametrize(
    ("said", "usage", "asks"), [(True, "on_session", "disabled"), (False, None, "disabled"), (None, None, "enabled")]
)
def test_who_asks_for_consent_is_said_by_the_order(
    system: System, ada: Any, said: bool | None, usage: str | None, asks: str
) -> None:
    order = orders(system, ada, **({} if said is None else {"saveMethod": said}))

    assert intent_of(system, order).setup_future_usage == usage
    features = shown_in_form(system, order)["customer_session"]["components"]["payment_element"]["features"]
    assert (features["payment_method_redisplay"], features["payment_method_save"]) == ("enabled", asks)
    assert features["payment_method_save_usage"] == ("on_session" if said is None else None)


def test_what_is_not_to_be_saved_is_not(system: System, ada: Any) -> None:
    order = orders(system, ada, saveMethod=False)
    system.confirm(intent_of(system, order).id, order["clientSecret"])
    assert cards(system, ada) == []


def test_the_form_shows_what_was_saved_in_any_way(system: System, ada: Any) -> None:
    order = orders(system, ada, saveMethod=True)
    system.confirm(intent_of(system, order).id, order["clientSecret"])
    added = system.save_card(ada, MASTERCARD)

    shown = {each["id"] for each in shown_in_form(system, orders(system, ada))["payment_methods"]}

    assert shown == {each["id"] for each in cards(system, ada)}
    assert added in shown


def test_a_card_is_added_without_an_order(system: System, ada: Any) -> None:
    answer = system.add_card(ada)
    CONTRACT.judge("addPaymentMethod", answer.status, answer.headers["content-type"], answer.body)
    assert answer.status == 201
    assert answer.body["publishableKey"] == system.double.publishable_key
    intent = system.stripe().v1.setup_intents.retrieve(answer.body["clientSecret"].partition("_secret_")[0])
    assert (intent.customer, intent.usage, intent.payment_method_types) == (
        customer_of(system, ada),
        "on_session",
        ["card"],
    )


# Listing


def test_who_has_never_ordered_has_no_cards_and_stripe_is_not_asked(
    system: System, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = system.functions["PaymentMethods"]
    monkeypatch.setattr(function, "stripe", StripeCustomers(lambda: "", "http://127.0.0.1:9", livemode=False))
    assert cards(system, ada) == []
    assert system.table.customer(ada["sub"]) is None


def test_cards_are_listed_newest_first_and_one_that_was_saved_twice_once(system: System, ada: Any) -> None:
    saved = []
    for card in ("pm_card_visa", MASTERCARD, "pm_card_visa"):
        saved.append(system.save_card(ada, card))
        system.double.state.advance(1)
    assert [each["id"] for each in cards(system, ada)] == [saved[2], saved[1]]


def test_a_card_that_has_expired_is_listed_as_such(system: System, ada: Any) -> None:
    card = system.save_card(ada)
    system.stripe().v1.payment_methods.update(card, {"card": {"exp_month": 1, "exp_year": 2026}})
    assert [each["expired"] for each in cards(system, ada)] == [True]


def test_of_a_customer_that_was_deleted_at_stripe_there_are_no_cards(system: System, ada: Any) -> None:
    card = system.save_card(ada)
    system.stripe().v1.customers.delete(customer_of(system, ada))
    assert cards(system, ada) == []
    assert system.remove_card(ada, card).status == 404


# Removing


def test_a_removed_card_is_gone_however_often_it_was_saved_and_removing_it_again_is_no_error(
    system: System, ada: Any
) -> None:
    older, kept, card = (system.save_card(ada, each) for each in ("pm_card_visa", MASTERCARD, "pm_card_visa"))
    for _ in range(2):
        answer = system.remove_card(ada, card)
        assert (answer.status, answer.body) == (204, {})
    assert [each["id"] for each in cards(system, ada)] == [kept]
    retrieve = system.stripe().v1.payment_methods.retrieve
    assert [retrieve(each).customer for each in (older, card)] == [None, None]
    assert refused(system.order_on_page(AN_ORDER | {"paymentMethodId": card}, user=ada)) == (
        422,
        "validation_failed",
        ["paymentMethodId"],
    )


def test_clicks_at_the_same_time_remove_it_once(system: System, ada: Any) -> None:
    card = system.save_card(ada)
    with ThreadPoolExecutor(4) as pool:
        assert {each.status for each in pool.map(lambda _: system.remove_card(ada, card), range(4))} == {204}
    assert cards(system, ada) == []


def test_two_users_with_one_card_have_nothing_to_do_with_each_other(system: System, ada: Any) -> None:
    bob = somebody()
    his, hers = system.save_card(bob), system.save_card(ada)

    assert [each["id"] for each in cards(system, bob)] == [his]
    told = [system.remove_card(ada, each) for each in (his, "pm_card_nobodys", "../customers", "pm_1/detach", "")]
    for each in told:
        assert refused(each, "removePaymentMethod") == (404, "payment_method_not_found", [])
    assert len({each.body["detail"] for each in told}) == 1
    assert refused(system.order_on_page(AN_ORDER | {"paymentMethodId": his}, user=ada)) == (
        422,
        "validation_failed",
        ["paymentMethodId"],
    )
    assert system.remove_card(ada, hers).status == 204
    assert [each["id"] for each in cards(system, bob)] == [his]
    # What she has removed was never his.
    assert system.remove_card(bob, hers).status == 404


def test_a_note_that_somebody_else_wrote_on_a_card_gives_nobody_a_right_to_it(system: System, ada: Any) -> None:
    bob = somebody()
    his, hers = system.save_card(bob), system.save_card(ada)
    note = {"metadata": {REMOVED_FROM: customer_of(system, ada)}}
    system.stripe().v1.payment_methods.update(his, note)
    assert refused(system.remove_card(ada, his), "removePaymentMethod") == (404, "payment_method_not_found", [])
    assert [each["id"] for each in cards(system, bob)] == [his]
    assert [each["id"] for each in cards(system, ada)] == [hers]


@pytest.mark.parametrize("field", ["paymentMethodId", "saveMethod"])
def test_what_is_for_users_nobody_else_may_say(system: System, ada: Any, field: str) -> None:
    body = AN_ORDER | {field: {"paymentMethodId": "pm_1", "saveMethod": True}[field]}
    for answer in (system.order_on_page(body), system.order(body), system.order_of(ada, body)):
        assert (answer.status, [each["field"] for each in answer.body["errors"]]) == (422, [field])


@pytest.mark.parametrize("card", ["..", ".", "pm_1/../../customers", "cus_1", "pm_\n", "\N{BANKNOTE WITH DOLLAR SIGN}"])
def test_what_is_no_card_is_none_of_theirs(system: System, ada: Any, card: str) -> None:
    assert refused(system.order_on_page(AN_ORDER | {"paymentMethodId": card}, user=ada)) == (
        422,
        "validation_failed",
        ["paymentMethodId"],
    )


@pytest.mark.parametrize(
    "wrong", [{"saveMethod": "yes"}, {"paymentMethodId": ""}, {"paymentMethodId": 1}, {"paymentMethodId": "pm_x" * 30}]
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_ordered(system: System, ada: Any, wrong: Any) -> None:
    assert refused(system.order_on_page(AN_ORDER | wrong, user=ada)) == (422, "validation_failed", [*wrong])
    assert system.table.customer(ada["sub"]) is None


def test_who_orders_without_a_name_has_no_cards(system: System) -> None:
    answer = system.order_on_page().body
    assert (answer["customerSessionClientSecret"], answer["paymentMethodId"]) == (None, None)
    assert intent_of(system, answer).customer is None


# One customer for each user


def test_who_orders_many_things_at_once_has_one_customer(engine_system: System, ada: Any) -> None:
    system = engine_system

    def act(number: int) -> Answer:
        if number % 3 == 0:
            return system.add_card(ada)
        return system.order_of(ada) if number % 3 == 1 else system.order_on_page(user=ada)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [*pool.map(act, range(AT_ONCE))]
    assert {each.status for each in answers} == {201}, answers
    assert at_stripe(system, ada) == [customer_of(system, ada)]


@pytest.mark.parametrize("kind", ["timeout_after", "timeout_before", "rate_limit", "error500"])
def test_a_lost_answer_makes_no_second_customer(system: System, ada: Any, kind: str) -> None:
    system.control("outage", calls=3 if kind.startswith("timeout") else 1, kind=kind, seconds=8)
    answer = system.order_on_page(user=ada, idempotency_key=f"{kind}-{ada['sub']}")
    if answer.status != 201:
        assert answer.status == 503
        answer = system.order_on_page(user=ada, idempotency_key=f"{kind}-{ada['sub']}")
    assert answer.status == 201
    assert at_stripe(system, ada) == [customer_of(system, ada)]


def test_a_customer_that_was_made_unheard_is_found_when_the_key_cannot_be_repeated(
    system: System, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = system.functions["PaymentMethods"]
    # Of somebody else, in the same list.
    system.save_card(somebody())
    begun = UserCustomer.begun(ada["sub"], datetime.now(UTC))
    system.table.begin_customer(begun, None)
    made = function.stripe.create_customer(begun)
    clock = Clock()
    clock.offset = REPEATABLE
    monkeypatch.setattr(function, "datetime", clock._datetime)

    assert system.add_card(ada).status == 201

    assert at_stripe(system, ada) == [customer_of(system, ada)] == [made]


@pytest.mark.parametrize("way", ["order_of", "order_on_page", "add_card"])
def test_a_customer_who_is_gone_is_made_anew_in_the_same_request(system: System, ada: Any, way: str) -> None:
    system.order_of(ada)
    gone = customer_of(system, ada)
    system.stripe().v1.customers.delete(gone)

    for _ in range(2):
        answer = system.order_on_page(user=ada) if way == "order_on_page" else getattr(system, way)(ada)
        assert answer.status == 201, answer.body

    assert at_stripe(system, ada) == [customer_of(system, ada)]
    assert customer_of(system, ada) != gone
    if way != "add_card":
        payment = system.table.payment(answer.body["paymentId"])
        assert payment
        assert payment.customer_id == customer_of(system, ada)


def test_of_clicks_that_find_the_customer_gone_one_intent_comes(system: System, ada: Any) -> None:
    system.order_of(ada)
    system.stripe().v1.customers.delete(customer_of(system, ada))
    key = f"clicks-{uuid4()}"

    def click(_: int) -> Answer:
        return system.order_on_page(user=ada, idempotency_key=key)

    with ThreadPoolExecutor(6) as pool:
        answers = [*pool.map(click, range(6))]

    # Whoever was too early may come again.
    answers = [each if each.status == 201 else click(0) for each in answers]
    assert {each.status for each in answers} == {201}, answers
    assert len({each.body["paymentId"] for each in answers}) == 1
    listed = system.stripe().v1.payment_intents.list({"limit": 100}).data
    named = [each.metadata.to_dict().get("payment_id") for each in listed]
    assert named.count(answers[0].body["paymentId"]) == 1
    assert at_stripe(system, ada) == [customer_of(system, ada)]


def test_an_order_that_was_never_answered_and_whose_customer_is_gone_is_over_for_who_cancels_it(
    system: System, ada: Any
) -> None:
    system.save_card(ada)
    system.double.outage.add(Rule("rate_limit", 1, path="/v1/payment_intents"))
    assert system.order_on_page(user=ada).status == 503
    [payment_id] = [each["paymentId"] for each in system.payments_of(ada).body["payments"]]
    payment = system.table.payment(payment_id)
    assert payment
    system.stripe().v1.customers.delete(customer_of(system, ada))

    answer = system.cancel(payment_id, payment.access_key)

    assert (answer.status, answer.body["code"]) == (409, "not_cancelable")
    assert system.status(payment_id).body["status"] == "expired"


def test_a_checkout_at_stripe_is_of_the_users_customer_and_shows_what_is_saved(system: System, ada: Any) -> None:
    session = system.stripe().v1.checkout.sessions.retrieve(system.order_of(ada).body["sessionId"])
    assert (session.customer, session.customer_email) == (customer_of(system, ada), None)
    options = session.saved_payment_method_options.to_dict()
    assert options["payment_method_save"] == "enabled"
    assert set(options["allow_redisplay_filters"]) == {"always", "limited", "unspecified"}


def test_a_checkout_at_stripe_saves_by_consent_and_is_paid_with_what_was_saved(system: System, ada: Any) -> None:
    system.control(f"sessions/{system.order_of(ada).body['sessionId']}/pay")
    assert cards(system, ada) == []
    system.control(f"sessions/{system.order_of(ada).body['sessionId']}/pay", save=True)
    [saved] = cards(system, ada)
    on_page = system.save_card(ada, MASTERCARD)

    for card in (saved["id"], on_page):
        order = system.order_of(ada).body
        system.control(f"sessions/{order['sessionId']}/pay", card=card)
        assert system.refresh(order["paymentId"]).body["status"] == "succeeded"


@pytest.mark.parametrize("user", ["auth0|5f7c8ec7c33c6c004bbafe82", "x" * 255, "ada@example.com", "a-b_c"])
def test_any_user_may_have_cards(system: System, user: str) -> None:
    ada = {"sub": user}
    system.save_card(ada)
    assert len(cards(system, ada)) == 1
    assert len(_key(UserCustomer(user, 1))) <= 255


def test_saved_cards_that_cannot_be_shown_keep_nobody_from_paying(
    system: System, ada: Any, logs: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders(system, ada)
    key = f"no-session-{uuid4()}"
    gone = orders(system, ada) and customer_of(system, ada)
    order = system.order_on_page(user=ada, idempotency_key=key).body
    assert order["customerSessionClientSecret"]
    system.stripe().v1.customers.delete(gone)

    again = system.order_on_page(user=ada, idempotency_key=key)

    assert (again.status, again.body["clientSecret"]) == (201, order["clientSecret"])
    assert again.body["customerSessionClientSecret"] is None
    assert "no_saved_cards" in logs.getvalue()


def test_without_a_key_for_pages_no_card_is_added(
    system: System, ada: Any, logs: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system.functions["PaymentMethods"], "publishable_key", PublishableKey("", livemode=False))
    assert system.add_card(ada).status == 500
    assert "StripePublishableKey is empty" in logs.getvalue()


def test_while_stripe_is_away_cards_can_wait(system: System, ada: Any) -> None:
    system.save_card(ada)
    system.control("outage", calls=3, kind="rate_limit")
    assert (system.cards_of(ada).status, system.cards_of(ada).status) == (503, 503)
    system.control("outage", calls=0, kind="rate_limit")
    assert len(cards(system, ada)) == 1


# Who is erased


@pytest.mark.parametrize("by", ["user", "email"])
def test_who_is_erased_has_no_card_left_and_is_a_new_customer_afterwards(
    system: System, ada: Any, by: str, logs: io.StringIO
) -> None:
    email = f"{ada['sub']}@example.com"
    order = orders(system, ada, email=email, saveMethod=True)
    system.confirm(intent_of(system, order).id, order["clientSecret"])
    gone = customer_of(system, ada)
    whom = {"user": ada["sub"]} if by == "user" else {"email": email}

    assert system.desk("POST /admin/erasures", body=whom, by=GRACE).body["erased"] == 1

    assert system.table.customer(ada["sub"]) is None
    assert at_stripe(system, ada) == []
    item = str(system.items(f"PAYMENT#{order['paymentId']}"))
    assert gone not in item
    assert ada["sub"] not in item
    assert cards(system, ada) == []
    # Stripe would answer with the one that was deleted, were it asked for the same.
    orders(system, ada)
    assert at_stripe(system, ada) == [customer_of(system, ada)]
    assert customer_of(system, ada) != gone


def test_whoever_has_cards_and_no_payment_is_erased_too_and_what_was_added_meanwhile(
    system: System, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    system.save_card(ada)
    assert system.desk("POST /admin/erasures", body={"user": ada["sub"]}, by=GRACE).status == 202
    assert at_stripe(system, ada) == []
    system.save_card(ada)
    clock = Clock()
    clock.offset = READ_AGAIN_AFTER + timedelta(minutes=1)
    monkeypatch.setattr(system.functions["Reconcile"], "datetime", clock._datetime)
    system.invoke("Reconcile", {})
    assert at_stripe(system, ada) == []
    assert system.table.customer(ada["sub"]) is None


def test_one_payment_is_erased_and_the_cards_stay(system: System, ada: Any) -> None:
    system.save_card(ada)
    order = orders(system, ada)
    assert system.desk("POST /admin/erasures", body={"paymentId": order["paymentId"]}, by=GRACE).status == 202
    assert len(cards(system, ada)) == 1


# Secrets


def test_no_secret_and_nothing_of_a_card_is_in_a_log_the_table_a_mail_or_an_answer_but_to_who_asked(
    system: System, ada: Any, logs: io.StringIO
) -> None:
    setup = system.add_card(ada).body["clientSecret"]
    key = f"secret-{uuid4()}"
    order = system.order_on_page(AN_ORDER | {"saveMethod": True}, user=ada, idempotency_key=key).body
    again = system.order_on_page(AN_ORDER | {"saveMethod": True}, user=ada, idempotency_key=key).body
    system.confirm(intent_of(system, order).id, order["clientSecret"])
    for event in system.events():
        if order["paymentId"] in str(event):
            assert system.hear(event).status == 200
    system.run_mailer()
    card = cards(system, ada)[0]
    told = [system.status(order["paymentId"]), system.refresh(order["paymentId"]), system.payments_of(ada)]
    system.remove_card(ada, card["id"])
    system.remove_card(ada, "pm_nobodys")
    (table,) = system.template.tables.values()
    pages = system.dynamodb.get_paginator("scan").paginate(TableName=table.name)
    kept = str([item for found in pages for item in found["Items"]])
    mails = [mail.as_string() for mail in system.mails(order["paymentId"])]
    assert customer_of(system, ada) in kept
    assert card["id"] in logs.getvalue()
    assert mails

    everywhere = kept + logs.getvalue() + str(told) + str(mails)
    secrets = [setup, *(each[name] for each in (order, again) for name in SECRETS)]
    assert [each for each in secrets if each.rpartition("_secret_")[2] in everywhere] == []
    for each in ('"4242"', "'4242'", "visa", ada["sub"]):
        assert each not in logs.getvalue()
    assert "visa" not in kept
