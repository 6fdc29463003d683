"""Stripe: its API, its objects and its signatures, in our words."""

from payments.adapters.stripe.checkouts import StripeCheckouts
from payments.adapters.stripe.events import StripeEvents
from payments.adapters.stripe.intents import StripeIntents
from payments.adapters.stripe.refunds import StripeRefunds

__all__ = ["StripeApi"]


class StripeApi(StripeCheckouts, StripeIntents, StripeRefunds, StripeEvents):
    """All that we ask of Stripe."""
