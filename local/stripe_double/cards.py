"""Stripe's documented test cards (https://docs.stripe.com/testing) as data: what each number makes happen."""

from dataclasses import dataclass

UNKNOWN_DECLINE = "The bank did not return any further details with this decline."


@dataclass(frozen=True)
class Decline:
    """Why an issuer refuses. `code` and `message` are Stripe's; `reason` is its decline code."""

    code: str
    reason: str
    message: str
    seller_message: str = UNKNOWN_DECLINE
    advice: str = "try_again_later"
    network_code: str | None = "01"
    blocked: bool = False  # by Radar, before any issuer is asked


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
INSUFFICIENT_FUNDS = Decline(
    "card_declined",
    "insufficient_funds",
    "Your card has insufficient funds.",
    "The bank returned the decline code `insufficient_funds`.",
    network_code="51",
)
BLOCKED = Decline(
    "card_declined",
    "fraudulent",
    "Your card was declined.",
    "Stripe blocked this payment as too risky.",
    "do_not_try_again",
    network_code=None,
    blocked=True,
)
NOT_A_TEST_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of "
    "valid test cards, visit: https://stripe.com/docs/testing.",
    advice="confirm_card_data",
)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    advice="try_again_later",
)


def _decline(code: str, message: str, reason: str | None = None, advice: str = "do_not_try_again") -> Decline:
    reason = reason or code
    return Decline(code, reason, message, f"The bank returned the decline code `{reason}`.", advice)


@dataclass(frozen=True)
class Card:
    """One test number. `effect` names what happens after the charge: a refund's or dispute's behaviour."""

    number: str
    label: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: Decline | None = None
    authentication: str = "optional"  # optional, required (always asks), unless_set_up
    effect: str = ""
    token: str = ""  # the suffix of Stripe's ready-made pm_card_... and tok_... identifiers

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def asks(self) -> bool:
        return self.authentication != "optional"


CARDS = (
    Card("4242424242424242", "Pays", token="visa"),
    Card("4000056655665556", "Pays (Visa debit)", funding="debit", token="visa_debit"),
    Card("5555555555554444", "Pays (Mastercard)", brand="mastercard", token="mastercard"),
    Card("378282246310005", "Pays (American Express)", brand="amex", token="amex"),
    Card("4000000000000002", "Declined", decline=GENERIC, token="chargeDeclined"),
    Card(
        "4000000000009995",
        "Declined: insufficient funds",
        decline=INSUFFICIENT_FUNDS,
        token="chargeDeclinedInsufficientFunds",
    ),
    Card(
        "4000000000009987",
        "Declined: lost card",
        decline=_decline("card_declined", "Your card was declined.", "lost_card"),
        token="chargeDeclinedLostCard",
    ),
    Card(
        "4000000000009979",
        "Declined: stolen card",
        decline=_decline("card_declined", "Your card was declined.", "stolen_card"),
        token="chargeDeclinedStolenCard",
    ),
    Card(
        "4000000000000069",
        "Declined: expired card",
        decline=_decline("expired_card", "Your card has expired."),
        token="chargeDeclinedExpiredCard",
    ),
    Card(
        "4000000000000127",
        "Declined: wrong security code",
        decline=_decline("incorrect_cvc", "Your card's security code is incorrect.", advice="confirm_card_data"),
        token="chargeDeclinedIncorrectCvc",
    ),
    Card(
        "4000000000000119",
        "Declined: processing error",
        decline=_decline(
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
            advice="try_again_later",
        ),
        token="chargeDeclinedProcessingError",
    ),
    Card(
        "4000000000006975",
        "Declined: used too often",
        decline=_decline("card_declined", "Your card was declined.", "card_velocity_exceeded", "try_again_later"),
        token="chargeDeclinedVelocityLimitExceeded",
    ),
    Card("4100000000000019", "Blocked by Radar as fraudulent", decline=BLOCKED, token="radarBlock"),
    Card(
        "4000000000000341",
        "Can be saved; declined when charged",
        decline=GENERIC,
        effect="attaches",
        token="chargeCustomerFail",
    ),
    Card(
        "4000002500003155",
        "Asks for authentication (3D Secure)",
        country="IE",
        authentication="unless_set_up",
        token="authenticationRequiredOnSetup",
    ),
    Card(
        "4000002760003184",
        "Always asks for authentication",
        country="DE",
        authentication="required",
        token="authenticationRequired",
    ),
    Card(
        "4000008260003178",
        "Authentication, then insufficient funds",
        country="GB",
        authentication="required",
        decline=INSUFFICIENT_FUNDS,
        token="authenticationRequiredChargeDeclinedInsufficientFunds",
    ),
    Card(
        "4000000000007726",
        "Pays; a refund stays pending, then succeeds",
        effect="refund_pending",
        token="pendingRefund",
    ),
    Card("4000000000005126", "Pays; a refund succeeds, then fails", effect="refund_fails", token="refundFail"),
    Card(
        "4000000000000259", "Pays, then is disputed as fraudulent", effect="dispute_fraudulent", token="createDispute"
    ),
    Card(
        "4000000000002685",
        "Pays, then is disputed as not received",
        effect="dispute_product_not_received",
        token="createDisputeProductNotReceived",
    ),
    Card(
        "4000000000005423",
        "Pays, then the issuer warns of fraud",
        effect="fraud_warning",
        token="createIssuerFraudRecord",
    ),
    Card("4000000000001976", "Pays, then an inquiry is opened", effect="inquiry", token="createDisputeInquiry"),
)

BY_NUMBER = {card.number: card for card in CARDS}
TOKENS = {f"{prefix}_{card.token}": card for card in CARDS for prefix in ("pm_card", "tok") if card.token} | {
    "pm_card_threeDSecure2Required": BY_NUMBER["4000002760003184"],
    "pm_card_visa_chargeDeclined": BY_NUMBER["4000000000000002"],
    "pm_card_visa_chargeDeclinedInsufficientFunds": BY_NUMBER["4000000000009995"],
}


def digits(number: str) -> str:
    return "".join(number.split()).replace("-", "")


def passes_luhn(number: str) -> bool:
    if not number.isdigit() or not 12 <= len(number) <= 19:
        return False
    doubled = [int(c) * (1 + i % 2) for i, c in enumerate(reversed(number))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def find(number: str) -> Card | None:
    """The card behind a typed number; None where the number is not one at all. A number that is well formed
    and not a test card is declined, as in Stripe's test mode."""
    number = digits(number)
    if not passes_luhn(number):
        return None
    return BY_NUMBER.get(number, Card(number, "Not a test card", decline=NOT_A_TEST_CARD))
