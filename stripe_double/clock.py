"""What time brings, by nobody's request: sessions and authorisations run out, debits and refunds reach their end."""

from . import payments
from .resources import refunds, sessions
from .state import State


def tick(state: State) -> None:
    sessions.expire_due(state)
    payments.expire_due(state)
    for identifier in state.due():
        if refund := state.find("refund", identifier):
            refunds.move(state, refund)
        elif (intent := state.find("payment_intent", identifier)) and intent["status"] == "processing":
            sessions.settle_intent(state, intent)
