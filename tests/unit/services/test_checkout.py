"""One order is one payment with one checkout, however often it is asked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.domain.catalogue import FixedPrice
from payments.domain.errors import (
    IdempotencyKeyReused,
    PaymentsError,
    StripeRefused,
    StripeUnavailable,
    TryAgain,
    ValidationFailed,
)
from payments.domain.payment import Payment, Status
from payments.services.checkout import KEY_LIFETIME, Opened, Order, open_checkout
from payments.services.recording import record
from tests.builders import LIFETIME, NOW
from tests.fakes import HOUR, MemoryStore, MemoryStripe

ORDER = Order("Ada", "ada@example.com", "consulting-hour", 9900, "usd", {})


class Desk:
    """A store and a Stripe that take orders."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.stripe = MemoryStripe()
        self.now = NOW

    def take(self, order: Order = ORDER, key: str | None = "key-1") -> Payment:
        return self.open(order, key).payment

    def open(self, order: Order = ORDER, key: str | None = "key-1") -> Opened:
        return open_checkout(
            order,
            idempotency_key=key,
            return_url="http://localhost:8000/result.html",
            lifetime=LIFETIME,
            store=self.store,
            stripe=self.stripe,
            now=self.now,
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_order_becomes_a_recorded_payment_with_an_open_checkout(desk: Desk) -> None:
    payment = desk.take()
    assert payment.status is Status.PENDING
    assert payment.checkout is not None
    assert desk.store.payments[payment.id] == payment
    assert desk.store.names == {payment.checkout.ref: payment.id}


def test_only_the_request_that_made_a_payment_says_that_it_is_new(desk: Desk) -> None:
    assert [desk.open().is_new, desk.open().is_new, desk.open(key=None).is_new] == [True, False, True]


def test_the_same_key_and_order_find_the_same_checkout(desk: Desk) -> None:
    assert desk.take() == desk.take()
    assert len(desk.store.payments) == len(desk.stripe.sessions) == 1


def test_without_a_key_each_order_is_a_payment_of_its_own(desk: Desk) -> None:
    assert desk.take(key=None).id != desk.take(key=None).id


def test_a_key_used_for_another_order_is_refused(desk: Desk) -> None:
    desk.take()
    with pytest.raises(IdempotencyKeyReused):
        desk.take(replace(ORDER, email="eve@example.com"))
    assert len(desk.store.payments) == 1


def test_a_key_is_free_again_after_its_lifetime(desk: Desk) -> None:
    first = desk.take()
    desk.now += KEY_LIFETIME + timedelta(seconds=1)
    assert desk.take().id != first.id


def test_a_stripe_that_did_not_answer_is_asked_again_for_the_same_payment(desk: Desk) -> None:
    desk.stripe.failures_after = [StripeUnavailable("no answer")]
    with pytest.raises(StripeUnavailable):
        desk.take()
    payment = desk.take()
    assert payment.checkout is not None
    assert list(desk.store.payments) == list(desk.stripe.sessions) == [payment.id]


@pytest.mark.parametrize(
    "error",
    [StripeRefused("no"), StripeUnavailable("it keeps failing", spent=True), ValidationFailed()],
    ids=["refused", "spent", "amount"],
)
def test_a_definite_no_lapses_the_payment_and_frees_the_key(desk: Desk, error: PaymentsError) -> None:
    desk.stripe.failures = [error]
    with pytest.raises(type(error)):
        desk.take()
    (lapsed,) = desk.store.payments.values()
    assert lapsed.status is Status.EXPIRED
    again = desk.take()
    assert again.id != lapsed.id
    assert again.status is Status.PENDING


def test_a_faster_writer_does_not_lose_the_session(desk: Desk) -> None:
    desk.store.faster_writers = 3
    payment = desk.take()
    assert desk.store.payments[payment.id].checkout is not None


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (replace(ORDER, sku="nothing"), "serviceType"),
        (replace(ORDER, amount=1), "amount"),
        (replace(ORDER, currency="eur"), "currency"),
    ],
)
def test_an_order_that_cannot_be_taken_leaves_nothing_behind(desk: Desk, order: Order, field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        desk.take(order)
    assert [each.field for each in refused.value.fields] == [field]
    assert not desk.store.payments
    assert not desk.store.claims
    assert not desk.stripe.sessions


def test_a_second_click_waits_for_the_first_ones_claim(desk: Desk) -> None:
    first = desk.take()
    desk.store.faster_creators = 3
    assert desk.take() == first


def test_a_key_that_too_many_use_at_once_is_to_be_sent_again(desk: Desk) -> None:
    desk.store.faster_creators = 10**6
    with pytest.raises(TryAgain):
        desk.take()
    assert not desk.store.payments
    assert not desk.stripe.sessions


def test_a_caller_whom_stripe_answers_that_another_is_at_it_waits_for_that_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.stripe.failures = [StripeUnavailable("no answer")]
    with pytest.raises(StripeUnavailable):
        desk.take()
    (payment,) = desk.store.payments.values()

    def the_other_is_done(_: float) -> None:
        record(desk.store, desk.store.payments[payment.id], desk.stripe.create_checkout(payment), now=NOW)

    monkeypatch.setattr("payments.services.checkout.time.sleep", the_other_is_done)
    desk.stripe.failures = [StripeUnavailable("in use", in_flight=True)]
    assert desk.take().checkout == desk.stripe.sessions[payment.id]


def test_a_repetition_after_the_price_changed_still_finds_its_checkout(desk: Desk) -> None:
    first = desk.take()
    desk.store.catalogue = {HOUR.sku: replace(HOUR, price=FixedPrice(12000))}
    assert desk.take() == first
