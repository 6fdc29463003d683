"""Notices: claimed by one sender at a time, and ended by what became of them."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from payments.adapters.table.client import TableClient
from payments.adapters.table.codec import Item, Key, decoded, encoded, epoch, iso
from payments.adapters.table.keys import NOTICE, due_shard, notice_key, partition
from payments.domain.attention import Reason
from payments.domain.errors import NewerRelease
from payments.domain.looking import DueReason
from payments.domain.notices import UNDER_WAY, Notice, NoticeClaim, NoticeStanding, NoticeState
from payments.domain.payment import Payment
from payments.domain.releases import LEVEL

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class NoticeTable(TableClient):
    def claim_notice(self, payment_id: str, notice: Notice, now: datetime, lease: timedelta) -> NoticeClaim | None:
        """Take a notice that is due for sending; None if it is not to be had (sent, not yet due, or taken by another
        whose lease runs)."""
        levels = range(1, LEVEL + 1)
        shards = {f":level{needs}": due_shard(payment_id, DueReason.NOTICE, needs) for needs in levels}
        try:
            answer = self._client.update_item(
                TableName=self._name,
                Key=notice_key(payment_id, notice),
                UpdateExpression="SET #state = :claimed, lease_until = :until, due_at = :until ADD attempts :one",
                # One sender at a time; one that died is succeeded when its lease has run out. A notice may have become
                # newer code's since its payment was read.
                ConditionExpression=(
                    "((#state = :due AND send_at <= :now) OR (#state = :claimed AND lease_until <= :now))"
                    f" AND ({' OR '.join(f'due_shard = {name}' for name in shards)})"
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
                    | shards
                ),
                ReturnValues="ALL_NEW",
            )
        except self._refused:
            return None
        return notice_claim_of(answer["Attributes"])

    def notice(self, payment_id: str, notice: Notice) -> NoticeStanding | None:
        """None if it was never raised; NewerRelease for a state that only newer code knows."""
        item = self._get(notice_key(payment_id, notice))
        if item is None:
            return None
        plain = decoded({name: item[name] for name in ("state", "note", "resent_at") if name in item})
        if plain["state"] not in list(NoticeState):
            raise NewerRelease(f"the notice is {plain['state']}")
        resent_at = datetime.fromisoformat(plain["resent_at"]) if "resent_at" in plain else None
        return NoticeStanding(NoticeState(plain["state"]), plain.get("note"), resent_at)

    def settle_notice(
        self, payment_id: str, notice: Notice, attempt: int, state: NoticeState, now: datetime, note: str | None
    ) -> None:
        """Record how a claimed notice ended; `note` is SES's message id, or why it was not sent."""
        self._end_claim(ending(self._name, payment_id, notice, attempt, state, now, note or ""))

    def postpone_notice(self, payment_id: str, notice: Notice, attempt: int, send_at: datetime, note: str) -> None:
        """Give a claimed notice back, to be tried again when it is due."""
        update = "SET #state = :state, send_at = :at, due_at = :due, note = :note REMOVE lease_until"
        values = {
            ":state": NoticeState.DUE.value,
            ":at": epoch(send_at),
            ":due": epoch(send_at + UNDER_WAY),
            ":note": note,
        }
        self._end_claim(_claimed(self._name, payment_id, notice, attempt, update, values))

    def publish_again_at(self, payment_id: str, notice: Notice, at: datetime, now: datetime) -> None:
        """A notice that is due, unless it was sent or taken meanwhile, is due again later."""
        with suppress(self._refused):
            self._client.update_item(
                TableName=self._name,
                Key=notice_key(payment_id, notice),
                UpdateExpression="SET due_at = :at",
                # The mailer may have been faster, and what it says of the time holds.
                ConditionExpression="attribute_exists(due_shard) AND due_at <= :now",
                ExpressionAttributeValues=encoded({":at": epoch(at), ":now": epoch(now)}),
            )

    def _end_claim(self, request: Any) -> None:
        # Should the lease have run out, another took over, and what it records is as true.
        with suppress(self._refused):
            self._client.update_item(**request)


def notice_item(payment: Payment, notice: Notice, send_at: datetime) -> Item:
    """A notice that was just raised. `send_at` is from when on it may be sent, `due_at` when it is to be published
    again; both move with each attempt, and `due_since` does not."""
    return notice_key(payment.id, notice) | encoded(
        {
            "state": NoticeState.DUE.value,
            "attempts": 0,
            "due_since": iso(send_at),
            "send_at": epoch(send_at),
            "due_at": epoch(send_at + UNDER_WAY),
            "due_shard": due_shard(payment.id, DueReason.NOTICE, payment.needs),
        }
    )


def notice_claim_of(item: Item) -> NoticeClaim:
    plain = decoded({name: item[name] for name in ("attempts", "due_since")})
    return NoticeClaim(plain["attempts"], datetime.fromisoformat(plain["due_since"]))


def ending(
    table: str, payment_id: str, notice: Notice, attempt: int, state: NoticeState, now: datetime, note: str
) -> Any:
    """The update that ends a claim; one after which somebody goes without mail waits for a person."""
    update = "SET #state = :state, settled_at = :at, note = :note"
    values: dict[str, object] = {":state": state.value, ":at": iso(now), ":note": note}
    names: dict[str, str] = {}
    if state.needs_attention:
        update += ", attention = :attention, attention_at = :at, why = :why, #since = :at, #status = :state"
        values |= {":attention": f"OPEN#{Reason.MAIL.urgency}", ":why": [Reason.MAIL.value]}
        names = {"#since": "since", "#status": "status"}
    request = _claimed(table, payment_id, notice, attempt, f"{update} REMOVE due_shard, due_at, lease_until", values)
    return request | {"ExpressionAttributeNames": request["ExpressionAttributeNames"] | names}


def resending(table: str, payment: Payment, notice: Notice, now: datetime) -> Any:
    """The update that has a notice sent again, as if it had just been raised: nobody waits for a person any more.

    Attempts begin anew. They tell claims apart as well, and no claim of before is alive: it had ended, or run out.
    """
    raised = notice_item(payment, notice, now) | encoded({"resent_at": iso(now)})
    values = {name: value for name, value in raised.items() if name not in ("pk", "sk")}
    ended = [state.value for state in NoticeState if state.is_resendable]
    return {
        "TableName": table,
        "Key": notice_key(payment.id, notice),
        "UpdateExpression": f"SET {', '.join(f'#{name} = :{name}' for name in values)}"
        " REMOVE settled_at, note, attention, attention_at, why, since, #status",
        # The mailer may hold it, or have taken it back.
        "ConditionExpression": f"#state IN ({', '.join(f':{state}' for state in ended)})",
        "ExpressionAttributeNames": {"#status": "status"} | {f"#{name}": name for name in values},
        "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}
        | encoded({f":{state}": state for state in ended}),
    }


def _claimed(
    table: str, payment_id: str, notice: Notice, attempt: int, update: str, values: dict[str, object]
) -> dict[str, Any]:
    return {
        "TableName": table,
        "Key": notice_key(payment_id, notice),
        "UpdateExpression": update,
        # The claim must still be ours: attempts counts every claim.
        "ConditionExpression": "#state = :claimed AND attempts = :attempt",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": encoded({":claimed": NoticeState.CLAIMED.value, ":attempt": attempt, **values}),
    }


def unsent_keys(client: "DynamoDBClient", table: str, payment_id: str) -> Iterator[Key]:
    """The keys of a payment's notices that are still to be sent; a query."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :payment AND begins_with(sk, :notice)",
        FilterExpression="attribute_exists(due_shard)",
        ExpressionAttributeValues=encoded({":payment": partition(payment_id), ":notice": NOTICE}),
        ConsistentRead=True,
    )
    for page in pages:
        yield from ({"pk": item["pk"], "sk": item["sk"]} for item in page["Items"])
