"""All that we ask of Stripe, in one place; whoever only counts as Stripe does need not import it."""

from payments.adapters.stripe.checkouts import StripeCheckouts
from payments.adapters.stripe.customers import StripeCustomers
from payments.adapters.stripe.elements import StripeElements
from payments.adapters.stripe.events import StripeEvents
from payments.adapters.stripe.intents import StripeIntents
from payments.adapters.stripe.refunds import StripeRefunds
from payments.domain.facts import Fact
from payments.domain.payment import Payment, Way


class StripeApi(StripeCheckouts, StripeElements, StripeCustomers, StripeIntents, StripeRefunds, StripeEvents):
    """All that we ask of Stripe. What a payment is paid by is a Checkout Session, or an intent for a form on the page:
    its checkout, either way."""

    def create_checkout(self, payment: Payment) -> tuple[Fact, ...]:
        """What the payment is paid by; asked again, the same. Raises what `create_session` does."""
        if payment.way is Way.EMBEDDED:
            return self.create_intent(payment).facts
        return self.create_session(payment)

    def close(self, payment: Payment) -> tuple[Fact, ...]:
        """Have Stripe close what the payment is paid by, and was open.

        StripeRefused if Stripe will not, as it was paid or closed meanwhile; StripeUnavailable if it is not known
        whether it did. Asked again it refuses, so whoever has no answer looks at what became of it.
        """
        return self.cancel_intents(payment) if payment.way is Way.EMBEDDED else self.expire_sessions(payment)

    def find_checkout(self, payment: Payment) -> tuple[Fact, ...]:
        """The facts of what Stripe made for the payment without our hearing of it; none if there is nothing."""
        return self.find_intents(payment) if payment.way is Way.EMBEDDED else self.find_sessions(payment)
