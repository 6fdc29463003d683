"""Debian's packages, for the tools that tests need and Python's package index does not have."""

import os
import shutil
import subprocess
import sys


def may_install() -> bool:
    """Whether it is ours to install something: as root or in CI, with apt."""
    return bool(shutil.which("apt-get") and (os.geteuid() == 0 or os.environ.get("CI")))


def install(*packages: str) -> None:
    """Try to; whoever needs them looks whether they are there."""
    print(f"Installing Debian's {', '.join(packages)} for the tests ...", file=sys.stderr)
    apt = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        subprocess.run([*apt, "apt-get", *arguments], check=False, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
