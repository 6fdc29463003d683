"""The issuer: whoever one says to be, one is, for the pages of this stack and nobody else."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import Client, TestResponse

from local.issuer.app import Issuer

URL = "http://localhost:8027"
PAGE = "http://localhost:8000"
CALLBACK = f"{PAGE}/admin/"
VERIFIER = "a-verifier-of-at-least-forty-three-characters"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
REQUEST = {
    "response_type": "code",
    "client_id": "quittance",
    "redirect_uri": CALLBACK,
    "scope": "openid email",
    "state": "s&t=1",
    "nonce": "once",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
OF_THE_PAGE = {"Origin": URL}


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def browser(clock: Clock) -> Client:
    return Client(Issuer(URL, "quittance", [PAGE, "https://shop.test"], clock=clock))


def call(browser: Client, method: str, path: str, **options: Any) -> Any:
    return browser.open(path, method=method, base_url=URL, **options)


def way_back(answer: TestResponse) -> dict[str, str]:
    """What the page is told in its address."""
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(CALLBACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def sign_in(browser: Client, form: dict[str, str], **changes: str) -> dict[str, str]:
    asked = REQUEST | changes
    return way_back(call(browser, "POST", "/oauth2/authorize", query_string=asked, data=form, headers=OF_THE_PAGE))


def token(browser: Client, **sent: str) -> Any:
    form = {"grant_type": "authorization_code", "client_id": "quittance", "redirect_uri": CALLBACK} | sent
    return call(browser, "POST", "/oauth2/token", data=form, headers={"Origin": PAGE})


def read(browser: Client, token: str) -> dict[str, Any]:
    """The claims of a token that the published key has signed."""
    configuration = call(browser, "GET", "/.well-known/openid-configuration").json
    assert configuration["issuer"] == URL
    keys = call(browser, "GET", configuration["jwks_uri"].removeprefix(URL)).json
    assert all("d" not in key for key in keys["keys"])
    return jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims


def test_the_page_offers_ada_grace_and_anybody_and_its_form_may_lead_back(browser: Client) -> None:
    answer = call(browser, "GET", "/oauth2/authorize", query_string=REQUEST | {"client_id": "quittance"})

    for each in ("Ada, a customer", "Grace, an admin", "ada@example.com", 'type="email"'):
        assert each in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert f"form-action 'self' {PAGE};" in policy
    assert "frame-ancestors 'none'" in policy
    # Else the browser would say that the form is of the origin null.
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_an_admin_signs_in_with_tokens_of_cognitos_shape(browser: Client, clock: Clock) -> None:
    back = sign_in(browser, {"email": "grace@example.com", "admin": "on"})
    assert back["state"] == "s&t=1"

    answer = token(browser, code=back["code"], code_verifier=VERIFIER)

    assert answer.json["expires_in"] == 900
    assert answer.headers["access-control-allow-origin"] == PAGE
    access, identity = (read(browser, answer.json[name]) for name in ("access_token", "id_token"))
    assert access | {"sub": "", "jti": "", "username": ""} == {
        "sub": "",
        "cognito:groups": ["admin"],
        "iss": URL,
        "token_use": "access",
        "auth_time": clock.now,
        "iat": clock.now,
        "exp": clock.now + 900,
        "jti": "",
        "client_id": "quittance",
        "scope": "openid email",
        "username": "",
        "version": 2,
    }
    assert identity["email"] == "grace@example.com"
    assert (identity["aud"], identity["nonce"], identity["sub"]) == ("quittance", "once", access["sub"])


def test_a_person_has_the_same_sub_at_each_start_and_no_groups_of_another(browser: Client) -> None:
    subs = set()
    for issuer in (browser, Client(Issuer(URL, "quittance", [PAGE]))):
        code = sign_in(issuer, {"email": " Ada@example.com"})["code"]
        claims = read(issuer, token(issuer, code=code, code_verifier=VERIFIER).json["access_token"])
        assert "cognito:groups" not in claims
        subs.add(claims["sub"])
    assert len(subs) == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"code_verifier": VERIFIER + "x"},
        {"code_verifier": ""},
        {"code_verifier": VERIFIER, "redirect_uri": f"{PAGE}/"},
        {"code_verifier": VERIFIER, "code": "another"},
    ],
)
def test_a_code_is_for_whoever_asked_for_it(browser: Client, sent: dict[str, str]) -> None:
    answer = token(browser, **{"code": sign_in(browser, {"email": "ada@example.com"})["code"]} | sent)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_a_code_is_good_once_and_for_minutes(browser: Client, clock: Clock) -> None:
    used, old = (sign_in(browser, {"email": "ada@example.com"})["code"] for _ in range(2))
    assert token(browser, code=used, code_verifier=VERIFIER).status_code == 200
    assert token(browser, code=used, code_verifier=VERIFIER).json["error"] == "invalid_grant"
    clock.now += 301
    assert token(browser, code=old, code_verifier=VERIFIER).json["error"] == "invalid_grant"


def test_a_refresh_token_gives_new_tokens_until_it_is_revoked_or_old(browser: Client, clock: Clock) -> None:
    first, second = (
        token(browser, code=sign_in(browser, {"email": "ada@example.com"})["code"], code_verifier=VERIFIER).json
        for _ in range(2)
    )
    clock.now += 3600

    again = token(browser, grant_type="refresh_token", refresh_token=first["refresh_token"]).json

    assert read(browser, again["access_token"])["exp"] == clock.now + 900
    call(browser, "POST", "/oauth2/revoke", data={"token": first["refresh_token"]})
    assert token(browser, grant_type="refresh_token", refresh_token=first["refresh_token"]).status_code == 400
    clock.now += 12 * 3600
    assert token(browser, grant_type="refresh_token", refresh_token=second["refresh_token"]).status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid root"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_what_is_no_code_flow_with_pkce_is_told_to_the_page(
    browser: Client, changes: dict[str, str], error: str
) -> None:
    back = way_back(call(browser, "GET", "/oauth2/authorize", query_string=REQUEST | changes))
    assert (back["error"], back["state"]) == (error, "s&t=1")
    assert back["error_description"].endswith(".")


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "http://localhost:8001/admin/",
        "https://localhost:8000/",
        "http://localhost:8000.evil.test/",
        "http://localhost:8000@evil.test/",
        "http://localhost:8000\\@evil.test/",
        "http://user@localhost:8000/",
        "//localhost:8000/",
        "http://[/",
        "http://local\thost:8000/",
        "http://localhost:8000/#part",
        "javascript:alert(1)",
    ],
)
@pytest.mark.parametrize(("path", "name"), [("/oauth2/authorize", "redirect_uri"), ("/logout", "logout_uri")])
def test_nobody_is_sent_to_an_address_that_is_not_a_pages(browser: Client, uri: str, path: str, name: str) -> None:
    answer = call(browser, "GET", path, query_string=REQUEST | {name: uri})

    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "on none of the pages&#x27; origins" in answer.text
    assert "<script" not in answer.text


def test_another_client_is_refused_in_words(browser: Client) -> None:
    answer = call(browser, "GET", "/oauth2/authorize", query_string=REQUEST | {"client_id": "<b>x"})
    assert answer.status_code == 400
    assert "&lt;b&gt;x" in answer.text


def test_signing_out_leads_back_to_the_page(browser: Client) -> None:
    answer = call(browser, "GET", "/logout", query_string={"client_id": "quittance", "logout_uri": CALLBACK})
    assert (answer.status_code, answer.headers["Location"]) == (303, CALLBACK)


@pytest.mark.parametrize("origin", ["null", "https://evil.test", "http://localhost:8000"])
def test_only_the_issuers_own_page_says_who_one_is(browser: Client, origin: str) -> None:
    form, headers = {"email": "grace@example.com", "admin": "on"}, {"Origin": origin}
    answer = call(browser, "POST", "/oauth2/authorize", query_string=REQUEST, data=form, headers=headers)
    assert way_back(answer)["error"] == "access_denied"


def test_a_program_gets_the_token_that_it_asks_for(browser: Client) -> None:
    asked = {"email": "grace@example.com", "groups": ["admin", "not admin"]}
    answer = call(browser, "POST", "/_control/tokens", data=json.dumps(asked))
    claims = read(browser, answer.json["access_token"])
    assert (claims["cognito:groups"], claims["scope"]) == (["admin", "not admin"], "openid")


@pytest.mark.parametrize(
    ("body", "headers", "base", "status"),
    [
        ({"email": "grace@example.com"}, {"Origin": "https://evil.test"}, URL, 403),
        ({"email": "grace@example.com"}, {"Origin": "null"}, URL, 403),
        ({"email": "grace@example.com"}, {"Origin": PAGE}, URL, 403),
        ({"email": "grace@example.com"}, {}, "http://evil.test:8027", 403),
        ({"email": "grace"}, {}, URL, 400),
        ({"email": "grace@example.com", "groups": "admin"}, {}, URL, 400),
        ({"mail": "grace@example.com"}, {}, URL, 400),
        ([], {}, URL, 400),
    ],
)
def test_a_page_gets_none_and_mistakes_are_said(
    browser: Client, body: object, headers: dict[str, str], base: str, status: int
) -> None:
    answer: Any = browser.post("/_control/tokens", data=json.dumps(body), headers=headers, base_url=base)
    assert answer.status_code == status
    assert answer.json["error"]["message"].endswith(".")


def test_pages_of_other_origins_read_no_tokens(browser: Client) -> None:
    for origin, allowed in ((PAGE, PAGE), ("https://shop.test", "https://shop.test"), ("https://evil.test", None)):
        answer = call(browser, "OPTIONS", "/oauth2/token", headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed
    answer = call(browser, "POST", "/_control/tokens", data="{}", headers={"Origin": URL})
    assert "access-control-allow-origin" not in answer.headers


def test_a_body_that_is_far_too_large_is_not_read(browser: Client) -> None:
    assert call(browser, "POST", "/oauth2/token", data={"code": "x" * 100_000}).status_code == 413
    assert call(browser, "POST", "/_control/tokens", data=b"x" * 100_000).status_code == 413
