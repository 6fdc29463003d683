"""`stripe-double`, or `python -m stripe_double`: the double in a process of its own, until it is interrupted."""

import argparse
import logging
import signal
import sys
import threading

from .double import DEFAULT_KEY, StripeDouble
from .pruning import KEPT


def main() -> int:
    parser = argparse.ArgumentParser(prog="stripe-double", description=__doc__)
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--webhook-url", help="where events go; more endpoints can be made through the API")
    parser.add_argument("--webhook-secret", help="whsec_...; made up and printed when left out")
    parser.add_argument("--api-key", default=DEFAULT_KEY)
    parser.add_argument("--publishable-key", help="for pages; pk_ where the API key has sk_ when left out")
    parser.add_argument("--dashboard-url", help="where /dashboard/.../ID leads: an address with {id} in it")
    parser.add_argument("--keep", type=int, default=KEPT, help="of more sessions or intents the oldest that ended go")
    parser.add_argument("--verbose", action="store_true", help="log every request")
    options = parser.parse_args()
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.INFO)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    try:
        double = StripeDouble(
            port=options.port,
            webhook_url=options.webhook_url,
            webhook_secret=options.webhook_secret,
            api_key=options.api_key,
            publishable_key=options.publishable_key,
            dashboard_url=options.dashboard_url,
            kept=options.keep,
        )
    except OSError:
        print(f"Port {options.port} is taken. Choose another with --port, or 0 for any.", file=sys.stderr)
        return 1
    with double:
        keys = f"keys {double.api_key} and {double.publishable_key}"
        print(f"Stripe double at {double.url}, {keys}, webhook secret {double.webhook_secret}")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
