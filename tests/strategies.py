"""Hypothesis strategies: facts as they could be learned about one payment of 9900 usd."""

from hypothesis import strategies as st

from payments.domain.facts import (
    Approval,
    Asking,
    AskingState,
    Attempt,
    AttemptState,
    Dispute,
    DisputeState,
    Fact,
    FraudSignal,
    FraudSignalState,
    Intent,
    IntentState,
    Refund,
    RefundRequest,
    RefundRequestState,
    RefundState,
    Session,
    SessionState,
)

_amounts = st.sampled_from([0, 100, 5000, 9800, 9900, 10000])
_currencies = st.sampled_from(["usd", "usd", "usd", "eur"])
_texts = st.none() | st.sampled_from(["a", "b"])
_intents = st.none() | st.sampled_from(["pi_1", "pi_2"])
_times = st.none() | st.integers(min_value=1, max_value=3)

_facts: list[st.SearchStrategy[Fact]] = [
    st.builds(Asking, state=st.sampled_from(AskingState), reason=_texts),
    st.builds(
        Session,
        ref=st.just("cs_1"),
        state=st.sampled_from(SessionState),
        amount=_amounts,
        currency=_currencies,
        intent=_intents,
        url=_texts,
        expires_at=_times,
    ),
    st.builds(
        Intent,
        ref=st.sampled_from(["pi_1", "pi_2"]),
        state=st.sampled_from(IntentState),
        amount=_amounts,
        currency=_currencies,
    ),
    st.builds(
        Attempt,
        ref=st.sampled_from(["ch_1", "ch_2", "pi_1#pm_1"]),
        state=st.sampled_from(AttemptState),
        amount=_amounts,
        currency=_currencies,
        intent=_intents,
        created=_times,
        failure_code=_texts,
        failure_message=_texts,
        receipt_url=_texts,
    ),
    st.builds(
        Refund,
        ref=st.sampled_from(["re_1", "re_2"]),
        state=st.sampled_from(RefundState),
        amount=_amounts,
        currency=_currencies,
        intent=_intents,
        reason=_texts,
        failure_reason=_texts,
        request=st.none() | st.sampled_from(["request-1", "request-2"]),
    ),
    st.builds(
        RefundRequest,
        ref=st.sampled_from(["request-1", "request-2"]),
        state=st.sampled_from(RefundRequestState),
        amount=_amounts,
        currency=_currencies,
        intent=st.sampled_from(["pi_1", "pi_2"]),
        requested_at=st.integers(min_value=1, max_value=3),
        body_hash=st.just("hash"),
        by=st.just("grace"),
        known=st.none() | st.sampled_from(["re_1", "re_1 re_2"]),
        overtaken_by=_texts,
    ),
    st.builds(
        Dispute,
        ref=st.sampled_from(["du_1", "du_2"]),
        state=st.sampled_from(DisputeState),
        amount=_amounts,
        currency=_currencies,
        reason=_texts,
        evidence_due_by=_times,
    ),
    st.builds(FraudSignal, ref=st.just("issfr_1"), state=st.sampled_from(FraudSignalState), reason=_texts),
    st.builds(Approval, ref=st.sampled_from(["5000-usd", "10000-usd", "9900-eur"]), by=_texts),
]

facts = st.one_of(_facts)
histories = st.lists(facts, max_size=14)


@st.composite
def same_object_twice_or_thrice(draw: st.DrawFn) -> tuple[Fact, Fact, Fact]:
    """Three versions of a fact about one object."""
    kind = draw(st.sampled_from(_facts))
    first = draw(kind)
    same = kind.filter(lambda fact: fact.key == first.key)
    return first, draw(same), draw(same)
