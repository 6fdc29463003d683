"""All that we ask of Stripe, in one place; whoever only counts as Stripe does need not import it."""

from payments.adapters.stripe.checkouts import StripeCheckouts
from payments.adapters.stripe.events import StripeEvents
from payments.adapters.stripe.intents import StripeIntents
from payments.adapters.stripe.refunds import StripeRefunds


class StripeApi(StripeCheckouts, StripeIntents, StripeRefunds, StripeEvents):
    """All that we ask of Stripe."""
