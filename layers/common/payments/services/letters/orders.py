"""What mails say of an order: one of a single service is its name, any other has its lines and sums."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from payments.domain.money import Money
from payments.domain.order import Address, Line
from payments.domain.payment import Payment
from payments.services.letters.content import Row


@dataclass(frozen=True)
class Item:
    """What an order has so many of, or with no quantity a sum below that."""

    words: str
    amount: Money
    quantity: int | None = None
    is_total: bool = False


def is_itemised(payment: Payment) -> bool:
    """Whether there is more to say of the order than a name and a sum."""
    order = payment.order
    return len(order.lines) > 1 or order.lines[0].quantity > 1 or order.shipping is not None or bool(order.tax)


def is_free(payment: Payment) -> bool:
    """Nothing was to be paid, and nothing was."""
    return not payment.asked.amount and not any(each.amount for each in payment.balance.received_sums)


def named(payment: Payment) -> str:
    """What the payment is for, in a sentence: the one thing, or the order by its number."""
    number = payment.order.number
    return f"order {number}" if number and is_itemised(payment) else payment.product_name


def bought(payment: Payment) -> tuple[Row, ...]:
    """The same as a row; nothing where the items say it."""
    return () if is_itemised(payment) else (("For", payment.product_name),)


def items(payment: Payment) -> tuple[Item, ...]:
    """The lines, what comes on top of them, the total, and the tax that is in it; nothing for one service."""
    return tuple(_items(payment)) if is_itemised(payment) else ()


def _items(payment: Payment) -> Iterator[Item]:
    order, currency = payment.order, payment.asked.currency
    for each in order.lines:
        yield Item(each.name, Money(each.amount, currency), each.quantity)
    for name, amount in order.additions:
        yield Item(name, Money(amount, currency))
    yield Item("Total", Money(order.total, currency), is_total=True)
    for name, amount in order.included:
        yield Item(f"of which {name}", Money(amount, currency))


# What mail programs make a link of: a name with a dot and letters after it, or an address for mail.
_LINK = re.compile(r"@|://|[^\W\d_]\.[^\W\d_]{2}|\d\.[^\W\d_]{2}")


def sent_to(payment: Payment) -> tuple[Row, ...]:
    """Nothing where mail programs would make a link of it: anyone can order with anyone's address."""
    address = payment.order.address
    return () if address and any(map(_LINK.search, address.lines)) else _address("Sent to", address)


def to_do(payment: Payment) -> tuple[Row, ...]:
    """What whoever packs it needs: what to ship unless that is all, to whom, whom to bill, and the customer's note."""
    order = payment.order
    ships = [each for each in order.lines if each.ships]
    is_part = 0 < len(ships) < len(order.lines)
    return (
        *((("To ship", tuple(map(counted, ships))),) if is_part else ()),
        *_address("Ship to", order.address),
        *_address("Bill to", order.billing_address),
        *((("Note", tuple(order.note.splitlines())),) if order.note else ()),
    )


def counted(line: Line) -> str:
    return f"{line.quantity} \N{MULTIPLICATION SIGN} {line.name}"


def _address(label: str, address: Address | None) -> tuple[Row, ...]:
    return ((label, address.lines),) if address else ()
