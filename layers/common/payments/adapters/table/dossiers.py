"""Everything that the table has of one payment, as it is now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from payments.adapters.table.codec import Item, decoded, encoded, from_epoch, shown
from payments.adapters.table.keys import EVENT, NOTICE, PAYMENT, partition
from payments.adapters.table.payment_items import attention_of, kept_view_of, payment_of
from payments.adapters.table.payments import PaymentTable, event_of
from payments.domain.dossier import Dossier, KeptFact, KeptNotice
from payments.domain.errors import NewerRelease
from payments.domain.views import payment_view, seen_at

_IN_A_DOSSIER = (
    *("name", "email_given", "user", "metadata", "day", "expires_at", "facts"),
    *("attention", "why", "since", "deadline"),
)


class DossierTable(PaymentTable):
    def dossier(self, payment_id: str, now: datetime) -> Dossier | None:
        """Everything about a payment; NewerRelease for one of which newer code left nothing to show."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression="pk = :payment",
            ExpressionAttributeValues=encoded({":payment": partition(payment_id)}),
            ConsistentRead=True,
        )
        items = {item["sk"]["S"]: item for page in pages for item in page["Items"]}
        return _dossier_of(items, now) if PAYMENT in items else None


def _dossier_of(items: Mapping[str, Item], now: datetime) -> Dossier:
    item = items[PAYMENT]
    try:
        payment = payment_of(item)
        view: Mapping[str, Any] = payment_view(payment, now)
    except NewerRelease:
        kept = kept_view_of(item)
        if kept is None:
            raise
        payment, view = None, seen_at(kept[0], now, kept[1])
    plain = kept_of({name: item[name] for name in _IN_A_DOSSIER if name in item})
    trail = (event_of(each) for key, each in items.items() if key.startswith(EVENT))
    return Dossier(
        payment=payment,
        view=view,
        name=plain.get("name"),
        email=plain.get("email_given"),
        user=plain.get("user"),
        metadata=plain.get("metadata", {}),
        day=plain["day"],
        expires_at=datetime.fromisoformat(plain["expires_at"]),
        attention=attention_of(plain),
        facts=tuple(_kept_fact_of(key, values) for key, values in sorted(plain["facts"].items())),
        notices=tuple(_kept_notice_of(each) for key, each in items.items() if key.startswith(NOTICE)),
        trail=tuple(sorted(trail, key=lambda entry: (entry.at, entry.id))),
    )


def _kept_fact_of(key: str, values: Mapping[str, Any]) -> KeptFact:
    kind, _, ref = key.partition("#")
    learned = values.get("learned")
    return KeptFact(
        kind=kind,
        ref=ref,
        state=values["state"],
        learned_at=from_epoch(learned) if learned else None,
        details={name: value for name, value in values.items() if name not in ("kind", "ref", "state", "learned")},
    )


def _kept_notice_of(item: Item) -> KeptNotice:
    plain = decoded(
        {name: item[name] for name in ("sk", "state", "due_since", "attempts", "settled_at", "note") if name in item}
    )
    return KeptNotice(
        name=plain["sk"].removeprefix(NOTICE),
        state=plain["state"],
        due_since=datetime.fromisoformat(plain["due_since"]),
        attempts=plain["attempts"],
        settled_at=time_of(plain.get("settled_at")),
        note=plain.get("note") or None,
    )


def kept_of(item: Item) -> dict[str, Any]:
    """An item's attributes as plain values, whichever release wrote them."""
    return {name: shown(value) for name, value in item.items()}


def time_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
