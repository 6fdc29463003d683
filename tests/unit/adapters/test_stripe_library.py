"""What of Stripe's library is not loaded, and that nobody else goes without it."""

import subprocess
import sys

LOADED = """
import sys, types
import payments.adapters.stripe.api
holders = {
    name.partition(".")[0] for name, module in sys.modules.items()
    if isinstance(vars(module).get("asyncio"), types.ModuleType)
}
print("asyncio" in sys.modules, *holders)
import asyncio
print(asyncio.run(asyncio.sleep(0, "slept")))
"""


def test_stripe_alone_goes_without_asyncio() -> None:
    loaded = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert loaded.stdout.splitlines() == ["False stripe", "slept"]
