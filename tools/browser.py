"""The system's Chromium, which the browser tests drive, and npm, which brings what they know of other browsers.

Playwright's own download is not needed. Run as a command, it makes sure that both are there: it installs Debian's where
it may (as root, or in CI), and otherwise says which command does.
"""

import os
import shutil
import sys

from tools.debian import install, may_install

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The path of a Chromium, the one that CHROMIUM names first; None if there is none."""
    candidates = (os.environ.get("CHROMIUM"), *_NAMES)
    return next((found for name in candidates if name and (found := shutil.which(name))), None)


def main() -> int:
    lacking = _lacking()
    if lacking and may_install():
        install(*lacking)
        lacking = _lacking()
    if "chromium" in lacking:
        print(
            "The browser tests need Chromium. Install it, on Debian or Ubuntu with 'sudo apt install chromium', "
            "or name one: CHROMIUM=/path/to/chrome make test",
            file=sys.stderr,
        )
    if "npm" in lacking:
        print(
            "The browser tests need npm. Install it, on Debian or Ubuntu with 'sudo apt install npm'.", file=sys.stderr
        )
    return 1 if lacking else 0


def _lacking() -> list[str]:
    """What Debian calls it."""
    found = {"chromium": chromium(), "npm": shutil.which("npm")}
    return [name for name, path in found.items() if not path]


if __name__ == "__main__":
    sys.exit(main())
