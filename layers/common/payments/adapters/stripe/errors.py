"""Stripe's errors in our words: is it a definite no, and who can mend it?"""

from collections.abc import Iterator
from contextlib import contextmanager

from payments.adapters.stripe.library import stripe
from payments.domain.customers import not_ones_own
from payments.domain.errors import (
    FieldError,
    NotConfigured,
    StripeRefused,
    StripeUnavailable,
    ValidationFailed,
)

_FIELD_OF_CODE = {
    "amount_too_small": "amount",
    "amount_too_large": "amount",
    "email_invalid": "email",
}


@contextmanager
def translating() -> Iterator[None]:
    """Stripe's errors become ours."""
    try:
        yield
    except stripe.StripeError as error:
        raise translated(error) from None


def translated(error: stripe.StripeError) -> Exception:
    """StripeRefused or ValidationFailed for a definite no, StripeUnavailable as long as it is not known."""
    status = error.http_status
    if isinstance(error, stripe.InvalidRequestError) and error.code in _FIELD_OF_CODE:
        detail = error.user_message or "The payment provider refused it."
        return ValidationFailed(FieldError(_FIELD_OF_CODE[error.code], detail), reference=_reference(error))
    if isinstance(error, stripe.InvalidRequestError) and _names_method(error):
        # It was removed since it was looked at.
        return not_ones_own(_reference(error))
    if status in (401, 403):
        return NotConfigured(
            "Stripe does not take the API key, or the key may not do this; make stripe changes it.",
            reference=_reference(error),
        )
    # Stripe has the key with other parameters: what came of those is not known.
    refuses_key = isinstance(error, stripe.IdempotencyError)
    # An APIError below 500 is an answer that cannot be read, as a proxy's: it says nothing, whatever its status.
    cannot_be_read = isinstance(error, stripe.APIError)
    if refuses_key or cannot_be_read or status is None or status in (409, 429) or status >= 500:
        return StripeUnavailable(
            "The payment provider did not answer; send the same request again.",
            spent=(refuses_key and status != 409) or (status == 500 and _repeats(error)),
            in_flight=error.code == "idempotency_key_in_use",
            reference=_reference(error),
        )
    return StripeRefused(
        "The payment provider refused this.",
        customer_gone=error.code == "resource_missing" and _param(error) == "customer",
        reference=_reference(error),
    )


def _names_method(error: stripe.StripeError) -> bool:
    return error.code == "payment_method_unexpected_state" or _param(error) == "payment_method"


def _param(error: stripe.StripeError) -> str | None:
    return getattr(error, "param", None)


def _repeats(error: stripe.StripeError) -> bool:
    """Stripe keeps a failure of its own under the idempotency key, and repeats it."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    return headers.get("idempotent-replayed") == "true" or headers.get("stripe-should-retry") == "false"


def _reference(error: stripe.StripeError) -> str:
    """What to look an error up by. Stripe's message is left out: it may repeat what a customer typed."""
    known = {"status": error.http_status, "code": error.code, "param": _param(error), "request": error.request_id}
    return " ".join([type(error).__name__, *(f"{name}={value}" for name, value in known.items() if value)])
