"""The system's Chromium, which the browser tests drive; Playwright's own download is not needed.

Run as a command, it makes sure that there is one: it installs Debian's where it may (as root, or in CI), and otherwise
says which command does.
"""

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The path of a Chromium, the one that CHROMIUM names first; None if there is none."""
    candidates = (os.environ.get("CHROMIUM"), *_NAMES)
    return next((found for name in candidates if name and (found := shutil.which(name))), None)


def _install() -> None:
    apt = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        subprocess.run([*apt, "apt-get", *arguments], check=False, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603


def main() -> int:
    may_install = shutil.which("apt-get") and (os.geteuid() == 0 or os.environ.get("CI"))
    if not chromium() and may_install:
        print("Installing Debian's chromium for the browser tests ...", file=sys.stderr)
        _install()
    if chromium():
        return 0
    print(
        "The browser tests need Chromium. Install it, on Debian or Ubuntu with 'sudo apt install chromium', "
        "or name one: CHROMIUM=/path/to/chrome make test",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
