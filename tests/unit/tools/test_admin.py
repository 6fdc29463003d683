"""`make admin`: the first admin of a pool of ours, safe to repeat, and nobody by mistake."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tools import admin
from tools.deployment import Deployment

GRACE = "grace@example.com"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """A stack with a pool and a group in it."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        session = boto3.Session(region_name="eu-central-1")
        cognito: Any = session.client("cognito-idp")
        pool = cognito.create_user_pool(
            PoolName="quittance", UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": False}
        )["UserPool"]["Id"]
        cognito.create_group(UserPoolId=pool, GroupName="owners")
        outputs = {"UserPoolId": pool, "SignInIssuer": f"https://cognito-idp.eu-central-1.amazonaws.com/{pool}"}
        yield Deployment("quittance", session, outputs, {"AdminGroup": "owners"})


@pytest.fixture
def make(
    stack: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    def run(email: str = GRACE, of: Deployment = stack) -> tuple[int, str]:
        monkeypatch.setattr(admin, "deployment", lambda _: of)
        code = admin.main(["--stage", "staging", "--email", email])
        return code, "".join(capsys.readouterr())

    return run


def admins(stack: Deployment) -> list[str]:
    listed = stack.client("cognito-idp").list_users_in_group(UserPoolId=stack.outputs["UserPoolId"], GroupName="owners")
    return [
        attribute["Value"]
        for user in listed["Users"]
        for attribute in user["Attributes"]
        if attribute["Name"] == "email"
    ]


def test_who_has_no_account_gets_one_and_is_an_admin(stack: Deployment, make: Callable[..., tuple[int, str]]) -> None:
    code, said = make(" Grace@Example.com ")
    assert (code, admins(stack)) == (0, [GRACE])
    assert said.startswith(f"{GRACE} is in the group owners of quittance; a mail with the first password")


def test_doing_it_again_makes_nobody_twice_and_sends_the_mail_anew(
    stack: Deployment, make: Callable[..., tuple[int, str]]
) -> None:
    make()
    code, said = make()
    assert (code, admins(stack)) == (0, [GRACE])
    assert "a new mail" in said


def an_account(stack: Deployment, *, verified: str = "true", confirmed: bool = True) -> None:
    cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="pages")["UserPoolClient"]["ClientId"]
    attributes = [{"Name": "email", "Value": GRACE}]
    cognito.sign_up(ClientId=client, Username=GRACE, Password="Chosen by 1 who signs up!", UserAttributes=attributes)
    if confirmed:
        cognito.admin_confirm_sign_up(UserPoolId=pool, Username=GRACE)
    attributes = [{"Name": "email_verified", "Value": verified}]
    cognito.admin_update_user_attributes(UserPoolId=pool, Username=GRACE, UserAttributes=attributes)


def test_who_has_an_account_keeps_it(stack: Deployment, make: Callable[..., tuple[int, str]]) -> None:
    an_account(stack)
    code, said = make()
    assert (code, admins(stack)) == (0, [GRACE])
    assert "signing in again" in said


@pytest.mark.parametrize("account", [{"confirmed": False}, {"verified": "false"}])
def test_whoever_took_anothers_address_is_no_admin(
    stack: Deployment, make: Callable[..., tuple[int, str]], account: dict[str, Any]
) -> None:
    an_account(stack, **account)
    code, said = make()
    assert (code, admins(stack)) == (1, [])
    assert "has not confirmed it by mail" in said


def test_who_is_shut_out_is_not_let_in_by_the_way(stack: Deployment, make: Callable[..., tuple[int, str]]) -> None:
    an_account(stack)
    stack.client("cognito-idp").admin_disable_user(UserPoolId=stack.outputs["UserPoolId"], Username=GRACE)
    code, said = make()
    assert (code, admins(stack)) == (1, [])
    assert "enable it" in said


@pytest.mark.parametrize("email", ["", "grace", "grace@localhost", "a b@example.com"])
def test_what_is_no_address_is_refused(make: Callable[..., tuple[int, str]], email: str) -> None:
    assert make(email) == (1, f"EMAIL must be an address such as grace@example.com, not {email!r}.\n")


def test_a_provider_that_is_not_ours_is_named(stack: Deployment, make: Callable[..., tuple[int, str]]) -> None:
    elsewhere = replace(stack, outputs={"SignInIssuer": "https://login.example"})
    code, said = make(of=elsewhere)
    assert code == 1
    assert "for its OidcIssuer is https://login.example: put the person into the group owners there." in said


def test_a_stack_of_before_is_to_be_deployed_anew(stack: Deployment, make: Callable[..., tuple[int, str]]) -> None:
    assert make(of=replace(stack, outputs={})) == (1, "The stack quittance has no output UserPoolId; deploy it anew.\n")
