"""What is for sale: products at a fixed or an open price. The server sets the price, never the caller."""

import re
from dataclasses import dataclass

from payments.domain.errors import FieldError, ValidationFailed
from payments.domain.money import Money

SKU = re.compile(r"[A-Za-z0-9._-]{1,100}")


def is_sku(text: str) -> bool:
    return SKU.fullmatch(text) is not None


@dataclass(frozen=True)
class FixedPrice:
    amount: int

    @property
    def limits(self) -> tuple[int, int]:
        return self.amount, self.amount


@dataclass(frozen=True)
class OpenPrice:
    """The customer chooses within limits, both included, in minor units."""

    minimum: int
    maximum: int

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= self.maximum:
            raise ValueError(f"an open price needs 0 <= min <= max, not {self.minimum} to {self.maximum}")

    @property
    def limits(self) -> tuple[int, int]:
        return self.minimum, self.maximum


type Price = FixedPrice | OpenPrice


# How many of a product an order may have where the catalogue says nothing else.
MOST_OF_ONE = 10


@dataclass(frozen=True)
class Product:
    """`sku` is what requests call `serviceType`; prices are in minor units of `currency`.

    `image` is an https address, or a path of the pages. What `ships` is sent to an address, what is `stocked` is sold
    only from what is there; of none more than `most` go into an order.
    """

    sku: str
    name: str
    price: Price
    currency: str
    description: str = ""
    image: str | None = None
    ships: bool = False
    stocked: bool = False
    most: int = MOST_OF_ONE

    @property
    def is_goods(self) -> bool:
        """Whether an order must say more than which service it is: how many, or where to."""
        return self.ships or self.stocked

    def charge(self, amount: int | None, currency: str | None) -> Money:
        """What a request for this product as a service is to pay.

        A fixed price needs no amount; one that differs is refused, as is another currency or an amount
        outside an open price's limits: ValidationFailed names the field and the right value. Goods are no service.
        """
        if self.is_goods:
            raise ValidationFailed(FieldError("serviceType", f"{self.name} is no service; order it by items."))
        if currency is not None and currency != self.currency:
            raise ValidationFailed(FieldError("currency", f"{self.name} is sold in {self.currency}."))
        match self.price:
            case FixedPrice(fixed):
                if amount is not None and amount != fixed:
                    raise ValidationFailed(
                        FieldError("amount", f"{self.name} costs {Money(fixed, self.currency)} ({fixed}).")
                    )
                return Money(fixed, self.currency)
            case OpenPrice(minimum, maximum):
                if amount is None or not minimum <= amount <= maximum:
                    low, high = Money(minimum, self.currency), Money(maximum, self.currency)
                    raise ValidationFailed(
                        FieldError("amount", f"Choose from {low} to {high} ({minimum} to {maximum}).")
                    )
                return Money(amount, self.currency)
