"""API Gateway's JWT authorizer: whose access token a request bears, and whether it holds.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from joserfc import jwt
from joserfc.errors import JoseError, MissingKeyError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from joserfc.jwk import Key

    from local.declarations import JwtAuthorizer

_ALGORITHMS = ("RS256", "RS384", "RS512")
_HEADER = re.compile(r"(?:Bearer +)?([^\s.]+\.[^\s.]+\.[^\s.]+)", re.IGNORECASE)
_TIMEOUT_SECONDS = 5


class Denied(Exception):
    """The request may not pass: 401, or 403 for a token that holds and has no scope of the route's."""

    def __init__(self, status: int, challenge: str) -> None:
        super().__init__(challenge)
        self.status = status
        self.message = "Forbidden" if status == 403 else "Unauthorized"
        self.challenge = challenge
        """What the header www-authenticate says."""

    @classmethod
    def invalid(cls, reason: str) -> Denied:
        return cls(401, f'Bearer scope="" error="invalid_token" error_description="{reason}"')


class Authorizer:
    """Checks tokens of one issuer; `keys` are those that it publishes, read when a token first needs them."""

    def __init__(self, declared: JwtAuthorizer, keys: Callable[[str], KeySet] | None = None) -> None:
        self._declared = declared
        self._read_keys = keys or published_keys
        self._keys = KeySet([])
        self._registry = JWTClaimsRegistry(iss={"essential": True, "value": declared.issuer}, exp={"essential": True})

    def context(self, header: str | None, scopes: Sequence[str]) -> Mapping[str, Any]:
        """What the function is told of the token: its claims as text. Raises Denied.

        A route with `scopes` takes a token that has one of them.
        """
        found = _HEADER.fullmatch(header or "")
        if not found:
            raise Denied(401, "Bearer")
        claims = self._verified(found[1])
        granted = _scopes_of(claims)
        if scopes and not set(scopes) & set(granted):
            raise Denied(403, f'Bearer scope="{" ".join(scopes)}" error="insufficient_scope"')
        flattened = {name: flat(value) for name, value in claims.items()}
        return {"jwt": {"claims": flattened, "scopes": [each for each in scopes if each in granted] or None}}

    def _verified(self, token: str) -> Mapping[str, Any]:
        try:
            claims = jwt.decode(token, self._key_of, algorithms=_ALGORITHMS).claims
            self._registry.validate({name: claims[name] for name in ("iss", "exp", "nbf", "iat") if name in claims})
        except (JoseError, ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError) as error:
            raise Denied.invalid(f"the token does not hold: {type(error).__name__}") from error
        if not self._is_for_us(claims):
            raise Denied.invalid("the token does not have a valid audience")
        return claims

    def _key_of(self, token: Any) -> Key:
        kid = token.headers().get("kid")
        if not isinstance(kid, str):
            raise MissingKeyError("the token names no key")
        if all(key.kid != kid for key in self._keys):
            try:
                self._keys = self._read_keys(self._declared.issuer)
            except OSError as error:
                raise ValueError("the issuer's keys cannot be read") from error
        return self._keys.get_by_kid(kid)

    def _is_for_us(self, claims: Mapping[str, Any]) -> bool:
        """By `client_id` only where there is no `aud`, as in Cognito's access tokens."""
        named = claims["aud"] if "aud" in claims else claims.get("client_id")
        return any(each in self._declared.audience for each in (named if isinstance(named, list) else [named]))


def published_keys(issuer: str) -> KeySet:
    """The issuer's keys; OSError or ValueError where they cannot be read."""
    # Some providers' issuers end with a slash, in their tokens too.
    configuration = _json_at(f"{issuer.removesuffix('/')}/.well-known/openid-configuration")
    return KeySet.import_key_set(_json_at(configuration["jwks_uri"]))


def _json_at(url: str) -> Any:
    with urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - the issuer's, from the template
        return json.load(answer)


def _scopes_of(claims: Mapping[str, Any]) -> Sequence[str]:
    """`scp` wins over `scope`; either is a text with spaces, or a list."""
    named = claims.get("scp", claims.get("scope", ""))
    return named if isinstance(named, list) else str(named).split()


def flat(value: Any) -> str:
    """A claim as API Gateway hands it over: always text, a list as `[admin staff]`."""
    match value:
        case bool():
            return str(value).lower()
        case list():
            return f"[{' '.join(flat(each) for each in value)}]"
        case dict():
            return f"map[{' '.join(f'{name}:{flat(each)}' for name, each in value.items())}]"
        case None:
            return "<nil>"
    return str(value)
