"""Access tokens that lead to the desk, and those that do not: each by what is the matter with it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from joserfc.jwk import RSAKey

from local.issuer.tokens import Person, Signer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GRACE = Person("grace@example.com", ("staff", "admin"))
ADA = Person("ada@example.com")


@dataclass(frozen=True)
class Tokens:
    """What an issuer signs for its one client, and whatever else one may say that it signed."""

    signer: Signer
    url: str
    client: str

    def claims(self, person: Person = GRACE, scope: Any = "openid", **changes: Any) -> dict[str, Any]:
        """Those of an access token; what is changed to ... is left out."""
        claims = self.signer.access_claims(person, scope, int(time.time())) | changes
        return {name: value for name, value in claims.items() if value is not ...}

    def token(self, person: Person = GRACE, scope: Any = "openid", **changes: Any) -> str:
        return self.signer.sign(self.claims(person, scope, **changes))


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def forged(tokens: Tokens, header: Mapping[str, Any], sign: Callable[[bytes], bytes] = lambda _: b"") -> str:
    """A good token's claims under another header and signature."""
    text = f"{encoded(header)}.{encoded(tokens.claims())}"
    return f"{text}.{base64.urlsafe_b64encode(sign(text.encode())).decode().rstrip('=')}"


def public_key(tokens: Tokens) -> tuple[str, bytes]:
    [key] = tokens.signer.key_set()["keys"]
    return key["kid"], RSAKey.import_key(key).as_pem(private=False)


def signed_with_the_public_key(tokens: Tokens) -> str:
    kid, pem = public_key(tokens)
    return forged(tokens, {"alg": "HS256", "kid": kid}, lambda text: hmac.digest(pem, text, hashlib.sha256))


def signed_by_another(tokens: Tokens) -> str:
    """Another key, under the name of the right one."""
    other = Signer(tokens.url, tokens.client)
    header, claims, _ = tokens.token().split(".")
    [right], [wrong] = tokens.signer.key_set()["keys"], other.key_set()["keys"]
    assert right["kid"] != wrong["kid"]
    return f"{header}.{claims}.{other.sign(tokens.claims()).rpartition('.')[2]}"


def changed_claims(tokens: Tokens) -> str:
    header, _, signature = tokens.token(ADA).split(".")
    return f"{header}.{encoded(tokens.claims(GRACE))}.{signature}"


IN_AN_HOUR = 3600


def at(seconds: int) -> int:
    return int(time.time()) + seconds


NOT_VERIFIED: dict[str, Callable[[Tokens], str | None]] = {
    "none": lambda tokens: None,
    "empty": lambda tokens: "",
    "Bearer alone": lambda tokens: "Bearer ",
    "garbage": lambda tokens: "Bearer garbage",
    "garbage in three parts": lambda tokens: "Bearer ga.rb.age",
    "of another scheme": lambda tokens: f"Basic {tokens.token()}",
    "two tokens": lambda tokens: f"Bearer {tokens.token()} {tokens.token()}",
    "a header that is no object": lambda tokens: f"{encoded([])}.{encoded(tokens.claims())}.c2ln",
    "alg none": lambda tokens: forged(tokens, {"alg": "none"}),
    "alg none with the key's name": lambda tokens: forged(tokens, {"alg": "none", "kid": public_key(tokens)[0]}),
    "HS256 with the public key": signed_with_the_public_key,
    "another key": lambda tokens: Signer(tokens.url, tokens.client).sign(tokens.claims()),
    "another key under this one's name": signed_by_another,
    "no key's name": lambda tokens: forged(tokens, {"alg": "RS256"}),
    "changed claims": changed_claims,
    "another issuer": lambda tokens: tokens.token(iss="https://issuer.example"),
    "an issuer that begins alike": lambda tokens: tokens.token(iss=f"{tokens.url}/"),
    "no issuer": lambda tokens: tokens.token(iss=...),
    "another audience": lambda tokens: tokens.token(aud="another"),
    "an audience wins over client_id": lambda tokens: tokens.token(aud=["another"], client_id=tokens.client),
    "another client": lambda tokens: tokens.token(client_id="another"),
    "no client": lambda tokens: tokens.token(client_id=...),
    "expired": lambda tokens: tokens.token(exp=at(-1)),
    "no end": lambda tokens: tokens.token(exp=...),
    "an end that is no number": lambda tokens: tokens.token(exp="9999999999"),
    "not yet valid": lambda tokens: tokens.token(nbf=at(IN_AN_HOUR)),
    "issued in the future": lambda tokens: tokens.token(iat=at(IN_AN_HOUR)),
}


WITHOUT_SCOPE: dict[str, Callable[[Tokens], str]] = {
    "no scope": lambda tokens: tokens.token(scope=...),
    "an empty scope": lambda tokens: tokens.token(scope=""),
    "another scope": lambda tokens: tokens.token(scope="email profile"),
    "a scope that begins alike": lambda tokens: tokens.token(scope="openid.all"),
    "scp wins over scope": lambda tokens: tokens.token(scp=["email"], scope="openid"),
    "an ID token": lambda tokens: tokens.signer.sign(tokens.signer.id_claims(GRACE, None, int(time.time()))),
}


NOT_OF_THE_GROUP: dict[str, Callable[[Tokens], str]] = {
    "a customer": lambda tokens: tokens.token(ADA),
    "the group in another claim": lambda tokens: tokens.token(ADA, groups=["admin"]),
    "a group named `not admin`": lambda tokens: tokens.token(Person(ADA.email, ("not admin",))),
    "groups that look like a list": lambda tokens: tokens.token(ADA, **{"cognito:groups": "[admin]"}),
    "a group of other case": lambda tokens: tokens.token(Person(ADA.email, ("Admin",))),
}


GOOD: dict[str, Callable[[Tokens], str]] = {
    "Bearer": lambda tokens: f"Bearer {tokens.token()}",
    "bearer": lambda tokens: f"bearer {tokens.token()}",
    "the token alone": lambda tokens: tokens.token(),
    "an audience": lambda tokens: tokens.token(aud=tokens.client, client_id=...),
    "several audiences": lambda tokens: tokens.token(aud=["another", tokens.client]),
    "one scope of several": lambda tokens: tokens.token(scope="email openid"),
    "scopes as a list": lambda tokens: tokens.token(scp=["email", "openid"], scope=...),
    "valid since now": lambda tokens: tokens.token(nbf=at(-1)),
}
