"""A user has one customer at Stripe, whatever goes wrong while it is made, and another one after that is gone."""

from datetime import timedelta

import pytest

from payments.domain.customers import UserCustomer
from payments.domain.errors import StripeUnavailable
from payments.domain.looking import REPEATABLE
from payments.services.customers import Customers
from tests.builders import NOW
from tests.fakes import MemoryStore, MemoryStripe


class Counter:
    """A store and a Stripe, and whoever asks for Ada's customer."""

    def __init__(self) -> None:
        self.store, self.stripe, self.now = MemoryStore(), MemoryStripe(), NOW

    @property
    def customers(self) -> Customers:
        return Customers(self.store, self.stripe, self.now)

    def asks(self) -> str:
        return self.customers.of("ada-1")


@pytest.fixture
def counter() -> Counter:
    return Counter()


def test_it_is_made_once_and_remembered(counter: Counter) -> None:
    assert counter.asks() == counter.asks() == "cus_1"
    assert counter.store.customers["ada-1"].id == "cus_1"
    assert counter.customers.of("grace-1") == "cus_2"


def test_what_was_not_answered_is_asked_again_as_the_same(counter: Counter) -> None:
    counter.stripe.failures_after.append(StripeUnavailable("timeout"))
    with pytest.raises(StripeUnavailable):
        counter.asks()
    counter.now += timedelta(hours=1)
    assert counter.asks() == "cus_1"
    assert len(counter.stripe.customers) == 1
    assert counter.stripe.found == []


def test_what_stripe_no_longer_knows_as_a_repetition_is_sought(counter: Counter) -> None:
    counter.stripe.failures_after.append(StripeUnavailable("timeout"))
    with pytest.raises(StripeUnavailable):
        counter.asks()
    counter.now += REPEATABLE
    assert counter.asks() == "cus_1"
    assert len(counter.stripe.customers) == len(counter.stripe.found) == 1


def test_what_came_to_nothing_is_begun_anew_when_it_cannot_be_repeated(counter: Counter) -> None:
    counter.stripe.failures.append(StripeUnavailable("timeout"))
    with pytest.raises(StripeUnavailable):
        counter.asks()
    [first] = counter.store.customers.values()
    counter.now += REPEATABLE
    assert counter.asks() == "cus_1"
    assert counter.store.customers["ada-1"].n > first.n


def test_a_failure_that_stripe_repeats_is_got_round(counter: Counter) -> None:
    counter.stripe.failures.append(StripeUnavailable("its own failure", spent=True))
    assert counter.asks() == "cus_1"
    [made] = counter.stripe.customers
    assert counter.stripe.found[0].n < made.n


def test_of_two_who_begin_at_once_both_get_one(counter: Counter) -> None:
    def another() -> None:
        counter.stripe.answering = lambda: None
        counter.asks()

    counter.stripe.answering = another
    assert counter.asks() == "cus_1"
    assert len(counter.stripe.customers) == 1


def test_whom_stripe_answers_just_now_is_waited_for(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    counter.stripe.failures.append(StripeUnavailable("in use", in_flight=True))
    monkeypatch.setattr("payments.services.customers.time.sleep", lambda _: counter.asks())
    assert counter.asks() == "cus_1"
    assert len(counter.stripe.customers) == 1


def test_where_that_takes_long_the_request_may_be_repeated(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    counter.stripe.failures.append(StripeUnavailable("in use", in_flight=True))
    monkeypatch.setattr("payments.services.customers.time.sleep", lambda _: None)
    with pytest.raises(StripeUnavailable):
        counter.asks()


def test_one_that_is_gone_is_made_anew_once(counter: Counter) -> None:
    gone = counter.asks()
    assert counter.customers.anew("ada-1", gone) == counter.customers.anew("ada-1", gone) == "cus_2"
    assert counter.asks() == "cus_2"


def test_a_customer_is_forgotten_at_stripe_and_here(counter: Counter) -> None:
    first = counter.asks()
    [before] = counter.store.customers.values()
    counter.customers.forget("ada-1")
    assert (counter.stripe.deleted, counter.store.customers) == ({first}, {})
    counter.customers.forget("ada-1")
    counter.now += timedelta(seconds=1)
    assert counter.asks() != first
    assert counter.store.customers["ada-1"].n > before.n


@pytest.mark.parametrize("failures", ["failures", "failures_after"])
def test_where_stripe_does_not_say_that_it_is_deleted_it_stays_to_be_forgotten(counter: Counter, failures: str) -> None:
    counter.asks()
    getattr(counter.stripe, failures).append(StripeUnavailable("timeout"))
    with pytest.raises(StripeUnavailable):
        counter.customers.forget("ada-1")
    assert "ada-1" in counter.store.customers
    counter.customers.forget("ada-1")
    assert (counter.stripe.deleted, counter.store.customers) == ({"cus_1"}, {})


def test_one_that_was_asked_for_and_not_answered_is_forgotten_too(counter: Counter) -> None:
    counter.stripe.failures_after.append(StripeUnavailable("timeout"))
    with pytest.raises(StripeUnavailable):
        counter.asks()
    counter.customers.forget("ada-1")
    assert (counter.stripe.deleted, counter.store.customers) == ({"cus_1"}, {})


def test_a_number_never_comes_again(counter: Counter) -> None:
    first = UserCustomer.begun("ada-1", NOW)
    assert UserCustomer.begun("ada-1", NOW, before=first).n == first.n + 1
    assert UserCustomer.begun("ada-1", NOW + timedelta(seconds=1)).n > first.n + 1
    assert first.begun_at == NOW
