"""PaymentIntents for the Payment Element on a page of ours: made once for a payment, cancelled when its time is over.

A page confirms its intent with Stripe itself, by the client secret, which is answered to whoever ordered and kept
nowhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from payments.adapters.stripe.client import StripeConnection, checkout_key
from payments.adapters.stripe.errors import translating
from payments.adapters.stripe.intents import facts_of_intent, in_order
from payments.adapters.stripe.lists import around, noted
from payments.adapters.stripe.objects import PAYMENT_ID, SERVICE_TYPE
from payments.adapters.stripe.units import to_stripe
from payments.domain.errors import NewerRelease, StripeRefused
from payments.domain.facts import Fact, IntentState
from payments.domain.payment import INTENT, USERS_INTENT, Payment

if TYPE_CHECKING:
    from stripe.params._payment_intent_create_params import PaymentIntentCreateParams

# By a voucher or a transfer, days later: of an intent nothing but its next step says that somebody has gone to pay it,
# and it would be closed meanwhile. A Checkout Session is complete then.
_PAID_ELSEWHERE = ("boleto", "customer_balance", "konbini", "multibanco", "oxxo")


@dataclass(frozen=True)
class PageIntent:
    """What Stripe says of a payment's intent, the secret that a page confirms it with, and the saved card that it would
    be paid with as it is."""

    facts: tuple[Fact, ...]
    client_secret: str = field(repr=False)
    payment_method: str | None


class StripeElements(StripeConnection):
    def create_intent(self, payment: Payment) -> PageIntent:
        """The payment's PaymentIntent; asked again, the same one, as it was when it was made.

        The parameters follow from the stored payment, so with its id as the idempotency key a repetition is a
        repetition. StripeRefused if there will be none, or only for another customer, StripeUnavailable if it is not
        known, NotConfigured if Stripe does not take our key.
        """
        parameters = _PARAMETERS.get(payment.parameters)
        if parameters is None:
            raise NewerRelease(f"the payment is asked in version {payment.parameters} of the parameters")
        with translating():
            intent = self._client().v1.payment_intents.create(
                parameters(payment), {"idempotency_key": checkout_key(payment, "intent")}
            )
        return _read(payment, intent.to_dict())

    def retrieve_intent(self, payment: Payment) -> PageIntent:
        """The payment's intent as it is now; StripeRefused if Stripe has none."""
        with translating():
            intent = self._client().v1.payment_intents.retrieve(payment.intents[0].ref, {"expand": ["payment_method"]})
        return _read(payment, intent.to_dict())

    def cancel_intents(self, payment: Payment) -> tuple[Fact, ...]:
        """Have Stripe cancel the payment's intents that were open; StripeRefused if it was paid, is being paid or is
        cancelled."""
        facts: list[Fact] = []
        with translating():
            for each in payment.intents:
                if each.state is IntentState.OPEN:
                    cancelled = self._client().v1.payment_intents.cancel(each.ref, {"cancellation_reason": "abandoned"})
                    facts += facts_of_intent(cancelled.to_dict())
        return in_order(payment, facts)

    def find_intents(self, payment: Payment) -> tuple[Fact, ...]:
        """The facts of the intent that Stripe made for the payment without our hearing of it; none if there is none."""
        first, last = around(payment.created_at, payment.asked_at)
        facts: list[Fact] = []
        with translating():
            page = self._client().v1.payment_intents.list({"created": {"gte": first, "lte": last}, "limit": 100})
            for intent in noted(page, {PAYMENT_ID: payment.id}):
                facts += facts_of_intent(intent)
        return in_order(payment, facts)


def _for_anybody(payment: Payment) -> "PaymentIntentCreateParams":
    return {
        "amount": to_stripe(payment.asked),
        "currency": payment.asked.currency,
        # Of those that the account has switched on, and that may do what is asked.
        "excluded_payment_method_types": [*_PAID_ELSEWHERE],
        "description": f"Order {payment.order.number}",
        "metadata": {**payment.metadata, PAYMENT_ID: payment.id, SERVICE_TYPE: payment.sku},
    }


def _for_user(payment: Payment) -> "PaymentIntentCreateParams":
    parameters: PaymentIntentCreateParams = {**_for_anybody(payment), "customer": str(payment.customer_id)}
    if payment.payment_method:
        parameters["payment_method"] = payment.payment_method
    if payment.save_method:
        # It is paid with again by its owner, who is there and can be asked to authenticate: that does not take
        # `off_session`, for which banks ask more people now.
        parameters["setup_future_usage"] = "on_session"
    return parameters


# A version is never changed once it was deployed: a payment that was asked in it is asked again in it.
_PARAMETERS: dict[int, Callable[[Payment], "PaymentIntentCreateParams"]] = {
    INTENT: _for_anybody,
    USERS_INTENT: _for_user,
}


def _read(payment: Payment, body: Mapping[str, Any]) -> PageIntent:
    secret = body.get("client_secret")
    if not isinstance(secret, str):
        raise StripeRefused("The payment provider answered without what a page needs.")
    return PageIntent(
        in_order(payment, facts_of_intent(body)), secret, _saved_card(payment, body.get("payment_method"))
    )


def _saved_card(payment: Payment, method: object) -> str | None:
    """The payment's, if it is still that of the intent, which drops one that was declined, and of the customer."""
    if isinstance(method, Mapping):
        method = method.get("id") if method.get("customer") == payment.customer_id else None
    return payment.payment_method if method == payment.payment_method else None
