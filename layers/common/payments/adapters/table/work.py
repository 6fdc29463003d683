"""What is due, how far something has been read, and who is at work."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

from payments.adapters.table.client import ABSENT, TableClient
from payments.adapters.table.codec import Key, encoded, epoch, from_epoch
from payments.adapters.table.keys import NOTICE, cursor_key, due_shards, lease_key, payment_id_of
from payments.domain.events import Cursor, EventSet
from payments.domain.looking import Due, DueReason
from payments.domain.notices import Notice
from payments.domain.releases import LEVEL


class WorkTable(TableClient):
    def due(self, reason: DueReason, now: datetime, limit: int, *, latest: bool = False) -> list[Due]:
        """What is due by now for a reason and may be done by this release, the longest overdue first; of each shard
        the `limit` longest overdue, or the latest. A call for each shard."""
        found: list[Due] = []
        for shard in due_shards(reason, LEVEL):
            answer = self._client.query(
                TableName=self._name,
                IndexName="due",
                KeyConditionExpression="due_shard = :shard AND due_at <= :before",
                ExpressionAttributeValues=encoded({":shard": shard, ":before": epoch(now)}),
                Limit=limit,
                ScanIndexForward=not latest,
            )
            found += [each for item in answer["Items"] for each in due_of(item)]
        return sorted(found, key=lambda each: each.due_at)

    def cursor(self, events: EventSet) -> Cursor | None:
        """How far events of a set were read; None for a set of other types than before."""
        item = self._get(cursor_key(events, LEVEL))
        if item is None:
            return None
        for_good = item["read_until"]
        # Older code writes that alone: all that follows is read again.
        once = item.get("read_once") or for_good
        return Cursor(from_epoch(int(once["N"])), from_epoch(int(for_good["N"])))

    def move_cursor(self, events: EventSet, cursor: Cursor) -> None:
        read = {"read_once": epoch(cursor.once), "read_until": epoch(cursor.for_good)}
        self._client.put_item(TableName=self._name, Item=cursor_key(events, LEVEL) | encoded(read))

    def take_lease(self, name: str, now: datetime, length: timedelta) -> bool:
        """Whether the lease was free; it is ours until it is given back or runs out."""
        holder = uuid4().hex
        try:
            self._client.put_item(
                TableName=self._name,
                Item=lease_key(name) | encoded({"lease_until": epoch(now + length), "holder": holder}),
                # One holder at a time; one that died is succeeded when its lease has run out. Should the answer be
                # lost, botocore asks again and meets a lease that is this very call's.
                ConditionExpression=f"{ABSENT} OR lease_until <= :now OR holder = :holder",
                ExpressionAttributeValues=encoded({":now": epoch(now), ":holder": holder}),
            )
        except self._refused:
            return False
        return True

    def give_back_lease(self, name: str) -> None:
        self._client.delete_item(TableName=self._name, Key=lease_key(name))


def due_of(key: Key) -> Iterator[Due]:
    """What an entry of the `due` index is about: a notice, or the payment itself.

    Nothing if this release does not know such a notice: one entry that cannot be read must not stop the others.
    """
    sort_key = str(key["sk"]["S"])
    notice = None
    if sort_key.startswith(NOTICE):
        try:
            notice = Notice.parse(sort_key.removeprefix(NOTICE))
        except ValueError:
            return
    yield Due(payment_id_of(key), notice, from_epoch(int(key["due_at"]["N"])))
