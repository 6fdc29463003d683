"""AWS's clients, made by botocore itself, which know how long the invocation may still wait.

boto3 would make the same clients, and load its resources and s3transfer first, at every cold start (docs/adr/0011).
"""

from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected

from payments.adapters.deadline import seconds_left
from payments.domain.errors import TryAgain

# Asked twice and waited for in between, a call still ends within the shortest of the functions' time-outs; a test holds
# this against template.yaml. DynamoDB answers in milliseconds, or not at all.
CONFIG = Config(connect_timeout=1, read_timeout=2.5, retries={"mode": "standard", "total_max_attempts": 2})
# How long botocore waits before the second attempt, at most, and how much longer if the service asks it to.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
PAUSE_SECONDS = 1.0
ASKED_PAUSE_SECONDS = 5.0

# What may simply be asked once more: reads, and writes that are conditional or the same when repeated. Whether a mail
# or a message was taken is its adapter's to say.
_REPEATABLE = {"dynamodb", "secretsmanager"}
# That the service has too much to do, beside any failure of its own (5xx).
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
_BUSY = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}


class NoTimeLeft(BotoCoreError):
    """The invocation would end before an answer could come, so nothing was sent."""

    fmt = "No time is left for a call"


_DATA = Path(__file__).with_name("data")


@cache
def session() -> botocore.session.Session:
    """The one that all clients share, with what it has read of botocore's data.

    Much of a start went into botocore's list of all endpoints, which it still asks for what its rules for each service
    then say; a short list of our own does as well (docs/adr/0021-a-short-list-of-endpoints.md).
    """
    made = botocore.session.get_session()
    if not any(made.get_config_variable(each) for each in ("use_fips_endpoint", "use_dualstack_endpoint")):
        made.get_component("data_loader").search_paths.insert(0, str(_DATA))
    return made


def client(service: str, config: Config = CONFIG, *, then: float = 0) -> Any:
    """A client of `service`; region, credentials and endpoints are those of the environment, as Lambda sets it.

    An attempt at a call is begun only if the invocation can wait for all of it, and for `then` seconds more that the
    caller needs afterwards; else the call fails: with how the attempt before it failed, or with NoTimeLeft. Of DynamoDB
    and Secrets Manager, this and all that goes by, such as throttling and no answer, is TryAgain.
    """
    made: Any = session().create_client(service, config=config)
    events, name = made.meta.events, made.meta.service_model.service_id.hyphenize()
    needed = attempt_seconds(config) + then

    def refuse_if_late(**_: object) -> None:
        if seconds_left() < needed:
            raise NoTimeLeft

    def give_up_if_late(response: tuple[Any, Any] | None, **_: object) -> bool | None:
        asked = ASKED_PAUSE_SECONDS if response and "x-amz-retry-after" in response[0].headers else 0
        return False if seconds_left() < PAUSE_SECONDS + asked + needed else None

    events.register(f"before-send.{name}", refuse_if_late)
    # The first word counts: whoever else would repeat the call is not asked.
    events.register_first(f"needs-retry.{name}", give_up_if_late)
    if service in _REPEATABLE:
        events.register_last(f"after-call.{name}", _try_again_if_busy)
        events.register_last(f"after-call-error.{name}", _try_again_if_unanswered)
    return made


def attempt_seconds(config: Config) -> float:
    """How long one attempt at a call takes at most."""
    return float(config.connect_timeout + config.read_timeout)  # type: ignore[attr-defined]


def _try_again_if_busy(http_response: Any, parsed: dict[str, Any], event_name: str, **_: object) -> None:
    code = parsed.get("Error", {}).get("Code")
    if http_response.status_code >= 500 or code in _BUSY:
        raise _try_again(event_name, str(code))


def _try_again_if_unanswered(exception: Exception, event_name: str, **_: object) -> None:
    if isinstance(exception, (NotConnected, HTTPClientError, NoTimeLeft)):
        raise _try_again(event_name, type(exception).__name__) from exception


def _try_again(event_name: str, why: str) -> TryAgain:
    """`event_name` ends in the service and its operation."""
    called = event_name.split(".", 1)[1]
    return TryAgain("The service is busy for a moment; send the same request again.", reference=f"{called} {why}")
