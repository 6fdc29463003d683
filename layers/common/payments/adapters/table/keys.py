"""The keys of the table's items, and the partitions of its `due` index."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING

from payments.adapters.table.codec import Key, encoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payments.domain.events import EventSet
    from payments.domain.looking import DueReason
    from payments.domain.notices import Notice

DUE_SHARDS = 4
# What is seldom due, and waits for nobody, is in one shard: each is a call of every run of reconcile.
ONE_SHARD = frozenset({"close", "erase", "erasure", "invoice", "refund"})
PAYMENT = "PAYMENT"
NOTICE = "NOTICE#"
EVENT = "EVENT#"


def partition(payment_id: str) -> str:
    """Where a payment is, with its events and notices."""
    return f"PAYMENT#{payment_id}"


def payment_id_of(key: Key) -> str:
    return str(key["pk"]["S"]).removeprefix("PAYMENT#")


def payment_key(payment_id: str) -> Key:
    return encoded({"pk": partition(payment_id), "sk": PAYMENT})


def event_key(payment_id: str, event_id: str) -> Key:
    return encoded({"pk": partition(payment_id), "sk": f"{EVENT}{event_id}"})


def notice_key(payment_id: str, notice: Notice) -> Key:
    return encoded({"pk": partition(payment_id), "sk": notice_sort_key(str(notice))})


def notice_sort_key(name: str) -> str:
    return f"{NOTICE}{name}"


def pointer_key(stripe_id: str) -> Key:
    return encoded({"pk": f"STRIPE#{stripe_id}", "sk": PAYMENT})


def product_key(sku: str) -> Key:
    return encoded({"pk": "CATALOGUE", "sk": f"PRODUCT#{sku}"})


def terms_key() -> Key:
    return encoded({"pk": "CATALOGUE", "sk": "TERMS"})


def stock_key(sku: str) -> Key:
    return encoded({"pk": f"STOCK#{sku}", "sk": "STOCK"})


def stock_event_key(sku: str, event_id: str) -> Key:
    return encoded({"pk": f"STOCK#{sku}", "sk": f"{EVENT}{event_id}"})


def sku_of(key: Key) -> str:
    return str(key["pk"]["S"]).removeprefix("STOCK#")


def order_key(number: str) -> Key:
    return encoded({"pk": f"ORDER#{number}", "sk": PAYMENT})


def claim_key(key_hash: str) -> Key:
    return encoded({"pk": f"REQUEST#{key_hash}", "sk": "REQUEST"})


def counter_key(year: int) -> Key:
    return encoded({"pk": f"INVOICES#{year}", "sk": "COUNTER"})


def customer_key(user: str) -> Key:
    return encoded({"pk": f"USER#{user}", "sk": "CUSTOMER"})


def check_key(payment_id: str) -> Key:
    return encoded({"pk": f"RATE#refresh-{payment_id}", "sk": "RATE"})


def cursor_key(events: EventSet, level: int) -> Key:
    """A set with other types begins anew, and what older code read while newer code was away, newer code reads too."""
    types = hashlib.sha256(" ".join(sorted(events.types)).encode()).hexdigest()[:16]
    return encoded({"pk": f"CURSOR#{events.name}#{types}#{level}", "sk": "CURSOR"})


def lease_key(name: str) -> Key:
    return encoded({"pk": f"LEASE#{name}", "sk": "LEASE"})


def erasure_key(erasure_id: str) -> Key:
    return encoded({"pk": f"ERASURE#{erasure_id}", "sk": "ERASURE"})


def first_day_key(kind: str) -> Key:
    return encoded({"pk": "FIRST_DAYS", "sk": f"NOTICE#{kind}"})


def due_shard(payment_id: str, reason: str, needs: int) -> str:
    """The partition of the `due` index that an item is in: what is for newer code is in nobody's way."""
    return f"{reason}#{needs}#{zlib.crc32(payment_id.encode()) % _shards(reason)}"


def due_shards(reason: DueReason, level: int) -> Iterator[str]:
    """The partitions of what is due for a reason and may be done by code of this level."""
    for needs in range(1, level + 1):
        for shard in range(_shards(reason)):
            yield f"{reason}#{needs}#{shard}"


def _shards(reason: str) -> int:
    return 1 if reason in ONE_SHARD else DUE_SHARDS
