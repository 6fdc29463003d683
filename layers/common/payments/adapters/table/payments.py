"""Payments: read, made and written, each write one transaction with everything that follows from it."""

from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import cached_property
from typing import Any

from payments.adapters.table.claims import claim_item
from payments.adapters.table.client import ABSENT, TableClient, conflict, reasons
from payments.adapters.table.codec import Item, decoded, encoded, epoch, from_epoch, iso
from payments.adapters.table.keys import (
    EVENT,
    NOTICE,
    claim_key,
    counter_key,
    due_shard,
    event_key,
    first_day_key,
    order_key,
    partition,
    payment_key,
    pointer_key,
)
from payments.adapters.table.notices import ending, notice_item, resending, unsent_keys
from payments.adapters.table.payment_items import as_stored, kept_view_of, payment_item, payment_of
from payments.adapters.table.stock import taking
from payments.adapters.table.transactions import NewPayment, NothingToFree, OrderNumber, Part, parts_of, raise_refusal
from payments.domain.claims import Claim
from payments.domain.documents import Counter
from payments.domain.errors import Held, NewerRelease, TryAgain
from payments.domain.looking import DueReason
from payments.domain.notices import NoticeState
from payments.domain.payment import Payment
from payments.domain.views import payment_view, seen_at
from payments.domain.writes import (
    Advance,
    AuditEntry,
    Begin,
    Close,
    Free,
    Note,
    Point,
    Raise,
    Resend,
    Retract,
    Take,
    Write,
)

# As many items as a transaction takes.
MOST_WRITES = 100


class PaymentTable(TableClient):
    def payment(self, payment_id: str) -> Payment | None:
        """NewerRelease if a newer release wrote it so that this one must not act on it."""
        item = self._get(payment_key(payment_id))
        return payment_of(item) if item else None

    def view(self, payment_id: str, now: datetime) -> Mapping[str, object] | None:
        """The payment as its customer reads it; of one that is for newer code to act on, what that code last wrote."""
        item = self._get(payment_key(payment_id))
        if item is None:
            return None
        try:
            return payment_view(payment_of(item), now)
        except NewerRelease:
            kept = kept_view_of(item)
            if kept is None:
                raise
            view, expires_at = kept
            return seen_at(view, now, expires_at)

    def payment_id_of(self, stripe_ids: Iterable[str]) -> str | None:
        """The payment that one of these sessions, intents or charges belongs to; a call for each until one does."""
        for stripe_id in stripe_ids:
            item = self._get(pointer_key(stripe_id))
            if item:
                return str(item["payment_id"]["S"])
        return None

    def create(self, payment: Payment, claim: Claim | None, now: datetime) -> tuple[Claim | None, bool]:
        """Insert a new payment with all that `Begin` says: (the claim that holds the key, created?).

        NumberTaken; NothingLeft where so many are not there; Conflict if another is being created with the key, or
        takes the same from stock, at this very moment.
        """
        try:
            self._write([], [Begin(payment, claim)], payment, now)
        except Held as held:
            return held.claim, False
        return claim, True

    def save(self, payment: Payment, writes: Sequence[Write], now: datetime) -> Payment:
        """Write what was learned about a payment and what follows from it, in one transaction: the payment as it is.

        Conflict if it was written since it was read, Taken if one of the new pointers is another payment's, ClaimLost
        if a notice to be taken back is another sender's by now, NothingLeft where so many are not there to be taken;
        what `create` raises where another payment begins with it.
        """
        item = payment_item(payment, payment.version + 1)
        # Two handlers may have learned different things from the same version; the second must learn again.
        requests = [self.put(item, "version = :read", {":read": payment.version})]
        if payment.needs > int(payment.stored.get("needs", {"N": payment.needs})["N"]):
            written = {str(write.notice) for write in writes if isinstance(write, Raise | Retract | Resend)}
            requests += self._moves_of_notices(payment, written, MOST_WRITES - len(requests) - len(parts_of(writes)))
        try:
            self._write(requests, writes, payment, now)
        except NothingToFree:
            # The key has expired and is another payment's by now.
            return self.save(payment, [each for each in writes if not isinstance(each, Free)], now)
        return as_stored(payment, item)

    def _write(self, requests: list[Any], writes: Sequence[Write], payment: Payment, now: datetime) -> None:
        """One transaction, and what it means that it could not be written."""
        asked: list[tuple[Write | Part | None, Any]] = [(None, request) for request in requests]
        asked += [(write, self._request(payment, write, now)) for write in parts_of(writes)]
        try:
            self._transact([request for _, request in asked])
        except self._canceled as error:
            failed = [
                (write, reason)
                for (write, _), reason in zip(asked, reasons(error), strict=True)
                if reason["Code"] != "None"
            ]
            raise_refusal([write for write, _ in failed], [reason for _, reason in failed])
            raise conflict(error) from error

    def _request(self, payment: Payment, write: Write | Part, now: datetime) -> Any:
        match write:
            case NewPayment(made):
                # A payment's id is random: should it exist, something is badly wrong and must not overwrite.
                return self.put(payment_item(made, made.version), ABSENT)
            case OrderNumber(number, payment_id):
                return self.put(order_key(number) | encoded({"payment_id": payment_id}), ABSENT)
            case Claim():
                # The first caller with a key wins it; an expired claim may still be there, for expiry is late.
                return self.put(
                    claim_item(write), f"{ABSENT} OR expires_at < :now", {":now": epoch(now)}, returns_old=True
                )
            case Take(sku, quantity):
                return taking(self._name, sku, quantity)
            case Raise(notice, send_at):
                # A notice that exists may have been sent: only a retracted one is written over.
                return self.put(
                    notice_item(payment, notice, send_at),
                    f"{ABSENT} OR #state = :moot",
                    {":moot": NoticeState.MOOT.value},
                    names={"#state": "state"},
                )
            case Retract(notice, attempt, note):
                return {"Update": ending(self._name, payment.id, notice, attempt, NoticeState.MOOT, now, note)}
            case Resend(notice):
                return {"Update": resending(self._name, payment, notice, now)}
            case Point(stripe_id):
                # A Stripe object belongs to one payment for ever.
                return self.put(
                    pointer_key(stripe_id) | encoded({"payment_id": payment.id}),
                    f"{ABSENT} OR payment_id = :id",
                    {":id": payment.id},
                )
            case Free(claim):
                # Only its own claim: after expiry the key may be another payment's.
                return {
                    "Delete": {
                        "TableName": self._name,
                        "Key": claim_key(claim),
                        "ConditionExpression": f"{ABSENT} OR led_to = :id",
                        "ExpressionAttributeValues": encoded({":id": payment.id}),
                    }
                }
            case Note(entry):
                return self.put(event_item(payment.id, entry))
            case Advance(counter, read):
                # Each number once: of those that read the same, one goes on. Nothing follows the last of a year.
                is_as_read = "#last = :last AND attribute_not_exists(closed)" if read else ABSENT
                return self.put(
                    counter_key(counter.year) | encoded({"last": counter.last, "day": counter.day.isoformat()}),
                    is_as_read,
                    {":last": read.last} if read else None,
                    names={"#last": "last"} if read else None,
                )
            case Close(year):
                return {
                    "Update": {
                        "TableName": self._name,
                        "Key": counter_key(year),
                        "UpdateExpression": "SET closed = :yes",
                        "ExpressionAttributeValues": encoded({":yes": True}),
                    }
                }

    def _moves_of_notices(self, payment: Payment, written: Container[str], room: int) -> list[Any]:
        """The notices that are still to be sent go where code of the payment's new level looks for them: a call.

        What the transaction has no room for goes there first, a call each: newer code looks in both places.
        """
        shard = due_shard(payment.id, DueReason.NOTICE, payment.needs)
        moves: list[Any] = [
            {
                "TableName": self._name,
                "Key": key,
                "UpdateExpression": "SET due_shard = :shard",
                # One that was settled meanwhile is out of the index, and stays so.
                "ConditionExpression": "attribute_exists(due_shard)",
                "ExpressionAttributeValues": encoded({":shard": shard}),
            }
            for key in unsent_keys(self._client, self._name, payment.id)
            if key["sk"]["S"].removeprefix(NOTICE) not in written
        ]
        for move in moves[room:]:
            with suppress(self._refused):
                self._client.update_item(**move)
        return [{"Update": move} for move in moves[:room]]

    def ask_again(self, payment: Payment, now: datetime) -> Payment:
        """The payment, on record as asked of Stripe now, whoever wrote it meanwhile."""
        try:
            answer = self._client.update_item(
                TableName=self._name,
                Key=payment_key(payment.id),
                UpdateExpression="SET asked_at = :now ADD version :one",
                # It must be there, and for this release to act on.
                ConditionExpression="version >= :read AND needs = :needs",
                ExpressionAttributeValues=encoded(
                    {":now": iso(now), ":one": 1, ":read": payment.version, ":needs": payment.needs}
                ),
                ReturnValues="ALL_NEW",
            )
        except self._refused as error:
            raise TryAgain("The payment is being changed by others; send the same request again.") from error
        return payment_of(answer["Attributes"])

    def counter(self, year: int) -> Counter | None:
        """How far a year's series of documents is; None if it was not opened."""
        item = self._get(counter_key(year))
        if item is None:
            return None
        plain = decoded(item)
        # One that was closed without ever being opened has neither number nor day.
        day = date.fromisoformat(plain.get("day", f"{year}-01-01"))
        return Counter(year, plain.get("last", 0), day, plain.get("closed", False))

    # The audit trail

    def events(self, payment_id: str) -> list[AuditEntry]:
        """The audit trail of a payment, the oldest first."""
        found: list[AuditEntry] = []
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression="pk = :payment AND begins_with(sk, :event)",
            ExpressionAttributeValues=encoded({":payment": partition(payment_id), ":event": EVENT}),
        )
        for page in pages:
            found += [event_of(item) for item in page["Items"]]
        return sorted(found, key=lambda event: (event.at, event.id))

    def has_event(self, payment_id: str, event_id: str) -> bool:
        """Whether the audit trail has it."""
        return self._get(event_key(payment_id, event_id)) is not None

    def audit(self, payment_id: str, entry: AuditEntry) -> None:
        """Keep an event that changed nothing, for the audit trail."""
        # The first delivery may have changed something, and its entry says what.
        with suppress(self._refused):
            self._client.put_item(TableName=self._name, Item=event_item(payment_id, entry), ConditionExpression=ABSENT)

    # Releases

    def first_days(self, kinds: Iterable[str], now: datetime) -> Mapping[str, datetime]:
        """Since when is told or issued what came later than the first release: a call for each, once, or two."""
        days = self._first_days
        for kind in kinds:
            if kind not in days:
                days[kind] = self._first_day(kind, now)
        return days

    @cached_property
    def _first_days(self) -> dict[str, datetime]:
        """They never change, so they are remembered."""
        return {}

    def _first_day(self, kind: str, now: datetime) -> datetime:
        key = first_day_key(kind)
        item = self._get(key)
        if item is None:
            item = key | encoded({"at": epoch(now)})
            try:
                # Of those that see it first at once, one says when.
                self._client.put_item(TableName=self._name, Item=item, ConditionExpression=ABSENT)
            except self._refused:
                item = self._get(key) or item
        return from_epoch(int(item["at"]["N"]))


def event_item(payment_id: str, entry: AuditEntry) -> Item:
    values = {"type": entry.type, "outcome": list(entry.outcome), "received_at": iso(entry.at), "by": entry.by}
    return event_key(payment_id, entry.id) | encoded(values)


def event_of(item: Item) -> AuditEntry:
    plain = decoded({name: item[name] for name in ("sk", "type", "outcome", "received_at", "by") if name in item})
    at = datetime.fromisoformat(plain["received_at"])
    return AuditEntry(plain["sk"].removeprefix(EVENT), plain["type"], tuple(plain["outcome"]), at, plain.get("by"))
