"""Checkout Sessions: made once for a payment, and found again where nobody heard that they were made."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from payments.adapters.stripe.client import StripeConnection, checkout_key
from payments.adapters.stripe.customers import REDISPLAYED
from payments.adapters.stripe.errors import translating
from payments.adapters.stripe.intents import facts_of_session, in_order
from payments.adapters.stripe.lists import around, noted
from payments.adapters.stripe.objects import PAYMENT_ID, SERVICE_TYPE, read_object
from payments.adapters.stripe.units import part_to_stripe, to_stripe
from payments.domain.addresses import in_ascii
from payments.domain.errors import NewerRelease
from payments.domain.facts import Fact, SessionState
from payments.domain.money import Money
from payments.domain.payment import LINES, ONE_SERVICE, USERS_LINES, Payment

if TYPE_CHECKING:
    from stripe.params.checkout._session_create_params import SessionCreateParams


class StripeCheckouts(StripeConnection):
    def create_session(self, payment: Payment) -> tuple[Fact, ...]:
        """The payment's Checkout Session; asked again, the same one.

        The parameters follow from the stored payment and the version of them that it was first asked in, so with its id
        as the idempotency key a repetition is a repetition, whatever was deployed meanwhile. StripeRefused if there
        will be none, or only for another customer, StripeUnavailable if it is not known,
        NotConfigured if Stripe does not take our key.
        """
        parameters = _PARAMETERS.get(payment.parameters)
        if parameters is None:
            raise NewerRelease(f"the payment is asked in version {payment.parameters} of the parameters")
        with translating():
            session = self._client().v1.checkout.sessions.create(
                parameters(payment), {"idempotency_key": checkout_key(payment, "checkout")}
            )
        lesson = read_object(session.to_dict())
        return lesson.facts if lesson else ()

    def expire_sessions(self, payment: Payment) -> tuple[Fact, ...]:
        """The facts of the payment's sessions that were open, and of their intents; StripeRefused if it was paid or
        closed meanwhile."""
        facts: list[Fact] = []
        with translating():
            sessions = self._client().v1.checkout.sessions
            for session in payment.sessions:
                if session.state is SessionState.OPEN:
                    closed = sessions.expire(session.ref, {"expand": ["payment_intent"]})
                    facts += facts_of_session(closed.to_dict())
        return in_order(payment, facts)

    def find_sessions(self, payment: Payment) -> tuple[Fact, ...]:
        """The facts of the session that Stripe made for the payment without our hearing of it; none if there is none.

        It is sought in the list of those made around the asking, or of those of the intent where that is known.
        """
        intents = [each.ref for each in payment.intents]
        first, last = around(payment.created_at, payment.asked_at)
        facts: list[Fact] = []
        with translating():
            sessions = self._client().v1.checkout.sessions
            pages = [
                sessions.list({"payment_intent": intent, "limit": 100, "expand": ["data.payment_intent"]})
                for intent in intents
            ] or [
                sessions.list({"created": {"gte": first, "lte": last}, "limit": 100, "expand": ["data.payment_intent"]})
            ]
            for page in pages:
                for session in noted(page, {PAYMENT_ID: payment.id}):
                    facts += facts_of_session(session)
        return in_order(payment, facts)


def _for_one_service(payment: Payment) -> "SessionCreateParams":
    metadata = {**payment.metadata, PAYMENT_ID: payment.id, SERVICE_TYPE: payment.sku}
    result_url = f"{payment.return_url}?paymentId={payment.id}"
    return {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": payment.asked.currency,
                    "unit_amount": to_stripe(payment.asked),
                    "product_data": {"name": payment.product_name},
                },
            }
        ],
        "customer_email": in_ascii(payment.customer.email),
        "client_reference_id": payment.id,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "success_url": result_url,
        "cancel_url": f"{result_url}&checkout=canceled",
        "expires_at": int(payment.expires_at.timestamp()),
        # What is received is to be what was asked, to the cent and in its currency.
        "adaptive_pricing": {"enabled": False},
        "allow_promotion_codes": False,
        "automatic_tax": {"enabled": False},
    }


def _for_lines(payment: Payment) -> "SessionCreateParams":
    """Shipping and the tax that is added are lines too, so that the sum is what is asked."""
    order, currency = payment.order, payment.asked.currency
    lines = [(line.name, line.quantity, line.unit) for line in order.lines]
    lines += [(name, 1, amount) for name, amount in order.additions if amount]
    parameters = _for_one_service(payment)
    return {
        **parameters,
        "line_items": [
            {
                "quantity": quantity,
                "price_data": {
                    "currency": currency,
                    "unit_amount": part_to_stripe(Money(unit, currency)),
                    "product_data": {"name": name},
                },
            }
            for name, quantity, unit in lines
        ],
        "payment_intent_data": {"metadata": parameters["metadata"], "description": f"Order {order.number}"},
    }


def _for_user(payment: Payment) -> "SessionCreateParams":
    """Whose saved cards are shown, and who is asked whether to save another. Stripe takes no mail address beside a
    customer, and asks for one."""
    parameters = {name: value for name, value in _for_lines(payment).items() if name != "customer_email"}
    return cast(
        "SessionCreateParams",
        {
            **parameters,
            "customer": payment.customer_id,
            "saved_payment_method_options": {
                "allow_redisplay_filters": [*REDISPLAYED],
                "payment_method_save": "enabled",
            },
        },
    )


# A version is never changed once it was deployed: a payment that was asked in it is asked again in it.
_PARAMETERS: Mapping[int, Callable[[Payment], "SessionCreateParams"]] = {
    ONE_SERVICE: _for_one_service,
    LINES: _for_lines,
    USERS_LINES: _for_user,
}
