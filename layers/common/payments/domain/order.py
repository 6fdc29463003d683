"""What a payment is for: lines with the prices as they were when it was ordered, and what comes on top of them.

All amounts are in minor units of the payment's currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from payments.domain.countries import Country, has_code_last


@dataclass(frozen=True)
class Line:
    """`unit` is the price of one. `stocked` and `ships` say how the product was sold: from what is there, and to an
    address."""

    sku: str
    name: str
    quantity: int
    unit: int
    stocked: bool = False
    ships: bool = False

    @property
    def amount(self) -> int:
        return self.quantity * self.unit


@dataclass(frozen=True)
class Tax:
    """The tax on lines and shipping. One that is `inclusive` is in their prices, any other comes on top."""

    name: str
    amount: int
    inclusive: bool


@dataclass(frozen=True)
class Address:
    """Where something is sent, or whom it is billed to."""

    name: str
    line1: str
    city: str
    country: Country
    postal_code: str | None = None
    line2: str | None = None
    region: str | None = None

    def erased(self) -> "Address":
        """The country alone."""
        return Address("", "", "", self.country)

    @property
    def lines(self) -> tuple[str, ...]:
        """As it stands on a parcel, the postal code where the country has it."""
        city = (self.city, self.region)
        place = (*city, self.postal_code) if has_code_last(self.country) else (self.postal_code, *city)
        written = (self.name, self.line1, self.line2, " ".join(each for each in place if each), self.country)
        return tuple(each for each in written if each)


@dataclass(frozen=True)
class Order:
    """At least one line. `number` is what people call it by; payments from before orders had numbers have none.

    `shipping` is None where nothing is sent, and 0 where that is free. `note` is what the customer has to say about it.
    """

    lines: tuple[Line, ...]
    number: str | None = None
    shipping: int | None = None
    tax: tuple[Tax, ...] = ()
    address: Address | None = None
    billing_address: Address | None = None
    note: str | None = None

    @property
    def name(self) -> str:
        """What was ordered, in words."""
        return ", ".join(line.name for line in self.lines)

    @property
    def additions(self) -> tuple[tuple[str, int], ...]:
        """What comes on top of the lines, by name: shipping, and the tax that is not in their prices."""
        shipping = () if self.shipping is None else (("Shipping", self.shipping),)
        return (*shipping, *((each.name, each.amount) for each in self.tax if not each.inclusive))

    @property
    def included(self) -> tuple[tuple[str, int], ...]:
        """What is in the total already, by name: the tax that is in the prices."""
        return tuple((each.name, each.amount) for each in self.tax if each.inclusive)

    @property
    def total(self) -> int:
        """Lines, and what comes on top of them."""
        return sum(line.amount for line in self.lines) + sum(amount for _, amount in self.additions)

    @property
    def ships(self) -> bool:
        """Something of it is sent to an address."""
        return any(line.ships for line in self.lines)

    @property
    def stocked(self) -> Mapping[str, int]:
        """How many of each sku are to be there for it."""
        return {line.sku: line.quantity for line in self.lines if line.stocked}

    def erased(self) -> "Order":
        """The order without the person; the country stays, for the books."""
        address, billing_address = (each and each.erased() for each in (self.address, self.billing_address))
        return replace(self, address=address, billing_address=billing_address, note=None)
