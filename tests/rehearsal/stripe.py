"""`python -m tests.rehearsal.stripe EMULATOR'S_PORT ...`: the double as Stripe; its webhooks find the Function URL."""

import sys

from stripe_double.__main__ import main
from tests.rehearsal.names import resolve_to

if __name__ == "__main__":
    resolve_to(int(sys.argv.pop(1)))
    sys.exit(main())
