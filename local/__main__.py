"""`python -m local`: the whole system on one machine, until Ctrl-C."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from local.stack import Stack

PYTHON = (3, 13)
ROOT = Path(__file__).resolve().parent.parent


class Stopped(BaseException):
    """SIGINT or SIGTERM."""


def _stop(signum: int, frame: "FrameType | None") -> None:
    # Once is enough: the way out is not to be interrupted.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped


def _wait(stack: "Stack") -> int:
    """Returns when a part of the stack has ended, or `make` has; signals end the wait by an exception."""
    parent = os.getppid()
    while not stack.ended:
        # A killed make cannot pass a signal on. Elsewhere the parent may well be a shell that is left behind.
        if "MAKELEVEL" in os.environ and os.getppid() != parent:
            return 0
        time.sleep(0.5)
    print(f"{stack.ended} has ended; {stack.logs / stack.ended}.log says why.", file=sys.stderr)
    return 1


def _banner(stack: "Stack") -> str:
    return f"""
Quittance is ready.

  Payment page     {stack.site_url}
  Mailbox          {stack.mailbox_url}
  The whole stack  {stack.console_url}
  API              {stack.api_url}
  Webhook          {stack.webhook_url}
  Stripe double    {stack.stripe_url}
  Logs             {stack.logs}

  Cards: 4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined,
         4000 0025 0000 3155 asks for authentication. Any future date, any CVC.

Ctrl-C ends everything.
"""


def main() -> int:
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    try:
        return _run()
    except Stopped:
        return 0


def _run() -> int:
    if sys.version_info[:2] != PYTHON:
        needed, found = (".".join(str(number) for number in version[:2]) for version in (PYTHON, sys.version_info))
        print(
            f"Quittance needs Python {needed}, this is {found}. Install {needed} and run `make run`.", file=sys.stderr
        )
        return 1
    try:
        from local.dynamodb_local import wanted
        from local.intrinsics import TemplateError
        from local.stack import Ports, Stack, StackError
    except ModuleNotFoundError as error:
        print(f"The package {error.name} is missing. `make run` installs what is needed.", file=sys.stderr)
        return 1

    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("root", nargs="?", type=Path, default=ROOT, help="the project (default: this one)")
    parser.add_argument(
        "--template", type=Path, help="another, such as the one that `make build PLATFORM=native` makes"
    )
    parser.add_argument("--without-stripe", action="store_true", help="start no Stripe double")
    arguments = parser.parse_args()

    try:
        stack = Stack(
            arguments.root,
            ports=Ports.from_environment(os.environ),
            template=arguments.template,
            echo=True,
            schedule_seconds=float(os.environ.get("LOCAL_SCHEDULE_SECONDS", "10")),
            stripe_double=not arguments.without_stripe,
            dynamodb_local=wanted(os.environ),
        )
        with stack:
            print(_banner(stack), *stack.broken.values(), sep="\n", flush=True)
            return _wait(stack)
    except (StackError, TemplateError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
