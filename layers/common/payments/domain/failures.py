"""Why an attempt failed: to the business as Stripe says it, to a customer what may be said.

Stripe asks that a customer is never told that a card was reported lost or stolen, or that anybody suspects fraud: it
may not be his. https://docs.stripe.com/declines/codes
"""

import re
from dataclasses import dataclass

from payments.domain.facts import Attempt


@dataclass(frozen=True)
class Failure:
    """Stripe's code, ours where Stripe has none, and a sentence."""

    code: str
    message: str


# A code that is not among them may be a new word for what a customer may not know.
_HARMLESS = {
    "approve_with_id",
    "authentication_not_handled",
    "authentication_required",
    "call_issuer",
    "card_not_supported",
    "card_velocity_exceeded",
    "currency_not_supported",
    "do_not_honor",
    "do_not_try_again",
    "duplicate_transaction",
    "expired_card",
    "generic_decline",
    "incorrect_address",
    "incorrect_cvc",
    "incorrect_number",
    "incorrect_pin",
    "incorrect_zip",
    "insufficient_funds",
    "invalid_account",
    "invalid_amount",
    "invalid_cvc",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_number",
    "invalid_pin",
    "issuer_not_available",
    "mobile_device_authentication_required",
    "new_account_information_available",
    "no_action_taken",
    "not_permitted",
    "offline_pin_required",
    "online_or_offline_pin_required",
    "pin_try_exceeded",
    "processing_error",
    "reenter_transaction",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "service_not_allowed",
    "stop_payment_order",
    "test_mode_live_card",
    "testmode_decline",
    "transaction_not_allowed",
    "try_again_later",
    "withdrawal_count_limit_exceeded",
}
_SUSPICION = re.compile(
    r"(?i)lost|stolen|fraud|pick.?up|restricted|security.violation|blacklist|block|risk|suspect|suspicio|compromis|missing|reported"
)

_DECLINED = Failure("generic_decline", "Your payment was declined.")


def told_to_business(attempt: Attempt) -> Failure:
    """Of a card the decline code, for its failure code is `card_declined` nearly always; of a bank debit it is the
    other way round."""
    code, decline = attempt.failure_code, attempt.decline_code
    says_more = decline and (decline != _DECLINED.code or code in (None, "card_declined"))
    return Failure(
        (decline if says_more else code) or "payment_failed", attempt.failure_message or "The payment failed."
    )


def told_to_customer(attempt: Attempt) -> Failure:
    """The same where it may be said, else that it was declined."""
    cause = told_to_business(attempt)
    is_harmless = cause.code in _HARMLESS or cause.code != attempt.decline_code
    suspected = (cause.code, attempt.failure_code, attempt.decline_code, cause.message)
    if not is_harmless or any(_SUSPICION.search(each) for each in suspected if each):
        return _DECLINED
    if "customer" in cause.message.lower():
        # Of a bank debit, Stripe tells the business what became of "the customer's" account.
        return Failure(cause.code, "The bank did not make the payment.")
    return cause
