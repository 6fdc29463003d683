"""What somebody wants to order, as they ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from payments.domain.order import Address
from payments.domain.pricing import added_up


@dataclass(frozen=True)
class Service:
    """One product, by what the request says of its price: `amount` in minor units, absent where it is fixed."""

    sku: str
    amount: int | None
    currency: str | None

    # The field that decides the sum.
    of_sum: ClassVar[str] = "amount"

    @property
    def skus(self) -> tuple[str, ...]:
        return (self.sku,)


@dataclass(frozen=True)
class Items:
    """So many of each sku, sent to `address`; `total` is what the caller was told that it costs, in `currency`."""

    items: tuple[tuple[str, int], ...]
    address: Address | None = None
    total: int | None = None
    currency: str | None = None

    of_sum: ClassVar[str] = "items"

    @property
    def skus(self) -> tuple[str, ...]:
        return tuple(added_up(self.items))


type Wanted = Service | Items


@dataclass(frozen=True)
class Replaced:
    """The payment that is to be replaced, and its access key."""

    payment_id: str
    access_key: str


@dataclass(frozen=True)
class Purchase:
    """What a caller wants to pay for; `user` is the `sub` of one who is signed in, `replaces` the payment in whose
    place this one is to come.

    A user may pay with `payment_method`, a saved card, and says by `save_method` whether a new one is to be saved;
    None leaves that to the form.
    """

    name: str
    email: str
    wanted: Wanted
    metadata: Mapping[str, str]
    user: str | None = None
    billing_address: Address | None = None
    note: str | None = None
    replaces: Replaced | None = None
    payment_method: str | None = None
    save_method: bool | None = None
