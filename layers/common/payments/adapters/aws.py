"""AWS's clients, made by botocore itself.

boto3 would make the same clients, and load its resources and s3transfer first, at every cold start (docs/adr/0011).
"""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config


@cache
def session() -> botocore.session.Session:
    """The one that all clients share, with what it has read of botocore's data."""
    return botocore.session.get_session()


def client(service: str, config: Config) -> Any:
    """A client of `service`; region, credentials and endpoints are those of the environment, as Lambda sets it."""
    return session().create_client(service, config=config)
