"""What is written in one transaction: an item once, and what it means that it could not be."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payments.adapters.table.claims import claim_of
from payments.domain.claims import Claim
from payments.domain.errors import ClaimLost, Held, NothingLeft, NumberTaken, Taken
from payments.domain.payment import Payment
from payments.domain.writes import Begin, Free, Point, Retract, Take, Write


class NothingToFree(Exception):
    """The claim is not this payment's any more."""


@dataclass(frozen=True)
class NewPayment:
    payment: Payment


@dataclass(frozen=True)
class OrderNumber:
    number: str
    payment_id: str


type Part = NewPayment | OrderNumber | Claim


def parts_of(writes: Sequence[Write]) -> list[Write | Part]:
    """The writes, one for each item: of each sku the difference of all that is taken and given back."""
    takes: dict[str, int] = defaultdict(int)
    parts: list[Write | Part] = []
    for write in writes:
        match write:
            case Take(sku, quantity):
                takes[sku] += quantity
            case Begin(payment, claim):
                parts.append(NewPayment(payment))
                if payment.order.number:
                    parts.append(OrderNumber(payment.order.number, payment.id))
                if claim:
                    parts.append(claim)
                for sku, quantity in payment.stock_taken.items():
                    takes[sku] += quantity
            case _:
                parts.append(write)
    return parts + [Take(sku, quantity) for sku, quantity in takes.items() if quantity]


def raise_refusal(failed: Sequence[Write | Part | None], why: Sequence[Mapping[str, Any]]) -> None:
    """What is told where nothing else than conditions failed, and of one kind; a claim that is held is told first."""
    if any(reason["Code"] != "ConditionalCheckFailed" for reason in why):
        return
    for write, reason in zip(failed, why, strict=True):
        if isinstance(write, Claim):
            raise Held(claim_of(write.key_hash, reason["Item"]))
    kinds = {type(write) for write in failed}
    if kinds == {Take}:
        raise NothingLeft(write.sku for write in failed if isinstance(write, Take))
    for kind, refusal in _REFUSALS.items():
        if kinds == {kind}:
            raise refusal


_REFUSALS: Mapping[type, type[Exception]] = {
    OrderNumber: NumberTaken,
    Point: Taken,
    Retract: ClaimLost,
    Free: NothingToFree,
}
