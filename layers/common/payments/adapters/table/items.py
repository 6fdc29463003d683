"""The table's items: their keys, and domain objects turned into items and back, here and nowhere else.

Times are ISO 8601 text where people read them (`created_at`) and epoch seconds where conditions, the `due` index or
DynamoDB's own expiry compare them (`due_at`, `lease_until`, `delete_after`).
"""

import zlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from payments.domain.catalogue import FixedPrice, OpenPrice, Price, Product
from payments.domain.facts import FACT_TYPES, Fact
from payments.domain.money import Money
from payments.domain.notices import Notice
from payments.domain.payment import Customer, Payment
from payments.domain.records import EventRecord, NoticeClaim, NoticeState, Overdue

DUE_SHARDS = 4

type Item = dict[str, Any]
type Key = dict[str, Any]


def encoded(values: Mapping[str, object]) -> Item:
    """Texts, whole numbers, truths, and lists and maps of them as DynamoDB writes them; what is None is left out."""
    return {name: _encoded(value) for name, value in values.items() if value is not None}


def _encoded(value: object) -> Item:
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case list():
            return {"L": [_encoded(each) for each in value]}
        case dict():
            return {"M": encoded(value)}
    raise TypeError(f"an item cannot hold a {type(value).__name__}")


def decoded(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item's plain values."""
    return {name: _decoded(value) for name, value in item.items()}


def _decoded(attribute: Mapping[str, Any]) -> Any:
    [(type_, value)] = attribute.items()
    match type_:
        case "N":
            return int(value)
        case "L":
            return [_decoded(each) for each in value]
        case "M":
            return decoded(value)
    return value


# Keys


def payment_key(payment_id: str) -> Key:
    return encoded({"pk": f"PAYMENT#{payment_id}", "sk": "PAYMENT"})


def event_key(payment_id: str, event_id: str) -> Key:
    return encoded({"pk": f"PAYMENT#{payment_id}", "sk": f"EVENT#{event_id}"})


def notice_key(payment_id: str, notice: Notice) -> Key:
    return encoded({"pk": f"PAYMENT#{payment_id}", "sk": f"NOTICE#{notice}"})


def pointer_key(stripe_id: str) -> Key:
    return encoded({"pk": f"STRIPE#{stripe_id}", "sk": "PAYMENT"})


def product_key(sku: str) -> Key:
    return encoded({"pk": "CATALOGUE", "sk": f"PRODUCT#{sku}"})


def request_key(key_hash: str) -> Key:
    return encoded({"pk": f"REQUEST#{key_hash}", "sk": "REQUEST"})


def cursor_key(name: str) -> Key:
    return encoded({"pk": f"CURSOR#{name}", "sk": "CURSOR"})


def lease_key(name: str) -> Key:
    return encoded({"pk": f"LEASE#{name}", "sk": "LEASE"})


def due_shard(payment_id: str) -> str:
    """The partition of the `due` index that a payment's items are in; always the same one."""
    return f"DUE#{zlib.crc32(payment_id.encode()) % DUE_SHARDS}"


def due_shards() -> list[str]:
    return [f"DUE#{number}" for number in range(DUE_SHARDS)]


def due(payment_id: str, at: datetime | None) -> dict[str, object]:
    """What puts an item into the `due` index; nothing for one that needs nothing."""
    return {"due_at": epoch(at), "due_shard": due_shard(payment_id)} if at else {}


def overdue_of(key: Key) -> Overdue:
    """What an entry of the `due` index is about: a notice, or the payment itself."""
    plain = decoded(key)
    notice = Notice.parse(plain["sk"].removeprefix("NOTICE#")) if plain["sk"].startswith("NOTICE#") else None
    return Overdue(plain["pk"].removeprefix("PAYMENT#"), notice, datetime.fromtimestamp(plain["due_at"], tz=UTC))


# Payments


def payment_item(payment: Payment, version: int) -> Item:
    """A payment as it is stored; status, final and day are derived, for the indexes and for people who look."""
    status = payment.status
    return payment_key(payment.id) | encoded(
        {
            "id": payment.id,
            "version": version,
            "status": status.value,
            "final": status.final,
            "amount": payment.asked.amount,
            "currency": payment.asked.currency,
            "sku": payment.sku,
            "product_name": payment.product_name,
            "name": payment.customer.name,
            "email": payment.customer.email,
            "return_url": payment.return_url,
            "metadata": dict(payment.metadata),
            "created_at": iso(payment.created_at),
            "expires_at": iso(payment.expires_at),
            "updated_at": iso(payment.updated_at),
            "day": iso(payment.created_at)[:10],
            "facts": {key: _fact_values(fact) for key, fact in payment.facts.items()},
            "raised": sorted(str(notice) for notice in payment.raised),
            "last_event": payment.last_event,
            "key_hash": payment.key_hash,
        }
        | due(payment.id, payment.look_at)
    )


def payment_of(item: Item) -> Payment:
    plain = decoded(item)
    return Payment(
        id=plain["id"],
        asked=Money(plain["amount"], plain["currency"]),
        sku=plain["sku"],
        product_name=plain["product_name"],
        customer=Customer(plain["name"], plain["email"]),
        return_url=plain["return_url"],
        metadata=plain["metadata"],
        created_at=datetime.fromisoformat(plain["created_at"]),
        expires_at=datetime.fromisoformat(plain["expires_at"]),
        updated_at=datetime.fromisoformat(plain["updated_at"]),
        facts={key: _fact_of(values) for key, values in plain["facts"].items()},
        raised=frozenset(Notice.parse(text) for text in plain["raised"]),
        last_event=plain.get("last_event"),
        key_hash=plain.get("key_hash"),
        look_at=datetime.fromtimestamp(plain["due_at"], tz=UTC) if "due_at" in plain else None,
        version=plain["version"],
    )


def _fact_values(fact: Fact) -> dict[str, object]:
    values = {name: value for name, value in asdict(fact).items() if value is not None}
    return values | {"kind": fact.kind, "state": fact.state.value}


def _fact_of(values: dict[str, Any]) -> Fact:
    fact_type = FACT_TYPES[values["kind"]]
    plain = {name: value for name, value in values.items() if name != "kind"}
    # The annotation of `state` names the kind's own states.
    return fact_type(**plain | {"state": fact_type.__annotations__["state"](plain["state"])})


def iso(time: datetime) -> str:
    """UTC with milliseconds, in one form so that text order is time order: 2026-11-21T09:00:00.000Z."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(time: datetime) -> int:
    return int(time.timestamp())


# Events and notices


def event_item(payment_id: str, event: EventRecord) -> Item:
    return event_key(payment_id, event.id) | encoded(
        {"type": event.type, "outcome": list(event.outcome), "received_at": iso(event.received_at)}
    )


def event_of(item: Item) -> EventRecord:
    plain = decoded(item)
    received_at = datetime.fromisoformat(plain["received_at"])
    return EventRecord(plain["sk"].removeprefix("EVENT#"), plain["type"], tuple(plain["outcome"]), received_at)


def notice_item(payment_id: str, notice: Notice, due_at: datetime) -> Item:
    """A notice that was just raised; `due_at` moves with each attempt, `due_since` does not."""
    return notice_key(payment_id, notice) | encoded(
        {"state": NoticeState.DUE.value, "attempts": 0, "due_since": iso(due_at)} | due(payment_id, due_at)
    )


def notice_claim_of(item: Item) -> NoticeClaim:
    plain = decoded(item)
    return NoticeClaim(plain["attempts"], datetime.fromisoformat(plain["due_since"]))


# Products


def product_item(product: Product) -> Item:
    match product.price:
        case FixedPrice(amount):
            price: dict[str, object] = {"kind": "fixed", "amount": amount}
        case OpenPrice(minimum, maximum):
            price = {"kind": "open", "min": minimum, "max": maximum}
    values = {"sku": product.sku, "name": product.name, "currency": product.currency}
    return product_key(product.sku) | encoded(values | price)


def product_of(item: Item) -> Product:
    plain = decoded(item)
    price: Price = FixedPrice(plain["amount"]) if plain["kind"] == "fixed" else OpenPrice(plain["min"], plain["max"])
    return Product(plain["sku"], plain["name"], price, plain["currency"])
