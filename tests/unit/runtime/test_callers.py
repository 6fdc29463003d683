"""Who asks, from the token that the gateway verified."""

from typing import Any

import pytest

from payments.domain.errors import NotAdmin, NotSignedIn
from payments.runtime.callers import admin, caller
from tests.callers import access_token, verified


def request(claims: dict[str, Any], *, of: dict[str, Any] | None = None, prefix: str = "Bearer ") -> dict[str, Any]:
    """A token, verified as itself or as another."""
    event = verified(claims, prefix=prefix)
    return event if of is None else event | {"requestContext": verified(of)["requestContext"]}


@pytest.mark.parametrize("prefix", ["Bearer ", "bearer ", ""])
def test_a_caller_is_who_the_token_names(prefix: str) -> None:
    assert caller(request({"sub": "ada-1", "name": "Ädä"}, prefix=prefix)).sub == "ada-1"


@pytest.mark.parametrize(
    "event",
    [
        {"headers": {}, "requestContext": {}},
        request({"sub": "ada-1"}) | {"requestContext": {}},
        request({"sub": "ada-1"}) | {"requestContext": {"authorizer": None}},
        request({"sub": "ada-1"}) | {"requestContext": {"authorizer": {"jwt": {"claims": None}}}},
        request({"sub": "ada-1"}) | {"requestContext": {"authorizer": {"lambda": {"sub": "ada-1"}}}},
        request({"sub": "ada-1"}) | {"headers": {}},
        request({"sub": "ada-1"}) | {"headers": {"authorization": "Bearer one.two"}},
        request({"sub": "ada-1"}) | {"headers": {"authorization": "Bearer a.W10.c"}},
        request({"sub": "grace-1"}, of={"sub": "ada-1"}),
        request({"sub": ""}),
        request({"sub": 7}),
        request({"sub": ["ada-1"]}),
        # Longer than OpenID Connect lets it be, and than what it is found by.
        request({"sub": "a" * 256}),
        request({"sub": "ådå"}),
        request({"sub": "ada-1\n"}),
        request({}),
    ],
)
def test_without_a_verified_token_nobody_is_signed_in(event: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        caller(event)


@pytest.mark.parametrize("between", [", Bearer ", ",Bearer ", ",", " ", " Bearer "])
@pytest.mark.parametrize("order", [1, -1])
def test_of_two_tokens_none_is_believed_whichever_was_verified(between: str, order: int) -> None:
    honest, forged = {"sub": "ada-1"}, {"sub": "ada-1", "cognito:groups": ["admin"]}
    both = [access_token(honest), access_token(forged)][::order]
    with pytest.raises(NotSignedIn):
        caller(request(honest) | {"headers": {"authorization": "Bearer " + between.join(both)}})


@pytest.mark.parametrize("sub", ["auth0|5f7c8ec7c33c6c004bbafe82", "a#b/c", "CN=Ada Lovelace,O=Shop", "a" * 255])
def test_whatever_openid_connect_lets_be_a_name_names_somebody(sub: str) -> None:
    assert caller(request({"sub": sub})).sub == sub


@pytest.mark.parametrize("groups", [["admin"], ["staff", "admin"], "admin"])
def test_an_admin_has_the_group_in_the_claim(groups: object) -> None:
    assert admin(request({"sub": "grace-1", "cognito:groups": groups}), group="admin", claim="cognito:groups").sub


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"groups": ["admin"]},
        {"cognito:groups": []},
        {"cognito:groups": ["not admin"]},
        {"cognito:groups": "not admin"},
        {"cognito:groups": "[admin]"},
        {"cognito:groups": ["Admin", "administrators"]},
        {"cognito:groups": [["admin"]]},
        {"cognito:groups": {"admin": True}},
        {"cognito:groups": None},
    ],
)
def test_whoever_does_not_have_it_is_none(claims: dict[str, Any]) -> None:
    with pytest.raises(NotAdmin):
        admin(request({"sub": "ada-1"} | claims), group="admin", claim="cognito:groups")
