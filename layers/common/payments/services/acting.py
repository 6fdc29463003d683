"""What an admin's act came to."""

from dataclasses import dataclass

from payments.domain.errors import PaymentsError
from payments.domain.notices import Posting
from payments.domain.payment import Payment, Status


@dataclass(frozen=True)
class Acted:
    """The payment after an act, durable and audited; not `is_new` where it had been done before and nothing was now.

    `status` is the new one if that changed; the postings are recorded as due and are to be published. `refusal` is for
    whoever asked, where the act could not be done and something was learned all the same.
    """

    payment: Payment
    is_new: bool
    status: Status | None = None
    postings: tuple[Posting, ...] = ()
    refusal: PaymentsError | None = None
