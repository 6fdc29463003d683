"""What the table knows of payments: lists of them, and each with its facts, events and notices."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from local.console.register import Register
from local.console.search import Search
from payments.adapters.table.codec import decoded, encoded, iso
from payments.adapters.table.keys import partition
from payments.adapters.table.payment_items import payment_of
from payments.adapters.table.payments import event_of
from payments.adapters.table.table import Table
from payments.domain.money import Money, minor_units
from payments.domain.notices import Notice
from payments.runtime.products import products_on_sale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from types_boto3_dynamodb import DynamoDBClient

    from local.console.register import Entry
    from payments.domain.facts import Fact
    from payments.domain.payment import Payment

PAGE = 50
# Of how many payments the status is read in one request: for more the reader asks again.
LOOK = 1000


class Ledger:
    """Reads the table as the functions wrote it, and derives what they derive."""

    def __init__(self, table: str, dynamodb: DynamoDBClient) -> None:
        self._name = table
        self._dynamodb = dynamodb
        self._table = Table(table, dynamodb)
        self._register = Register(table, dynamodb)

    def find(self, text: str, page: int, look: int, payment_of: Callable[[str], str | None]) -> dict[str, Any]:
        """A page of the payments that the words of `text` name, the newest first.

        `total` is how many there are, None while that is not known: a status is looked for in as many as `look` says.
        `hasMore` says that there is a page after this one, `unseen` how many were not looked at.
        """
        entries, search, payment_of = self._register.newest_first(), Search.of(text), cache(payment_of)
        found = search.among(entries, payment_of)
        first = (page - 1) * PAGE
        total: int | None = len(found)
        unseen = 0
        if search.statuses:
            looked_at = found[:look]
            matching = self._with_status(looked_at, search.statuses)
            shown = list(islice(matching, first, first + PAGE + 1))
            has_more = len(shown) > PAGE
            unseen = 0 if has_more else len(found) - len(looked_at)
            total = None if has_more or unseen else first + len(shown)
        else:
            shown = list(self._register.listed(each.id for each in found[first : first + PAGE]))
            has_more = len(found) > first + PAGE
        return {
            "payments": [_listed(item) for item in shown[:PAGE]],
            "first": first + 1,
            "total": total,
            "hasMore": has_more,
            "unseen": unseen,
            "known": len(entries),
            "words": [{"kind": word.kind, "text": word.text} for word in search.words],
            "problems": search.problems(entries, payment_of),
        }

    def payment(self, payment_id: str) -> dict[str, Any] | None:
        """A payment with everything that is kept beside it: one query."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=encoded({":pk": partition(payment_id)}),
            ConsistentRead=True,
        )
        items = {item["sk"]["S"]: item for page in pages for item in page["Items"]}
        if "PAYMENT" not in items:
            return None
        events = [_event(item) for key, item in items.items() if key.startswith("EVENT#")]
        notices = [
            _notice(key.removeprefix("NOTICE#"), item) for key, item in items.items() if key.startswith("NOTICE#")
        ]
        return _payment(payment_of(items["PAYMENT"])) | {
            "events": sorted(events, key=lambda event: (event["receivedAt"], event["id"])),
            "notices": notices,
        }

    def owner_of(self, stripe_ids: Sequence[str]) -> str | None:
        """The payment that one of Stripe's sessions, intents or charges belongs to."""
        return self._table.payment_id_of(stripe_ids)

    def products(self) -> Mapping[str, object]:
        """The catalogue, as the API shows it."""
        return products_on_sale(self._table)

    def _with_status(self, entries: Sequence[Entry], statuses: set[str]) -> Iterator[Mapping[str, Any]]:
        """Read as far as somebody asks."""
        listed = self._register.listed(entry.id for entry in entries)
        return (item for item in listed if item["status"] in statuses)


def _listed(item: Mapping[str, Any]) -> dict[str, Any]:
    received = [Money(each["amount"], each["currency"]) for each in item.get("received", [])]
    returned = [Money(each["amount"], each["currency"]) for each in item.get("returned", [])]
    return {
        "id": item["id"],
        "status": item["status"],
        "asked": str(Money(item["amount"], item["currency"])),
        "received": _in_words(received),
        "returned": _in_words(returned),
        "dispute": item.get("dispute"),
        "number": item.get("number"),
        "product": _counted((line["quantity"], line["name"]) for line in item["order"]["lines"]),
        "name": item["name"],
        "email": item["email_given"],
        "createdAt": item["created_at"],
    }


def _payment(payment: Payment) -> dict[str, Any]:
    failure = payment.failure
    return {
        "id": payment.id,
        "status": payment.status,
        "final": payment.status.final,
        "asked": _money(payment.asked),
        "received": _sums(payment.balance.received_sums),
        "returned": _sums(payment.balance.returned_sums),
        "failure": f"{failure.code}: {failure.message}" if failure else None,
        "dispute": payment.dispute,
        "number": payment.order.number,
        "product": _counted((line.quantity, line.name) for line in payment.order.lines),
        "missing": _counted((each.quantity, f"{each.ref} ({each.state})") for each in payment.shortages) or None,
        "customer": {"name": payment.customer.name, "email": payment.customer.email},
        "createdAt": iso(payment.created_at),
        "updatedAt": iso(payment.updated_at),
        "expiresAt": iso(payment.expires_at),
        "lookAt": iso(payment.due_by["look"]) if "look" in payment.due_by else None,
        "lastEvent": payment.last_event,
        "version": payment.version,
        "facts": [_fact(fact) for _, fact in sorted(payment.facts.items())],
    }


def _counted(things: Iterable[tuple[int, str]]) -> str:
    return ", ".join(
        f"{quantity} \N{MULTIPLICATION SIGN} {name}" if quantity != 1 else name for quantity, name in things
    )


def _sums(sums: Sequence[Money]) -> dict[str, Any] | None:
    """The first, with all of them in words; None if there is none."""
    return _money(sums[0]) | {"text": _in_words(sums)} if sums else None


def _in_words(sums: Sequence[Money]) -> str | None:
    return " + ".join(str(each) for each in sums) or None


def _money(money: Money) -> dict[str, Any]:
    return {
        "amount": money.amount,
        "currency": money.currency,
        "minorUnits": minor_units(money.currency),
        "text": str(money),
    }


def _fact(fact: Fact) -> dict[str, Any]:
    details = dict(fact.details)
    return {"kind": fact.kind, "ref": details.pop("ref"), "state": details.pop("state"), "details": details}


def _event(item: Mapping[str, Any]) -> dict[str, Any]:
    event = event_of(dict(item))
    return {
        "id": event.id,
        "type": event.type,
        "outcome": list(event.outcome),
        "receivedAt": iso(event.at),
    }


def _notice(name: str, item: Mapping[str, Any]) -> dict[str, Any]:
    plain = decoded(item)
    notice = Notice.parse(name)
    due_at = datetime.fromtimestamp(int(plain["due_at"]), tz=UTC) if "due_at" in plain else None
    return {
        "kind": notice.kind,
        "ref": notice.ref,
        "state": plain["state"],
        "attempts": int(plain["attempts"]),
        "dueAt": iso(due_at) if due_at else None,
        "settledAt": plain.get("settled_at"),
        "note": plain.get("note"),
    }
