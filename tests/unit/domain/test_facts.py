"""Merging facts: a join, so that learning commutes."""

from dataclasses import replace
from enum import StrEnum
from itertools import batched
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.facts import (
    FACT_TYPES,
    MOST_FAILED_ATTEMPTS,
    Attempt,
    AttemptState,
    Dispute,
    DisputeState,
    Fact,
    Facts,
    Intent,
    IntentState,
    Refund,
    RefundState,
    Session,
    SessionState,
    bounded,
    failed_attempts,
    merge,
)
from tests.strategies import histories, same_object_twice_or_thrice


@given(same_object_twice_or_thrice())
def test_merging_two_versions_is_commutative_associative_and_idempotent(versions: tuple[Fact, Fact, Fact]) -> None:
    first, second, third = versions
    assert first.merge(second) == second.merge(first)
    assert first.merge(second).merge(third) == first.merge(second.merge(third))
    assert first.merge(first) == first


@given(histories, histories)
def test_merging_sets_of_facts_is_commutative_and_idempotent(one: list[Fact], other: list[Fact]) -> None:
    both = merge(merge({}, one), other)
    assert both == merge(merge({}, other), one)
    assert both == merge(both, one + other)


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        (SessionState.COMPLETE_UNPAID, SessionState.PAID),
        (SessionState.EXPIRED, SessionState.PAID),
        (SessionState.ASYNC_FAILED, SessionState.PAID),
        (IntentState.CANCELED, IntentState.SUCCEEDED),
        (AttemptState.FAILED, AttemptState.SUCCEEDED),
        (RefundState.SUCCEEDED, RefundState.FAILED),
        (DisputeState.NEEDS_RESPONSE, DisputeState.LOST),
        (DisputeState.WARNING_CLOSED, DisputeState.NEEDS_RESPONSE),
        (DisputeState.LOST, DisputeState.WON),
    ],
)
def test_states_are_declared_in_rising_order(lower: StrEnum, higher: StrEnum) -> None:
    states = list(type(lower))
    assert states.index(lower) < states.index(higher)


def test_a_late_failure_does_not_undo_a_success() -> None:
    paid = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
    failed = Attempt(ref="ch_1", state=AttemptState.FAILED, amount=0, currency="usd", failure_code="card_declined")
    assert paid.merge(failed) == paid


def test_a_larger_captured_amount_wins_though_it_is_shorter_as_text() -> None:
    first = Intent(ref="pi_1", state=IntentState.SUCCEEDED, amount=9900, currency="usd")
    more = Intent(ref="pi_1", state=IntentState.SUCCEEDED, amount=10000, currency="usd")
    assert more.merge(first).amount == 10000


def test_the_version_with_more_details_wins() -> None:
    bare = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
    full = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd", receipt_url="https://r")
    assert bare.merge(full) == full


def test_a_detail_that_a_newer_release_wrote_counts_like_any_other() -> None:
    bare = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
    newer = replace(bare, unknown={"brand": "visa"})
    assert bare.merge(newer) == newer.merge(bare) == newer
    assert newer.details == bare.details | {"brand": "visa"}


_declines = st.builds(
    Attempt,
    ref=st.integers(0, 24).map(lambda number: f"ch_{number}"),
    state=st.just(AttemptState.FAILED),
    amount=st.just(0),
    currency=st.just("usd"),
    created=st.none() | st.integers(0, 40),
    failure_code=st.none() | st.sampled_from(["a", "b"]),
)
_successes = st.builds(
    Attempt,
    ref=st.integers(0, 9).map(lambda number: f"py_{number}"),
    state=st.sampled_from([AttemptState.PENDING, AttemptState.SUCCEEDED]),
    amount=st.just(9900),
    currency=st.just("usd"),
    created=st.integers(0, 40),
)


@given(
    st.lists(_declines, min_size=40, max_size=90), st.lists(_successes, max_size=12), st.randoms(), st.integers(1, 9)
)
def test_dropping_old_failures_commutes_with_merging_and_never_drops_money(
    declines: list[Fact], successes: list[Fact], random: Random, portion: int
) -> None:
    news = declines + successes
    at_once = bounded(merge({}, news))
    shuffled = [*news, *news[: len(news) // 2]]
    random.shuffle(shuffled)
    by_and_by: Facts = {}
    for some in batched(shuffled, portion, strict=False):
        by_and_by = bounded(merge(by_and_by, some))
    assert by_and_by == at_once
    assert len(failed_attempts(at_once)) <= MOST_FAILED_ATTEMPTS
    assert {fact.key for fact in successes} <= set(at_once)


def test_keys_tell_objects_and_kinds_apart() -> None:
    session = Session(ref="x", state=SessionState.OPEN, amount=1, currency="usd")
    refund = Refund(ref="x", state=RefundState.PENDING, amount=1, currency="usd")
    dispute = Dispute(ref="x", state=DisputeState.WON, amount=1, currency="usd")
    assert len({fact.key for fact in (session, refund, dispute)}) == 3
    assert len(FACT_TYPES) == 11
