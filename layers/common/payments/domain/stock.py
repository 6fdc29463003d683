"""What is there of what is stocked: one number for each product, and who changed it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class StockChange:
    """So many more of a product, or fewer where `change` is negative; `id` is the act's, the same with each repetition.

    `by` is who does it, `reason` why, in their words.
    """

    id: str
    sku: str
    change: int
    reason: str
    by: str
    at: datetime
