"""The account's balance: an entry for each movement of money."""

from .fields import Json
from .state import State

AVAILABLE_AFTER = 2 * 86400


def enter(
    state: State,
    source: str,
    amount: int,
    currency: str,
    type_: str,
    *,
    fee: int = 0,
    category: str = "",
    available_at_once: bool = False,
) -> Json:
    detail = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    return state.add(
        "balance_transaction",
        amount=amount,
        available_on=state.now() + (0 if available_at_once else AVAILABLE_AFTER),
        currency=currency,
        fee=fee,
        fee_details=[detail] if fee else [],
        net=amount - fee,
        reporting_category=category or type_,
        source=source,
        status="available" if available_at_once else "pending",
        type=type_,
    )
