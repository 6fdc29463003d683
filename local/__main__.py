"""`python -m local`: the whole system on one machine, until Ctrl-C."""

# As little as can be comes before the signals are ours.
import signal
import sys

PYTHON = (3, 13)
ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


class Stopped(BaseException):
    """Someone wants this to end: Ctrl-C, `kill`, or a terminal that was closed."""


def _stop(signum: int, frame: object) -> None:
    # Once is enough: the way out is not to be interrupted.
    for name in ENDING:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    raise Stopped


def _unraisable(problem: "sys.UnraisableHookArgs") -> None:
    # It came while Python was cleaning up something, and is lost; the stack sees that it is to end all the same.
    if problem.exc_type is not Stopped:
        sys.__unraisablehook__(problem)


def main() -> int:
    sys.unraisablehook = _unraisable
    try:
        for name in ENDING:
            number = getattr(signal, name)
            # What runs under nohup outlives its terminal.
            if name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _stop)
        return _run()
    except (Stopped, KeyboardInterrupt):
        return 0


def _run() -> int:
    if sys.version_info[:2] != PYTHON:
        needed, found = (".".join(str(number) for number in version[:2]) for version in (PYTHON, sys.version_info))
        print(
            f"Quittance needs Python {needed}, this is {found}. Install {needed} and run `make run`.", file=sys.stderr
        )
        return 1
    try:
        from local.run import run
    except ModuleNotFoundError as error:
        print(f"The package {error.name} is missing. `make run` installs what is needed.", file=sys.stderr)
        return 1
    return run()


if __name__ == "__main__":
    sys.exit(main())
