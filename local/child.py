"""Runs a module as a program that ends when its parent does: `python child.py MODULE [ARGUMENT...]`.

The parent keeps a pipe to this process's standard input. Its end, whatever ended the parent, closes the pipe
and this process with it, so that no orphan stays behind. Standard library only: it runs inside Lambda workers.
"""

import os
import runpy
import signal
import sys
import threading


def _end_with_the_parent() -> None:
    while os.read(0, 1024):
        pass
    if os.getpgrp() == os.getpid():
        # What this process has started goes with it.
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def main() -> None:
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    # As `python -m` has it: modules come from the working directory, not from beside this file.
    sys.path[0] = os.getcwd()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
