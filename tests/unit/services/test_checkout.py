"""One order is one payment with one checkout, however often it is asked."""

from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from payments.adapters.stripe import units
from payments.domain.actors import ANSWER
from payments.domain.catalogue import FixedPrice
from payments.domain.claims import CLAIM_LIFETIME, Claimant
from payments.domain.errors import (
    IdempotencyKeyReused,
    PaymentsError,
    StripeRefused,
    StripeUnavailable,
    TryAgain,
    ValidationFailed,
)
from payments.domain.facts import Fact, Intent, IntentState
from payments.domain.looking import AFTER_EXPIRY, REPEATABLE, SETTLED
from payments.domain.payment import Payment, Status
from payments.domain.purchase import Purchase, Replaced, Service
from payments.services.asking import ask_stripe
from payments.services.checkout import Opened, open_checkout
from payments.services.customers import Customers
from payments.services.recording import record
from tests.builders import CONDITIONS, NOW
from tests.fakes import HOUR, MemoryStore, MemoryStripe

SERVICE = Service("consulting-hour", 9900, "usd")
ORDER = Purchase("Ada", "ada@example.com", SERVICE, {})


class Desk:
    """A store and a Stripe that take orders."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.stripe = MemoryStripe()
        self.now = NOW

    def take(self, order: Purchase = ORDER, key: str | None = "key-1") -> Payment:
        return self.open(order, key).payment

    def open(self, order: Purchase = ORDER, key: str | None = "key-1") -> Opened:
        return open_checkout(
            order,
            claimant=Claimant.of("checkout-sessions", None, key, asdict(order)) if key else None,
            conditions=CONDITIONS,
            units=units,
            store=self.store,
            stripe=self.stripe,
            customers=self.customers,
            now=self.now,
        )

    @property
    def customers(self) -> Customers:
        return Customers(self.store, self.stripe, self.now)


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
    desk.now += CLAIM_LIFETIME + timedelta(seconds=1)
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
    [StripeRefused("no"), ValidationFailed()],
    ids=["refused", "amount"],
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
        (replace(ORDER, wanted=replace(SERVICE, sku="nothing")), "serviceType"),
        (replace(ORDER, wanted=replace(SERVICE, amount=1)), "amount"),
        (replace(ORDER, wanted=replace(SERVICE, currency="eur")), "currency"),
    ],
)
def test_an_order_that_cannot_be_taken_leaves_nothing_behind(desk: Desk, order: Purchase, field: str) -> None:
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
        record(desk.store, desk.store.payments[payment.id], desk.stripe.create_checkout(payment), actor=ANSWER, now=NOW)

    monkeypatch.setattr("payments.services.checkout.time.sleep", the_other_is_done)
    desk.stripe.failures = [StripeUnavailable("in use", in_flight=True)]
    assert desk.take().checkout == desk.stripe.sessions[payment.id]


def test_a_repetition_after_the_price_changed_still_finds_its_checkout(desk: Desk) -> None:
    first = desk.take()
    desk.store.catalogue = {HOUR.sku: replace(HOUR, price=FixedPrice(12000))}
    assert desk.take() == first


def spent(desk: Desk) -> Payment:
    """Its key is of no use, and nobody knows what came of the request."""
    desk.stripe.failures = [StripeUnavailable("it refuses the key", spent=True)]
    with pytest.raises(StripeUnavailable):
        desk.take()
    (payment,) = desk.store.payments.values()
    return payment


def test_a_key_that_is_of_no_use_is_no_answer_and_is_never_used_again(desk: Desk) -> None:
    payment = spent(desk)
    assert payment.status is Status.PENDING
    for later in (timedelta(seconds=5), SETTLED - timedelta(seconds=1)):
        desk.now = NOW + later
        with pytest.raises(StripeUnavailable):
            desk.take()
    assert desk.store.payments[payment.id].status is Status.PENDING
    assert not desk.stripe.sessions


def test_what_the_list_has_for_it_is_its_checkout(desk: Desk) -> None:
    payment = spent(desk)
    (session,) = desk.stripe.create_checkout(payment)
    assert desk.take().checkout == session


def test_nothing_in_the_list_after_a_while_is_a_no_and_the_key_is_free(desk: Desk) -> None:
    payment = spent(desk)
    desk.now += SETTLED
    with pytest.raises(StripeUnavailable):
        desk.take()
    assert desk.store.payments[payment.id].status is Status.EXPIRED
    assert desk.take().id != payment.id


def test_a_request_too_old_to_be_repeated_is_looked_for_and_not_repeated(desk: Desk) -> None:
    desk.stripe.failures_after = [StripeUnavailable("no answer")]
    with pytest.raises(StripeUnavailable):
        desk.take()
    (payment,) = desk.store.payments.values()
    desk.stripe.sessions[payment.id] = replace(desk.stripe.sessions[payment.id], ref="cs_made_then")
    found = ask_stripe(payment, desk.store, desk.stripe, NOW + REPEATABLE)
    assert [each.ref for each in found.sessions] == ["cs_made_then"]


def test_when_it_was_asked_last_is_on_record_before_it_is_asked(desk: Desk) -> None:
    desk.stripe.failures = [StripeUnavailable("no answer")] * 2
    for later in (timedelta(), timedelta(minutes=3)):
        desk.now = NOW + later
        with pytest.raises(StripeUnavailable):
            desk.take()
        (payment,) = desk.store.payments.values()
        assert payment.asked_at == desk.now


def test_a_payment_whose_intent_was_heard_of_first_gets_its_own_checkout(desk: Desk) -> None:
    desk.stripe.failures_after = [StripeUnavailable("no answer")]
    with pytest.raises(StripeUnavailable):
        desk.take()
    (payment,) = desk.store.payments.values()
    intent = Intent(ref="pi_1", state=IntentState.OPEN, amount=0, currency="usd")
    record(desk.store, payment, [intent], actor=ANSWER, now=NOW)
    assert desk.take().checkout == desk.stripe.sessions[payment.id]
    assert len(desk.store.payments) == 1


def test_another_caller_who_asked_meanwhile_keeps_a_payment_from_lapsing(desk: Desk) -> None:
    payment = spent(desk)
    desk.now += SETTLED
    find = desk.stripe.find_checkout

    def meanwhile(payment: Payment) -> tuple[Fact, ...]:
        desk.store.ask_again(payment, desk.now)
        return find(payment)

    desk.stripe.find_checkout = meanwhile  # type: ignore[method-assign]
    with pytest.raises(StripeUnavailable):
        desk.take()
    assert desk.store.payments[payment.id].status is Status.PENDING


def test_a_checkout_is_looked_at_as_late_as_if_it_had_been_made_at_once(desk: Desk) -> None:
    payment = desk.take()
    assert payment.due_by["look"] == payment.expires_at + AFTER_EXPIRY


# Of users, whose customer Stripe has

OF_ADA = replace(ORDER, user="ada-1")


def test_a_users_payment_is_of_their_customer(desk: Desk) -> None:
    assert desk.take(OF_ADA).customer_id == desk.take(OF_ADA, "another").customer_id == "cus_1"
    assert desk.take(ORDER, "of nobody").customer_id is None


def test_an_order_of_a_customer_who_is_gone_goes_through_with_another(desk: Desk) -> None:
    desk.take(OF_ADA)
    desk.stripe.deleted = {"cus_1"}
    payment = desk.take(OF_ADA, "another")
    assert (payment.customer_id, payment.is_opened) == ("cus_2", True)
    assert desk.store.payments[payment.id].customer_id == "cus_2"


def test_where_that_one_is_gone_too_the_order_has_come_to_nothing(desk: Desk) -> None:
    desk.take(OF_ADA)
    desk.stripe.deleted = {"cus_1", "cus_2"}
    with pytest.raises(StripeRefused):
        desk.take(OF_ADA, "another")
    desk.stripe.deleted = set()
    assert desk.take(OF_ADA, "another").is_opened


def test_the_customer_that_another_caller_has_given_it_meanwhile_stays(desk: Desk) -> None:
    """That one may have been asked for by now."""
    desk.take(OF_ADA)
    desk.stripe.deleted = {"cus_1"}
    begun = set(desk.store.payments)

    def another_is_faster() -> None:
        for id_, payment in desk.store.payments.items():
            if id_ not in begun and desk.store.customers["ada-1"].id is None:
                desk.store.payments[id_] = replace(payment, customer_id="cus_of_another", version=payment.version + 1)

    desk.stripe.answering = another_is_faster
    assert desk.take(OF_ADA, "another").customer_id == "cus_of_another"


@pytest.mark.parametrize(
    "said",
    [StripeRefused("No such customer", customer_gone=True), StripeUnavailable("its own failure", spent=True)],
    ids=["refused", "spent"],
)
def test_what_stripe_says_of_one_customer_is_no_word_on_what_is_asked_for_the_next(
    desk: Desk, said: PaymentsError
) -> None:
    """As by reconcile, which looks at the payment while its customer orders again."""
    desk.customers.of("ada-1")
    desk.stripe.failures = [StripeUnavailable("away")]
    with pytest.raises(StripeUnavailable):
        desk.take(OF_ADA)
    [payment] = desk.store.payments.values()
    desk.store.payments[payment.id] = replace(payment, customer_id="cus_2", version=payment.version + 1)

    desk.stripe.failures = [said]
    with pytest.raises(StripeUnavailable):
        ask_stripe(payment, desk.store, desk.stripe, desk.now)

    again = desk.take(OF_ADA)
    assert (again.id, again.customer_id, again.is_opened) == (payment.id, "cus_2", True)


def test_who_hears_of_a_customer_that_is_gone_gets_what_was_made_for_the_next(desk: Desk) -> None:
    payment = desk.take(OF_ADA)
    before = replace(payment, facts={}, customer_id="cus_0", version=0)
    desk.stripe.failures = [StripeRefused("No such customer", customer_gone=True)]
    assert ask_stripe(before, desk.store, desk.stripe, desk.now).is_opened


def test_an_order_takes_the_place_of_one_that_stripe_will_not_make_any_more(desk: Desk) -> None:
    desk.customers.of("ada-1")
    desk.stripe.failures = [StripeUnavailable("away")]
    with pytest.raises(StripeUnavailable):
        desk.take(OF_ADA)
    [before] = desk.store.payments.values()
    desk.stripe.deleted = {"cus_1"}
    order = replace(OF_ADA, replaces=Replaced(before.id, before.access_key))

    assert desk.take(order, "another").is_opened

    assert desk.store.payments[before.id].has_lapsed
    assert len(desk.stripe.sessions) == 1
