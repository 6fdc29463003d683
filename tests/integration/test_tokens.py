"""Which access tokens lead to the desk: the local gateway before the real function, as API Gateway is on AWS."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from werkzeug.test import Client, TestResponse

from local.gateway import Gateway
from local.issuer.app import Issuer
from local.issuer.tokens import Person, Signer
from local.runtime_api import Result
from local.servers import Server, listen
from local.template import Template
from tests.integration.system import ORIGIN, ROOT, System

GRACE = Person("grace@example.com", ("staff", "admin"))
ADA = Person("ada@example.com")
CLIENT = "quittance"


class Door:
    """The API's gateway, and the issuer whose tokens it takes."""

    def __init__(self, system: System, url: str, issuer: Issuer) -> None:
        self._system = system
        self.url, self.signer = url, issuer.signer
        self.events: list[Mapping[str, Any]] = []
        [api] = Template(ROOT / "template.yaml", {"OidcIssuer": url}).http_apis.values()
        self._browser = Client(Gateway(api, self._invoke))

    def _invoke(self, function: str, payload: bytes) -> Future[Result]:
        event = json.loads(payload)
        self.events.append(event)
        future: Future[Result] = Future()
        future.set_result(Result(json.dumps(self._system.invoke(function, event)).encode(), failed=False))
        return future

    def ask(self, authorization: str | None) -> TestResponse:
        self.events.clear()
        headers = {"Authorization": authorization} if authorization is not None else {}
        return self._browser.get("/admin/products", headers=headers | {"Origin": ORIGIN})

    def claims(self, person: Person = GRACE, scope: Any = "openid", **changes: Any) -> dict[str, Any]:
        """Those of an access token; what is changed to ... is left out."""
        claims = self.signer.access_claims(person, scope, int(time.time())) | changes
        return {name: value for name, value in claims.items() if value is not ...}

    def token(self, person: Person = GRACE, scope: Any = "openid", **changes: Any) -> str:
        return self.signer.sign(self.claims(person, scope, **changes))


@pytest.fixture(scope="module")
def door(running_system: System) -> Iterator[Door]:
    with listen(0) as listener:
        url = f"http://localhost:{listener.getsockname()[1]}"
        issuer = Issuer(url, CLIENT, [ORIGIN])
        server = Server(listener, issuer)
        yield Door(running_system, url, issuer)
        server.close()


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def forged(door: Door, header: Mapping[str, Any], sign: Callable[[bytes], bytes] = lambda _: b"") -> str:
    """A good token's claims under another header and signature."""
    text = f"{encoded(header)}.{encoded(door.claims())}"
    return f"{text}.{base64.urlsafe_b64encode(sign(text.encode())).decode().rstrip('=')}"


def public_key(door: Door) -> tuple[str, bytes]:
    [key] = door.signer.key_set()["keys"]
    return key["kid"], RSAKey.import_key(key).as_pem(private=False)


def signed_with_the_public_key(door: Door) -> str:
    kid, pem = public_key(door)
    return forged(door, {"alg": "HS256", "kid": kid}, lambda text: hmac.digest(pem, text, hashlib.sha256))


def signed_by_another(door: Door) -> str:
    """Another key, under the name of the right one."""
    other = Signer(door.url, CLIENT)
    header, claims, _ = door.token().split(".")
    [right], [wrong] = door.signer.key_set()["keys"], other.key_set()["keys"]
    assert right["kid"] != wrong["kid"]
    return f"{header}.{claims}.{other.sign(door.claims()).rpartition('.')[2]}"


def changed_claims(door: Door) -> str:
    header, _, signature = door.token(ADA).split(".")
    return f"{header}.{encoded(door.claims(GRACE))}.{signature}"


IN_AN_HOUR = 3600


def at(seconds: int) -> int:
    return int(time.time()) + seconds


NOT_VERIFIED: dict[str, Callable[[Door], str | None]] = {
    "none": lambda door: None,
    "empty": lambda door: "",
    "Bearer alone": lambda door: "Bearer ",
    "garbage": lambda door: "Bearer garbage",
    "garbage in three parts": lambda door: "Bearer ga.rb.age",
    "of another scheme": lambda door: f"Basic {door.token()}",
    "two tokens": lambda door: f"Bearer {door.token()} {door.token()}",
    "a header that is no object": lambda door: f"{encoded([])}.{encoded(door.claims())}.c2ln",
    "alg none": lambda door: forged(door, {"alg": "none"}),
    "alg none with the key's name": lambda door: forged(door, {"alg": "none", "kid": public_key(door)[0]}),
    "HS256 with the public key": signed_with_the_public_key,
    "another key": lambda door: Signer(door.url, CLIENT).sign(door.claims()),
    "another key under this one's name": signed_by_another,
    "no key's name": lambda door: forged(door, {"alg": "RS256"}),
    "changed claims": changed_claims,
    "another issuer": lambda door: door.token(iss="https://issuer.example"),
    "an issuer that begins alike": lambda door: door.token(iss=f"{door.url}/"),
    "no issuer": lambda door: door.token(iss=...),
    "another audience": lambda door: door.token(aud="another"),
    "an audience wins over client_id": lambda door: door.token(aud=["another"], client_id=CLIENT),
    "another client": lambda door: door.token(client_id="another"),
    "no client": lambda door: door.token(client_id=...),
    "expired": lambda door: door.token(exp=at(-1)),
    "no end": lambda door: door.token(exp=...),
    "an end that is no number": lambda door: door.token(exp="9999999999"),
    "not yet valid": lambda door: door.token(nbf=at(IN_AN_HOUR)),
    "issued in the future": lambda door: door.token(iat=at(IN_AN_HOUR)),
}


@pytest.mark.parametrize("token", NOT_VERIFIED)
def test_a_token_that_does_not_hold_leads_nowhere(door: Door, token: str) -> None:
    answer = door.ask(NOT_VERIFIED[token](door))

    assert (answer.status_code, answer.json) == (401, {"message": "Unauthorized"})
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert door.events == []


WITHOUT_SCOPE: dict[str, Callable[[Door], str]] = {
    "no scope": lambda door: door.token(scope=...),
    "an empty scope": lambda door: door.token(scope=""),
    "another scope": lambda door: door.token(scope="email profile"),
    "a scope that begins alike": lambda door: door.token(scope="openid.all"),
    "scp wins over scope": lambda door: door.token(scp=["email"], scope="openid"),
    "an ID token": lambda door: door.signer.sign(door.signer.id_claims(GRACE, None, int(time.time()))),
}


@pytest.mark.parametrize("token", WITHOUT_SCOPE)
def test_a_token_without_the_scope_is_forbidden(door: Door, token: str) -> None:
    answer = door.ask(f"Bearer {WITHOUT_SCOPE[token](door)}")

    assert (answer.status_code, answer.json) == (403, {"message": "Forbidden"})
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    assert door.events == []


NOT_OF_THE_GROUP: dict[str, Callable[[Door], str]] = {
    "a customer": lambda door: door.token(ADA),
    "the group in another claim": lambda door: door.token(ADA, groups=["admin"]),
    "a group named `not admin`": lambda door: door.token(Person(ADA.email, ("not admin",))),
    "groups that look like a list": lambda door: door.token(ADA, **{"cognito:groups": "[admin]"}),
    "a group of other case": lambda door: door.token(Person(ADA.email, ("Admin",))),
}


@pytest.mark.parametrize("token", NOT_OF_THE_GROUP)
def test_whoever_is_no_admin_is_refused_in_words(door: Door, token: str) -> None:
    answer: Any = door.ask(f"Bearer {NOT_OF_THE_GROUP[token](door)}")

    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert answer.content_type == "application/problem+json"
    assert "products" not in answer.json


GOOD: dict[str, Callable[[Door], str]] = {
    "Bearer": lambda door: f"Bearer {door.token()}",
    "bearer": lambda door: f"bearer {door.token()}",
    "the token alone": lambda door: door.token(),
    "an audience": lambda door: door.token(aud=CLIENT, client_id=...),
    "several audiences": lambda door: door.token(aud=["another", CLIENT]),
    "one scope of several": lambda door: door.token(scope="email openid"),
    "scopes as a list": lambda door: door.token(scp=["email", "openid"], scope=...),
    "valid since now": lambda door: door.token(nbf=at(-1)),
}


@pytest.mark.parametrize("token", GOOD)
def test_an_admin_reads_the_desk(door: Door, token: str) -> None:
    answer: Any = door.ask(GOOD[token](door))
    assert answer.status_code == 200
    assert answer.json["products"]


def test_the_function_is_told_of_claims_as_text_and_of_lists_as_api_gateway_writes_them(door: Door) -> None:
    claims = door.claims(flag=True, nested={"a": [1]})
    door.ask(door.signer.sign(claims))

    [event] = door.events
    context = event["requestContext"]["authorizer"]["jwt"]
    assert context["scopes"] == ["openid"]
    assert context["claims"]["cognito:groups"] == "[staff admin]"
    assert context["claims"]["exp"] == str(claims["exp"])
    assert (context["claims"]["flag"], context["claims"]["nested"]) == ("true", "map[a:[1]]")


def test_a_preflight_bears_no_token(door: Door) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    answer = door._browser.options("/admin/products", headers=headers)
    assert answer.status_code == 204
    assert "authorization" in answer.headers["access-control-allow-headers"]


def test_keys_that_cannot_be_read_let_nobody_in(running_system: System) -> None:
    with listen(0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    lost = Door(running_system, url, Issuer(url, CLIENT, [ORIGIN]))
    assert lost.ask(lost.token()).status_code == 401
