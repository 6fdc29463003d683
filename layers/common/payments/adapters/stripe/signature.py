"""Which webhooks Stripe signed."""

from collections.abc import Callable, Sequence

from payments.adapters.stripe.library import stripe
from payments.domain.errors import InvalidSignature

SIGNATURE_TOLERANCE_SECONDS = 300


def verify_signature(payload: bytes, header: str | None, secrets: Callable[[], Sequence[str]]) -> None:
    """InvalidSignature unless Stripe signed these very bytes with one of the secrets, lately.

    The secrets are asked for only where there is a signature to check.
    https://docs.stripe.com/webhooks/signature
    """
    for secret in secrets() if header else ():
        try:
            stripe.WebhookSignature.verify_header(payload, header, secret, SIGNATURE_TOLERANCE_SECONDS)
        except (stripe.SignatureVerificationError, ValueError, TypeError, OverflowError):
            # The last three: bytes that are no text, and headers with characters or numbers out of all bounds.
            continue
        return
    raise InvalidSignature("The Stripe-Signature header does not fit this body, this time or this endpoint's secret.")
