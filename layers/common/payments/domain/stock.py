"""What is there of what is stocked: one number for each product, and who changed it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from payments.domain.claims import Claimant

LONGEST_REASON = 200


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

    @classmethod
    def asked(cls, sku: str, change: int, reason: str, *, key: str, by: str, at: datetime) -> Self:
        """The act of whoever asks with an Idempotency-Key: the same for the same product, person and key."""
        act = Claimant.of(f"stock {sku}", by, key, {}).key_hash
        return cls(f"adm_stock_{act}", sku, change, reason, by, at)
