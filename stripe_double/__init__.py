"""A stateful double of Stripe: the API, hosted Checkout and webhooks on one machine, offline.

It stands alone: nothing here knows what it is used for.
"""

from .double import DEFAULT_KEY, StripeDouble
from .fields import API_VERSION

__all__ = ["API_VERSION", "DEFAULT_KEY", "StripeDouble"]
