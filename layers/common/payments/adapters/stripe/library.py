"""Stripe's library, loaded without what we never call.

It imports asyncio for its asynchronous calls, which costs 6 ms of every start; a stand-in takes that place while it is
loaded, and whoever imports asyncio afterwards gets the real one.
"""

import sys
from types import ModuleType

_is_loaded = "asyncio" in sys.modules
if not _is_loaded:
    sys.modules["asyncio"] = ModuleType("asyncio", "Not loaded: no asynchronous call is made here.")
try:
    import stripe
finally:
    if not _is_loaded:
        del sys.modules["asyncio"]

__all__ = ["stripe"]
