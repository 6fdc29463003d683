"""What an admin's acts say."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from payments.domain import addresses
from payments.domain.erasure import Whom, WhomKind
from payments.domain.errors import FieldError, ValidationFailed
from payments.domain.notices import NoticeKind
from payments.domain.stock import LONGEST_REASON
from payments.runtime.bodies import Amount, Body, Currency, tidied


def _notice_kind(value: Any) -> NoticeKind:
    try:
        return NoticeKind(value)
    except ValueError:
        raise ValueError("There is no such mail; a payment's notices have their kinds.") from None


class ApprovalBody(Body):
    """A sum that was received and is accepted although another was asked."""

    amount: Amount = Field(description="In minor units of the currency.")
    currency: Currency


class ResendBody(Body):
    """Which mail to send again, as the payment's `notices` name it."""

    kind: Annotated[NoticeKind, BeforeValidator(_notice_kind)] = Field(description="Such as `payment_confirmation`.")
    ref: Annotated[str, Field(max_length=255)] = Field(
        default="", description="What tells apart several of a kind, such as a refund's id."
    )


class RefundBody(Body):
    """How much is to go back, why, and of which of several payments."""

    amount: Annotated[int, Field(gt=0, le=10**15)] | None = Field(
        default=None, description="In minor units of the intent's currency; left out, all that is refundable of it."
    )
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = Field(
        default=None, description="What Stripe keeps with it."
    )
    intent: Annotated[str, Field(max_length=255)] | None = Field(
        default=None, description="Whose money, where the payment was paid more than once: one of `refundable`."
    )


_MOST_AT_ONCE = 1_000_000


def _change(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < abs(value) <= _MOST_AT_ONCE:
        raise ValueError(f"Give how many more, or with a minus how many fewer: a whole number up to {_MOST_AT_ONCE}.")
    return value


class StockBody(Body):
    """How many more there are of a product, or fewer, and why."""

    change: Annotated[
        int,
        BeforeValidator(_change),
        Field(
            description="How many more; negative for fewer, and never 0.",
            json_schema_extra={"minimum": -_MOST_AT_ONCE, "maximum": _MOST_AT_ONCE, "not": {"const": 0}},
        ),
    ]
    reason: Annotated[
        str,
        BeforeValidator(tidied),
        Field(min_length=1, max_length=LONGEST_REASON, description="Is kept with the change, with who made it."),
    ]


class ShortageBody(Body):
    """What becomes of something that was paid for and is not there."""

    sku: Annotated[str, Field(min_length=1, max_length=100, description="One of the payment's `shortages`.")]
    resolution: Literal["supplied", "waived"] = Field(
        description="`supplied` takes it from stock now; `waived` says that it will not be delivered from there."
    )


class ErasureBody(Body):
    """Who is to be erased: one of the three."""

    email: (
        Annotated[
            str,
            AfterValidator(addresses.usable),
            Field(max_length=addresses.LONGEST, description="Of every payment with this address."),
        ]
        | None
    ) = None
    user: Annotated[str, Field(min_length=1, max_length=255, description="Of every payment of this user.")] | None = (
        None
    )
    payment_id: Annotated[str, Field(max_length=40, description="Of this payment alone.")] | None = None

    @property
    def whom(self) -> Whom:
        """ValidationFailed unless one of the three is given."""
        given = [
            Whom(kind, value)
            for kind, value in (
                (WhomKind.EMAIL, self.email and addresses.normalised(self.email)),
                (WhomKind.USER, self.user),
                (WhomKind.PAYMENT, self.payment_id),
            )
            if value
        ]
        if len(given) != 1:
            raise ValidationFailed(FieldError("email", "Give one of email, user and paymentId."))
        return given[0]
