"""For how long Stripe may have something to say that we were not told."""

import pytest

from payments.domain.facts import (
    Asking,
    AskingState,
    Attempt,
    AttemptState,
    Fact,
    Intent,
    IntentState,
    Session,
    SessionState,
)
from payments.domain.learning import learn
from payments.domain.looking import awaits_news
from tests.builders import a_payment

PAID = Attempt(ref="ch_1", state=AttemptState.SUCCEEDED, amount=9900, currency="usd")
DECLINED = Attempt(ref="ch_0", state=AttemptState.FAILED, amount=0, currency="usd")
CANCELED = Intent(ref="pi_1", state=IntentState.CANCELED, amount=0, currency="usd")


def a_checkout(state: SessionState) -> Session:
    return Session(ref="cs_1", state=state, amount=9900, currency="usd")


@pytest.mark.parametrize(
    ("facts", "awaited"),
    [
        ([], True),
        ([Asking(state=AskingState.LAPSED)], False),
        ([a_checkout(SessionState.OPEN)], True),
        ([a_checkout(SessionState.OPEN), DECLINED], True),
        # An expiry of which only the intent's end was heard.
        ([a_checkout(SessionState.OPEN), DECLINED, CANCELED], True),
        ([a_checkout(SessionState.OPEN), PAID], False),
        ([a_checkout(SessionState.COMPLETE_UNPAID)], True),
        # A delayed payment of whose end only the charge was heard.
        ([a_checkout(SessionState.COMPLETE_UNPAID), DECLINED], True),
        ([a_checkout(SessionState.COMPLETE_UNPAID), CANCELED], False),
        ([a_checkout(SessionState.EXPIRED), DECLINED], False),
        ([a_checkout(SessionState.ASYNC_FAILED), DECLINED], False),
        ([a_checkout(SessionState.PAID)], False),
    ],
)
def test_news_is_awaited_until_the_checkout_has_ended_or_was_paid(facts: list[Fact], awaited: bool) -> None:
    assert awaits_news(learn(a_payment(), facts)[0]) is awaited
