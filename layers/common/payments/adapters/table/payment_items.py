"""A payment as an item, and back.

What this release does not know of an item is kept as it is: attributes verbatim, by writing over the item that was
read; details of facts, reasons of `due_by` and keys of `told` as their plain values.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from payments.adapters.table.codec import Item, decoded, encoded, epoch, from_epoch, iso, shown
from payments.adapters.table.keys import due_shard, payment_key
from payments.domain.addresses import normalised
from payments.domain.attention import Attention, Reason
from payments.domain.documents import Document, DocumentKind, Seller
from payments.domain.errors import NewerRelease
from payments.domain.facts import FACT_TYPES, Fact
from payments.domain.looking import DueReason
from payments.domain.money import Money
from payments.domain.notices import Notice
from payments.domain.order import Address, Line, Order, Tax
from payments.domain.payment import ERASED, Asked, Customer, Payment, Way
from payments.domain.releases import LEVEL
from payments.domain.views import standing

_STANDING = ("status", "final", "received", "returned", "paid_at", "dispute", "view")
# What a write may take away: it is written anew each time, and left out where there is nothing.
_CHANGING = {
    *_STANDING,
    "version",
    "needs",
    "updated_at",
    "asked_at",
    "refunds_asked",
    "facts",
    "told",
    "more_failed",
    "raised",
    "last_event",
    "due_by",
    "due_at",
    "due_shard",
    "stock_taken",
    "attention",
    "attention_at",
    "why",
    "since",
    "deadline",
    "documents",
    "erased_at",
    "customer_id",
}
# Who it was; not in an item of which that was erased.
PERSON = {
    "name",
    "email",
    "email_given",
    "user",
    "customer_id",
    "payment_method",
    "save_method",
    "return_url",
    "metadata",
    "address",
    "billing_address",
    "note",
}


def payment_item(payment: Payment, version: int) -> Item:
    """A payment as it is to be stored, under its next version."""
    kept = {name: value for name, value in payment.stored.items() if name not in _CHANGING} or _first_values(payment)
    if payment.erased_at:
        kept = {name: value for name, value in kept.items() if name not in PERSON}
    return (
        kept
        | encoded(
            {
                "version": version,
                "needs": payment.needs,
                "updated_at": iso(payment.updated_at),
                "asked_at": iso(payment.asked_at),
                "refunds_asked": {ref: _asked_values(each) for ref, each in payment.refunds_asked.items()} or None,
                "facts": {key: _fact_values(fact, payment.learned.get(key)) for key, fact in payment.facts.items()},
                "told": dict(payment.told),
                "more_failed": payment.more_failed or None,
                "raised": sorted(str(notice) for notice in payment.raised),
                "stock_taken": dict(payment.stock_taken) or None,
                "customer_id": payment.customer_id,
                "erased_at": iso(payment.erased_at) if payment.erased_at else None,
                "last_event": payment.last_event,
                "due_by": {reason: epoch(at) for reason, at in payment.due_by.items()},
            }
            | standing(payment)
            | _attention_values(payment.attention)
            | _due_values(payment)
        )
        | _documents(payment)
    )


def _documents(payment: Payment) -> Item:
    """What was issued is kept as it is, whatever newer code wrote into it."""
    kept = payment.stored.get("documents", {"L": []})["L"]
    new = [{"M": encoded(_document_values(each))} for each in payment.documents[len(kept) :]]
    return {"documents": {"L": [*kept, *new]}} if kept or new else {}


def _first_values(payment: Payment) -> Item:
    """What never changes while the payment is what it is."""
    return payment_key(payment.id) | encoded(
        {
            "id": payment.id,
            "amount": payment.asked.amount,
            "currency": payment.asked.currency,
            "sku": payment.sku,
            "order": _order_values(payment.order),
            "number": payment.order.number,
            "address": _address_values(payment.order.address),
            "billing_address": _address_values(payment.order.billing_address),
            "note": payment.order.note,
            "name": payment.customer.name,
            "email": normalised(payment.customer.email),
            "email_given": payment.customer.email,
            "return_url": payment.return_url,
            "metadata": dict(payment.metadata),
            "created_at": iso(payment.created_at),
            "expires_at": iso(payment.expires_at),
            "day": payment.day,
            "way": payment.way.value,
            "user": payment.user,
            "payment_method": payment.payment_method,
            "save_method": payment.save_method,
            "claim": payment.claim,
            "parameters": payment.parameters,
            "access_key": payment.access_key,
            "most_declines": payment.most_declines,
        }
    )


def as_stored(payment: Payment, item: Item) -> Payment:
    """The payment that was just stored as this item."""
    return payment.but(version=int(item["version"]["N"]), standing=standing(payment), stored=item)


def payment_of(item: Item) -> Payment:
    """NewerRelease if its `needs` are beyond this release, or it holds what this release cannot read."""
    plain_needs = int(item.get("needs", {"N": "1"})["N"])
    if plain_needs > LEVEL:
        raise NewerRelease(f"needs level {plain_needs}, this is {LEVEL}")
    try:
        return _payment_of(item)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise NewerRelease(f"cannot be read by level {LEVEL}: {type(error).__name__}") from error


def _payment_of(item: Item) -> Payment:
    plain = decoded({name: item[name] for name in item if name in _CHANGING or name in _FIRST})
    facts, learned = {}, {}
    for key, values in plain["facts"].items():
        facts[key] = _fact_of(values)
        if "learned" in values:
            learned[key] = from_epoch(values["learned"])
    erased_at = datetime.fromisoformat(plain["erased_at"]) if "erased_at" in plain else None
    return Payment(
        id=plain["id"],
        asked=Money(plain["amount"], plain["currency"]),
        order=_order_of(plain).erased() if erased_at else _order_of(plain),
        customer=ERASED if erased_at else Customer(plain["name"], plain["email_given"]),
        return_url="" if erased_at else plain["return_url"],
        metadata={} if erased_at else plain["metadata"],
        created_at=datetime.fromisoformat(plain["created_at"]),
        expires_at=datetime.fromisoformat(plain["expires_at"]),
        updated_at=datetime.fromisoformat(plain["updated_at"]),
        day=plain["day"],
        way=Way(plain["way"]),
        user=plain.get("user"),
        customer_id=plain.get("customer_id"),
        payment_method=plain.get("payment_method"),
        save_method=plain.get("save_method"),
        claim=plain.get("claim"),
        parameters=plain["parameters"],
        access_key=plain["access_key"],
        asked_at=datetime.fromisoformat(plain["asked_at"]),
        refunds_asked={ref: _asked_of(values) for ref, values in plain.get("refunds_asked", {}).items()},
        most_declines=plain.get("most_declines"),
        stock_taken=plain.get("stock_taken", {}),
        facts=facts,
        learned=learned,
        told=plain["told"],
        more_failed=plain.get("more_failed", False),
        raised=frozenset(Notice.parse(text) for text in plain["raised"]),
        due_by={reason: from_epoch(at) for reason, at in plain["due_by"].items()},
        attention=attention_of(plain),
        documents=tuple(_document_of(each) for each in plain.get("documents", ())),
        erased_at=erased_at,
        last_event=plain.get("last_event"),
        needs=plain["needs"],
        version=plain["version"],
        standing={name: plain[name] for name in _STANDING if name in plain},
        stored=item,
    )


_FIRST = {
    "id",
    "amount",
    "currency",
    "order",
    "number",
    "name",
    "email_given",
    "return_url",
    "metadata",
    "created_at",
    "expires_at",
    "day",
    "way",
    "user",
    "payment_method",
    "save_method",
    "claim",
    "parameters",
    "access_key",
    "most_declines",
    "address",
    "billing_address",
    "note",
}


def kept_view_of(item: Item) -> tuple[dict[str, Any], datetime] | None:
    """The view that newer code left for this one, and until when it may be payable; None if there is none."""
    try:
        return shown(item["view"]), datetime.fromisoformat(item["expires_at"]["S"])
    except (KeyError, ValueError):
        return None


def _order_values(order: Order) -> dict[str, object]:
    """What of it names nobody."""
    values: dict[str, object] = {"lines": [_line_values(line) for line in order.lines]}
    if order.shipping is not None:
        values["shipping"] = order.shipping
    if order.tax:
        values["tax"] = [{"name": each.name, "amount": each.amount, "inclusive": each.inclusive} for each in order.tax]
    return values


def _order_of(plain: Mapping[str, Any]) -> Order:
    values = plain["order"]
    return Order(
        tuple(_line_of(line) for line in values["lines"]),
        plain.get("number"),
        values.get("shipping"),
        tuple(Tax(each["name"], each["amount"], each["inclusive"]) for each in values.get("tax", [])),
        _address_of(plain.get("address")),
        _address_of(plain.get("billing_address")),
        plain.get("note"),
    )


def _line_values(line: Line) -> dict[str, object]:
    values: dict[str, object] = {
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "unit": line.unit,
    }
    return values | {name: True for name in ("stocked", "ships") if getattr(line, name)}


def _line_of(values: Mapping[str, Any]) -> Line:
    return Line(
        values["sku"],
        values["name"],
        values["quantity"],
        values["unit"],
        values.get("stocked", False),
        values.get("ships", False),
    )


def _address_values(address: Address | None) -> dict[str, object] | None:
    if address is None:
        return None
    return {each.name: value for each in fields(address) if (value := getattr(address, each.name)) is not None}


def _address_of(values: Mapping[str, Any] | None) -> Address | None:
    """What newer code has put beside it is not for this one to read."""
    if values is None:
        return None
    known = {each.name for each in fields(Address)}
    return Address(**{name: value for name, value in values.items() if name in known})


def _document_values(document: Document) -> dict[str, object]:
    seller = document.seller
    return {
        "number": document.number,
        "kind": document.kind.value,
        "ref": document.ref,
        "sums": [{"amount": each.amount, "currency": each.currency} for each in document.sums],
        "day": document.day.isoformat(),
        "seller": {"name": seller.name, "address": list(seller.address), "tax_id": seller.tax_id},
        "template": document.template,
    }


def _document_of(values: Mapping[str, Any]) -> Document:
    seller = values["seller"]
    return Document(
        number=values["number"],
        kind=DocumentKind(values["kind"]),
        ref=values["ref"],
        sums=tuple(Money(each["amount"], each["currency"]) for each in values["sums"]),
        day=date.fromisoformat(values["day"]),
        seller=Seller(seller["name"], tuple(seller["address"]), seller["tax_id"]),
        template=values["template"],
    )


def _asked_values(asked: Asked) -> dict[str, object]:
    values: dict[str, object] = {"at": epoch(asked.at), "times": asked.times, "spent": asked.spent}
    return values | {"missed_at": epoch(asked.missed_at)} if asked.missed_at else values


def _asked_of(values: Mapping[str, Any]) -> Asked:
    missed_at = from_epoch(values["missed_at"]) if "missed_at" in values else None
    return Asked(from_epoch(values["at"]), values["times"], values["spent"], missed_at)


def _fact_values(fact: Fact, learned: datetime | None) -> dict[str, object]:
    values = fact.details | {"kind": fact.kind, "state": fact.state.value}
    return values | {"learned": epoch(learned)} if learned else values


def _fact_of(values: Mapping[str, Any]) -> Fact:
    fact_type = FACT_TYPES[values["kind"]]
    known = _DETAILS[fact_type.kind]
    plain = {name: value for name, value in values.items() if name in known}
    unknown = {name: value for name, value in values.items() if name not in known and name not in ("kind", "learned")}
    # The annotation of `state` names the kind's own states.
    state = fact_type.__annotations__["state"](plain["state"])
    return fact_type(**plain | {"state": state, "unknown": unknown})


_DETAILS = {
    kind: frozenset(each.name for each in fields(fact_type)) - {"unknown"} for kind, fact_type in FACT_TYPES.items()
}


def _due_values(payment: Payment) -> dict[str, object]:
    """The entry in the `due` index: under the earliest reason of those that this release knows, else of the others."""
    known = {reason: at for reason, at in payment.due_by.items() if reason in list(DueReason)}
    candidates = known or payment.due_by
    if not candidates:
        return {}
    reason = min(candidates, key=lambda each: candidates[each])
    return {"due_at": epoch(candidates[reason]), "due_shard": due_shard(payment.id, reason, payment.needs)}


def _attention_values(attention: Attention | None) -> dict[str, object]:
    if attention is None:
        return {}
    return {
        "attention": f"OPEN#{attention.why[0].urgency}",
        "attention_at": iso(attention.deadline or attention.since),
        "why": [reason.value for reason in attention.why],
        "since": iso(attention.since),
        "deadline": iso(attention.deadline) if attention.deadline else None,
    }


def attention_of(plain: Mapping[str, Any]) -> Attention | None:
    if "attention" not in plain:
        return None
    known = [each for each in plain["why"] if each in list(Reason)]
    if not known:
        return None
    deadline = datetime.fromisoformat(plain["deadline"]) if "deadline" in plain else None
    return Attention(tuple(Reason(each) for each in known), datetime.fromisoformat(plain["since"]), deadline)
