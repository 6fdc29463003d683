"""What can go wrong, as types. They carry a code and a sentence for the caller, and nothing of HTTP."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payments.domain.claims import Claim


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field of a request, and what to change."""

    field: str
    detail: str


class PaymentsError(Exception):
    """Base of all errors that a caller may be told about; `detail` says what to change.

    `reference` is for our log alone, such as Stripe's error code and request id; it never carries personal data.
    """

    code = "internal_error"
    # What an answer over HTTP has beside that, by name.
    members: Mapping[str, object] = MappingProxyType({})

    def __init__(self, detail: str, *fields: FieldError, reference: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields
        self.reference = reference


class InvalidBody(PaymentsError):
    """The body is not a JSON object."""

    code = "invalid_body"


class UnsupportedMediaType(PaymentsError):
    """The body is declared to be something else than JSON."""

    code = "unsupported_media_type"


class BodyTooLarge(PaymentsError):
    code = "body_too_large"


class ValidationFailed(PaymentsError):
    """The request is readable, but fields of it cannot be accepted; `fields` names each."""

    code = "validation_failed"

    def __init__(self, *fields: FieldError, reference: str | None = None) -> None:
        detail = " ".join(f"{each.field}: {each.detail}" for each in fields)
        super().__init__(detail, *fields, reference=reference)

    def of_sum(self, name: str) -> "ValidationFailed":
        """The same, where what decides the sum is this field, and there is no amount."""
        fields = (FieldError(name, each.detail) if each.field == "amount" else each for each in self.fields)
        return ValidationFailed(*fields, reference=self.reference)


class InvalidIdempotencyKey(PaymentsError):
    code = "invalid_idempotency_key"


class IdempotencyKeyRequired(PaymentsError):
    """What must not be done twice came without an Idempotency-Key."""

    code = "idempotency_key_required"


class IdempotencyKeyReused(PaymentsError):
    """The same Idempotency-Key came with another body."""

    code = "idempotency_key_reused"


class PaymentNotFound(PaymentsError):
    code = "payment_not_found"

    def __init__(
        self, detail: str = "There is no payment with this id; check the address, it begins with pay_."
    ) -> None:
        super().__init__(detail)


class PaymentMethodNotFound(PaymentsError):
    """It is nobody's, or another's: the same is told of either."""

    code = "payment_method_not_found"

    def __init__(self) -> None:
        super().__init__("This is none of your saved cards; GET /me/payment-methods lists them.")


class NotSignedIn(PaymentsError):
    """No token was verified for this request."""

    code = "unauthorized"


class NotAdmin(PaymentsError):
    """Whoever asks is known, and may not."""

    code = "forbidden"


class ProductNotFound(PaymentsError):
    """Nothing is sold by this sku, or not from stock."""

    code = "product_not_found"

    def __init__(self) -> None:
        super().__init__("There is no product with this sku that is stocked; catalogue.yaml says which are.")


class StockTooLow(PaymentsError):
    """More is to be taken away than is there."""

    code = "stock_too_low"

    def __init__(self, sku: str, left: int) -> None:
        super().__init__(f"Of {sku} there are {left} left; take away at most as many.")
        self.members = {"left": left}


class OutOfStock(PaymentsError):
    """More was ordered than is there; `left` is how many are, by sku."""

    code = "out_of_stock"

    def __init__(self, left: Mapping[str, int], names: Mapping[str, str]) -> None:
        sentences = {sku: _left_of(names.get(sku, sku), count) for sku, count in left.items()}
        super().__init__(" ".join(sentences.values()), *(FieldError("items", each) for each in sentences.values()))
        self.members = {
            "errors": [
                {"field": "items", "detail": sentences[sku], "sku": sku, "left": count} for sku, count in left.items()
            ]
        }


def _left_of(name: str, left: int) -> str:
    return f"{name}: {left} left; order at most as many." if left else f"{name} is sold out; leave it out."


class PriceChanged(PaymentsError):
    """The order costs something else than the caller was told; `order` is the one that it would be now."""

    code = "price_changed"

    def __init__(self, order: Mapping[str, object]) -> None:
        super().__init__("Prices have changed meanwhile; look at the new total and send it with your order.")
        self.members = {"order": order}


class AlreadyPaid(PaymentsError):
    """What was to be replaced was paid meanwhile."""

    code = "already_paid"

    def __init__(self, payment_id: str) -> None:
        super().__init__("The order that this one was to replace is paid; nothing new was ordered.")
        self.members = {"paymentId": payment_id}


class BeingPaid(PaymentsError):
    """Somebody is paying what was to be replaced."""

    code = "processing"

    def __init__(self, payment_id: str) -> None:
        super().__init__("The order that this one was to replace is being paid; wait for its end.")
        self.members = {"paymentId": payment_id}


class NoticeNotFound(PaymentsError):
    code = "notice_not_found"


class NotResendable(PaymentsError):
    """The mail is being sent, or is not to be."""

    code = "not_resendable"


class NotCancelable(PaymentsError):
    """The payment was paid, is being paid, or is over."""

    code = "not_cancelable"


class NothingToApprove(PaymentsError):
    """The payment is not in review at that sum: an approval in advance would accept what is still to come."""

    code = "nothing_to_approve"


class NothingToSettle(PaymentsError):
    """Nothing that was paid for is missing of that product, or it was taken from stock already."""

    code = "nothing_to_settle"


class TryAgain(PaymentsError):
    """Too many writers at once on one payment; nothing was lost and the same request may be repeated."""

    code = "try_again"


class NewerRelease(TryAgain):
    """The item was written by a release that knows more than this one, which must not act on it.

    The same request may be repeated, and is done once the newer code runs everywhere again.
    """

    code = "updating"

    def __init__(self, what: str) -> None:
        super().__init__("This is being updated; send the same request again in a while.", reference=what)


class StripeRefused(PaymentsError):
    """Stripe answered definitely no; the payment will not come to be.

    `customer_gone` says that it has the customer no more that we named: nothing was made for that one, and nothing ever
    will be, but for another there can be.
    """

    code = "stripe_refused"

    def __init__(self, detail: str, *, customer_gone: bool = False, reference: str | None = None) -> None:
        super().__init__(detail, reference=reference)
        self.customer_gone = customer_gone


class StripeUnavailable(PaymentsError):
    """Stripe could not be asked or did not answer; whether it acted is unknown, so the same call is repeated.

    `spent` says that asking again with this idempotency key is of no use: Stripe refuses the key, or would repeat the
    failure that it answered. `in_flight` says that another call with this key is under way.
    """

    code = "stripe_unavailable"

    def __init__(
        self, detail: str, *, spent: bool = False, in_flight: bool = False, reference: str | None = None
    ) -> None:
        super().__init__(detail, reference=reference)
        self.in_flight = in_flight
        self.spent = spent


class NotConfigured(PaymentsError):
    """A secret or a setting is missing or still the placeholder; the log says which and how to set it."""

    code = "not_configured"


class InvalidSignature(PaymentsError):
    """A webhook that Stripe did not sign, or not lately."""

    code = "invalid_signature"


@contextmanager
def concerning(payment_id: str) -> Iterator[None]:
    """Whatever is raised meanwhile says which payment it is about, as `error.payment_id`, for the log."""
    try:
        yield
    except Exception as error:
        error.payment_id = payment_id  # type: ignore[attr-defined]
        raise


class PublishFailed(Exception):
    """The queue did not take every message. Nothing is lost: the notices are due in the table."""


class Conflict(Exception):
    """The payment was written since it was read, or the store was too busy: read it again and learn again."""


class Taken(Exception):
    """One of the news is about an object that belongs to another payment, for ever."""


class NothingLeft(Exception):
    """So many are not there of `skus`."""

    def __init__(self, skus: Iterable[str]) -> None:
        self.skus = frozenset(skus)
        super().__init__(", ".join(sorted(self.skus)))


class NumberTaken(Exception):
    """Another order has the number."""


class Held(Exception):
    """The Idempotency-Key led to another payment before; `claim` says to which."""

    def __init__(self, claim: "Claim") -> None:
        super().__init__(claim.led_to)
        self.claim = claim


class ClaimLost(Exception):
    """Another sender has the notice by now."""
