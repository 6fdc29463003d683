"""`python -m tests.rehearsal [PYTEST'S ARGUMENTS]`: the stories, in a folder and a process group that end with them.

Whatever ends the rehearsal, a failure, Ctrl-C, its time limit or the death of make, ends all that it started and
removes what it wrote.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from tests.artefacts import LAMBDA, LOCKS, wheels

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 1800
LOOK_SECONDS = 0.5
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: list[str], limit_seconds: float = LIMIT_SECONDS) -> int:
    # While HOME is still where pip has its settings.
    for platform in ("native", LAMBDA):
        for lock in LOCKS:
            wheels(platform, lock)
    # Its short name leaves room for the sockets of a browser in it.
    work = Path(tempfile.mkdtemp(prefix="rehearsal-")).resolve()
    for folder in ("home", "tmp"):
        (work / folder).mkdir()
    for name in ENDINGS:
        signal.signal(name, _interrupted)
    command = [sys.executable, "-m", "pytest", "--basetemp", str(work / "pytest"), "-p", "no:cacheprovider"]
    environment = os.environ | {
        "HOME": str(work / "home"),
        "TMPDIR": str(work / "tmp"),
        "REHEARSAL_FOLDER": str(work),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # Whoever kills this process kills the stories as well: they see the pipe close.
    alive, held = os.pipe()
    environment["REHEARSAL_PIPE"] = str(alive)
    stories = subprocess.Popen(
        [*command, *(arguments or ["tests/rehearsal"])],
        cwd=ROOT,
        env=environment,
        pass_fds=[alive],
        start_new_session=True,
    )
    try:
        return _ended(stories, limit_seconds)
    except KeyboardInterrupt:
        return 130
    finally:
        # Being told once more must not leave anything behind.
        for name in ENDINGS:
            signal.signal(name, signal.SIG_IGN)
        _end(stories)
        os.close(held)
        _remove(work)


def _ended(stories: subprocess.Popen[bytes], limit_seconds: float) -> int:
    """The stories' exit code; 1 if their time is over, or whoever began this is no more."""
    begun_by, deadline = os.getppid(), time.monotonic() + limit_seconds
    while os.getppid() == begun_by and time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            return stories.wait(LOOK_SECONDS)
    return 1


def _interrupted(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(stories: subprocess.Popen[bytes]) -> None:
    """Ends the whole group; whoever is left of it has nobody to wait for."""
    try:
        os.killpg(stories.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    stories.wait()


def _remove(folder: Path) -> None:
    """However long the dying go on writing there."""
    for _ in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
