"""What Stripe should have told us by a webhook and did not: a sign that the endpoint is gone, or its secret wrong."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from payments.domain.facts import (
    AttemptState,
    Fact,
    FraudSignalState,
    IntentState,
    SessionState,
    rank,
    rank_told,
)
from payments.domain.payment import Payment

# A webhook may be a little later than a look.
PATIENCE = timedelta(minutes=10)
# So young is what rings.
NEWS = timedelta(days=2)


def untold(payment: Payment) -> Mapping[str, str]:
    """The states of facts, by key, that ended something and of which Stripe has told us nothing; empty if none.

    Several facts may say the same, such as a session and its intent that it was paid: to be told of one is enough.
    """
    return {fact.key: fact.state.value for news in _news(payment) if not _is_told(payment, news) for fact in news}


def _is_told(payment: Payment, news: Sequence[Fact]) -> bool:
    return not news or any(rank_told(payment.told.get(fact.key), fact) >= rank(fact) for fact in news)


def _news(payment: Payment) -> Iterator[Sequence[Fact]]:
    """What there was to tell, each with all the facts that say it."""
    sessions, intents, attempts = payment.sessions, payment.intents, payment.attempts
    if payment.is_paid:
        yield [
            *(each for each in sessions if each.state is SessionState.PAID),
            *(each for each in intents if each.state is IntentState.SUCCEEDED),
            *(each for each in attempts if each.state is AttemptState.SUCCEEDED),
        ]
    else:
        yield [
            *(each for each in sessions if each.state is SessionState.ASYNC_FAILED),
            *(each for each in attempts if each.state is AttemptState.FAILED),
        ]
        yield [
            *(each for each in sessions if each.state is SessionState.EXPIRED),
            *(each for each in intents if each.state is IntentState.CANCELED),
        ]
    yield from ([each] for each in payment.refunds if not each.state.is_pending)
    yield from ([each] for each in payment.disputes if each.state.is_closed or each.key not in payment.told)
    yield from ([each] for each in payment.fraud_signals if each.state is FraudSignalState.OPEN)
