"""Who asks: what the token says that API Gateway's JWT authorizer verified before our code ran.

Its signature, issuer, audience, times and scope are the gateway's to check; nothing is imported for that here.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payments.domain.errors import NotAdmin, NotSignedIn
from payments.runtime.http import Request, header

# One token: of several in a header the gateway may have verified another than we would read.
_TOKEN = re.compile(r"(?:bearer +)?[\w-]+\.([\w-]+)\.[\w-]+", re.ASCII | re.IGNORECASE)
# https://openid.net/specs/openid-connect-core-1_0.html#IDToken
_SUB = re.compile(r"[\x20-\x7e]{1,255}")


@dataclass(frozen=True)
class Caller:
    """`sub` names a person at the issuer, for ever; `claims` are all that the token says."""

    sub: str
    claims: Mapping[str, Any]

    def is_in(self, group: str, claim: str) -> bool:
        """Whether `claim` has the group, whole: a text is one group's name, however many words it has."""
        found = self.claims.get(claim)
        return group == found if isinstance(found, str) else isinstance(found, list) and group in found


def caller(event: Request) -> Caller:
    """Who asks; NotSignedIn where the gateway verified no token, as on a route that has lost its authorizer.

    Claims are read from the very token that was verified, for the gateway flattens lists: `[admin staff]` may be one
    group or two.
    """
    claims = _payload(header(event, "authorization") or "")
    sub = claims.get("sub")
    if not isinstance(sub, str) or not _SUB.fullmatch(sub) or sub != _verified_sub(event):
        raise NotSignedIn("Sign in, and send the access token in the header Authorization.")
    return Caller(sub, claims)


def admin(event: Request, *, group: str, claim: str) -> Caller:
    """Who asks, if they are of the group of admins; NotSignedIn or NotAdmin."""
    found = caller(event)
    if not found.is_in(group, claim):
        raise NotAdmin("This account is not an admin; ask the owner to add it to the group, and sign in again.")
    return found


def _verified_sub(event: Request) -> object:
    try:
        return event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]
    except (KeyError, TypeError):
        return None


def _payload(authorization: str) -> dict[str, Any]:
    """What the token says, with `Bearer` before it or without; nothing where it is no JWT, or not the only one."""
    token = _TOKEN.fullmatch(authorization)
    if token is None:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(token[1] + "=" * (-len(token[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
