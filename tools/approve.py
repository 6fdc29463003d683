"""`python -m tools.approve`: accepts a sum that is not what was asked, for a payment that is in review.

The amount is written as mails write it but for separators, with all of the currency's decimals: 50.00 in usd, 5000 in
jpy. It must be what was received in that currency. Doing it again changes nothing.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from getpass import getuser
from typing import Any

from local.resources import client
from payments.adapters.queue import MailQueue
from payments.adapters.table.table import Table
from payments.domain.errors import NewerRelease, PaymentsError, PublishFailed
from payments.domain.money import Money, listed, money_of
from payments.domain.notices import Posting
from payments.domain.payment import Payment
from payments.services.approval import approve
from tools.audit import LOCAL_TABLE
from tools.deployment import DeploymentError, deployment, in_words


class Mails:
    """What the payment's mails are published to; without a queue, and where it fails, reconcile does it."""

    def __init__(self, queue: MailQueue | None) -> None:
        self._queue = queue
        self.outlook = ""

    def publish(self, postings: Sequence[Posting]) -> None:
        if not postings:
            return
        self.outlook = "The mails that follow from it are published by the next run of reconcile, within five minutes."
        with suppress(PublishFailed):
            if self._queue:
                self._queue.publish(postings)
                self.outlook = "The mails that follow from it are on their way."


def decide(payment_id: str, sum_: Money, *, by: str, table: Table, mails: Mails) -> Iterator[str]:
    """Accepts the sum, and says what became of it, one line each."""
    approved = approve(payment_id, sum_, by=by, store=table, now=datetime.now(UTC))
    payment = approved.payment
    mails.publish(approved.postings)
    yield f"{payment_id}: {sum_} {'is accepted now' if approved.is_new else _approved_already(payment, sum_)}."
    if payment.is_in_review:
        yield f"It is still in review, at {listed(payment.balance.unaccepted)}."
    else:
        yield f"It is {payment.status}: {listed(payment.balance.received_sums)} received, {payment.asked} asked."
    if mails.outlook:
        yield mails.outlook


def _approved_already(payment: Payment, sum_: Money) -> str:
    fact: Any = payment.facts[f"approval#{sum_.amount}-{sum_.currency}"]
    return f"was accepted already, by {fact.by or 'someone'} at {payment.learned[fact.key]:%Y-%m-%d %H:%MZ}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.approve", description=__doc__)
    parser.add_argument("--payment", required=True, metavar="pay_...")
    parser.add_argument("--amount", required=True, metavar="50.00", help="with all decimals, no separators")
    parser.add_argument("--currency", required=True, metavar="usd")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--stage", help="the stack that samconfig.toml names for it")
    target.add_argument("--endpoint", help="a local DynamoDB, such as `make run`'s")
    parser.add_argument("--table", default=LOCAL_TABLE, help="at the endpoint; default: %(default)s")
    given = parser.parse_args(arguments)
    try:
        sum_ = money_of(given.amount, given.currency)
        with in_words():
            by, table, mails = _deployed(given.stage) if given.stage else _local(given.endpoint, given.table)
            lines = list(decide(given.payment, sum_, by=by, table=table, mails=mails))
    except NewerRelease:
        print(f"A newer release has written {given.payment}; approve it with that one.", file=sys.stderr)
    except PaymentsError as error:
        print(error.detail, file=sys.stderr)
    except (DeploymentError, ValueError) as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("\nInterrupted; run this again and it says whether the sum was accepted.", file=sys.stderr)
        return 130
    else:
        print(*lines, sep="\n")
        return 0
    return 1


def _deployed(stage: str) -> tuple[str, Table, Mails]:
    """Who asks, by AWS's word, and the stack's table and queue."""
    stack = deployment(stage)
    by = str(stack.client("sts").get_caller_identity()["Arn"])
    queue = MailQueue(stack.output("MailQueueUrl"), stack.client("sqs"))
    return by, Table(stack.output("TableName"), stack.client("dynamodb")), Mails(queue)


def _local(endpoint: str, name: str) -> tuple[str, Table, Mails]:
    return getuser(), Table(name, client("dynamodb", endpoint)), Mails(None)


if __name__ == "__main__":
    sys.exit(main())
