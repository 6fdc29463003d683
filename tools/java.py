"""Java and npm, with which the tests run on DynamoDB Local as well as on moto.

Run as a command, it makes sure in CI that they are there; elsewhere the tests do without, and say so at their end.
"""

import os
import shutil
import sys

from local.dynamodb_local import java, missing
from tools.debian import install, may_install


def main() -> int:
    if missing() and os.environ.get("CI") and may_install():
        packages = ["default-jre-headless"] if java() is None else []
        packages += [] if shutil.which("npm") else ["npm"]
        install(*packages)
    reason = missing()
    if reason:
        print(reason, file=sys.stderr)
    return 1 if reason and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
