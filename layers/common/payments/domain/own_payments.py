"""What a customer who is signed in has ordered, as their list has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payments.domain.money import Money


@dataclass(frozen=True, kw_only=True)
class OwnPayment:
    """`status` and `dispute` are texts, for newer code may have written one of its own.

    `view` is the payment as its customer reads it, as it was kept (domain/views.py); it can be paid until `expires_at`
    at most.
    """

    payment_id: str
    status: str
    asked: Money
    created_at: datetime
    paid_at: datetime | None
    received: tuple[Money, ...]
    returned: tuple[Money, ...]
    sku: str
    number: str | None
    dispute: str | None
    access_key: str
    view: Mapping[str, Any]
    expires_at: datetime


@dataclass(frozen=True)
class Place:
    """After which payment a list goes on; neither ever changes. `created_at` is as the table writes it."""

    created_at: str
    payment_id: str
