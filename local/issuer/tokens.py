"""What the issuer signs: access tokens and ID tokens as Cognito's are, RS256 with a key that is made at its start.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

if TYPE_CHECKING:
    from collections.abc import Mapping

# The template's Cognito pool has the same.
LIFETIME_SECONDS = 15 * 60
GROUPS_CLAIM = "cognito:groups"


@dataclass(frozen=True)
class Person:
    email: str
    groups: tuple[str, ...] = ()

    @property
    def sub(self) -> str:
        """The same for a mail address at each start; a UUID, as Cognito's are."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"mailto:{self.email.strip().lower()}"))


class Signer:
    """`issuer` is its origin; `client_id` the one client that there is."""

    def __init__(self, issuer: str, client_id: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)

    def key_set(self) -> Mapping[str, Any]:
        """The public key, as jwks_uri answers it."""
        return KeySet([self._key]).as_dict(private=False)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token with these claims and no other."""
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, dict(claims), self._key)

    def access_claims(self, person: Person, scope: str, now: int) -> dict[str, Any]:
        """As Cognito has them: no `aud`, and no mail. Times are in seconds since 1970."""
        return self._claims(person, "access", now) | {
            "client_id": self._client_id,
            "scope": scope,
            "username": person.sub,
            "version": 2,
        }

    def id_claims(self, person: Person, nonce: str | None, now: int) -> dict[str, Any]:
        return self._claims(person, "id", now) | {
            "aud": self._client_id,
            "cognito:username": person.sub,
            "email": person.email,
            "email_verified": True,
            **({"nonce": nonce} if nonce is not None else {}),
        }

    def _claims(self, person: Person, use: str, now: int) -> dict[str, Any]:
        return {
            "sub": person.sub,
            **({GROUPS_CLAIM: list(person.groups)} if person.groups else {}),
            "iss": self._issuer,
            "token_use": use,
            "auth_time": now,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": secrets.token_urlsafe(16),
        }
