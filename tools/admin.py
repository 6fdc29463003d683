"""`python -m tools.admin`: makes somebody an admin in the Cognito user pool that a stack has made.

Who has no account there gets one, and a mail with a password for the first time. Doing it again changes nothing, but
sends that mail anew to whoever has not signed in yet.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any

from tools.deployment import Deployment, DeploymentError, deployment, in_words

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def make_admin(email: str, stack: Deployment) -> str:
    """Says what was done; DeploymentError where it cannot be."""
    if not _EMAIL.fullmatch(email):
        raise DeploymentError(f"EMAIL must be an address such as grace@example.com, not {email!r}.")
    pool, group = _pool_of(stack), stack.parameters["AdminGroup"]
    cognito = stack.client("cognito-idp")
    said = _with_account(cognito, pool, email)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)
    return f"{email} is in the group {group} of {stack.stack}; {said}."


def _pool_of(stack: Deployment) -> str:
    if "UserPoolId" not in stack.outputs and (issuer := stack.outputs.get("SignInIssuer")):
        raise DeploymentError(
            f"{stack.stack} makes no user pool, for its OidcIssuer is {issuer}: put the person into the group "
            f"{stack.parameters['AdminGroup']} there."
        )
    return stack.output("UserPoolId")


def _with_account(cognito: Any, pool: str, email: str) -> str:
    """What is to be known of the account, which is there afterwards and whose mail address is its owner's."""
    try:
        found = cognito.admin_get_user(UserPoolId=pool, Username=email)
    except cognito.exceptions.UserNotFoundException:
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        _invite(cognito, UserPoolId=pool, Username=email, UserAttributes=attributes)
        return "a mail with the first password is on its way, and holds for seven days"
    attributes_of = {each["Name"]: each["Value"] for each in found["UserAttributes"]}
    if found["UserStatus"] == "FORCE_CHANGE_PASSWORD":
        _invite(cognito, UserPoolId=pool, Username=email, MessageAction="RESEND")
        return "a new mail with the first password is on its way, and holds for seven days"
    # Anybody can sign up with another's address, with a password that they know.
    if found["UserStatus"] != "CONFIRMED" or attributes_of.get("email_verified") != "true":
        raise DeploymentError(
            f"Somebody signed up as {email} and has not confirmed it by mail: have that done, or delete the account in "
            "the AWS console, and run this again."
        )
    if not found["Enabled"]:
        raise DeploymentError(f"The account of {email} is disabled: enable it in the AWS console, and run this again.")
    return "who is signed in already is one after signing in again, or within 15 minutes"


def _invite(cognito: Any, **account: Any) -> None:
    cognito.admin_create_user(DesiredDeliveryMediums=["EMAIL"], **account)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.admin", description=__doc__)
    parser.add_argument("--stage", required=True, help="the stack that samconfig.toml names for it")
    parser.add_argument("--email", default="", metavar="grace@example.com")
    given = parser.parse_args(arguments)
    try:
        with in_words():
            print(make_admin(given.email.strip().lower(), deployment(given.stage)))
    except DeploymentError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
