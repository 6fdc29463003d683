"""The table: the truth about payments. DynamoDB is spoken here and nowhere else.

Writing what was learned is one transaction: the payment on condition that nobody wrote it since it was read, the event,
the notices it raised and the pointers to it. Either all of that is durable or none of it is.
"""

import random
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.config import Config
from botocore.exceptions import ClientError

from payments.adapters import aws
from payments.adapters.table.items import (
    Item,
    cursor_key,
    due,
    due_shards,
    encoded,
    epoch,
    event_item,
    event_of,
    iso,
    lease_key,
    notice_claim_of,
    notice_item,
    notice_key,
    overdue_of,
    payment_item,
    payment_key,
    payment_of,
    pointer_key,
    product_item,
    product_key,
    product_of,
    request_key,
)
from payments.domain.catalogue import Product
from payments.domain.notices import Notice
from payments.domain.payment import Payment
from payments.domain.records import Claim, Conflict, EventRecord, NoticeClaim, NoticeState, Overdue, Taken

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import UpdateTypeDef

_CONFIG = Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 3})

# A transaction is at an item for some milliseconds, and writes of that item alone are refused meanwhile.
_MOST_COLLISIONS = 6
_COLLISION_PAUSE_SECONDS = 0.02

_ABSENT = "attribute_not_exists(pk)"
_SETTLE = "SET #state = :state, settled_at = :at, note = :note REMOVE due_shard, due_at, lease_until"


class Table:
    """Every method is one call to DynamoDB unless it says otherwise; reads are strongly consistent."""

    def __init__(self, name: str, client: "DynamoDBClient | None" = None) -> None:
        self._name = name
        self._client = client or aws.client("dynamodb", _CONFIG)
        self._client.meta.events.register("needs-retry.dynamodb", _pause_after_collision)  # type: ignore[arg-type]

    # Catalogue

    def offer(self, sku: str, key_hash: str | None, now: datetime) -> tuple[Product | None, Claim | None]:
        """The product, and the claim that holds the Idempotency-Key, if one does that has not expired."""
        keys = [product_key(sku), *([request_key(key_hash)] if key_hash else [])]
        found: dict[str, Item] = {}
        while keys:
            answer = self._client.batch_get_item(RequestItems={self._name: {"Keys": keys, "ConsistentRead": True}})
            found |= {item["sk"]["S"]: item for item in answer["Responses"].get(self._name, [])}
            keys = list(answer["UnprocessedKeys"].get(self._name, {"Keys": []})["Keys"])
        product = found.get(f"PRODUCT#{sku}")
        request = found.get("REQUEST")
        claim = _claim_of(key_hash, request) if key_hash and request else None
        return product_of(product) if product else None, claim if claim and claim.expires_at >= now else None

    def products(self) -> list[Product]:
        """All products, by sku; a page of 1 MB is far more than a catalogue of services."""
        found = self._client.query(
            TableName=self._name,
            KeyConditionExpression="pk = :catalogue AND begins_with(sk, :product)",
            ExpressionAttributeValues=encoded({":catalogue": "CATALOGUE", ":product": "PRODUCT#"}),
        )
        return [product_of(item) for item in found["Items"]]

    def put_product(self, product: Product) -> None:
        self._client.put_item(TableName=self._name, Item=product_item(product))

    def remove_product(self, sku: str) -> None:
        self._client.delete_item(TableName=self._name, Key=product_key(sku))

    # Payments

    def payment(self, payment_id: str) -> Payment | None:
        item = self._get(payment_key(payment_id))
        return payment_of(item) if item else None

    def payment_id_of(self, stripe_ids: Iterable[str]) -> str | None:
        """The payment that one of these sessions, intents or charges belongs to; a call for each until one does."""
        for stripe_id in stripe_ids:
            item = self._get(pointer_key(stripe_id))
            if item:
                return str(item["payment_id"]["S"])
        return None

    def create(self, payment: Payment, claim: Claim | None, now: datetime) -> tuple[Claim | None, bool]:
        """Insert a new payment and the claim of its Idempotency-Key: (the claim that holds the key, created?).

        Conflict if another is being created with the key at this very moment.
        """
        # A payment's id is random: should it exist, something is badly wrong and must not overwrite.
        writes = [self._put(payment_item(payment, payment.version), _ABSENT)]
        if claim:
            values = {
                "payment_id": claim.payment_id,
                "body_hash": claim.body_hash,
                "expires_at": epoch(claim.expires_at),
                "delete_after": epoch(claim.expires_at),
            }
            # The first caller with a key wins it; an expired claim may still be there, for expiry is late.
            writes.append(
                self._put(
                    request_key(claim.key_hash) | encoded(values),
                    f"{_ABSENT} OR expires_at < :now",
                    {":now": epoch(now)},
                    returns_old=True,
                )
            )
        try:
            self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = error.response["CancellationReasons"]
            if claim and reasons[1].get("Code") == "ConditionalCheckFailed":
                return _claim_of(claim.key_hash, reasons[1]["Item"]), False
            raise _conflict(error) from error
        return claim, True

    def save(
        self,
        payment: Payment,
        *,
        raised: Mapping[Notice, datetime],
        event: EventRecord | None = None,
        new_names: Iterable[str] = (),
        frees_key: bool = False,
    ) -> None:
        """Write what was learned about a payment, in one transaction; Conflict if it was written since it was read,
        Taken if one of the new names is another payment's.

        `raised` are the new notices and when they may be sent, `new_names` the Stripe ids that now point here.
        A payment that has just lapsed frees its Idempotency-Key.
        """
        # Two handlers may have learned different things from the same version; the second must learn again.
        writes = [self._put(payment_item(payment, payment.version + 1), "version = :read", {":read": payment.version})]
        if event:
            writes.append(self._put(event_item(payment.id, event)))
        for notice, due_at in raised.items():
            # A notice that exists may have been sent: only a retracted one is written over.
            writes.append(
                self._put(
                    notice_item(payment.id, notice, due_at),
                    f"{_ABSENT} OR #state = :moot",
                    {":moot": NoticeState.MOOT.value},
                    names={"#state": "state"},
                )
            )
        first_name = len(writes)
        for name in new_names:
            # A Stripe object belongs to one payment for ever.
            writes.append(
                self._put(
                    pointer_key(name) | encoded({"payment_id": payment.id}),
                    f"{_ABSENT} OR payment_id = :id",
                    {":id": payment.id},
                )
            )
        names = range(first_name, len(writes))
        if frees_key and payment.key_hash:
            # Only its own claim: after expiry the key may be another payment's.
            writes.append(
                {
                    "Delete": {
                        "TableName": self._name,
                        "Key": request_key(payment.key_hash),
                        "ConditionExpression": f"{_ABSENT} OR payment_id = :id",
                        "ExpressionAttributeValues": encoded({":id": payment.id}),
                    }
                }
            )
        try:
            self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException as error:
            if _failed_conditions_only_of(names, error):
                raise Taken from error
            if _failed_conditions_only_of(range(names.stop, len(writes)), error):
                # The key has expired and is another payment's by now: there is nothing to free.
                return self.save(payment, raised=raised, event=event, new_names=new_names)
            raise _conflict(error) from error

    def look_again(self, payment: Payment, at: datetime | None) -> None:
        """When to look at a payment next, where looking taught nothing; None: never."""
        update = "SET due_at = :due_at, due_shard = :due_shard" if at else "REMOVE due_at, due_shard"
        values = {f":{name}": value for name, value in due(payment.id, at).items()}
        # Whoever wrote it meanwhile knew better when.
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._name,
                Key=payment_key(payment.id),
                UpdateExpression=update,
                ConditionExpression="version = :read",
                ExpressionAttributeValues=encoded(values | {":read": payment.version}),
            )

    def events(self, payment_id: str) -> list[EventRecord]:
        """The audit trail of a payment, the oldest first."""
        found: list[EventRecord] = []
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression="pk = :payment AND begins_with(sk, :event)",
            ExpressionAttributeValues=encoded({":payment": f"PAYMENT#{payment_id}", ":event": "EVENT#"}),
        )
        for page in pages:
            found += [event_of(item) for item in page["Items"]]
        return sorted(found, key=lambda event: (event.received_at, event.id))

    def record(self, payment_id: str, event: EventRecord) -> None:
        """Keep an event that changed nothing, for the audit trail."""
        # The first delivery may have changed something, and its record says what.
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._name,
                Item=event_item(payment_id, event),
                ConditionExpression=_ABSENT,
            )

    # Notices

    def claim_notice(self, payment_id: str, notice: Notice, now: datetime, lease: timedelta) -> NoticeClaim | None:
        """Take a notice that is due for sending; None if it is not to be had (sent, not yet due, or taken by another
        whose lease runs)."""
        try:
            answer = self._client.update_item(
                TableName=self._name,
                Key=notice_key(payment_id, notice),
                UpdateExpression="SET #state = :claimed, lease_until = :until, due_at = :until ADD attempts :one",
                # One sender at a time; one that died is succeeded when its lease has run out.
                ConditionExpression=(
                    "(#state = :due AND due_at <= :now) OR (#state = :claimed AND lease_until <= :now)"
                ),
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=encoded(
                    {
                        ":due": NoticeState.DUE.value,
                        ":claimed": NoticeState.CLAIMED.value,
                        ":now": epoch(now),
                        ":until": epoch(now + lease),
                        ":one": 1,
                    }
                ),
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return notice_claim_of(answer["Attributes"])

    def settle_notice(
        self, payment_id: str, notice: Notice, attempt: int, state: NoticeState, now: datetime, note: str | None
    ) -> None:
        """Record how a claimed notice ended; `note` is SES's message id, or why it was not sent."""
        self._end_claim(
            payment_id,
            notice,
            attempt,
            _SETTLE,
            {":state": state.value, ":at": iso(now), ":note": note or ""},
        )

    def retract_notice(self, payment: Payment, notice: Notice, attempt: int, now: datetime, note: str) -> None:
        """Record that a claimed notice is not true, so that it is raised again should it become true; one transaction.

        Conflict if the payment was written since it was read, or the claim is no longer ours.
        """
        update_payment: UpdateTypeDef = {
            "TableName": self._name,
            "Key": payment_key(payment.id),
            "UpdateExpression": "SET raised = :raised, version = :next",
            # What was learned since may have made it true, and would not raise what it believes to be raised.
            "ConditionExpression": "version = :read",
            "ExpressionAttributeValues": encoded(
                {
                    ":raised": sorted(str(each) for each in payment.raised - {notice}),
                    ":read": payment.version,
                    ":next": payment.version + 1,
                }
            ),
        }
        values = {":state": NoticeState.MOOT.value, ":at": iso(now), ":note": note}
        update_notice = self._ending(payment.id, notice, attempt, _SETTLE, values)
        try:
            self._client.transact_write_items(TransactItems=[{"Update": update_payment}, {"Update": update_notice}])
        except self._client.exceptions.TransactionCanceledException as error:
            raise _conflict(error) from error

    def postpone_notice(self, payment_id: str, notice: Notice, attempt: int, due_at: datetime, note: str) -> None:
        """Give a claimed notice back, to be tried again at `due_at`."""
        self._end_claim(
            payment_id,
            notice,
            attempt,
            "SET #state = :state, due_at = :at, note = :note REMOVE lease_until",
            {":state": NoticeState.DUE.value, ":at": epoch(due_at), ":note": note},
        )

    def _end_claim(
        self, payment_id: str, notice: Notice, attempt: int, update: str, values: Mapping[str, object]
    ) -> None:
        # Should the lease have run out, another took over, and what it records is as true.
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(**self._ending(payment_id, notice, attempt, update, values))

    def _ending(self, payment_id: str, notice: Notice, attempt: int, update: str, values: Mapping[str, object]) -> Any:
        return {
            "TableName": self._name,
            "Key": notice_key(payment_id, notice),
            "UpdateExpression": update,
            # The claim must still be ours: attempts counts every claim.
            "ConditionExpression": "#state = :claimed AND attempts = :attempt",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": encoded(
                {":claimed": NoticeState.CLAIMED.value, ":attempt": attempt, **values}
            ),
        }

    # What is overdue

    def overdue(self, now: datetime, limit: int) -> list[Overdue]:
        """What is due by now, at most `limit` of each shard, the longest overdue first; a call for each shard."""
        found: list[Overdue] = []
        for shard in due_shards():
            answer = self._client.query(
                TableName=self._name,
                IndexName="due",
                KeyConditionExpression="due_shard = :shard AND due_at <= :before",
                ExpressionAttributeValues=encoded({":shard": shard, ":before": epoch(now)}),
                Limit=limit,
            )
            found += [overdue_of(item) for item in answer["Items"]]
        return sorted(found, key=lambda each: each.due_at)

    def cursor(self, name: str) -> str | None:
        """How far something has been read."""
        item = self._get(cursor_key(name))
        return str(item["position"]["S"]) if item else None

    def move_cursor(self, name: str, position: str) -> None:
        self._client.put_item(TableName=self._name, Item=cursor_key(name) | encoded({"position": position}))

    # Leases

    def take_lease(self, name: str, now: datetime, length: timedelta) -> bool:
        """Whether the lease was free; it is ours until it is given back or runs out."""
        holder = uuid4().hex
        try:
            self._client.put_item(
                TableName=self._name,
                Item=lease_key(name) | encoded({"lease_until": epoch(now + length), "holder": holder}),
                # One holder at a time; one that died is succeeded when its lease has run out. Should the answer be
                # lost, botocore asks again and meets a lease that is this very call's.
                ConditionExpression=f"{_ABSENT} OR lease_until <= :now OR holder = :holder",
                ExpressionAttributeValues=encoded({":now": epoch(now), ":holder": holder}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def give_back_lease(self, name: str) -> None:
        self._client.delete_item(TableName=self._name, Key=lease_key(name))

    # One call each

    def _get(self, key: Item) -> Item | None:
        return self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True).get("Item")

    def _put(
        self,
        item: Item,
        condition: str | None = None,
        values: Mapping[str, object] | None = None,
        *,
        names: Mapping[str, str] | None = None,
        returns_old: bool = False,
    ) -> Any:
        put: dict[str, Any] = {"TableName": self._name, "Item": item}
        if condition:
            put["ConditionExpression"] = condition
        if values:
            put["ExpressionAttributeValues"] = encoded(values)
        if names:
            put["ExpressionAttributeNames"] = names
        if returns_old:
            put["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return {"Put": put}


def _pause_after_collision(response: tuple[Any, dict[str, Any]] | None, attempts: int, **_: object) -> float | None:
    """Seconds until a write that met a transaction is sent again; botocore itself gives it up at once.

    A mail that was sent would otherwise not be recorded as sent, and go out twice.
    """
    code = response[1].get("Error", {}).get("Code") if response else None
    if code != "TransactionConflictException" or attempts > _MOST_COLLISIONS:
        return None
    return random.uniform(0, _COLLISION_PAUSE_SECONDS * 2**attempts)  # noqa: S311 - no secret


def _conflict(error: ClientError) -> Exception:
    """Conflict for a transaction that lost against another writer; the error itself for any other reason."""
    lost = {"ConditionalCheckFailed", "TransactionConflict"}
    return Conflict() if any(reason.get("Code") in lost for reason in _reasons(error)) else error


def _failed_conditions_only_of(writes: range, error: ClientError) -> bool:
    """Whether a transaction was canceled by the conditions of these of its writes, and nothing else."""
    failed = {index: reason["Code"] for index, reason in enumerate(_reasons(error)) if reason["Code"] != "None"}
    return set(failed.values()) == {"ConditionalCheckFailed"} and all(index in writes for index in failed)


def _reasons(error: ClientError) -> list[dict[str, Any]]:
    """Why a transaction was canceled: an entry for each of its writes."""
    return error.response.get("CancellationReasons", [])  # type: ignore[return-value]


def _claim_of(key_hash: str, item: Mapping[str, Any]) -> Claim:
    return Claim(
        key_hash=key_hash,
        payment_id=item["payment_id"]["S"],
        body_hash=item["body_hash"]["S"],
        expires_at=datetime.fromtimestamp(int(item["expires_at"]["N"]), tz=UTC),
    )
