"""Starts the stack as the command line and the environment have it, and shows it on the terminal until it ends."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from local.dynamodb_local import wanted
from local.intrinsics import TemplateError
from local.origins import origins_of
from local.site import EMBEDDED
from local.stack import Ports, Stack, StackError
from local.stripe_account import account_of
from local.terminal import Keyboard, Terminal, wants_colour

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent.parent
_WATCH_SECONDS = 0.5


def run(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code when a part of the stack has ended; signals end it by an exception."""
    stream = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - closed with the program
    terminal = Terminal(stream, colour=wants_colour(stream, os.environ))
    try:
        if stream.isatty():
            terminal.say("Starting: some seconds, more on a busy machine.")
        stack = _stack(_parser().parse_args(arguments), terminal)
        _report_failures(stack.note)
        with stack:
            return _watch(stack, terminal, Keyboard(0))
    except (StackError, TemplateError) as error:
        _complain(str(error))
        return 1
    finally:
        terminal.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="The whole system on one machine.")
    parser.add_argument("root", nargs="?", type=Path, default=ROOT, help="the project (default: this one)")
    parser.add_argument(
        "--template", type=Path, help="another, such as the one that `make build PLATFORM=native` makes"
    )
    parser.add_argument("--without-stripe", action="store_true", help="start no Stripe double")
    return parser


def _stack(chosen: argparse.Namespace, terminal: Terminal) -> Stack:
    return Stack(
        chosen.root,
        ports=Ports.from_environment(os.environ),
        template=chosen.template,
        terminal=terminal,
        schedule_seconds=float(os.environ.get("LOCAL_SCHEDULE_SECONDS", "10")),
        stripe_account=account_of(os.environ, _ask),
        origins=origins_of(os.environ),
        stripe_double=not chosen.without_stripe,
        dynamodb_local=wanted(os.environ),
    )


def _ask(question: str) -> str:
    """The answer, unseen by others; none where nobody could type one."""
    return getpass(question) if sys.stdin.isatty() else ""


def _watch(stack: Stack, terminal: Terminal, keyboard: Keyboard) -> int:
    """Returns when a part of the stack has ended, or `make` has, or `q` was typed; any other line shows the
    addresses."""
    parent = os.getppid()
    terminal.say(_banner(stack, keyboard))
    terminal.unmute()
    while not stack.ended:
        # A killed make cannot pass a signal on. Elsewhere the parent may well be a shell that is left behind.
        if "MAKELEVEL" in os.environ and os.getppid() != parent:
            return 0
        # A signal's exception can get lost where Python cleans up.
        if signal.getsignal(signal.SIGTERM) is signal.SIG_IGN:
            return 0
        typed = keyboard.wait(_WATCH_SECONDS)
        if typed == "q":
            return 0
        if typed is not None:
            terminal.say(_banner(stack, keyboard))
    _complain(stack.ended)
    return 1


def _banner(stack: Stack, keyboard: Keyboard) -> str:
    broken = "".join(f"\n{reason}\n" for reason in stack.broken.values())
    real = "\n  Orders are paid at Stripe itself, in your account's test mode.\n" if stack.stripe_account else ""
    keys = "Enter shows this again, q and Enter or " if keyboard.present else ""
    return f"""
Quittance is ready.

  Payment page     {stack.site_url}
  Form on a page   {stack.site_url}{EMBEDDED}/
  Desk             {stack.site_url}/admin/
  Mailbox          {stack.mailbox_url}
  Console          {stack.console_url}
  API              {stack.api_url}
  Webhook          {stack.webhook_url}
  Sign-in          {stack.issuer_url}
  {stack.stripe_name:<17}{stack.stripe_page}
  Logs             {stack.logs}
{real}
  Cards: 4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined,
         4000 0025 0000 3155 asks for authentication. Any future date, any CVC.
{broken}
{keys}Ctrl-C ends everything.
"""


def _report_failures(note: Callable[[str], None]) -> None:
    """Has `note` told of what threads and libraries complain about, instead of the terminal."""

    class Notes(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            note(self.format(record))

    logging.basicConfig(handlers=[Notes()], format=logging.BASIC_FORMAT, level=logging.WARNING)
    threading.excepthook = lambda failed: note(
        "".join(traceback.format_exception(failed.exc_type, failed.exc_value, failed.exc_traceback))
    )


def _complain(sentence: str) -> None:
    with suppress(OSError):
        print(sentence, file=sys.stderr)
