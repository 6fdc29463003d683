"""Refunds: made once for a request of ours, and found again where nobody heard that they were made."""

from typing import TYPE_CHECKING

from payments.adapters.stripe.client import StripeConnection
from payments.adapters.stripe.errors import translated, translating
from payments.adapters.stripe.intents import all_of
from payments.adapters.stripe.library import stripe
from payments.adapters.stripe.objects import PAYMENT_ID, REFUND_REQUEST, read_object
from payments.adapters.stripe.units import part_to_stripe
from payments.domain.errors import StripeRefused, ValidationFailed
from payments.domain.facts import Fact, RefundRequest
from payments.domain.money import Money
from payments.domain.refund_errors import RefundRefused

if TYPE_CHECKING:
    from stripe.params._refund_create_params import RefundCreateParams

_MOST_WORDS = 500


class StripeRefunds(StripeConnection):
    def check_refundable(self, money: Money) -> None:
        """ValidationFailed for an amount that Stripe cannot count in that currency."""
        part_to_stripe(money)

    def create_refund(self, payment_id: str, request: RefundRequest) -> tuple[Fact, ...]:
        """The refund that a request asks for; asked again, the same one.

        The parameters follow from the request alone, and never change once they were deployed, so with its ref as the
        idempotency key a repetition is a repetition. RefundRefused with Stripe's words if there will be none,
        StripeUnavailable if it is not known, NotConfigured if our key may not.
        """
        parameters: RefundCreateParams = {
            "payment_intent": request.intent,
            "amount": part_to_stripe(Money(request.amount, request.currency)),
            "metadata": {PAYMENT_ID: payment_id, REFUND_REQUEST: request.ref},
        }
        if request.reason:
            parameters["reason"] = request.reason
        try:
            refund = self._client().v1.refunds.create(parameters, {"idempotency_key": request.ref})
        except stripe.StripeError as error:
            told = translated(error)
            if isinstance(told, StripeRefused | ValidationFailed):
                words = (error.user_message or "It gave no reason.")[:_MOST_WORDS]
                raise RefundRefused(words, reason=error.code, reference=told.reference) from None
            raise told from None
        lesson = read_object(refund.to_dict())
        return lesson.facts if lesson else ()

    def refunds_of(self, intent: str) -> tuple[Fact, ...]:
        """Every refund of an intent, whoever made it and however it ended, read now.

        StripeUnavailable if Stripe cannot be asked now, NotConfigured if our key may not, else StripeRefused.
        """
        with translating():
            found = all_of(self._client().v1.refunds.list({"payment_intent": intent, "limit": 100}))
        return tuple(fact for each in found if (lesson := read_object(each)) for fact in lesson.facts)
