"""Which access tokens lead to the desk: the local gateway before the real function, as API Gateway is on AWS."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from local.gateway import Gateway
from local.issuer.app import Issuer
from local.runtime_api import Result
from local.servers import Server, listen
from local.template import Template
from tests.integration.system import ORIGIN, ROOT, System
from tests.tokens import GOOD, NOT_OF_THE_GROUP, NOT_VERIFIED, WITHOUT_SCOPE, Tokens

CLIENT = "quittance"


class Door:
    """The API's gateway, and the issuer whose tokens it takes."""

    def __init__(self, system: System, url: str, issuer: Issuer) -> None:
        self._system = system
        self.url, self.tokens = url, Tokens(issuer.signer, url, CLIENT)
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


@pytest.fixture(scope="module")
def door(running_system: System) -> Iterator[Door]:
    with listen(0) as listener:
        url = f"http://localhost:{listener.getsockname()[1]}"
        issuer = Issuer(url, CLIENT, [ORIGIN])
        server = Server(listener, issuer)
        yield Door(running_system, url, issuer)
        server.close()


@pytest.mark.parametrize("token", NOT_VERIFIED)
def test_a_token_that_does_not_hold_leads_nowhere(door: Door, token: str) -> None:
    answer = door.ask(NOT_VERIFIED[token](door.tokens))

    assert (answer.status_code, answer.json) == (401, {"message": "Unauthorized"})
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert door.events == []


@pytest.mark.parametrize("token", WITHOUT_SCOPE)
def test_a_token_without_the_scope_is_forbidden(door: Door, token: str) -> None:
    answer = door.ask(f"Bearer {WITHOUT_SCOPE[token](door.tokens)}")

    assert (answer.status_code, answer.json) == (403, {"message": "Forbidden"})
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    assert door.events == []


@pytest.mark.parametrize("token", NOT_OF_THE_GROUP)
def test_whoever_is_no_admin_is_refused_in_words(door: Door, token: str) -> None:
    answer: Any = door.ask(f"Bearer {NOT_OF_THE_GROUP[token](door.tokens)}")

    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert answer.content_type == "application/problem+json"
    assert "products" not in answer.json


@pytest.mark.parametrize("token", GOOD)
def test_an_admin_reads_the_desk(door: Door, token: str) -> None:
    answer: Any = door.ask(GOOD[token](door.tokens))
    assert answer.status_code == 200
    assert answer.json["products"]


def test_the_function_is_told_of_claims_as_text_and_of_lists_as_api_gateway_writes_them(door: Door) -> None:
    claims = door.tokens.claims(flag=True, nested={"a": [1]})
    door.ask(door.tokens.signer.sign(claims))

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
    assert lost.ask(lost.tokens.token()).status_code == 401
