"""What every invocation has, whatever its event: an end."""

from contextlib import AbstractContextManager

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.adapters import deadline

# Kept for what follows the last call: the answer and its log line.
ANSWERING_SECONDS = 1.0


def in_time(context: LambdaContext) -> AbstractContextManager[None]:
    """Meanwhile no call is begun that Lambda would cut off."""
    return deadline.within(context.get_remaining_time_in_millis() / 1000 - ANSWERING_SECONDS)
