"""`python -m tools.audit pay_...`: what was learned about a payment, event by event, for whoever has to explain it.

It reads the table named by --table or TABLE_NAME with AWS's usual settings (profile, region), or a local one at
--endpoint. No name and no email is printed.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from local.resources import client
from payments.adapters.table.table import Table
from payments.domain.money import listed
from payments.domain.payment import Payment
from payments.domain.writes import AuditEntry

LOCAL_TABLE = "quittance-local-Table"


def trail(payment: Payment, events: Sequence[AuditEntry]) -> Iterator[str]:
    """The lines that tell a payment's story: how it stands, its events as they came, and its facts."""
    yield f"{payment.id}: {payment.status}"
    received, returned = listed(payment.balance.received_sums), listed(payment.balance.returned_sums)
    yield f"{payment.product_name}: asked {payment.asked}, received {received}, returned {returned}"
    yield f"created {_time(payment.created_at)}, updated {_time(payment.updated_at)}"

    yield ""
    yield "Events, as they came" if events else "No events"
    for event in events:
        yield f"  {_time(event.at)}  {event.id}  {event.type}" + (f"  by {event.by}" if event.by else "")
        yield from (f"      {line}" for line in event.outcome)

    yield ""
    yield "Facts"
    for key, fact in sorted(payment.facts.items()):
        taught = any(line.startswith(f"{key}: ") for event in events for line in event.outcome)
        yield f"  {key}: {fact.state}" + ("" if taught else " (not from an event: our request, or asked of Stripe)")

    yield ""
    yield "Notices raised" if payment.raised else "No notices raised"
    yield from (f"  {notice}" for notice in sorted(payment.raised))


def _time(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description=__doc__)
    parser.add_argument("payment_id")
    parser.add_argument("--table", default=os.environ.get("TABLE_NAME", LOCAL_TABLE), help="default: %(default)s")
    parser.add_argument("--endpoint", help="a local DynamoDB, such as `make run`'s")
    given = parser.parse_args(arguments)
    table = Table(given.table, client("dynamodb", given.endpoint) if given.endpoint else None)
    payment = table.payment(given.payment_id)
    if payment is None:
        print(f"{given.table} has no payment {given.payment_id}.", file=sys.stderr)
        return 1
    print(*trail(payment, table.events(payment.id)), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
