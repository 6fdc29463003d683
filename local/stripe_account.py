"""Which Stripe the stack runs against: the double, or with STRIPE=test an account's test mode."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.ports import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

API_BASE = "https://api.stripe.com"
_DASHBOARD = "https://dashboard.stripe.com/test"

_TEST_KEY = re.compile(r"(sk|rk)_test_[A-Za-z0-9]+")
_PUBLISHABLE_KEY = re.compile(r"pk_test_[A-Za-z0-9]+")
_LIVE_KEY = re.compile(r"[a-z]+_live_")


@dataclass(frozen=True)
class StripeAccount:
    """A secret or restricted key of test mode, the publishable one (empty: no form on a page), and where the API is."""

    api_key: str = field(repr=False)
    api_base: str = API_BASE
    publishable_key: str = ""

    @property
    def page(self) -> str:
        """Where people see what happens in it."""
        return _DASHBOARD if self.api_base == API_BASE else self.api_base


def account_of(environ: Mapping[str, str], ask: Callable[[str], str]) -> StripeAccount | None:
    """The account that STRIPE=test means, None for the double.

    Its key is STRIPE_API_KEY, or the answer to a question; STRIPE_PUBLISHABLE_KEY is what pages have, for a form on
    them; STRIPE_API_BASE may name another Stripe, such as a double.
    StackError for a key that is none of test mode.
    """
    named = environ.get("STRIPE") or "double"
    if named not in ("double", "test"):
        raise StackError(f"STRIPE must be 'double' or 'test', not {named!r}.")
    if named == "double":
        return None
    key = environ.get("STRIPE_API_KEY") or ask("Stripe's test key, sk_test_... or rk_test_... (it is not shown): ")
    publishable = environ.get("STRIPE_PUBLISHABLE_KEY", "").strip()
    if publishable and not _PUBLISHABLE_KEY.fullmatch(publishable):
        raise StackError("STRIPE_PUBLISHABLE_KEY must be a publishable key of test mode, pk_test_...")
    api_base = environ.get("STRIPE_API_BASE", "").rstrip("/") or API_BASE
    return StripeAccount(_checked(key.strip()), api_base, publishable)


def _checked(key: str) -> str:
    if _LIVE_KEY.match(key):
        raise StackError(
            f"This is a live key, and `make run` must take no real money: take a test key, from {_DASHBOARD}/apikeys"
        )
    if not _TEST_KEY.fullmatch(key):
        raise StackError(
            f"STRIPE=test needs a key that begins with sk_test_ or rk_test_, from {_DASHBOARD}/apikeys: "
            "type it when asked, or set STRIPE_API_KEY."
        )
    return key
