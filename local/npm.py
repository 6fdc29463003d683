"""npm packages, which Python's index does not have: locked in requirements/, installed once into .local/."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from local.ports import StackError

_ROOT = Path(__file__).resolve().parent.parent
_LOCKED = _ROOT / "requirements"
INSTALLED = _ROOT / ".local"


def folder(name: str) -> Path:
    """Where it is once it is installed. Named for what is locked: another lock is another installation."""
    locked = (_LOCKED / name / "package-lock.json").read_bytes()
    return INSTALLED / name / hashlib.sha256(locked).hexdigest()[:12]


def install(name: str, title: str, megabytes: int) -> Path:
    """The folder that holds node_modules; StackError with npm's words if it cannot be had."""
    place = folder(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / "lock").open("w") as lock:
        # Whoever comes second finds it installed.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if place.exists():
            return place
        if shutil.which("npm") is None:
            raise StackError(f"npm, which installs {title}, was not found: on Debian or Ubuntu 'sudo apt install npm'.")
        print(f"Installing {title} (once; {megabytes} MB) ...", file=sys.stderr, flush=True)
        unfinished = place.parent / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(_LOCKED / name, unfinished)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        npm = subprocess.run(command, cwd=unfinished, capture_output=True, text=True, check=False)
        if npm.returncode:
            said = (npm.stderr or npm.stdout).strip() or "nothing"
            raise StackError(f"npm could not install {title}; it said: {said}")
        unfinished.rename(place)
    return place
