"""`python -m tools.stock`: puts more of a product into stock, or takes some away; kept with who did it and why.

A change is made once for each --key. Without one each run is a change of its own; whoever was interrupted runs it again
with the key that was printed.
"""

import argparse
import re
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from getpass import getuser

from local.resources import client
from payments.adapters.table.table import Table
from payments.domain.errors import PaymentsError
from payments.domain.stock import LONGEST_REASON, StockChange
from payments.domain.texts import tidy
from payments.services.stocking import change_stock
from tools.audit import LOCAL_TABLE
from tools.deployment import DeploymentError, deployment, in_words

_CHANGE = re.compile(r"[+-][0-9]{1,6}", re.ASCII)


def change_of(text: str) -> int:
    """How many more, or fewer; ValueError, which says how to write it, for anything else."""
    if not _CHANGE.fullmatch(text) or int(text) == 0:
        raise ValueError(f"CHANGE must be how many more or fewer, such as +5 or -2, not {text!r}.")
    return int(text)


def reason_of(text: str) -> str:
    """Why, on one line; ValueError, which says how to write it, for anything else."""
    reason = tidy(text)
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise ValueError(f"REASON must say in at most {LONGEST_REASON} characters why, such as REASON='a delivery'.")
    return reason


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.stock", description=__doc__)
    parser.add_argument("--sku", required=True, metavar="enamel-mug")
    parser.add_argument("--change", required=True, metavar="+5")
    parser.add_argument("--reason", required=True, metavar="'a delivery'")
    parser.add_argument("--key", default=str(uuid.uuid4()), help="of a change that was interrupted")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--stage", help="the stack that samconfig.toml names for it")
    target.add_argument("--endpoint", help="a local DynamoDB, such as `make run`'s")
    parser.add_argument("--table", default=LOCAL_TABLE, help="at the endpoint; default: %(default)s")
    given = parser.parse_args(arguments)
    try:
        change, reason = change_of(given.change), reason_of(given.reason)
        with in_words():
            by, table = _deployed(given.stage) if given.stage else _local(given.endpoint, given.table)
            asked = StockChange.asked(given.sku, change, reason, key=given.key, by=by, at=datetime.now(UTC))
            left = change_stock(asked, table)
    except PaymentsError as error:
        print(error.detail, file=sys.stderr)
    except (DeploymentError, ValueError) as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print(f"\nInterrupted; run this again with --key {given.key} and it is done once.", file=sys.stderr)
        return 130
    else:
        print(f"{given.sku}: {change:+}, {left} left.")
        return 0
    return 1


def _deployed(stage: str) -> tuple[str, Table]:
    """Who asks, by AWS's word, and the stack's table."""
    stack = deployment(stage)
    by = str(stack.client("sts").get_caller_identity()["Arn"])
    return by, Table(stack.output("TableName"), stack.client("dynamodb"))


def _local(endpoint: str, name: str) -> tuple[str, Table]:
    return getuser(), Table(name, client("dynamodb", endpoint))


if __name__ == "__main__":
    sys.exit(main())
