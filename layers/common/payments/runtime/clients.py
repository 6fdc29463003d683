"""How many orders one client may send in a minute."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from payments.domain.clients import client_of
from payments.domain.errors import RateLimited
from payments.runtime.http import Request


class Rates(Protocol):
    def count_order(self, client: str, limit: int, now: datetime) -> bool:
        """Whether the client, whose order is counted, may go on; TryAgain if that is not known."""


@dataclass(frozen=True)
class ClientRate:
    """`limit` orders and declines in a minute, 0 for any number; `key` gives the key that clients are hashed with,
    and `report` is told why somebody could not be counted."""

    limit: int
    key: Callable[[], bytes]
    store: Rates
    report: Callable[[Exception], None]

    def admit(self, event: Request, user: str | None, now: datetime) -> str | None:
        """Count what is about to have Stripe asked: the client that it is by, for the payment to keep.

        RateLimited where that is one too many. None where nobody is counted, or it is not known who asks or how often:
        that is no reason to turn somebody away.
        """
        if not self.limit:
            return None
        client, may_go_on = None, True
        try:
            client = client_of(user, _source(event), self.key())
            may_go_on = client is None or self.store.count_order(client, self.limit, now)
        except Exception as error:
            self.report(error)
        if not may_go_on:
            raise RateLimited(60 - int(now.timestamp()) % 60)
        return client


def _source(event: Request) -> str | None:
    """Where the request came from, as the gateway saw it: what callers say of that themselves counts for nothing."""
    source = (event.get("requestContext") or {}).get("http", {}).get("sourceIp")
    return source if isinstance(source, str) else None
