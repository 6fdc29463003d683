"""Balance transactions: what payments, refunds and disputes did to the balance."""

from ..forms import currency, missing, text
from .routing import listing, retrieve

ROUTES = [
    retrieve("balance_transaction"),
    listing("balance_transaction", {"currency": currency, "source": text(), "type": text(), "payout": missing}),
]
