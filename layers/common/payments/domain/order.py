"""What a payment is for: lines with the prices as they were when it was ordered."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """`unit` is the price of one, in minor units of the payment's currency."""

    sku: str
    name: str
    quantity: int
    unit: int


@dataclass(frozen=True)
class Order:
    """At least one line. `number` is what people call it by; payments from before orders had numbers have none."""

    lines: tuple[Line, ...]
    number: str | None = None

    @property
    def name(self) -> str:
        """What was ordered, in words."""
        return ", ".join(line.name for line in self.lines)
