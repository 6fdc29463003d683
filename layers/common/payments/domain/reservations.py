"""What of the stock is a payment's, by its facts: it follows from them, whoever learned them and in whichever order.

Ordering takes what is ordered. Ending for good without money gives it back, and being paid after that takes it again:
what is not there any more by then is a shortage, which is an admin's to settle. Refunds give nothing back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from payments.domain.facts import Fact, Replacement, ReplacementState, Shortage, ShortageState
from payments.domain.payment import Payment


def stock_due(payment: Payment) -> Mapping[str, int]:
    """How many of each sku should be taken for it."""
    if payment.is_over and not payment.is_held:
        return {}
    lacking = {each.ref for each in payment.shortages if each.state is not ShortageState.SUPPLIED}
    return {sku: quantity for sku, quantity in payment.order.stocked.items() if sku not in lacking}


def stock_changes(taken: Mapping[str, int], due: Mapping[str, int]) -> Mapping[str, int]:
    """By sku, how many more are to be taken, or given back where that is negative."""
    changes = {sku: due.get(sku, 0) - taken.get(sku, 0) for sku in {*taken, *due}}
    return {sku: change for sku, change in sorted(changes.items()) if change}


def shortages(payment: Payment, skus: Iterable[str]) -> tuple[Fact, ...]:
    """That these are not there, of which nothing is known yet."""
    known = {each.ref for each in payment.shortages}
    quantities = payment.order.stocked
    return tuple(
        Shortage(ref=sku, state=ShortageState.OPEN, quantity=quantities[sku]) for sku in sorted({*skus} - known)
    )


def replaced(payment: Payment, by: Payment) -> tuple[Fact, ...]:
    """That another has taken its place, and whatever else was to does not any more."""
    until = int(by.created_at.timestamp())
    others = (each for each in payment.replacements if each.state is ReplacementState.HELD and each.ref != by.id)
    return (
        Replacement(ref=by.id, state=ReplacementState.DONE, until=until),
        *(replace(each, state=ReplacementState.RELEASED) for each in others),
    )


def holds_over(payment: Payment, now: datetime) -> tuple[Fact, ...]:
    """The holds for orders that have not come in time."""
    return tuple(
        replace(each, state=ReplacementState.RELEASED)
        for each in payment.replacements
        if each.state is ReplacementState.HELD and each.until <= now.timestamp()
    )
