"""What an admin reads of an erasure, without whom it is of.

The typed shape is also what docs/openapi.yaml is made from (`make openapi`), with the texts under its fields.
"""

from typing import Literal, TypedDict

from payments.domain.erasure import Erasure
from payments.domain.order_views import Time, in_text


class ErasureView(TypedDict):
    """How far a person is erased. It names nobody."""

    erasureId: str
    """The same whenever the same person is to be erased."""
    state: Literal["open", "done"]
    """Open until the payments have been sought again, ten minutes after the last was erased."""
    left: int
    """How many payments are known that are still to be erased; it goes on by itself."""
    erased: int
    requestedAt: Time
    doneAt: Time | None


def erasure_view(erasure: Erasure) -> ErasureView:
    return {
        "erasureId": erasure.id,
        "state": "done" if erasure.done_at else "open",
        "left": len(erasure.left),
        "erased": erasure.erased,
        "requestedAt": in_text(erasure.requested_at),
        "doneAt": in_text(erasure.done_at) if erasure.done_at else None,
    }
