"""What whoever cancels a payment of theirs says."""

from typing import Annotated

from pydantic import Field

from payments.runtime.bodies import Body, json_body, read
from payments.runtime.http import Request


class CancelBody(Body):
    """The right to act on the payment."""

    access_key: Annotated[str, Field(min_length=1, max_length=100, description="As the order was answered with it.")]


def cancel_body(event: Request) -> CancelBody:
    """ValidationFailed without an access key; what `json_body` raises."""
    return read(CancelBody, json_body(event))
