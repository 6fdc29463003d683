"""The issuer's addresses: discovery, keys, the code flow with PKCE, sign-out, and tokens for tests."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from local.issuer import pages
from local.issuer.grants import Grant, Grants
from local.issuer.tokens import LIFETIME_SECONDS, Person, Signer
from local.pages import HEADERS, Pages, in_json, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

SCOPES = ("openid", "email", "profile")
ADA, GRACE = "ada@example.com", "grace@example.com"
MOST_BODY_BYTES = 64 * 1024

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
# What a page's script may call.
_FOR_SCRIPTS = ("/oauth2/token", "/oauth2/revoke", "/.well-known/openid-configuration", "/.well-known/jwks.json")


class _Refused(Exception):
    """What was asked for cannot be; `error` is OAuth's word for it, the message a sentence for people."""

    def __init__(self, error: str, sentence: str) -> None:
        super().__init__(sentence)
        self.error = error


class Issuer:
    """An OpenID provider at the origin `url`, for the one client `client_id` and the pages of `origins`.

    `group` is that of admins. POST /_control/tokens {"email", "groups": [...], "scope"?} answers {"access_token"}.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        origins: Collection[str],
        group: str = "admin",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.signer = Signer(url, client_id)
        self.url = url
        self.client_id = client_id
        self._origins = frozenset(origins)
        self._group = group
        self._clock = clock
        self._grants = Grants(clock)
        self._pages = Pages(Path(__file__).parent / "static")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = MOST_BODY_BYTES
        try:
            response = refusal(request) or self._answer(request)
        except HTTPException as error:
            response = Response(f"{error.description}\n", status=error.code)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.path in _FOR_SCRIPTS:
            self._allow_origin(request, response)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        match request.method, request.path:
            case "OPTIONS", path if path in _FOR_SCRIPTS:
                return Response(status=204)
            case "GET", "/.well-known/openid-configuration":
                return in_json(self._discovery())
            case "GET", "/.well-known/jwks.json":
                return in_json(self.signer.key_set())
            case "GET" | "POST", "/oauth2/authorize":
                return self._authorize(request)
            case "POST", "/oauth2/token":
                return self._token(request)
            case "POST", "/oauth2/revoke":
                self._grants.revoke(request.form.get("token", ""))
                return Response(status=200)
            case "GET", "/logout":
                return self._sign_out(request)
            case "POST", "/_control/tokens":
                return self._control(request)
            case "GET", "/":
                return _page(pages.front(self._example()))
            case "GET" | "HEAD", _:
                return self._pages.file(request)
            case _:
                return Response("Method not allowed\n", status=405)

    def _discovery(self) -> Mapping[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/oauth2/authorize",
            "token_endpoint": f"{self.url}/oauth2/token",
            "revocation_endpoint": f"{self.url}/oauth2/revoke",
            "end_session_endpoint": f"{self.url}/logout",
            "jwks_uri": f"{self.url}/.well-known/jwks.json",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
            "scopes_supported": list(SCOPES),
        }

    # Signing in

    def _authorize(self, request: Request) -> Response:
        """The page that asks who one is, and the way back from it."""
        asked = request.args
        redirect_uri = asked.get("redirect_uri", "")
        try:
            self._check_client(asked.get("client_id", ""), redirect_uri)
        except _Refused as error:
            # Nobody is sent to an address that is not allowed.
            return _page(pages.refused(str(error)), status=400)
        state = {"state": asked["state"]} if "state" in asked else {}
        try:
            scope = _scope_of(asked)
            if request.method == "POST":
                person = self._person(request)
                grant = Grant(person, scope, redirect_uri, asked["code_challenge"], asked.get("nonce"))
                return _back(redirect_uri, {"code": self._grants.code_for(grant)} | state)
        except _Refused as error:
            return _back(redirect_uri, {"error": error.error, "error_description": str(error)} | state)
        people = [("Ada, a customer", Person(ADA)), ("Grace, an admin", Person(GRACE, (self._group,)))]
        # A browser follows the way back from a form only where this allows it, too.
        allowed = f"form-action 'self' {_origin_of(redirect_uri)}"
        return _page(pages.sign_in(self.client_id, people, self._group), form_action=allowed)

    def _check_client(self, client_id: str, redirect_uri: str) -> None:
        if client_id != self.client_id:
            raise _Refused("invalid_client", f"The client is {self.client_id!r} here, not {client_id!r}.")
        if not self._is_allowed(redirect_uri):
            allowed = ", ".join(sorted(self._origins))
            raise _Refused(
                "invalid_request",
                f"redirect_uri {redirect_uri!r} is on none of the pages' origins, which are {allowed}; "
                "ALLOWED_ORIGINS=... make run adds others.",
            )

    def _is_allowed(self, uri: str) -> bool:
        return re.fullmatch(r"[!-~]+", uri) is not None and "#" not in uri and _origin_of(uri) in self._origins

    def _person(self, request: Request) -> Person:
        if not self._is_own(request):
            raise _Refused("access_denied", "Only the page that asks who you are may say so.")
        email = request.form.get("email", "").strip()
        if not _EMAIL.fullmatch(email):
            raise _Refused("access_denied", "Sign in with an address such as ada@example.com.")
        return Person(email, (self._group,) if "admin" in request.form else ())

    def _sign_out(self, request: Request) -> Response:
        """Nobody stays signed in here; `logout_uri` is Cognito's name for OpenID's `post_logout_redirect_uri`."""
        asked = request.args
        uri = asked.get("logout_uri") or asked.get("post_logout_redirect_uri", "")
        try:
            self._check_client(asked.get("client_id", self.client_id), uri)
        except _Refused as error:
            return _page(pages.refused(str(error)), status=400)
        return _back(uri, {"state": asked["state"]} if "state" in asked else {})

    # Tokens

    def _token(self, request: Request) -> Response:
        try:
            grant, refresh_token = self._granted(request.form)
        except _Refused as error:
            return in_json({"error": error.error, "error_description": str(error)}, 400)
        now = int(self._clock())
        return in_json(
            {
                "access_token": self.signer.sign(self.signer.access_claims(grant.person, grant.scope, now)),
                "id_token": self.signer.sign(self.signer.id_claims(grant.person, grant.nonce, now)),
                **({"refresh_token": refresh_token} if refresh_token else {}),
                "token_type": "Bearer",
                "expires_in": LIFETIME_SECONDS,
            }
        )

    def _granted(self, sent: Mapping[str, str]) -> tuple[Grant, str | None]:
        """What a code or a refresh token was given for, and the refresh token that goes with a code."""
        if sent.get("client_id") != self.client_id:
            raise _Refused("invalid_client", f"The client is {self.client_id!r} here.")
        match sent.get("grant_type"):
            case "authorization_code":
                grant = self._grants.redeemed(
                    sent.get("code", ""), sent.get("redirect_uri", ""), sent.get("code_verifier", "")
                )
                refresh_token = self._grants.refresh_token_for(grant) if grant else None
            case "refresh_token":
                grant, refresh_token = self._grants.refreshed(sent.get("refresh_token", "")), None
            case _:
                raise _Refused("unsupported_grant_type", "Give authorization_code or refresh_token.")
        if grant is None:
            raise _Refused("invalid_grant", "It is unknown, too old, used or another's; sign in again.")
        return grant, refresh_token

    def _control(self, request: Request) -> Response:
        if not self._is_own(request):
            return in_json({"error": {"message": "Pages of other origins may not use the control interface."}}, 403)
        try:
            email, groups, scope = _asked_for(json.loads(request.get_data()))
        except ValueError:
            sentence = 'Send {"email": "grace@example.com", "groups": ["admin"]}.'
            return in_json({"error": {"message": sentence}}, 400)
        claims = self.signer.access_claims(Person(email, groups), scope, int(self._clock()))
        return in_json({"access_token": self.signer.sign(claims)})

    def _is_own(self, request: Request) -> bool:
        """Any page in the browser can send requests here, and says whose they are; programs say nothing."""
        own = f"http://{request.environ.get('HTTP_HOST', '')}"
        return request.headers.get("Origin", own) == own

    def _allow_origin(self, request: Request, response: Response) -> None:
        response.headers["vary"] = "Origin"
        if (origin := request.headers.get("Origin")) in self._origins:
            response.headers["access-control-allow-origin"] = str(origin)
            response.headers["access-control-allow-methods"] = "GET,POST"
            response.headers["access-control-allow-headers"] = "content-type"

    def _example(self) -> str:
        body = json.dumps({"email": GRACE, "groups": [self._group]})
        return f"curl {self.url}/_control/tokens -d '{body}'"


def _scope_of(asked: Mapping[str, str]) -> str:
    """The scopes to be granted, those that were asked for or all; _Refused if this is no request of the code flow."""
    if asked.get("response_type") != "code":
        raise _Refused("unsupported_response_type", "Ask for response_type code.")
    if asked.get("prompt") == "none":
        raise _Refused("login_required", "Nobody stays signed in here; ask without prompt.")
    if asked.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(asked.get("code_challenge", "")):
        raise _Refused("invalid_request", "Send a code_challenge of the method S256 (PKCE).")
    scopes = asked.get("scope", "").split() or SCOPES
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise _Refused("invalid_scope", f"There is no scope {unknown[0]!r} here, but {', '.join(SCOPES)}.")
    return " ".join(scopes)


def _asked_for(value: Any) -> tuple[str, tuple[str, ...], str]:
    """Mail address, groups and scope of a token to be made; ValueError for anything else."""
    if not isinstance(value, dict) or not value.keys() <= {"email", "groups", "scope"}:
        raise ValueError
    email, groups, scope = value.get("email"), value.get("groups", []), value.get("scope", "openid")
    if not isinstance(email, str) or not _EMAIL.fullmatch(email) or not isinstance(scope, str):
        raise ValueError
    if not isinstance(groups, list) or not all(isinstance(each, str) for each in groups):
        raise ValueError
    return email, tuple(groups), scope


def _origin_of(uri: str) -> str:
    """As it is written; none that is allowed has a user or a backslash in it."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def _back(uri: str, parameters: Mapping[str, str]) -> Response:
    joint = "&" if "?" in uri else "?"
    return redirect(f"{uri}{joint if parameters else ''}{urlencode(parameters)}", 303)


def _page(document: str, status: int = 200, form_action: str = "form-action 'none'") -> Response:
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'self'; img-src 'self'; {form_action}; base-uri 'none'; "
            "frame-ancestors 'none'"
        ),
        # With none at all a browser would not say whose the form is.
        "Referrer-Policy": "same-origin",
    }
    return Response(document, status=status, headers=headers, mimetype="text/html")
