"""`python -m tools.alone COMMAND...`: runs a command of which this folder bears one at a time, after any that runs now.

A build is made where the one before was, and shipped from there.
"""

import fcntl
import os
import sys
from pathlib import Path

LOCK = Path(__file__).parents[1] / ".aws-sam" / "lock"


def main() -> None:
    LOCK.parent.mkdir(exist_ok=True)
    # Handed on to the command, whose end, however it comes, lets the next one go.
    lock = os.open(LOCK, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another build or deployment runs in this folder; this one waits for it ...", file=sys.stderr)
        fcntl.flock(lock, fcntl.LOCK_EX)
    os.set_inheritable(lock, True)
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the command of the Makefile


if __name__ == "__main__":
    main()
