"""The account itself, and its balance."""

from collections import Counter

from ..fields import Json
from ..state import State
from .routing import Route

ACCOUNT: Json = {
    "id": "acct_1TheStripeDouble0",
    "object": "account",
    "business_profile": {"name": "Example Studio", "support_email": None, "url": None},
    "business_type": "company",
    "capabilities": {"card_payments": "active", "sepa_debit_payments": "active", "transfers": "active"},
    "charges_enabled": True,
    "country": "US",
    "default_currency": "usd",
    "details_submitted": True,
    "email": "studio@example.com",
    "metadata": {},
    "payouts_enabled": True,
    "settings": {"dashboard": {"display_name": "Example Studio", "timezone": "Etc/UTC"}},
    "type": "standard",
}


def show(state: State, p: Json) -> Json:
    return ACCOUNT


def balance(state: State, p: Json) -> Json:
    """What came in and went out, by currency: available, or still pending."""
    sums: dict[str, Counter[str]] = {"available": Counter(usd=0), "pending": Counter(usd=0)}
    for entry in state.all("balance_transaction"):
        sums[entry["status"]][entry["currency"]] += entry["net"]
    listed = {
        name: [{"amount": amount, "currency": code, "source_types": {"card": amount}} for code, amount in each.items()]
        for name, each in sums.items()
    }
    return {"object": "balance", "livemode": False, **listed}


ROUTES = [Route("GET", "/v1/account", show), Route("GET", "/v1/balance", balance)]
